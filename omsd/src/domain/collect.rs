//! The hunt for strays: what lists tell of objects without an owner, and the removal of those that
//! have had none for long enough.

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_proto::Time;

use super::account::Account;
use super::act;
use super::agenda::Agenda;
use super::attempt::Removing;
use super::cloud::{Listing, Removal};
use super::effect::{Effect, Flight};
use super::event::Event;
use super::failure::Failure;
use super::limits::{INSPECT_EVERY, STRAY_AGAIN};
use super::plan::Due;
use super::settle;
use super::stray::{self, Change, Id, Kind, SEEN_ENOUGH, Stray};
use super::watch;
use super::world::World;

/// What a complete list of servers tells of strays.
pub fn servers(world: &World, account: &Account, listing: &Listing, now: Time) -> Vec<Event> {
    let ours = listing.servers.iter().filter_map(|server| {
        let mark = server.mark.as_ref()?;
        let stray = *mark.installation == *world.installation
            && server.status != "DELETED"
            && !stray::is_owned_server(world, mark, &server.id);
        stray.then(|| Stray {
            id: Id {
                kind: Kind::Server,
                id: server.id.clone(),
            },
            entry: mark.entry,
            attempt: mark.attempt,
            since: server.created.unwrap_or(now).min(now),
            seen: 1,
            asked: false,
            removal: Removing::default(),
        })
    });
    let there = listing.servers.iter().filter(|it| it.status != "DELETED");
    let listed: BTreeSet<_> = there.map(|server| &server.id).collect();
    // One that we had removed has ports to be looked after yet, as its last collection does.
    let leaving = |stray: &Stray| stray.asked && !listed.contains(&stray.id.id);
    sighted(account, Kind::Server, ours, leaving)
}

/// What a list of key pairs tells of strays.
pub fn keypairs(world: &World, account: &Account, names: &[String], now: Time) -> Vec<Event> {
    let ours = names.iter().filter_map(|name| {
        let (entry, attempt) = stray::read_key_name(world, name)?;
        let stray = !stray::is_owned_keypair(world, entry, attempt);
        stray.then(|| Stray {
            id: Id {
                kind: Kind::Keypair,
                id: name.clone(),
            },
            entry,
            attempt,
            since: now,
            seen: 1,
            asked: false,
            removal: Removing::default(),
        })
    });
    sighted(account, Kind::Keypair, ours, |_| false)
}

/// The strays that one list shows against those that are known. Of those that it does not show,
/// the ones that `stays` picks are not done with.
fn sighted(
    account: &Account,
    kind: Kind,
    shown: impl Iterator<Item = Stray>,
    stays: impl Fn(&Stray) -> bool,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut ids = BTreeSet::new();
    for stray in shown {
        // Pages may repeat.
        if !ids.insert(stray.id.clone()) {
            continue;
        }
        let known = account.stray(&stray.id);
        if known.is_none_or(|known| known.seen < SEEN_ENOUGH) {
            events.push(Event::Stray {
                account: account.id,
                id: stray.id.clone(),
                change: Change::Seen(Box::new(stray)),
            });
        }
    }
    let missing =
        |stray: &&Stray| stray.id.kind == kind && !ids.contains(&stray.id) && !stays(stray);
    let missing = account.strays.iter().filter(missing);
    events.extend(missing.map(|stray| Event::Stray {
        account: account.id,
        id: stray.id.clone(),
        change: Change::Gone {
            removed: stray.asked,
        },
    }));
    events
}

/// The next stray of an account to remove, if it is time; one at a time.
pub(super) fn next(
    agenda: &Agenda,
    world: &World,
    account: &Account,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    if account.strays.is_empty() || agenda.is_flying(Flight::Collect(account.id)) {
        return None;
    }
    if let Some(closed) = act::closed_until(account, now) {
        due.by(closed);
        return None;
    }
    let ripe = |stray: &&Stray| match stray.due(&agenda.policy) {
        Some(at) if at <= now => true,
        Some(at) => {
            due.by(at);
            false
        }
        None => false,
    };
    let stray = account
        .strays
        .iter()
        .filter(ripe)
        .min_by_key(|stray| stray.removal.next)?;
    Some(Effect::Collect {
        account: account.id,
        id: stray.id.clone(),
        mark: stray.mark(world),
    })
}

/// What the removal of a stray came to.
pub fn collected(
    account: &Account,
    id: &Id,
    result: &Result<Removal, Arc<Failure>>,
    now: Time,
) -> Option<Event> {
    let stray = account.stray(id)?;
    let change = match result {
        Ok(Removal::Gone) => Change::Gone { removed: true },
        Ok(Removal::Accepted) => Change::RemovalAsked {
            next: now.plus(STRAY_AGAIN),
        },
        Err(failure) => Change::RemovalFailed {
            failure: Arc::clone(failure),
            next: now.plus(settle::pause_after(stray.removal.failures)),
        },
    };
    Some(Event::Stray {
        account: account.id,
        id: id.clone(),
        change,
    })
}

/// A list of the key pairs of an account, if it is time for one.
pub(super) fn inspect(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    if agenda.is_flying(Flight::Inspect(account.id)) || !watch::answers(world, agenda, account, now)
    {
        return None;
    }
    let watch = *agenda.watch(account.id);
    let next = watch.inspected.map(|at| at.plus(INSPECT_EVERY));
    match next {
        Some(next) if now < next => {
            due.by(next);
            None
        }
        _ => Some(Effect::Inspect {
            account: account.id,
        }),
    }
}
