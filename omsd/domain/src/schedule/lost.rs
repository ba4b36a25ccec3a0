//! Time in which nobody worked: the daemon was stopped, the machine slept, the clock was put
//! forwards, or the process was held up. It counts against no deadline of ours, because nobody could
//! have kept it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use oms_proto::{EntryId, Time};

/// Gaps that are remembered; older ones lie before anything that is still waited for.
const GAPS_MAX: usize = 64;

/// The gaps of a run, the oldest first, and what entries have lost by them and by the stop before it.
#[derive(Debug, Default)]
pub(super) struct Lost {
    gaps: Vec<Gap>,
    pub(super) owed: BTreeMap<EntryId, Duration>,
    pub(super) started: Time,
    /// Entries that were to be served when the run began.
    pub(super) found: BTreeSet<EntryId>,
}

/// A time in which nobody worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// From when.
    pub from: Time,
    /// Until when.
    pub until: Time,
}

impl Gap {
    /// How much of it came after a time.
    pub(super) fn after(&self, time: Time) -> Duration {
        self.until.since(self.from.max(time))
    }
}

impl Lost {
    /// One more gap, later than the others.
    pub(super) fn add(&mut self, gap: Gap) {
        if self.gaps.len() >= GAPS_MAX {
            self.gaps.remove(0);
        }
        self.gaps.push(gap);
    }

    /// How much of the time since then was lost in this run.
    pub(super) fn since(&self, since: Time) -> Duration {
        let later = self.gaps.iter().rev().take_while(|gap| gap.until > since);
        later
            .map(|gap| gap.after(since))
            .fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Nobody is owed anything for an entry any more.
    pub(super) fn forget(&mut self, entry: EntryId) {
        self.owed.remove(&entry);
        self.found.remove(&entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(seconds: i64) -> Time {
        Time(seconds * 1_000_000)
    }

    #[test]
    fn what_was_lost_since_a_time_is_the_part_of_each_gap_after_it() {
        let mut lost = Lost::default();
        for (from, until) in [(10, 20), (50, 55)] {
            lost.add(Gap {
                from: at(from),
                until: at(until),
            });
        }
        assert_eq!(lost.since(at(0)), seconds(15));
        assert_eq!(lost.since(at(15)), seconds(10));
        assert_eq!(lost.since(at(20)), seconds(5));
        assert_eq!(lost.since(at(60)), Duration::ZERO);
    }
}
