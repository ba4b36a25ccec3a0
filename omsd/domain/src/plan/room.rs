//! The quota ledger: what an account has room for. A survey tells the limits and what is in use;
//! what of it is not ours is subtracted once, and what is ours is counted from the rows, launches
//! under way included. So a launch that is known not to fit is never sent.

use oms_proto::{AccountId, Time};

use crate::ground::limits::{SURVEY_EVERY, SURVEY_SOON};
use crate::rows::account::Account;
pub use crate::rows::room::ports;
use crate::rows::room::{Room, Shortage, Taken};
use crate::schedule::agenda::Agenda;
use crate::schedule::due::Due;
use crate::schedule::effect::{Effect, Flight};
use crate::world::World;

/// What that takes which is ours at an account, launches under way included. What another account has in the same
/// project is ours, too; key pairs are the user's.
pub fn ours(world: &World, account: AccountId, room: &Room) -> Taken {
    let servers = |account: AccountId| {
        let held = world.held(account);
        held.map(|(flavor, ports, count)| room.takes(flavor, ports).servers(count))
            .fold(Taken::default(), Taken::and)
    };
    let keypairs = |account: AccountId| Taken::keypairs(world.load(account).total());
    let own = servers(account).and(keypairs(account));
    world.mates(account).fold(own, |taken, mate| {
        let taken = taken.and(servers(mate));
        if world.share_user(account, mate) {
            taken.and(keypairs(mate))
        } else {
            taken
        }
    })
}

/// What there is too little of for a launch at an account; `None` if it fits, as far as is known.
pub fn shortage(world: &World, account: &Account, flavor: &str, ports: u32) -> Option<Shortage> {
    lacks(world, account.id, world.room(account.id)?, flavor, ports)
}

/// What there is too little of for a launch, by what is known of the room.
pub fn lacks(
    world: &World,
    account: AccountId,
    room: &Room,
    flavor: &str,
    ports: u32,
) -> Option<Shortage> {
    let (wants, ours) = (room.takes(flavor, ports), ours(world, account, room));
    room.bounds.iter().find_map(|bound| {
        let (needed, ours) = (wants.of(bound.resource), ours.of(bound.resource));
        let max = bound.exceeded(ours, needed).filter(|_| needed > 0)?;
        Some(Shortage {
            resource: bound.resource,
            max,
            used: bound.unmanaged.saturating_add(ours),
            needed,
        })
    })
}

/// A survey of an account, if it is time for one.
pub(crate) fn survey(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    if agenda.is_flying(Flight::Survey(account.id)) || !agenda.answers(world, account, now) {
        return None;
    }
    let watch = *agenda.watch(account.id);
    // While entries wait for room, what others make is worth knowing soon.
    let pause = if watch.short && agenda.waiting() > 0 {
        SURVEY_SOON
    } else {
        SURVEY_EVERY
    };
    match watch.surveyed.map(|at| at.plus(pause)) {
        Some(next) if now < next => {
            due.by(next);
            None
        }
        _ => Some(Effect::Survey {
            account: account.id,
        }),
    }
}
