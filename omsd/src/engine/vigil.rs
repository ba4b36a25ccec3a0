//! Notices time in which nobody worked: the machine slept, its clock was put forwards, or the process
//! was stopped for a while.
//!
//! The engine knows when it is to wake at the latest. What the clock says beyond that, and beyond what
//! the machine's own timer says has passed, was lost.

use std::time::Duration;

use oms_proto::Time;
use omsd_domain::schedule::lost::Gap;
use tokio::time::Instant;

/// Less than this is how late a busy machine may be.
const LOST_LEAST: Duration = Duration::from_secs(1);

/// When the engine was last awake.
pub(super) struct Vigil {
    clock: Time,
    timer: Instant,
}

impl Vigil {
    pub(super) fn new(now: Time) -> Self {
        Self {
            clock: now,
            timer: Instant::now(),
        }
    }

    /// The engine is awake, and was to be so many seconds after `asleep` at the latest, if at all.
    pub(super) fn wake(
        &mut self,
        asleep: Instant,
        due: Option<Duration>,
        now: Time,
    ) -> Option<Gap> {
        let timer = Instant::now();
        let ran = timer.duration_since(self.timer);
        let meant = due.map_or(ran, |due| {
            let awake = asleep.duration_since(self.timer);
            ran.min(awake.saturating_add(due).saturating_add(LOST_LEAST))
        });
        let lost = now.since(self.clock).saturating_sub(meant);
        (self.clock, self.timer) = (now, timer);
        (lost >= LOST_LEAST).then(|| Gap {
            from: now.minus(lost),
            until: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: i64) -> Time {
        Time(seconds * 1_000_000)
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_clock_says_beyond_the_timer_was_lost() {
        let mut vigil = Vigil::new(at(0));
        let asleep = Instant::now();
        tokio::time::sleep(SECOND * 5).await;
        assert_eq!(vigil.wake(asleep, Some(SECOND * 9), at(5)), None);
        let asleep = Instant::now();
        tokio::time::sleep(SECOND * 5).await;
        let gap = vigil.wake(asleep, None, at(100));
        let (from, until) = (at(10), at(100));
        assert_eq!(gap, Some(Gap { from, until }));
        // A clock that stands still loses nothing.
        let asleep = Instant::now();
        tokio::time::sleep(SECOND * 5).await;
        assert_eq!(vigil.wake(asleep, None, at(100)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_wakes_much_too_late_was_stopped() {
        let mut vigil = Vigil::new(at(0));
        tokio::time::sleep(SECOND * 2).await;
        let asleep = Instant::now();
        tokio::time::sleep(SECOND * 60).await;
        let gap = vigil.wake(asleep, Some(SECOND * 7), at(62));
        // Two seconds of work, seven of waiting, and one that may be late.
        let (from, until) = (at(10), at(62));
        assert_eq!(gap, Some(Gap { from, until }));
        // Where nothing was due, nothing was lost.
        let asleep = Instant::now();
        tokio::time::sleep(SECOND * 60).await;
        assert_eq!(vigil.wake(asleep, None, at(122)), None);
    }
}
