//! What a survey tells of the room at an account.

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_proto::Time;

use crate::ground::failure::Failure;
use crate::ground::resource::Survey;
use crate::plan::room::{lacks, ours, ports};
use crate::rows::account::Account;
use crate::rows::room::{Bound, Room};
use crate::schedule::agenda::Agenda;
use crate::world::event::Event;
use crate::world::{World, facts};

/// The flavors that an account's defaults name, that it holds, and that have taught something.
fn flavors_in_use(world: &World, account: &Account) -> BTreeSet<String> {
    let held = world.held(account.id).map(|(flavor, ..)| flavor.to_owned());
    let taught = world.lessons_at(account.id);
    let taught = taught.map(|lessons| lessons.offering.flavor.clone());
    held.chain(taught)
        .chain(account.defaults.flavor.clone())
        .collect()
}

/// While something of ours came or went, what others have is not less than was known: some of ours
/// may not have been there yet when it was counted.
fn keep_others(room: &mut Room, known: Option<&Room>) {
    for known in known.into_iter().flat_map(|room| &room.bounds) {
        let same = |bound: &&mut Bound| bound.resource == known.resource;
        if let Some(bound) = room.bounds.iter_mut().find(same) {
            bound.unmanaged = bound.unmanaged.max(known.unmanaged);
        }
    }
}

/// What a survey tells, where that is news.
pub(crate) fn surveyed(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    result: &Result<Survey, Arc<Failure>>,
    now: Time,
) -> Vec<Event> {
    agenda.watch(account.id).surveyed = Some(now);
    // The looks tell how the account fares.
    let Ok(survey) = result else {
        return Vec::new();
    };
    let used = flavors_in_use(world, account);
    let mut room = Room::of(survey, |_| 0, &used, now);
    let ours = ours(world, account.id, &room);
    room.bounds = Room::of(survey, |resource| ours.of(resource), &used, now).bounds;
    if agenda.watch(account.id).disturbed {
        keep_others(&mut room, world.room(account.id));
    }
    let mut events = Vec::new();
    // A refusal that the ledger explains needs no block: what fits may go, what does not will not.
    let exhausted = room.bounds.iter().any(|bound| {
        let is_full = bound.exceeded(ours.of(bound.resource), 1).is_some();
        bound.resource.is_taken_by_launches() && is_full
    });
    let too_large = agenda.refused(account.id).is_some_and(|wanted| {
        lacks(
            world,
            account.id,
            &room,
            &wanted.flavor,
            ports(wanted.networks.len()),
        )
        .is_some()
    });
    if exhausted || too_large {
        events.extend(facts::has_room(world, account.id));
    }
    let known = world.room(account.id);
    if known.is_none_or(|known| room.tells_more_than(known)) {
        events.push(Event::Surveyed {
            account: account.id,
            room: Box::new(room),
        });
    }
    events
}
