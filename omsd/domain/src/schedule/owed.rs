//! What entries are owed for time in which nobody worked.

use oms_proto::{EntryId, Time};

use crate::ground::limits::{ATTEMPT_BEGINS, ONE_ATTEMPT};
use crate::rows::entry::{Entry, Status};
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::lost::Gap;
use crate::world::World;

/// An entry is given back what it has lost once that is this share of the time it has left, as a
/// divisor, so that a short stop costs no fact for each of very many entries.
const OWED_SHARE: u32 = 8;

impl Agenda {
    /// Takes note of the time between the last fact and the start. Clouds have gone on meanwhile, so
    /// it counts for nothing but what entries have left.
    pub fn lost_before_start(&mut self, world: &World, gap: Gap) {
        self.owe(world, gap);
        self.lost.started = gap.until;
        self.lost.found = self.lost.owed.keys().copied().collect();
    }

    /// Takes note of a time in this run in which nobody worked.
    pub fn lose(&mut self, world: &World, gap: Gap) {
        self.lost.add(gap);
        self.owe(world, gap);
        // What is due is due later.
        let looks = self.awaited.keys().copied();
        self.marked.extend(looks.map(Thing::Account));
    }

    fn owe(&mut self, world: &World, gap: Gap) {
        for status in [Status::Request, Status::Recive, Status::Boot] {
            for entry in world.with_status(status, None) {
                let lost = gap.after(entry.asked.accepted);
                let owed = self.lost.owed.entry(entry.id).or_default();
                *owed = owed.saturating_add(lost);
                self.marked.insert(Thing::Entry(entry.id));
            }
        }
    }

    /// When an entry that has lost time gives up; or, while that is long hence, when to ask again.
    pub(crate) fn extension(&mut self, entry: &Entry, now: Time) -> Option<Extension> {
        let owed = *self.lost.owed.get(&entry.id)?;
        let matters = entry.deadline.minus(owed.saturating_mul(OWED_SHARE));
        if now < matters {
            return Some(Extension::Later(matters));
        }
        self.lost.owed.remove(&entry.id);
        Some(Extension::Now(entry.deadline.plus(owed)))
    }

    /// Whether an entry whose time is over is still owed the one attempt that every start gives, or
    /// its end.
    pub(crate) fn owes_attempt(&self, entry: &Entry, now: Time) -> bool {
        let started = self.lost.started;
        if now >= started.plus(ONE_ATTEMPT) || !self.lost.found.contains(&entry.id) {
            return false;
        }
        let mut begun = false;
        for attempt in entry.attempts().filter(|it| it.started >= started) {
            if attempt.is_hopeful() {
                return true;
            }
            begun = true;
        }
        // Where every account is blocked, none comes.
        !begun && now < started.plus(ATTEMPT_BEGINS)
    }

    /// An entry needs no more time.
    pub(crate) fn forgive(&mut self, entry: EntryId) {
        self.lost.forget(entry);
    }
}

/// What becomes of the deadline of an entry that has lost time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extension {
    /// Nothing before then.
    Later(Time),
    /// It is this from now on.
    Now(Time),
}
