//! The end of entries and attempts: what is no longer wanted is dismissed, and a row goes once
//! nothing of it is left.

use oms_proto::Time;

use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::entry::{Entry, Status};
use crate::rules::policy::Policy;
use crate::schedule::due::Due;
use crate::world::event::Event;
use crate::world::facts::{attempt_event, build_timeout};

/// Dismisses the attempts that have a server and are not to be kept.
pub(crate) fn dismiss(entry: &Entry, unwanted: impl Fn(&Attempt) -> bool) -> Vec<Event> {
    let has_server = |attempt: &&Attempt| {
        matches!(attempt.state, State::Building { .. } | State::Ready) && unwanted(attempt)
    };
    let attempts = entry.attempts().filter(has_server);
    attempts
        .map(|attempt| attempt_event(entry, attempt, Change::Dismissed))
        .collect()
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

/// An entry that is final: end all attempts, then the entry.
pub(crate) fn retire(entry: &Entry, now: Time) -> Vec<Event> {
    let events = if entry.status == Status::Failed {
        let late = dismiss(entry, |attempt| attempt.state == State::Ready);
        [give_up_builds(entry, now), late].concat()
    } else {
        dismiss(entry, |_| true)
    };
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
