//! The intent to try an entry at an account.

use std::sync::Arc;

use oms_proto::spec::EntrySpec;
use oms_proto::{AccountId, AttemptId, Time};

use crate::ground::cloud::Wanted;
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::rows::passed::{Passed, PassedOver};
use crate::rows::removing::Removing;
use crate::schedule::agenda::Agenda;
use crate::world::event::Event;
use crate::world::{World, marks};

/// The intent to try an entry at an account.
pub(crate) fn start(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    (account, wanted): (AccountId, Wanted),
    passed_over: Vec<PassedOver>,
    now: Time,
) -> Event {
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
