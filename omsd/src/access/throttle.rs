//! Slows down who tries to sign in with what is wrong: after some tries from an address the next one
//! has to wait, longer each time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use oms_proto::Time;

/// Wrong tries that cost nothing; people mistype.
const FREE: u32 = 5;

/// The wait after the first one beyond; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(900);

/// After so long without a try all is forgotten.
const FORGET: Duration = Duration::from_secs(3600);

/// Addresses that are remembered; the one that tried longest ago is forgotten.
const REMEMBERED_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct Throttle(Mutex<BTreeMap<Option<IpAddr>, Tries>>);

struct Tries {
    wrong: u32,
    last: Time,
}

impl Tries {
    fn wait(&self) -> Duration {
        match self.wrong.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(beyond) => FIRST_WAIT
                .saturating_mul(1 << beyond.min(16))
                .min(LONGEST_WAIT),
        }
    }
}

impl Throttle {
    /// Lets a try pass, or says how long to wait.
    pub(super) fn check(&self, from: Option<IpAddr>, now: Time) -> Result<(), Duration> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = tries.get(&from) else {
            return Ok(());
        };
        let left = known.wait().saturating_sub(now.since(known.last));
        if left.is_zero() { Ok(()) } else { Err(left) }
    }

    /// Notes a wrong try.
    pub(super) fn bad(&self, from: Option<IpAddr>, now: Time) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, known| now.since(known.last) < FORGET);
        if tries.len() >= REMEMBERED_MAX
            && let Some(oldest) = tries.iter().min_by_key(|(_, known)| known.last)
        {
            let oldest = *oldest.0;
            tries.remove(&oldest);
        }
        let known = tries.entry(from).or_insert(Tries {
            wrong: 0,
            last: now,
        });
        known.wrong = known.wrong.saturating_add(1);
        known.last = now;
    }

    /// Notes a good one.
    pub(super) fn good(&self, from: Option<IpAddr>) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.remove(&from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tries_have_to_wait_longer_and_longer() {
        let throttle = Throttle::default();
        let from: Option<IpAddr> = "192.0.2.1".parse().ok();
        let now = Time(0);
        for _ in 0..FREE {
            assert_eq!(throttle.check(from, now), Ok(()));
            throttle.bad(from, now);
        }
        assert_eq!(throttle.check(from, now), Err(FIRST_WAIT));
        assert_eq!(throttle.check(None, now), Ok(()));
        assert_eq!(throttle.check(from, now.plus(FIRST_WAIT)), Ok(()));
        throttle.bad(from, now);
        assert_eq!(throttle.check(from, now), Err(FIRST_WAIT * 2));
        for _ in 0..100 {
            throttle.bad(from, now);
        }
        assert_eq!(throttle.check(from, now), Err(LONGEST_WAIT));
        throttle.good(from);
        assert_eq!(throttle.check(from, now), Ok(()));
    }
}
