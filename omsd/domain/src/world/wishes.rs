//! What people ask of entries and blocks that are there, turned into facts or a refusal.

use std::sync::Arc;

use oms_proto::{AccountId, EntryId, Time};

use crate::ground::limits::{BLOCKS_NAMED_MAX, ENTRIES_MAX};
use crate::rows::entry::{Entry, Status};
use crate::world::World;
use crate::world::event::Event;
use crate::world::verdict::{Answer, Recall, Rejection};

/// Asked again, it is done again without effect.
pub(super) fn remove(
    world: &World,
    recall: &Recall,
    id: EntryId,
) -> Result<(Vec<Event>, Answer), Rejection> {
    let living = world.entries.get(&id);
    let event = match status(living, recall) {
        None | Some(Status::Destroy) => return Err(Rejection::NoEntry(id)),
        Some(_) if living.is_some_and(|entry| entry.held) => {
            return Err(Rejection::EntryHeld(id));
        }
        Some(Status::Failed) if living.is_none() => Event::EndedRemoved(id),
        Some(Status::Request | Status::Recive | Status::Boot | Status::Run | Status::Failed) => {
            Event::EntryUnwanted(id)
        }
    };
    Ok((vec![event], Answer::Done))
}

/// How an entry stands, be it under way or ended.
fn status(living: Option<&Arc<Entry>>, recall: &Recall) -> Option<Status> {
    let past = recall.past.as_ref().map(|past| past.entry.status);
    living.map_or(past, |entry| Some(entry.status))
}

/// An entry that has failed gets as much time as it had at first.
pub(super) fn retry(
    world: &World,
    recall: &Recall,
    id: EntryId,
    now: Time,
) -> Result<(Vec<Event>, Answer), Rejection> {
    let living = world.entries.get(&id);
    match status(living, recall) {
        None | Some(Status::Destroy) => return Err(Rejection::NoEntry(id)),
        Some(Status::Failed) => {}
        Some(status @ (Status::Request | Status::Recive | Status::Boot | Status::Run)) => {
            return Err(Rejection::NotFailed { entry: id, status });
        }
    }
    if living.is_none() && world.entries.len() >= ENTRIES_MAX {
        return Err(Rejection::Full);
    }
    let past = recall.past.as_ref().map(|past| &past.entry);
    if living.is_none() && past.is_some_and(|past| !world.has_room_for(past.asked.brought())) {
        return Err(Rejection::FullOfData);
    }
    let event = match (living, past) {
        (Some(entry), _) => Event::EntryRetried {
            entry: id,
            deadline: now.plus(entry.asked.patience),
        },
        (None, Some(past)) => {
            let deadline = now.plus(past.asked.patience);
            Event::EndedRetried(Arc::new(past.retried(now, deadline)))
        }
        (None, None) => return Err(Rejection::NoEntry(id)),
    };
    Ok((vec![event], Answer::Entry(id)))
}

pub(super) fn hold(
    world: &World,
    recall: &Recall,
    id: EntryId,
    held: bool,
) -> Result<(Vec<Event>, Answer), Rejection> {
    let living = world.entries.get(&id);
    let known = living.is_some_and(|entry| entry.held);
    let event =
        match status(living, recall) {
            None | Some(Status::Destroy) => return Err(Rejection::NoEntry(id)),
            Some(Status::Failed) if held => return Err(Rejection::NothingToHold(id)),
            Some(
                Status::Request | Status::Recive | Status::Boot | Status::Run | Status::Failed,
            ) if known == held => None,
            Some(
                Status::Request | Status::Recive | Status::Boot | Status::Run | Status::Failed,
            ) if held => Some(Event::EntryHeld(id)),
            Some(
                Status::Request | Status::Recive | Status::Boot | Status::Run | Status::Failed,
            ) => Some(Event::EntryReleased(id)),
        };
    Ok((event.into_iter().collect(), Answer::Entry(id)))
}

pub(super) fn unblock(
    world: &World,
    id: AccountId,
    named: Option<&str>,
) -> Result<(Vec<Event>, Answer), Rejection> {
    let account = world.accounts.get(&id).ok_or(Rejection::NoAccount)?;
    let blocks = &world.health(id).blocks;
    let scopes = || blocks.iter().map(|block| block.scope.to_string());
    if let Some(scope) = named
        && !scopes().any(|it| it == scope)
    {
        let blocked: Vec<_> = scopes().take(BLOCKS_NAMED_MAX).collect();
        return Err(Rejection::NotBlocked {
            name: account.name.clone(),
            scope: scope.to_owned(),
            blocked: match blocked.as_slice() {
                [] => "nothing is".to_owned(),
                some => format!("blocked are: {}", some.join(", ")),
            },
        });
    }
    let meant = blocks.iter().filter(|block| {
        let named = named.is_none_or(|scope| block.scope.to_string() == scope);
        named && !block.over
    });
    let lifted = meant.map(|block| Event::BlockLifted {
        account: id,
        scope: block.scope.clone(),
    });
    Ok((lifted.collect(), Answer::Account(id)))
}
