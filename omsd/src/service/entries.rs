//! Queue entries: listed, shown, waited for, removed.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::request::{EntryList, EntryWait};
use oms_proto::response::EntryPage;
use oms_proto::view::EntryView;
use oms_proto::{EntryId, Response, WireError};
use tokio::time::{Instant, timeout_at};

use super::error::{not_found, stopping};
use super::{Caller, Service};
use crate::domain::command::Command;
use crate::domain::entry::{Entry, Status};
use crate::domain::world::World;

/// Entries in one answer: with an RSA key each, a fifth of the largest frame.
pub(super) const ENTRIES_PER_ANSWER: usize = 500;

/// The longest that one call waits. Longer than a script should, short enough that a forgotten
/// one does not hold its slot for ever.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

impl Service {
    pub(super) fn entry_list(&self, caller: &Caller, list: &EntryList) -> Response {
        let world = self.parts.handle.world();
        let picture = self.picture(caller, &world);
        let limit = list
            .limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(ENTRIES_PER_ANSWER)
            .min(ENTRIES_PER_ANSWER);
        let wanted = |entry: &&Arc<Entry>| {
            if list.status.is_empty() {
                entry.status != Status::Destroy
            } else {
                list.status.contains(&entry.status.shown()) && !entry.is_past()
            }
        };
        let from = list.after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = world
            .entries
            .range((from, Bound::Unbounded))
            .map(|(_, entry)| entry)
            .filter(wanted);
        let entries: Vec<EntryView> = rest
            .by_ref()
            .take(limit)
            .map(|entry| picture.entry(entry))
            .collect();
        let more = rest.next().is_some();
        Response::Entries(EntryPage { entries, more })
    }

    pub(super) fn entry_show(&self, caller: &Caller, id: EntryId) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let entry = shown(&world, id)?;
        Ok(Response::Entry(Box::new(
            self.picture(caller, &world).entry(entry),
        )))
    }

    pub(super) async fn entry_remove(
        &self,
        caller: &Caller,
        id: EntryId,
    ) -> Result<Response, WireError> {
        self.submit(caller, Command::RemoveEntry(id)).await?;
        tracing::info!(entry.id = %id, caller = %caller.actor, "removing an entry");
        Ok(Response::DONE)
    }

    /// Looks at every committed world until the entry has settled, so that it cannot miss the
    /// moment.
    pub(super) async fn entry_wait(
        &self,
        caller: &Caller,
        wait: EntryWait,
    ) -> Result<Response, WireError> {
        let patience = Duration::from_millis(wait.timeout_ms.into()).min(WAIT_MAX);
        let deadline = Instant::now() + patience;
        let mut worlds = self.parts.handle.worlds();
        loop {
            let world = Arc::clone(&worlds.borrow_and_update());
            let entry = shown(&world, wait.id)?;
            let answer = || Response::Entry(Box::new(self.picture(caller, &world).entry(entry)));
            if entry.status.is_settled() {
                return Ok(answer());
            }
            match timeout_at(deadline, worlds.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_closed)) => return Err(stopping()),
                Err(_elapsed) => return Ok(answer()),
            }
        }
    }
}

/// An entry that its owner has not removed.
fn shown(world: &World, id: EntryId) -> Result<&Arc<Entry>, WireError> {
    world
        .entries
        .get(&id)
        .filter(|entry| entry.status != Status::Destroy)
        .ok_or_else(|| not_found(format_args!("entry {id}")))
}
