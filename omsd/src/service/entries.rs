//! Queue entries: listed, shown, waited for, removed.

use std::time::Duration;

use oms_proto::request::{EntryList, EntryWait};
use oms_proto::response::EntryPage;
use oms_proto::{EntryId, Response, WireError};
use omsd_domain::rows::entry::{Entry, Past, Status};
use omsd_domain::world::command::Command;
use tokio::time::{Instant, timeout_at};

use super::error::{not_found, stopping};
use super::{Caller, Service, page};
use crate::engine::waits::Ended;
use crate::store::{Store, StoreError};

/// Entries in one answer: with an RSA key each, a fifth of the largest frame.
pub(super) const ENTRIES_PER_ANSWER: usize = 500;

/// What a list shows that asks for nothing in particular.
const UNLESS_REMOVED: [Status; 5] = [
    Status::Request,
    Status::Recive,
    Status::Boot,
    Status::Run,
    Status::Failed,
];

/// The longest that one call waits. Longer than a script should, short enough that a forgotten
/// one does not hold its slot for ever.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

impl Service {
    /// Entries that have ended are in the database; those that failed are still shown, and stand in
    /// the list where their ids put them.
    pub(super) async fn entry_list(
        &self,
        caller: &Caller,
        list: &EntryList,
    ) -> Result<Response, WireError> {
        let limit = page::limit(list.limit, ENTRIES_PER_ANSWER);
        let mut statuses = if list.status.is_empty() {
            UNLESS_REMOVED.to_vec()
        } else {
            list.status.iter().copied().filter_map(Status::of).collect()
        };
        statuses.sort_unstable();
        statuses.dedup();
        let world = self.parts.handle.world();
        let count = statuses.iter().map(|status| world.count(*status)).sum();
        let failed = statuses.contains(&Status::Failed) && world.ended.failed > 0;
        let seen = &*world;
        let living = |after: Option<EntryId>, most: usize| {
            let with = move |status: &Status| seen.with_status(*status, after).take(most);
            statuses.iter().flat_map(with).map(|entry| &**entry)
        };
        let mut after = list.after;
        let mut ended = Vec::new();
        let most = limit.saturating_add(1);
        if list.skip > 0 {
            let skip = usize::try_from(list.skip).unwrap_or(usize::MAX);
            let mut ids: Vec<_> = living(after, skip).map(|entry| entry.id).collect();
            if failed {
                let reading = move |store: &Store| store.failed_ids(after, skip);
                ids.extend(self.read_ended(reading).await?);
            }
            ids.sort_unstable();
            ids.dedup();
            // Where there are fewer, nothing follows.
            after = ids.get(skip.saturating_sub(1)).copied();
            if after.is_none() {
                return Ok(Response::Entries(EntryPage {
                    count,
                    ..EntryPage::default()
                }));
            }
        }
        if failed {
            let reading = move |store: &Store| store.failed(after, most);
            ended = self.read_ended(reading).await?;
        }
        let ended = ended.iter().map(|past| &past.entry);
        let mut shown: Vec<&Entry> = living(after, most).chain(ended).collect();
        shown.sort_unstable_by_key(|entry| entry.id);
        // One that ended between the two readings is in both.
        shown.dedup_by_key(|entry| entry.id);
        let more = page::cut(&mut shown, limit);
        let picture = self.picture(caller, &world);
        let entries = shown.into_iter().map(|entry| picture.entry(entry));
        Ok(Response::Entries(EntryPage {
            entries: entries.collect(),
            more,
            count,
        }))
    }

    /// Reads of the entries that have ended.
    async fn read_ended<T: Send + 'static>(
        &self,
        reading: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, WireError> {
        let read = self.database.read(reading).await;
        read.map_err(|cause| self.internal("read the entries that have ended", &cause))
    }

    pub(super) async fn entry_show(
        &self,
        caller: &Caller,
        id: EntryId,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let picture = self.picture(caller, &world);
        if let Some(entry) = world.entries.get(&id) {
            let entry = shown(entry)?;
            return Ok(Response::Entry(Box::new(picture.entry(entry))));
        }
        let past = self.past(id).await?;
        let entry = shown(&past.entry)?;
        Ok(Response::Entry(Box::new(picture.entry(entry))))
    }

    /// An entry that has ended.
    pub(super) async fn past(&self, id: EntryId) -> Result<Past, WireError> {
        let past = self.database.read(move |store| store.past(id)).await;
        past.map_err(|cause| self.internal("look up an entry that has ended", &cause))?
            .ok_or_else(|| not_found(format_args!("entry {id}")))
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

    /// Looks at the entry whenever it has changed until it has settled, so that it cannot miss the
    /// moment.
    pub(super) async fn entry_wait(
        &self,
        caller: &Caller,
        wait: EntryWait,
    ) -> Result<Response, WireError> {
        let patience = Duration::from_millis(wait.timeout_ms.into()).min(WAIT_MAX);
        let deadline = Instant::now() + patience;
        let mut waiter = self.parts.handle.wait(wait.id);
        loop {
            let world = self.parts.handle.world();
            let Some(entry) = world.entries.get(&wait.id) else {
                return self.entry_show(caller, wait.id).await;
            };
            let entry = shown(entry)?;
            let answer = || Response::Entry(Box::new(self.picture(caller, &world).entry(entry)));
            if entry.status.is_settled() {
                return Ok(answer());
            }
            match timeout_at(deadline, waiter.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(Ended)) => return Err(stopping()),
                Err(_elapsed) => return Ok(answer()),
            }
        }
    }
}

/// An entry, unless its owner has removed it.
fn shown(entry: &Entry) -> Result<&Entry, WireError> {
    if entry.status == Status::Destroy {
        return Err(not_found(format_args!("entry {}", entry.id)));
    }
    Ok(entry)
}
