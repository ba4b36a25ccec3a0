//! What an attempt calls for at its cloud, as effects.

use std::sync::Arc;

use oms_proto::{AccountId, Time};

use crate::ground::limits::{
    CONFIRM_AFTER, CONFIRM_LONGEST, CONFIRM_SHARE, LOOK_FAILURES_MAX, REMOVAL_STUCK,
    REMOVALS_GATHER, VERIFY_ALONE_MAX,
};
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::due::Due;
use crate::schedule::effect::{Effect, Flight, Launch, Target};
use crate::world::{World, marks};

/// What an attempt calls for at its cloud.
pub(crate) fn act(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    let flight = match attempt.state {
        State::Launching => Flight::Launch(attempt.id),
        State::Unknown { .. }
        | State::Building { .. }
        | State::Ready
        | State::RemovingServer { .. }
        | State::Clearing
        | State::Gone => Flight::Attempt(attempt.id),
    };
    if agenda.is_flying(flight) {
        return None;
    }
    match attempt.state {
        State::Launching if world.lineage.held.is_some() => None,
        State::Launching => Some(Effect::Launch(Box::new(launch(world, entry, attempt)))),
        State::Unknown { until } => {
            if now < until {
                due.by(until);
            } else {
                want_full_look(agenda, attempt.account);
            }
            None
        }
        State::Ready => {
            if !agenda.is_missed(attempt.id) || !agenda.admits(attempt.account, entry.id, now) {
                return None;
            }
            agenda.unmiss(attempt.id);
            target(world, entry, attempt).map(Effect::LookAt)
        }
        State::Building { .. } | State::Gone => None,
        State::RemovingServer { .. } | State::Clearing => {
            tidy(world, agenda, entry, attempt, now, due)
        }
    }
}

/// What a removal calls for, once the account may be called and its pause is over.
fn tidy(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    let held = world.lineage.held.is_some();
    if held || !world.accounts.contains_key(&attempt.account) {
        return None;
    }
    let closed = world.health(attempt.account).closed_until(now);
    let not_before = closed.unwrap_or(now).max(attempt.removal.next);
    if now < not_before {
        due.by(not_before);
        return None;
    }
    match attempt.state {
        State::RemovingServer { asked: None } => {
            remove_server(world, agenda, entry, attempt, now, due)
        }
        State::RemovingServer { asked: Some(asked) } => {
            confirm(world, agenda, entry, attempt, (asked, now), due)
        }
        State::Clearing => {
            let clear = Effect::Clear {
                entry: entry.id,
                attempt: attempt.id,
                account: attempt.account,
                keypair: attempt.key_name.clone(),
                server: attempt.server.as_ref().map(|server| server.id.clone()),
            };
            agenda
                .admits(attempt.account, entry.id, now)
                .then_some(clear)
        }
        State::Launching
        | State::Unknown { .. }
        | State::Building { .. }
        | State::Ready
        | State::Gone => None,
    }
}

/// Asks after a removal that the cloud took at `asked`, or asks for it again.
fn confirm(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    (asked, now): (Time, Time),
    due: &mut Due,
) -> Option<Effect> {
    let ask = agenda
        .ask_after(attempt.id)
        .unwrap_or_else(|| asked.plus(CONFIRM_AFTER));
    if now < ask {
        due.by(ask);
        return None;
    }
    if !agenda.admits(attempt.account, entry.id, now) {
        return None;
    }
    // The longer it takes, the less is lost by hearing of its end somewhat later.
    let pause = (now.since(asked) / CONFIRM_SHARE).clamp(CONFIRM_AFTER, CONFIRM_LONGEST);
    agenda.set_ask_after(attempt.id, now.plus(pause));
    let target = target(world, entry, attempt)?;
    if now >= asked.plus(REMOVAL_STUCK) {
        return Some(Effect::RemoveServer {
            target,
            verify: true,
        });
    }
    Some(Effect::LookAt(target))
}

/// Removes a server whose mark was just seen; else has it looked at first, one by one or, where
/// many are to go, all with one list.
fn remove_server(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    let cleared = agenda.is_cleared(attempt.id, now);
    let looked = cleared || agenda.is_missed(attempt.id);
    let gathered = attempt.since.plus(REMOVALS_GATHER);
    if !looked && now < gathered {
        due.by(gathered);
        return None;
    }
    if !looked && world.load(attempt.account).removing > VERIFY_ALONE_MAX {
        // Where lists keep failing, each is looked at alone.
        if agenda.watch(attempt.account).failures < LOOK_FAILURES_MAX {
            want_full_look(agenda, attempt.account);
            return None;
        }
    }
    if !agenda.admits(attempt.account, entry.id, now) {
        return None;
    }
    Some(Effect::RemoveServer {
        target: target(world, entry, attempt)?,
        verify: !cleared,
    })
}

fn want_full_look(agenda: &mut Agenda, account: AccountId) {
    let watch = agenda.watch(account);
    if !watch.want_full {
        watch.want_full = true;
        agenda.mark(Thing::Account(account));
    }
}

fn target(world: &World, entry: &Entry, attempt: &Attempt) -> Option<Target> {
    let server = attempt.server.as_ref()?.id.clone();
    Some(Target {
        account: attempt.account,
        mark: marks::mark(world, entry.id, attempt.id),
        server,
    })
}

fn launch(world: &World, entry: &Entry, attempt: &Attempt) -> Launch {
    Launch {
        account: attempt.account,
        mark: marks::mark(world, entry.id, attempt.id),
        wanted: Arc::clone(&attempt.wanted),
        server_name: attempt.server_name.clone(),
        key_name: attempt.key_name.clone(),
        public_key: entry.asked.key.public.clone(),
        user_data: entry.asked.user_data(),
        metadata: entry.asked.spec.metadata.clone().unwrap_or_default(),
    }
}
