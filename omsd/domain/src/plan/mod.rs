//! Decides what to do next: marked rows in, facts and effects out.
//!
//! Planning is deterministic, and planning again changes nothing: an effect that is under way is
//! known to the agenda, and a fact that is planned changes the row that called for it.
//!
//! Cost: one event costs O(log n) of the rows for the maps, plus the attempts of its entry (at most
//! [`ATTEMPTS_MAX`]), plus, if an account changed, the first waiting entries of at most
//! [`SHAPES_PER_TURN`] shapes. No row is looked at that did not change and is not due;
//! `cargo bench -p oms-tests --bench scale` measures it.
//!
//! [`ATTEMPTS_MAX`]: crate::ground::limits::ATTEMPTS_MAX
//! [`SHAPES_PER_TURN`]: crate::ground::limits::SHAPES_PER_TURN

mod account;
mod act;
mod collect;
mod hedge;
mod holds;
mod intent;
mod patience;
pub mod placement;
mod retire;
pub mod room;
mod serve;

use std::sync::Arc;

use oms_proto::Time;

use self::act::act;
use crate::ground::cloud::MARK_CANARY;
use crate::ground::failure::{Failure, FailureClass};
use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::entry::{Entry, Status};
use crate::rules::policy::Policy;
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::due::{Due, Step};
use crate::world::event::Event;
use crate::world::{World, facts};

/// Plans the next marked or due row; `None` when nothing is left to do now.
pub fn next(world: &World, agenda: &mut Agenda, now: Time) -> Option<Step> {
    let step = match agenda.take(now)? {
        Thing::Entry(id) => match world.entries.get(&id) {
            Some(entry) => plan_entry(world, agenda, entry, now),
            None => Step::default(),
        },
        Thing::Account(id) => match world.accounts.get(&id) {
            Some(account) => account::plan_account(world, agenda, account, now),
            None => Step::default(),
        },
    };
    for effect in &step.effects {
        holds::effect(world, effect);
    }
    Some(step)
}

/// What a start calls for: whatever was under way when the daemon stopped has lost its answer.
pub fn at_start(world: &World, policy: &Policy, now: Time) -> Vec<Event> {
    let lost = |entry: &Arc<Entry>, attempt: &Attempt| {
        let failure = Arc::new(Failure {
            class: FailureClass::Interrupted,
            operation: "create server".to_owned(),
            http_status: None,
            message: "the daemon stopped before the answer came".to_owned(),
            request_id: None,
            retry_after: None,
            at: now,
        });
        let change = Change::Lost {
            failure,
            until: now.plus(policy.settle_time(&facts::lessons(world, attempt))),
        };
        Event::Attempt {
            entry: entry.id,
            attempt: attempt.id,
            change,
        }
    };
    let live = world
        .accounts
        .keys()
        .flat_map(|account| world.live_at(*account));
    let lost = live
        .filter(|(_, attempt)| attempt.state == State::Launching)
        .map(|(entry, attempt)| lost(entry, attempt));
    // Nobody waits for a canary that a stop has outlived.
    let canary = |entry: &&Arc<Entry>| {
        let metadata = entry.asked.spec.metadata.as_ref();
        entry.status != Status::Destroy && metadata.is_some_and(|it| it.contains_key(MARK_CANARY))
    };
    let canaries = world.entries.values().filter(canary);
    lost.chain(canaries.map(|entry| Event::EntryUnwanted(entry.id)))
        .collect()
}

fn plan_entry(world: &World, agenda: &mut Agenda, entry: &Entry, now: Time) -> Step {
    let mut due = Due::default();
    let overdue = retire::overdue_removals(&agenda.policy, entry, now, &mut due);
    if !overdue.is_empty() {
        agenda.mark(Thing::Entry(entry.id));
        return Step {
            events: overdue,
            effects: Vec::new(),
        };
    }
    // Whether it waits is told anew below: one that builds must not be woken in another's place.
    agenda.stop_waiting(entry.id);
    let events = if entry.is_wanted() {
        serve::serve(world, agenda, entry, now, &mut due)
    } else {
        retire::retire(agenda, entry, now)
    };
    if !events.is_empty() {
        // What the row calls for after these facts is planned then.
        agenda.mark(Thing::Entry(entry.id));
        return Step {
            events,
            effects: Vec::new(),
        };
    }
    let mut effects = Vec::new();
    for attempt in entry.attempts() {
        effects.extend(act(world, agenda, entry, attempt, now, &mut due));
    }
    agenda.set_due(Thing::Entry(entry.id), due.0);
    Step {
        events: Vec::new(),
        effects,
    }
}
