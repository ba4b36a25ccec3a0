//! What lists tell of objects without an owner, and what the removal of one came to.

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_proto::Time;

use crate::ground::cloud::{Listing, Mark, Removal};
use crate::ground::failure::Failure;
use crate::ground::limits::STRAY_AGAIN;
use crate::rows::account::Account;
use crate::rows::removing::Removing;
use crate::rows::stray::{Change, Id, Kind, SEEN_ENOUGH, Stray};
use crate::rules::pause;
use crate::world::event::Event;
use crate::world::{World, marks};

/// What a complete list of servers tells of strays.
pub(super) fn servers(
    world: &World,
    account: &Account,
    listing: &Listing,
    now: Time,
) -> Vec<Event> {
    let ours = listing.servers.iter().filter_map(|server| {
        let mark = server.mark.as_ref()?;
        let stray = marks::is_ours(world, mark)
            && server.status != "DELETED"
            && !marks::is_owned_server(world, mark, &server.id);
        let since = server.created.unwrap_or(now).min(now);
        stray.then(|| found(world, Kind::Server, &server.id, mark, since))
    });
    let there = listing.servers.iter().filter(|it| it.status != "DELETED");
    let listed: BTreeSet<_> = there.map(|server| &server.id).collect();
    // One that we had removed has ports to be looked after yet, as its last collection does.
    let leaving = |stray: &Stray| stray.asked && !listed.contains(&stray.id.id);
    sighted(world, account, Kind::Server, ours, leaving)
}

/// What a list of key pairs tells of strays.
pub(super) fn keypairs(
    world: &World,
    account: &Account,
    names: &[String],
    now: Time,
) -> Vec<Event> {
    let ours = names.iter().filter_map(|name| {
        let mark = marks::read_key_name(world, name)?;
        let stray = !marks::is_owned_keypair(world, &mark);
        stray.then(|| found(world, Kind::Keypair, name, &mark, now))
    });
    sighted(world, account, Kind::Keypair, ours, |_| false)
}

/// An object that a list shows for the first time.
fn found(world: &World, kind: Kind, id: &str, mark: &Mark, since: Time) -> Stray {
    let Mark {
        installation: _,
        incarnation,
        entry,
        attempt,
    } = mark.clone();
    Stray {
        id: Id {
            kind,
            id: id.to_owned(),
        },
        kin: marks::kin(world, mark),
        incarnation,
        entry,
        attempt,
        ordered: false,
        since,
        seen: 1,
        asked: false,
        removal: Removing::default(),
    }
}

/// The strays that one list shows against those that are known. Of those that it does not show,
/// the ones that `stays` picks are not done with.
fn sighted(
    world: &World,
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
        let known = world.stray(account.id, &stray.id);
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
    let missing = world.strays_at(account.id).filter(missing);
    events.extend(missing.map(|stray| Event::Stray {
        account: account.id,
        id: stray.id.clone(),
        change: Change::Gone {
            removed: stray.asked,
        },
    }));
    events
}

/// What the removal of a stray came to.
pub(super) fn collected(
    world: &World,
    account: &Account,
    id: &Id,
    result: &Result<Removal, Arc<Failure>>,
    now: Time,
) -> Option<Event> {
    let stray = world.stray(account.id, id)?;
    let change = match result {
        Ok(Removal::Gone) => Change::Gone { removed: true },
        Ok(Removal::Accepted) => Change::RemovalAsked {
            next: now.plus(STRAY_AGAIN),
        },
        Err(failure) => Change::RemovalFailed {
            failure: Arc::clone(failure),
            next: now.plus(pause::after(stray.removal.failures)),
        },
    };
    Some(Event::Stray {
        account: account.id,
        id: id.clone(),
        change,
    })
}
