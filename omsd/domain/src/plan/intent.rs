//! The intent to try an entry at an account.

use std::sync::Arc;

use oms_proto::spec::EntrySpec;
use oms_proto::{AccountId, AttemptId, Time};

use crate::ground::cloud::Wanted;
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::rows::passed::{Passed, PassedOver, Reason};
use crate::rows::removing::Removing;
use crate::rows::spur::Spur;
use crate::schedule::agenda::Agenda;
use crate::world::event::Event;
use crate::world::{World, marks};

/// Attempts beside which another is begun, and why.
pub(crate) type Beside<'a> = [(&'a Attempt, Spur)];

/// The intent to try an entry at an account, beside attempts that may yet serve it.
pub(crate) fn start(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    (account, wanted): (AccountId, Wanted),
    mut passed_over: Vec<PassedOver>,
    beside: &Beside<'_>,
    now: Time,
) -> Event {
    passed_over.retain(|over| {
        let is_told = beside.iter().any(|(it, _)| it.account == over.account);
        !(is_told && over.reason == Reason::Trying)
    });
    passed_over.extend(beside.iter().map(|(attempt, cause)| PassedOver {
        account: attempt.account,
        reason: Reason::Overtaken {
            attempt: attempt.id,
            cause: *cause,
            waited: now.since(attempt.started),
        },
    }));
    passed_over.sort_by_key(|over| over.account);
    let id = AttemptId(world.next.attempt);
    let newest = AccountId(world.next.account.saturating_sub(1));
    let passed_over = agenda.share_passed(Passed::of(passed_over, newest));
    let attempt = Attempt {
        id,
        account,
        wanted: Arc::new(wanted),
        server_name: server_name(&entry.asked.spec, entry, id),
        key_name: marks::key_name(world, &marks::mark(world, entry.id, id)),
        started: now,
        state: State::Launching,
        since: now,
        server: None,
        boot: None,
        failure: None,
        removal: Removing::default(),
        passed_over,
    };
    Event::AttemptStarted {
        entry: entry.id,
        attempt: Box::new(attempt),
    }
}

fn server_name(spec: &EntrySpec, entry: &Entry, attempt: AttemptId) -> String {
    spec.name
        .clone()
        .unwrap_or_else(|| format!("oms-{}-{attempt}", entry.id))
}
