//! Effects that were not begun for want of something of our own, such as open files. That is no news
//! of an account: nothing is blocked, no attempt is used up, and what was not asked is not waited for.
//! They are planned again a little later, just as they were.

use std::collections::BTreeMap;

use oms_proto::{AccountId, AttemptId, Time};

use crate::ground::limits::UNTRIED_PAUSE;
use crate::rows::attempt::Attempt;
use crate::schedule::effect::Flight;

/// What is put off.
#[derive(Debug, Default)]
pub(super) struct PutOff {
    /// When to try again.
    until: BTreeMap<Flight, Time>,
    /// When launches that had been put off were begun after all.
    begun: BTreeMap<AttemptId, Time>,
}

impl PutOff {
    /// It was not begun.
    pub(super) fn add(&mut self, flight: Flight, now: Time) {
        self.until.insert(flight, now.plus(UNTRIED_PAUSE));
    }

    /// It is begun.
    pub(super) fn begin(&mut self, flight: Flight, now: Time) {
        if self.until.remove(&flight).is_some()
            && let Flight::Launch(attempt) = flight
        {
            self.begun.insert(attempt, now);
        }
    }

    /// Until when it is to wait, if it must.
    pub(super) fn until(&self, flight: Flight, now: Time) -> Option<Time> {
        self.until.get(&flight).copied().filter(|at| now < *at)
    }

    /// Since when the answer to a launch is waited for; `None` while it is put off.
    pub(super) fn launched(&self, attempt: &Attempt) -> Option<Time> {
        if self.until.contains_key(&Flight::Launch(attempt.id)) {
            return None;
        }
        let begun = self.begun.get(&attempt.id).copied();
        Some(begun.unwrap_or(attempt.started))
    }

    /// Something became of an attempt, and what comes next is something else.
    pub(super) fn forget_attempt(&mut self, id: AttemptId) {
        self.until.remove(&Flight::Launch(id));
        self.until.remove(&Flight::Attempt(id));
        self.begun.remove(&id);
    }

    /// An account is gone.
    pub(super) fn forget_account(&mut self, id: AccountId) {
        for flight in [
            Flight::Look(id),
            Flight::Survey(id),
            Flight::ListKeypairs(id),
            Flight::Collect(id),
        ] {
            self.until.remove(&flight);
        }
    }
}
