//! When tokens and users were used last: to the moment in memory, and now and then in the database, so
//! that no request costs a commit.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oms_proto::Time;
use omsd_domain::ground::limits::PASSES_MAX;
use omsd_domain::rows::pass::{Id, Pass};

/// After so long a use is written down again.
const TOLD_EVERY: Duration = Duration::from_secs(3600);

/// When tokens and users were used last. There are as many as of those, and a few that are gone.
#[derive(Default)]
pub(in crate::service) struct Uses(Mutex<BTreeMap<Id, Use>>);

#[derive(Clone, Copy)]
struct Use {
    /// Of which state of the pass: another of the same name was not used.
    stamp: u64,
    last: Time,
    /// When it was given to the database last.
    told: Option<Time>,
}

impl Uses {
    /// Notes a use, and says whether it is to be written down.
    pub(super) fn note(&self, pass: &Pass, now: Time) -> bool {
        let mut uses = self.lock();
        if uses.len() > 2 * PASSES_MAX {
            uses.clear();
        }
        let fresh = Use {
            stamp: pass.stamp,
            last: now,
            told: pass.used,
        };
        let known = uses.entry(pass.id.clone()).or_insert(fresh);
        if known.stamp != pass.stamp {
            *known = fresh;
        }
        known.last = known.last.max(now);
        let told = known.told.max(pass.used);
        let due = told.is_none_or(|told| now.since(told) >= TOLD_EVERY);
        known.told = if due { Some(now) } else { told };
        due
    }

    /// When it was used last.
    pub(super) fn last(&self, pass: &Pass) -> Option<Time> {
        let uses = self.lock();
        let known = uses.get(&pass.id).filter(|it| it.stamp == pass.stamp);
        pass.used.max(known.map(|it| it.last))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Id, Use>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use oms_proto::Role;
    use oms_proto::spec::KeyPolicy;
    use omsd_domain::rows::pass::{Kind, Proof};

    use super::*;

    #[test]
    fn a_use_is_known_to_the_moment_and_written_down_once_an_hour() {
        let uses = Uses::default();
        let mut pass = Pass {
            id: Id {
                kind: Kind::Token,
                name: "ci".to_owned(),
            },
            role: Role::Viewer,
            keys: KeyPolicy::Full,
            proof: Proof::Token([0; 32]),
            made: Time(0),
            changed: Time(0),
            stamp: 1,
            expires: None,
            used: None,
        };
        let at = |seconds| Time(0).plus(Duration::from_secs(seconds));
        assert_eq!(uses.last(&pass), None);
        assert!(uses.note(&pass, at(10)));
        assert!(!uses.note(&pass, at(20)));
        assert_eq!(uses.last(&pass), Some(at(20)));
        assert!(uses.note(&pass, at(10 + 3600)));
        pass.used = Some(at(10 + 3600));
        assert!(!uses.note(&pass, at(20 + 3600)));
        // Another of the same name.
        (pass.stamp, pass.used) = (2, None);
        assert_eq!(uses.last(&pass), None);
        assert!(uses.note(&pass, at(30 + 3600)));
    }
}
