//! What follows from a fact for other rows, as facts of their own: what an attempt teaches of its
//! offering, and what it probes.
//!
//! A stop between a fact and what follows from it costs a lesson, or lets two attempts probe one
//! block; neither makes a server or loses one.

use std::sync::Arc;

use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::event::{Event, Fact};
use super::row::Row;
use super::{Misfit, World};
use crate::ground::failure::{Failure, FailureClass};
use crate::ground::limits::OFFERINGS_MAX;
use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::offering::{Lesson, Lessons, Offering, Stage};
use crate::rules::wish::Own;

/// A fact that was applied, and the row that it has changed.
pub type Happened = (Fact, Row);

impl World {
    /// Applies a fact and all that follows from it for other rows.
    ///
    /// # Errors
    /// [`Misfit`], and the world stays as it was.
    pub fn happen(&mut self, fact: Fact) -> Result<Vec<Happened>, Misfit> {
        let before = self.before(&fact.event);
        let row = self.apply(&fact)?;
        let follow = self.after(&fact, before);
        let (at, by) = (fact.at, fact.by.clone());
        let mut happened = vec![(fact, row)];
        for event in follow {
            let by = by.clone();
            let fact = Fact { at, by, event };
            let row = self.apply(&fact)?;
            happened.push((fact, row));
        }
        Ok(happened)
    }

    /// What a change of an attempt is judged by that is gone after it.
    fn before(&self, event: &Event) -> Option<Before> {
        let Event::Attempt { entry, attempt, .. } = event else {
            return None;
        };
        let attempt = self.entries.get(entry)?.attempt(*attempt)?;
        Some(Before {
            under_way: self.under_way(attempt.account, &attempt.wanted.offering()),
            was_known: attempt.server.is_some(),
        })
    }

    fn after(&self, fact: &Fact, before: Option<Before>) -> Vec<Event> {
        match &fact.event {
            Event::AttemptStarted { entry, attempt } => {
                let health = self.health(attempt.account);
                let probes = health.is_probed_by(*entry, &attempt.wanted, fact.at);
                let event = Event::ProbeBegun {
                    account: attempt.account,
                    entry: *entry,
                    attempt: attempt.id,
                    wanted: Arc::clone(&attempt.wanted),
                };
                probes.then_some(event).into_iter().collect()
            }
            Event::Attempt {
                entry,
                attempt,
                change,
            } => before.map_or_else(Vec::new, |before| {
                self.after_attempt((*entry, *attempt), change, before, fact.at)
            }),
            Event::Started { .. }
            | Event::Held(_)
            | Event::TakenOver
            | Event::AccountSeen(_)
            | Event::IdsRaised(_)
            | Event::AccountAdded(_)
            | Event::AccountEdited(_)
            | Event::AccountRemoved(_)
            | Event::MaintenanceSet { .. }
            | Event::Blocked { .. }
            | Event::Unblocked { .. }
            | Event::BlocksForgotten(_)
            | Event::BlockOver { .. }
            | Event::BlockLifted { .. }
            | Event::MaintenanceOver(_)
            | Event::ProbeBegun { .. }
            | Event::ProbeOver { .. }
            | Event::Surveyed { .. }
            | Event::RoomForgotten(_)
            | Event::Learned { .. }
            | Event::LessonsForgotten { .. }
            | Event::Stray { .. }
            | Event::EntryAccepted(_)
            | Event::EntryWaiting { .. }
            | Event::EntryUnwanted(_)
            | Event::EntryFailed { .. }
            | Event::EntryReplaced { .. }
            | Event::EntryExtended { .. }
            | Event::EntryEnded(_)
            | Event::EndedRemoved(_)
            | Event::EntryRetried { .. }
            | Event::EndedRetried(_)
            | Event::EntryHeld(_)
            | Event::EntryReleased(_)
            | Event::KeyShown(_)
            | Event::Pass { .. }
            | Event::Asked(_)
            | Event::EntryForgotten { .. } => Vec::new(),
        }
    }

    fn after_attempt(
        &self,
        (entry, attempt): (EntryId, AttemptId),
        change: &Change,
        before: Before,
        at: Time,
    ) -> Vec<Event> {
        let found = self.entries.get(&entry);
        let found = found.and_then(|it| Some((it, it.attempt(attempt)?)));
        let Some((entry, attempt)) = found else {
            return Vec::new();
        };
        let account = attempt.account;
        let Some(row) = self.accounts.get(&account) else {
            return Vec::new();
        };
        let mut events = Vec::new();
        // What may be the fault of one wish says nothing of what others get.
        let own = Own::of(&entry.asked, &row.defaults, &attempt.wanted);
        let is_told = |lesson: &Lesson| match (lesson, failure_of(change)) {
            (Lesson::Failed { stage, .. }, Some(failure)) => !own.may_explain(*stage, failure),
            _ => true,
        };
        if let Some(lesson) = lesson(attempt, change, before, at).filter(is_told) {
            let offering = attempt.wanted.offering();
            events.extend(self.crowded_out(account, &offering));
            events.push(Event::Learned {
                account,
                offering,
                lesson,
            });
        }
        let pending = matches!(attempt.state, State::Launching | State::Building { .. });
        if !pending && self.health(account).has_probe(attempt.id) {
            let attempt = attempt.id;
            events.push(Event::ProbeOver { account, attempt });
        }
        events
    }

    /// The offering that taught nothing for the longest time, where a new one needs its place.
    fn crowded_out(&self, account: AccountId, offering: &Offering) -> Option<Event> {
        let known = self.lessons.get(&account)?;
        if known.contains_key(offering) || known.len() < OFFERINGS_MAX {
            return None;
        }
        let oldest = known.values().min_by_key(|lessons| lessons.learned)?;
        Some(Event::LessonsForgotten {
            account,
            offering: oldest.offering.clone(),
        })
    }
}

/// What a change of an attempt is judged by.
#[derive(Clone, Copy)]
struct Before {
    /// Launches and builds of its offering, itself included.
    under_way: u32,
    /// Whether its server was known.
    was_known: bool,
}

/// Why an attempt failed, where a change says that it did.
fn failure_of(change: &Change) -> Option<&Failure> {
    if let Change::Refused(failure) | Change::Lost { failure, .. } | Change::Failed(failure) =
        change
    {
        Some(failure)
    } else {
        None
    }
}

/// What a change of an attempt teaches of its offering.
fn lesson(attempt: &Attempt, change: &Change, before: Before, at: Time) -> Option<Lesson> {
    let failed = |stage: Stage, class: FailureClass| {
        Lessons::is_told_by(class).then_some(Lesson::Failed {
            stage,
            started: attempt.started,
            under_way: before.under_way,
        })
    };
    match change {
        // What turns up after it was settled that there was none has taken longer than thought. A
        // create that a stop cut short tells how long the stop was.
        Change::Accepted { .. } | Change::Adopted { .. } | Change::Reappeared { .. } => {
            let interrupted = attempt
                .failure
                .as_ref()
                .is_some_and(|failure| failure.class == FailureClass::Interrupted);
            (!before.was_known && !interrupted).then(|| Lesson::Known(at.since(attempt.started)))
        }
        Change::Ready { watched, .. } => Some(Lesson::Usable(attempt.boot.filter(|_| *watched))),
        Change::Refused(failure) | Change::Lost { failure, .. } => {
            failed(Stage::Launch, failure.class)
        }
        Change::Failed(failure) => failed(Stage::Build, failure.class),
        Change::BegunLate { .. }
        | Change::Absent
        | Change::GivenUp(_)
        | Change::Dismissed
        | Change::RemovalAsked
        | Change::RemovalFailed { .. }
        | Change::RemovalOverdue
        | Change::ServerGone
        | Change::Cleared
        | Change::Seen { .. }
        | Change::Vanished => None,
    }
}
