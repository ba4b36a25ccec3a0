//! The hunt for strays: lists of key pairs in time, and the removal of those objects that have had
//! no owner for long enough.

use oms_proto::Time;

use crate::ground::limits::LIST_KEYPAIRS_EVERY;
use crate::rows::account::Account;
use crate::rows::stray::Stray;
use crate::schedule::agenda::Agenda;
use crate::schedule::due::Due;
use crate::schedule::effect::{Effect, Flight};
use crate::world::World;

/// The next stray of an account to remove, if it is time; one at a time.
pub(crate) fn next(
    agenda: &Agenda,
    world: &World,
    account: &Account,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    let held = world.lineage.held.is_some();
    if held || world.stray_count(account.id) == 0 || agenda.is_flying(Flight::Collect(account.id)) {
        return None;
    }
    if let Some(closed) = world.health(account.id).closed_until(now) {
        due.by(closed);
        return None;
    }
    let ripe = |stray: &&Stray| match stray.due(agenda.policy.stray_grace) {
        Some(at) if at <= now => true,
        Some(at) => {
            due.by(at);
            false
        }
        None => false,
    };
    let stray = world
        .strays_at(account.id)
        .filter(ripe)
        .min_by_key(|stray| stray.removal.next)?;
    Some(Effect::Collect {
        account: account.id,
        id: stray.id.clone(),
        mark: stray.mark(&world.installation),
    })
}

/// A list of the key pairs of an account, if it is time for one.
pub(crate) fn list_keypairs(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    now: Time,
    due: &mut Due,
) -> Option<Effect> {
    if agenda.is_flying(Flight::ListKeypairs(account.id)) || !agenda.answers(world, account, now) {
        return None;
    }
    let watch = *agenda.watch(account.id);
    let next = watch.keypairs_listed.map(|at| at.plus(LIST_KEYPAIRS_EVERY));
    match next {
        Some(next) if now < next => {
            due.by(next);
            None
        }
        _ => Some(Effect::ListKeypairs {
            account: account.id,
        }),
    }
}
