//! What a look tells of the database itself: ids that it would give out again, and another daemon that
//! is at work on a copy of it.

use oms_proto::{AttemptId, EntryId, Time};

use crate::ground::cloud::{Listing, Mark, ServerSeen};
use crate::ground::limits::{RAISE_MAX, TWIN_MARGIN};
use crate::rows::account::Account;
use crate::rows::lineage::{Doubt, Free, Kin};
use crate::world::event::Event;
use crate::world::{World, marks};

/// What the marks on a list tell that `began` then.
pub(super) fn looked(
    world: &World,
    account: &Account,
    full: bool,
    began: Time,
    listing: &Listing,
) -> Vec<Event> {
    let of_others = || {
        let servers = listing.servers.iter();
        servers.filter_map(|server| {
            let mark = server
                .mark
                .as_ref()
                .filter(|it| marks::is_ours(world, it))?;
            (marks::kin(world, mark) != Kin::Known).then_some((server, mark))
        })
    };
    let mut events = Vec::new();
    events.extend(raised(world, of_others().map(|(_, mark)| mark)));
    if world.lineage.held.is_none() {
        let mut twins = of_others().filter(|(server, _)| is_new(world, server, began, listing));
        events.extend(twins.next().map(|(server, _)| {
            Event::Held(Doubt::Twin {
                account: account.id,
                server: server.id.clone(),
            })
        }));
    }
    if full && world.lineage.unseen.contains(&account.id) {
        events.push(Event::AccountSeen(account.id));
    }
    events
}

/// The ids to go on above, where a cloud shows some that would be given out again.
fn raised<'a>(world: &World, marks: impl Iterator<Item = &'a Mark>) -> Option<Event> {
    let free = world.free();
    let above = |shown: u64, free: u64| {
        let believed = shown >= free && shown < free.saturating_add(RAISE_MAX);
        if believed {
            shown.saturating_add(1)
        } else {
            free
        }
    };
    let raised = marks.fold(free, |raised, mark| Free {
        entry: raised.entry.max(EntryId(above(mark.entry.0, free.entry.0))),
        attempt: raised
            .attempt
            .max(AttemptId(above(mark.attempt.0, free.attempt.0))),
    });
    (raised != free).then_some(Event::IdsRaised(raised))
}

/// Whether a server was made since this daemon began, told by the cloud's clock: that of the list
/// says how far it is from ours.
fn is_new(world: &World, server: &ServerSeen, began: Time, listing: &Listing) -> bool {
    let (Some(created), Some(as_of)) = (server.created, listing.as_of) else {
        return false;
    };
    let age = as_of.since(created);
    let made = began.minus(age);
    made > world.lineage.alone_since().plus(TWIN_MARGIN)
}
