//! The end of entries and attempts: what is no longer wanted is dismissed, and a row goes once
//! nothing of it is left.

use std::sync::Arc;

use oms_proto::Time;

use crate::ground::failure::{Failure, FailureClass};
use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::entry::{Entry, Status};
use crate::rules::policy::Policy;
use crate::schedule::agenda::Agenda;
use crate::schedule::due::Due;
use crate::schedule::effect::Flight;
use crate::world::event::Event;
use crate::world::facts::{attempt_event, build_timeout};

/// Dismisses the attempts that have a server and are not to be kept.
fn dismiss(entry: &Entry, unwanted: impl Fn(&Attempt) -> bool) -> Vec<Event> {
    let has_server = |attempt: &&Attempt| {
        matches!(attempt.state, State::Building { .. } | State::Ready) && unwanted(attempt)
    };
    let attempts = entry.attempts().filter(has_server);
    attempts
        .map(|attempt| attempt_event(entry, attempt, Change::Dismissed))
        .collect()
}

/// Ends all attempts of an entry but the one that is kept.
pub(super) fn dismiss_all_but(
    agenda: &Agenda,
    entry: &Entry,
    kept: &Attempt,
    now: Time,
) -> Vec<Event> {
    let dismissed = dismiss(entry, |attempt| attempt.id != kept.id);
    [dismissed, call_off(agenda, entry, now)].concat()
}

/// Ends what builds for an entry that has given up, each with the reason.
fn give_up_builds(entry: &Entry, now: Time) -> Vec<Event> {
    let builds = |attempt: &&Attempt| matches!(attempt.state, State::Building { .. });
    let given_up = |attempt: &Attempt| {
        let took = now.since(attempt.started).as_secs();
        let failure = build_timeout(
            format!("still building after {took} s, when the entry gave up"),
            now,
        );
        attempt_event(entry, attempt, Change::GivenUp(failure))
    };
    let builds = entry.attempts().filter(builds);
    builds.map(given_up).collect()
}

/// Ends launches that nobody needs any more and that are not under way: put off for want of something of
/// our own, or not begun yet where a turn ended before. A key pair may be there.
fn call_off(agenda: &Agenda, entry: &Entry, now: Time) -> Vec<Event> {
    let waits = |attempt: &&Attempt| {
        attempt.state == State::Launching && !agenda.is_flying(Flight::Launch(attempt.id))
    };
    let called_off = |attempt: &Attempt| {
        let failure = Failure {
            class: FailureClass::Interrupted,
            operation: "create server".to_owned(),
            http_status: None,
            message: "called off before it was asked for".to_owned(),
            request_id: None,
            retry_after: None,
            at: now,
        };
        attempt_event(entry, attempt, Change::Refused(Arc::new(failure)))
    };
    let waiting = entry.attempts().filter(waits);
    waiting.map(called_off).collect()
}

/// An entry that is final: end all attempts, then the entry.
pub(super) fn retire(agenda: &Agenda, entry: &Entry, now: Time) -> Vec<Event> {
    let events = if entry.status == Status::Failed {
        let late = dismiss(entry, |attempt| attempt.state == State::Ready);
        [give_up_builds(entry, now), late].concat()
    } else {
        dismiss(entry, |_| true)
    };
    let events = [events, call_off(agenda, entry, now)].concat();
    if !events.is_empty() || !entry.is_clean() {
        return events;
    }
    vec![Event::EntryEnded(entry.id)]
}

/// Tells once of each removal that takes too long.
pub(crate) fn overdue_removals(
    policy: &Policy,
    entry: &Entry,
    now: Time,
    due: &mut Due,
) -> Vec<Event> {
    let mut events = Vec::new();
    for attempt in entry.attempts() {
        let removing = matches!(
            attempt.state,
            State::RemovingServer { .. } | State::Clearing
        );
        if !removing || attempt.removal.alerted {
            continue;
        }
        let overdue = attempt.since.plus(policy.removal_alert);
        if now >= overdue {
            events.push(attempt_event(entry, attempt, Change::RemovalOverdue));
        } else {
            due.by(overdue);
        }
    }
    events
}
