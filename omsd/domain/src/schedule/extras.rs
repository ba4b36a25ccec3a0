//! Extra servers: those made for an entry that another server served. All are counted, whatever
//! the cause, and against one budget.
//!
//! The budget: of the latest servers one in [`EXTRA_SHARE`] may be extra, and one however few there
//! were. What is begun on it counts as spent until it is known whether it made an extra server. It
//! decides only where waiting a little longer may tell: whether an entry goes on at the time by which
//! its create was likely to be answered, or at the one by which it was certain to be; and whether a
//! build gets company. An account that is silent or hangs holds nobody up, whatever was spent.
//!
//! A start forgets what was spent on servers that are gone by then; what stands, and what is begun,
//! counts as before.

use std::collections::{BTreeMap, BTreeSet};

use oms_proto::{AttemptId, EntryId};

use crate::ground::limits::{EXTRA_SHARE, EXTRA_WINDOW};
use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::entry::{Entry, Status};
use crate::rows::passed::Reason;
use crate::rows::spur::Spur;
use crate::world::World;

/// Extra servers, and what may be spent on more.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Entries that got their server, of late.
    served: u32,
    /// Extra servers that were made, of late.
    spent: u32,
    /// How many of these entries that are under way have made.
    own: BTreeMap<EntryId, u32>,
    /// Attempts begun beside others of which it is not known yet whether they make an extra server.
    open: BTreeSet<(EntryId, AttemptId)>,
    /// All since the start.
    counts: BTreeMap<Spur, u64>,
}

impl Extras {
    /// What the world tells at start.
    pub(super) fn of(world: &World) -> Self {
        let served = u32::try_from(world.count(Status::Run)).unwrap_or(u32::MAX);
        let mut extras = Self {
            served: served.min(EXTRA_WINDOW.saturating_sub(1)),
            ..Self::default()
        };
        let entries = world.entries.values();
        for entry in entries.filter(|entry| entry.attempts.len() > 1) {
            for attempt in entry.attempts() {
                extras.begun(entry.id, attempt);
                if is_extra(entry, attempt) {
                    extras.spend(entry.id);
                }
            }
            extras.close(entry);
        }
        extras
    }

    /// Whether one more attempt may be begun beside another that may well serve the entry. Whatever an
    /// entry has begun beside others counts once: where all of them are stuck, it needs one more.
    pub(super) fn allow(&self, entry: EntryId) -> bool {
        let open: BTreeSet<_> = self.open.iter().map(|(entry, _)| *entry).collect();
        let others = open.iter().filter(|other| **other != entry).count();
        let open = u32::try_from(others).unwrap_or(u32::MAX);
        let own = self.own.get(&entry).copied().unwrap_or_default();
        self.spent.saturating_sub(own).saturating_add(open) < (self.served / EXTRA_SHARE).max(1)
    }

    /// Extra servers since the start, by cause.
    pub(super) const fn counts(&self) -> &BTreeMap<Spur, u64> {
        &self.counts
    }

    /// An attempt was begun.
    pub(super) fn begun(&mut self, entry: EntryId, attempt: &Attempt) {
        let charged = |(_, cause)| match cause {
            Spur::Patience | Spur::LostAnswer | Spur::Restart | Spur::Hedge => true,
            // Who waits there is not held up; and a person has said that nothing is to wait here.
            Spur::Silence | Spur::Hang | Spur::Drain => false,
        };
        if overtaken(attempt).any(charged) {
            self.open.insert((entry, attempt.id));
        }
    }

    /// Something became of an attempt; tells why there is an extra server now, if there is.
    pub(super) fn changed(
        &mut self,
        entry: &Entry,
        attempt: &Attempt,
        change: &Change,
    ) -> Option<Spur> {
        if matches!(change, Change::Ready { .. }) {
            self.serve();
        }
        if entry.attempts.len() < 2 {
            return None;
        }
        let is_new = matches!(
            change,
            Change::Accepted { .. } | Change::Adopted { .. } | Change::Reappeared { .. }
        );
        let mut others = entry
            .attempts()
            .filter(|other| is_new && other.server.is_some());
        let cause =
            others.find_map(|other| beside(attempt, other).or_else(|| beside(other, attempt)));
        if let Some(cause) = cause {
            self.spend(entry.id);
            *self.counts.entry(cause).or_default() += 1;
        }
        self.close(entry);
        cause
    }

    /// An entry is forgotten.
    pub(super) fn forget(&mut self, entry: EntryId) {
        self.own.remove(&entry);
        let all = (entry, AttemptId(0))..=(entry, AttemptId(u64::MAX));
        let open: Vec<_> = self.open.range(all).copied().collect();
        for attempt in open {
            self.open.remove(&attempt);
        }
    }

    fn spend(&mut self, entry: EntryId) {
        self.spent += 1;
        *self.own.entry(entry).or_default() += 1;
    }

    fn serve(&mut self) {
        self.served += 1;
        if self.served >= EXTRA_WINDOW {
            self.served /= 2;
            self.spent /= 2;
        }
    }

    /// Closes what is known by now: an attempt that was begun beside others made no server, or none
    /// of them will, or it has made one and so has one of them.
    fn close(&mut self, entry: &Entry) {
        let all = (entry.id, AttemptId(0))..=(entry.id, AttemptId(u64::MAX));
        let is_known = |id: AttemptId| {
            let Some(attempt) = entry.attempt(id) else {
                return true;
            };
            let others = || overtaken(attempt).filter_map(|(id, _)| entry.attempt(id));
            let both = attempt.server.is_some() && others().any(|other| other.server.is_some());
            both || made_nothing(attempt) || others().all(made_nothing)
        };
        let known: Vec<_> = self.open.range(all).copied().collect();
        for (entry, id) in known {
            if is_known(id) {
                self.open.remove(&(entry, id));
            }
        }
    }
}

/// The attempts that one was begun beside, and why it was.
fn overtaken(attempt: &Attempt) -> impl Iterator<Item = (AttemptId, Spur)> + '_ {
    attempt.passed_over.named.iter().filter_map(|over| {
        let Reason::Overtaken { attempt, cause, .. } = over.reason else {
            return None;
        };
        Some((attempt, cause))
    })
}

/// Why `later` was begun beside `earlier`, if it was.
fn beside(later: &Attempt, earlier: &Attempt) -> Option<Spur> {
    overtaken(later).find_map(|(id, cause)| (id == earlier.id).then_some(cause))
}

/// Whether an attempt and one that it was begun beside have both made a server.
fn is_extra(entry: &Entry, attempt: &Attempt) -> bool {
    let mut others = entry.attempts().filter(|other| other.server.is_some());
    attempt.server.is_some() && others.any(|other| beside(attempt, other).is_some())
}

/// Whether an attempt has ended without a server.
fn made_nothing(attempt: &Attempt) -> bool {
    attempt.server.is_none() && matches!(attempt.state, State::Clearing | State::Gone)
}
