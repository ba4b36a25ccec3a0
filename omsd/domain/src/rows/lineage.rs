//! Which daemons have written a database, one after the other. Every start is an incarnation of its
//! own, whose id stands in the mark of each server and in the name of each key pair that it makes.
//! So what another copy of the database has made is told from what this one has, even where both
//! gave out the same numbers.

use std::collections::BTreeSet;

use oms_proto::{AccountId, AttemptId, EntryId, Time};

use crate::ground::cloud::Mark;
use crate::ground::limits::INCARNATIONS_MAX;

/// Which daemons have written a database, and whether it may be trusted to be the newest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lineage {
    /// The incarnations that have given out ids, in order; the last one is this daemon.
    pub incarnations: Vec<Incarnation>,
    /// Why nothing is launched and nothing is removed until a person says so.
    pub held: Option<Held>,
    /// Accounts whose servers have not been looked at since the database went back: what they show
    /// may carry ids that this database would give out again.
    pub unseen: BTreeSet<AccountId>,
    /// When somebody said last that this database is the one that goes on: what another daemon made
    /// before that is no doubt any more.
    pub taken_over: Option<Time>,
}

/// One start of a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incarnation {
    /// Eight hexadecimal digits.
    pub id: String,
    /// When it began.
    pub began: Time,
    /// The first attempt that it could give out.
    pub first: AttemptId,
    /// What was free when it was over; `None` for this daemon.
    pub end: Option<Free>,
}

/// The next free ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free {
    /// For an entry.
    pub entry: EntryId,
    /// For an attempt.
    pub attempt: AttemptId,
}

/// Why the daemon does nothing to a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Since when.
    pub since: Time,
    /// Why.
    pub doubt: Doubt,
}

/// Why a database may not be the newest, or not the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// An older copy was put in its place, or may have been.
    Restored,
    /// The machine has booted since it was written, and may have gone back with its disk.
    Rebooted,
    /// The last commits are gone, as happens when the power fails and a page is damaged.
    WentBack {
        /// The last event that was acknowledged.
        from: u64,
        /// The last event that is there.
        to: u64,
    },
    /// It was written on another machine, or it is a copy of one that another daemon has open.
    Copied,
    /// A server came up that another daemon has made under this installation.
    Twin {
        /// Where.
        account: AccountId,
        /// Nova's id.
        server: String,
    },
}

impl Doubt {
    /// Whether another daemon may be at work, so that a person must say which of them is right.
    pub const fn holds(&self) -> bool {
        match self {
            Self::Copied | Self::Twin { .. } => true,
            Self::Restored | Self::Rebooted | Self::WentBack { .. } => false,
        }
    }
}

/// What the mark of an object of this installation says of who made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kin {
    /// This database gave out its ids.
    Known,
    /// It was made after this database was copied: its incarnation is known, its ids are not.
    FromAhead,
    /// It was made by a daemon that this database has never heard of.
    Stranger,
}

impl Kin {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::FromAhead => "from_ahead",
            Self::Stranger => "stranger",
        }
    }
}

impl Lineage {
    /// A daemon starts, with these ids free.
    pub fn begin(&mut self, id: &str, free: Free, now: Time) {
        if let Some(last) = self.incarnations.last_mut() {
            last.end = Some(free);
        }
        // One that has given out no attempt stands in no mark.
        self.incarnations
            .retain(|it| it.end.is_none_or(|end| end.attempt > it.first));
        let surplus = self
            .incarnations
            .len()
            .saturating_sub(INCARNATIONS_MAX.saturating_sub(1));
        self.incarnations.drain(..surplus);
        self.incarnations.push(Incarnation {
            id: id.to_owned(),
            began: now,
            first: free.attempt,
            end: None,
        });
    }

    /// The incarnation that gave out an attempt; empty for one so old that it is forgotten.
    pub fn of(&self, attempt: AttemptId) -> &str {
        let after = self.incarnations.partition_point(|it| it.first <= attempt);
        let found = after
            .checked_sub(1)
            .and_then(|at| self.incarnations.get(at));
        found.map_or("", |incarnation| &incarnation.id)
    }

    /// Since when this daemon is the only one, as far as is known: since it began, or since somebody
    /// said so.
    pub fn alone_since(&self) -> Time {
        let this = self.incarnations.last();
        let began = this.map_or(Time(0), |incarnation| incarnation.began);
        self.taken_over.map_or(began, |at| began.max(at))
    }

    /// Who made what carries these ids, where `free` are free now.
    pub fn kin(&self, incarnation: &str, entry: EntryId, attempt: AttemptId, free: Free) -> Kin {
        let mut known = self.incarnations.iter();
        let Some(known) = known.find(|it| it.id == incarnation) else {
            return Kin::Stranger;
        };
        let end = known.end.unwrap_or(free);
        let given = known.first <= attempt && attempt < end.attempt && entry < end.entry;
        if given { Kin::Known } else { Kin::FromAhead }
    }

    /// Who made what carries this mark of this installation.
    pub fn kin_of(&self, mark: &Mark, free: Free) -> Kin {
        self.kin(&mark.incarnation, mark.entry, mark.attempt, free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(entry: u64, attempt: u64) -> Free {
        Free {
            entry: EntryId(entry),
            attempt: AttemptId(attempt),
        }
    }

    fn lineage() -> Lineage {
        let mut lineage = Lineage::default();
        lineage.begin("a", free(1, 1), Time(1));
        lineage.begin("b", free(5, 10), Time(2));
        // It started and gave out nothing.
        lineage.begin("c", free(8, 20), Time(3));
        lineage.begin("d", free(8, 20), Time(4));
        lineage
    }

    #[test]
    fn what_an_incarnation_gave_out_is_known_and_what_it_did_not_is_from_ahead() {
        let lineage = lineage();
        let kin =
            |id, entry, attempt| lineage.kin(id, EntryId(entry), AttemptId(attempt), free(9, 23));
        let cases = [
            ("a", 4, 9, Kin::Known),
            ("a", 5, 9, Kin::FromAhead),
            ("a", 4, 10, Kin::FromAhead),
            ("b", 4, 10, Kin::Known),
            ("b", 4, 9, Kin::FromAhead),
            ("b", 7, 19, Kin::Known),
            ("b", 7, 20, Kin::FromAhead),
            ("d", 8, 22, Kin::Known),
            ("d", 9, 22, Kin::FromAhead),
            ("d", 8, 23, Kin::FromAhead),
            ("c", 7, 19, Kin::Stranger),
            ("e", 1, 1, Kin::Stranger),
        ];
        for (id, entry, attempt, expected) in cases {
            assert_eq!(kin(id, entry, attempt), expected, "{id} {entry} {attempt}");
        }
    }

    #[test]
    fn an_attempt_is_of_the_incarnation_that_gave_it_out() {
        let lineage = lineage();
        let of = |attempt| lineage.of(AttemptId(attempt)).to_owned();
        assert_eq!(
            [of(1), of(9), of(10), of(19), of(20)],
            ["a", "a", "b", "b", "d"]
        );
        assert_eq!(of(0), "");
        assert_eq!(lineage.incarnations.len(), 3);
    }

    #[test]
    fn very_many_starts_are_not_remembered_for_ever() {
        let mut lineage = Lineage::default();
        for start in 0..u64::try_from(INCARNATIONS_MAX).unwrap() + 10 {
            lineage.begin(&start.to_string(), free(start + 1, start + 1), Time(0));
        }
        assert_eq!(lineage.incarnations.len(), INCARNATIONS_MAX);
    }
}
