//! Slows down who tries to sign in with what is wrong: after some tries from an address, or for a name,
//! the next one has to wait, longer each time.

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

/// The longest wait of a name, for whoever has it is kept out by those who guess.
const LONGEST_WAIT_OF_NAME: Duration = Duration::from_secs(60);

/// Characters of a name that are remembered.
const NAME_CHARS_MAX: usize = 64;

/// After so long without a try all is forgotten.
const FORGET: Duration = Duration::from_secs(3600);

/// Addresses that are remembered; the one that tried longest ago is forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Who is slowed down. A name has a wait of its own, whatever the addresses it is tried from; it is
/// shorter at most, so that nobody is kept out for long by somebody else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Address(Option<IpAddr>),
    Name(String),
}

impl Who {
    const fn longest(&self) -> Duration {
        match self {
            Self::Address(_) => LONGEST_WAIT,
            Self::Name(_) => LONGEST_WAIT_OF_NAME,
        }
    }
}

#[derive(Default)]
pub(super) struct Throttle(Mutex<BTreeMap<Who, Tries>>);

struct Tries {
    wrong: u32,
    last: Time,
}

impl Tries {
    fn wait(&self, longest: Duration) -> Duration {
        match self.wrong.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(beyond) => FIRST_WAIT.saturating_mul(1 << beyond.min(16)).min(longest),
        }
    }
}

/// Those of one try.
fn all(from: Option<IpAddr>, name: Option<&str>) -> impl Iterator<Item = Who> {
    let name = name.map(|name| name.chars().take(NAME_CHARS_MAX).collect());
    std::iter::once(Who::Address(from)).chain(name.map(Who::Name))
}

impl Throttle {
    /// Lets a try pass, or says how long to wait.
    pub(super) fn check(
        &self,
        from: Option<IpAddr>,
        name: Option<&str>,
        now: Time,
    ) -> Result<(), Duration> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all(from, name).filter_map(|who| {
            let known = tries.get(&who)?;
            Some(
                known
                    .wait(who.longest())
                    .saturating_sub(now.since(known.last)),
            )
        });
        match left.max().filter(|left| !left.is_zero()) {
            Some(left) => Err(left),
            None => Ok(()),
        }
    }

    /// Notes a wrong try.
    pub(super) fn bad(&self, from: Option<IpAddr>, name: Option<&str>, now: Time) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.retain(|_, known| now.since(known.last) < FORGET);
        for who in all(from, name) {
            if tries.len() >= REMEMBERED_MAX
                && let Some(oldest) = tries.iter().min_by_key(|(_, known)| known.last)
            {
                let oldest = oldest.0.clone();
                tries.remove(&oldest);
            }
            let known = tries.entry(who).or_insert(Tries {
                wrong: 0,
                last: now,
            });
            known.wrong = known.wrong.saturating_add(1);
            known.last = now;
        }
    }

    /// Notes a good one.
    pub(super) fn good(&self, from: Option<IpAddr>, name: Option<&str>) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for who in all(from, name) {
            tries.remove(&who);
        }
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
            assert_eq!(throttle.check(from, None, now), Ok(()));
            throttle.bad(from, None, now);
        }
        assert_eq!(throttle.check(from, None, now), Err(FIRST_WAIT));
        assert_eq!(throttle.check(None, None, now), Ok(()));
        assert_eq!(throttle.check(from, None, now.plus(FIRST_WAIT)), Ok(()));
        throttle.bad(from, None, now);
        assert_eq!(throttle.check(from, None, now), Err(FIRST_WAIT * 2));
        for _ in 0..100 {
            throttle.bad(from, None, now);
        }
        assert_eq!(throttle.check(from, None, now), Err(LONGEST_WAIT));
        throttle.good(from, None);
        assert_eq!(throttle.check(from, None, now), Ok(()));
    }

    #[test]
    fn a_name_is_slowed_down_from_wherever_it_is_tried() {
        let throttle = Throttle::default();
        let from = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
        for last in 0..100 {
            throttle.bad(from(last), Some("ann"), Time(0));
        }
        let ann = throttle.check(from(200), Some("ann"), Time(0));
        assert_eq!(ann, Err(LONGEST_WAIT_OF_NAME));
        assert_eq!(throttle.check(from(200), Some("bob"), Time(0)), Ok(()));
        assert_eq!(throttle.check(from(1), None, Time(0)), Ok(()));
    }
}
