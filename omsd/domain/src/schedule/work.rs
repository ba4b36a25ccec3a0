//! Work of one kind that is under way at an account, and what it has taken of late: told anew after
//! a start, where it begins with what the rows remember.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use oms_proto::{AttemptId, Time};

use crate::ground::limits::{TIMES_MAX, TIMES_TO_LEARN};

/// Work of one kind at one account.
#[derive(Debug, Default)]
pub(super) struct Work {
    under_way: BTreeMap<AttemptId, Piece>,
    /// The newest last.
    taken: VecDeque<Taken>,
}

/// A piece of work that is under way.
#[derive(Debug, Clone, Copy)]
struct Piece {
    began: Time,
    /// How many were under way when it began, itself included.
    beside: u32,
}

/// What a piece of work took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Taken {
    /// How long.
    pub(super) time: Duration,
    /// How many were under way when it began or when it ended, whichever is more.
    pub(super) beside: u32,
}

impl Work {
    /// What is remembered from before a start, the oldest first; nobody knows how much was under
    /// way then, so it was as much as `beside`.
    pub(super) fn remembered(times: impl IntoIterator<Item = Duration>, beside: u32) -> Self {
        let mut work = Self::default();
        for time in times {
            work.learn(Taken { time, beside });
        }
        work
    }

    /// How many are under way.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.under_way.len()).unwrap_or(u32::MAX)
    }

    /// A piece begins.
    pub(super) fn begin(&mut self, id: AttemptId, began: Time) {
        let beside = self.count().saturating_add(1);
        self.under_way.insert(id, Piece { began, beside });
    }

    /// When a piece that is under way began.
    pub(super) fn began(&self, id: AttemptId) -> Option<Time> {
        self.under_way.get(&id).map(|piece| piece.began)
    }

    /// A piece is over; gives what it took, and when it had begun.
    pub(super) fn end(&mut self, id: AttemptId, now: Time) -> Option<(Taken, Time)> {
        let beside = self.count();
        let piece = self.under_way.remove(&id)?;
        let taken = Taken {
            time: now.since(piece.began),
            beside: beside.max(piece.beside),
        };
        Some((taken, piece.began))
    }

    /// Remembers what a piece took.
    pub(super) fn learn(&mut self, taken: Taken) {
        if self.taken.len() >= TIMES_MAX {
            self.taken.pop_front();
        }
        self.taken.push_back(taken);
    }

    /// Whether enough is remembered to be worth more than a guess.
    pub(super) fn is_known(&self) -> bool {
        self.taken.len() >= TIMES_TO_LEARN
    }

    /// The time that all but one in twenty stayed below, longer in proportion where more is under
    /// way now than ever was.
    pub(super) fn slow(&self) -> Option<Duration> {
        let mut times: Vec<_> = self.taken.iter().map(|taken| taken.time).collect();
        times.sort_unstable();
        let rank = (times.len() * 95).div_ceil(100);
        let slow = *times.get(rank.saturating_sub(1))?;
        Some(self.in_proportion(slow))
    }

    /// `time`, as much longer as more is under way now than was when anything was learned.
    pub(super) fn in_proportion(&self, time: Duration) -> Duration {
        let most = self.taken.iter().map(|taken| taken.beside).max();
        match most {
            Some(most) if most > 0 && self.count() > most => {
                time.saturating_mul(self.count()) / most
            }
            _ => time,
        }
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
    fn what_began_or_ended_together_was_beside() {
        let mut work = Work::default();
        for id in 1..=4 {
            work.begin(AttemptId(id), at(0));
        }
        let ends: Vec<_> = (1..=4)
            .filter_map(|id| work.end(AttemptId(id), at(3)))
            .collect();
        let beside: Vec<_> = ends.iter().map(|(taken, _)| taken.beside).collect();
        assert_eq!(beside, [4, 3, 3, 4]);
        assert!(ends.iter().all(|(taken, _)| taken.time == seconds(3)));
        assert_eq!(work.end(AttemptId(1), at(4)), None);
    }

    #[test]
    fn more_under_way_than_ever_may_take_longer_in_proportion() {
        let mut work = Work::default();
        for _ in 0..TIMES_TO_LEARN {
            work.learn(Taken {
                time: seconds(2),
                beside: 2,
            });
        }
        assert!(work.is_known());
        assert_eq!(work.slow(), Some(seconds(2)));
        for id in 1..=6 {
            work.begin(AttemptId(id), at(0));
        }
        assert_eq!(work.slow(), Some(seconds(6)));
        // It need not be so: with six of them it took as long as with two.
        work.learn(Taken {
            time: seconds(2),
            beside: 6,
        });
        assert_eq!(work.slow(), Some(seconds(2)));
    }

    #[test]
    fn the_oldest_makes_room() {
        let mut work = Work::remembered((1..=30).map(seconds), 1);
        assert_eq!(work.taken.len(), TIMES_MAX);
        assert_eq!(work.slow(), Some(seconds(29)));
        work.learn(Taken {
            time: seconds(1),
            beside: 1,
        });
        assert_eq!(work.taken.len(), TIMES_MAX);
    }
}
