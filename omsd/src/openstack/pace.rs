//! How often one account's cloud is called: so many calls a second, and a burst of three seconds'
//! worth. Providers count calls, and one that throttles us keeps us out altogether for a while.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::{Instant, sleep_until};

/// Seconds' worth of calls that may go at once after a pause.
const BURST_SECONDS: u32 = 3;

/// The pace of one account.
pub(super) struct Pace {
    limiter: RateLimiter<NotKeyed, InMemoryState, TokioTime, NoOpMiddleware<Moment>>,
}

impl Pace {
    /// So many calls a second.
    pub(super) fn new(calls_per_second: NonZeroU32) -> Self {
        let burst =
            calls_per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
        let quota = Quota::per_second(calls_per_second).allow_burst(burst);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, TokioTime),
        }
    }

    /// Waits for the turn of one call; false if that would come after the deadline.
    pub(super) async fn turn(&self, deadline: Instant) -> bool {
        loop {
            let Err(early) = self.limiter.check() else {
                return true;
            };
            let at = Instant::now() + early.wait_time_from(TokioTime.now());
            if at > deadline {
                return false;
            }
            sleep_until(at).await;
        }
    }
}

/// The runtime's clock, which tests may stop.
#[derive(Debug, Clone, Copy)]
struct TokioTime;

/// A time of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(Instant);

impl Clock for TokioTime {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(Instant::now())
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

impl std::ops::Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0 + Duration::from(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_at_its_pace() {
        let pace = Pace::new(NonZeroU32::new(10).unwrap());
        let begun = Instant::now();
        let deadline = begun + Duration::from_secs(60);
        for _ in 0..30 {
            assert!(pace.turn(deadline).await);
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        for _ in 0..50 {
            assert!(pace.turn(deadline).await);
        }
        let took = begun.elapsed().as_secs_f32();
        assert!((4.9..5.2).contains(&took), "{took} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_comes_too_late_is_refused_at_once() {
        let pace = Pace::new(NonZeroU32::MIN);
        let begun = Instant::now();
        let deadline = begun + Duration::from_millis(500);
        for _ in 0..BURST_SECONDS {
            assert!(pace.turn(deadline).await);
        }
        assert!(!pace.turn(deadline).await);
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
