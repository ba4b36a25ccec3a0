//! Queue entries: listed, shown, waited for, removed.

use std::time::Duration;

use oms_proto::request::{EntryHold, EntryList, EntryWait};
use oms_proto::response::EntryPage;
use oms_proto::{EntryId, Response, WireError};
use omsd_domain::rows::entry::{Entry, Past, Status};
use omsd_domain::world::command::Command;
use tokio::time::{Instant, timeout, timeout_at};

use super::accounts::SEEN_WITHIN;
use super::error::{not_found, stopping};
use super::filter::{self, LOOKED_AT_ONCE};
use super::view::weight;
use super::{Caller, Service, page};
use crate::engine::waits::Ended;
use crate::store::{Store, StoreError};

/// Entries in one answer: with an RSA key each, a fifth of the largest frame.
pub(super) const ENTRIES_PER_ANSWER: usize = 500;

/// Bytes of entries in one answer, roughly: half the largest frame. What people ask may be long.
const BYTES_PER_ANSWER: usize = 4 * 1024 * 1024;

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
        let wants = filter::Entries::of(&world, list)?;
        if !wants.is_all() {
            return self.entries_found(caller, list, &statuses, &wants).await;
        }
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
        let picture = self.picture(caller, &world);
        Ok(Response::Entries(paged(&picture, shown, limit, count)))
    }

    /// Entries that are looked for among all. They are looked at in turns, so that nobody waits for it,
    /// and a few lists at a time.
    async fn entries_found(
        &self,
        caller: &Caller,
        list: &EntryList,
        statuses: &[Status],
        wants: &filter::Entries,
    ) -> Result<Response, WireError> {
        let turn = self.search_turns.acquire().await;
        let _turn = turn.map_err(|_closed| stopping())?;
        let world = self.parts.handle.world();
        let limit = page::limit(list.limit, ENTRIES_PER_ANSWER);
        let skip = usize::try_from(list.skip).unwrap_or(usize::MAX);
        // Whoever goes on was told how many there are.
        let enough = match list.after {
            None => usize::MAX,
            Some(_) => skip.saturating_add(limit).saturating_add(1),
        };
        let mut ids = Vec::new();
        for status in statuses {
            let all = ids.len().saturating_add(enough);
            let mut after = list.after;
            loop {
                let before = after;
                let follow = world.with_status(*status, after).take(LOOKED_AT_ONCE);
                for entry in follow {
                    after = Some(entry.id);
                    if ids.len() < all && wants.fits(entry) {
                        ids.push(entry.id);
                    }
                }
                if before == after || ids.len() >= all {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        if statuses.contains(&Status::Failed) && wants.may_have_ended() {
            ids.extend(self.ended_found(list.after, enough, wants).await?);
        }
        ids.sort_unstable();
        ids.dedup();
        let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let most = limit.saturating_add(1);
        let ids: Vec<_> = ids.into_iter().skip(skip).take(most).collect();
        let gone = ids.iter().filter(|id| !world.entries.contains_key(*id));
        let gone: Vec<_> = gone.copied().collect();
        let reading = move |store: &Store| gone.into_iter().map(|id| store.past(id)).collect();
        let ended: Vec<Option<Past>> = self.read_ended(reading).await?;
        let ended = ended.iter().flatten().map(|past| &past.entry);
        let living = ids.iter().filter_map(|id| world.entries.get(id));
        let mut shown: Vec<&Entry> = living.map(|entry| &**entry).chain(ended).collect();
        shown.sort_unstable_by_key(|entry| entry.id);
        let picture = self.picture(caller, &world);
        Ok(Response::Entries(paged(&picture, shown, limit, count)))
    }

    /// The same among those that failed and have ended.
    async fn ended_found(
        &self,
        mut after: Option<EntryId>,
        enough: usize,
        wants: &filter::Entries,
    ) -> Result<Vec<EntryId>, WireError> {
        let mut ids = Vec::new();
        loop {
            let reading = move |store: &Store| store.failed(after, LOOKED_AT_ONCE);
            let read = self.read_ended(reading).await?;
            let Some(last) = read.last().filter(|_| ids.len() < enough) else {
                return Ok(ids);
            };
            after = Some(last.entry.id);
            let found = read.iter().filter(|past| wants.fits(&past.entry));
            ids.extend(found.map(|past| past.entry.id));
        }
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

    /// Whether anything of an entry may be left at a cloud.
    pub fn is_left(&self, id: EntryId) -> bool {
        self.parts.handle.world().entries.contains_key(&id)
    }

    /// Has an entry tried again that has failed.
    pub(super) async fn entry_retry(
        &self,
        caller: &Caller,
        id: EntryId,
    ) -> Result<Response, WireError> {
        self.submit(caller, Command::RetryEntry(id)).await?;
        tracing::info!(entry.id = %id, caller = %caller.actor, "tries an entry again");
        let tried =
            |entry: Option<&Entry>| entry.is_some_and(|entry| entry.status != Status::Failed);
        self.entry_when(caller, id, tried).await
    }

    /// Keeps an entry from being removed, or lets it be.
    pub(super) async fn entry_hold(
        &self,
        caller: &Caller,
        hold: &EntryHold,
    ) -> Result<Response, WireError> {
        let EntryHold { id, held } = *hold;
        let command = Command::HoldEntry { entry: id, held };
        self.submit(caller, command).await?;
        tracing::info!(entry.id = %id, held, caller = %caller.actor, "holds or releases an entry");
        let done = |entry: Option<&Entry>| entry.is_none_or(|entry| entry.held == held);
        self.entry_when(caller, id, done).await
    }

    /// An entry from a world that contains what was just done, which follows the engine's answer at
    /// once. Somebody may undo it as quickly, so it is not waited for long.
    async fn entry_when(
        &self,
        caller: &Caller,
        id: EntryId,
        done: impl Fn(Option<&Entry>) -> bool,
    ) -> Result<Response, WireError> {
        let mut worlds = self.parts.handle.worlds();
        let seen = worlds.wait_for(|world| done(world.entries.get(&id).map(|entry| &**entry)));
        if let Ok(Err(_closed)) = timeout(SEEN_WITHIN, seen).await {
            return Err(stopping());
        }
        self.entry_show(caller, id).await
    }

    /// Waits until nothing of an entry is left at any cloud.
    async fn entry_gone(
        &self,
        caller: &Caller,
        id: EntryId,
        deadline: Instant,
    ) -> Result<Response, WireError> {
        let mut waiter = self.parts.handle.wait(id);
        loop {
            let world = self.parts.handle.world();
            let picture = self.picture(caller, &world);
            let Some(entry) = world.entries.get(&id) else {
                let past = self.past(id).await?;
                return Ok(Response::Entry(Box::new(picture.entry(&past.entry))));
            };
            match timeout_at(deadline, waiter.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(Ended)) => return Err(stopping()),
                Err(_elapsed) => return Ok(Response::Entry(Box::new(picture.entry(entry)))),
            }
        }
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
        if wait.gone {
            return self.entry_gone(caller, wait.id, deadline).await;
        }
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

/// A page of entries: as many as were asked for, and no more than fit.
fn paged(
    picture: &super::view::Picture<'_>,
    mut shown: Vec<&Entry>,
    limit: usize,
    count: u64,
) -> EntryPage {
    let cut = page::cut(&mut shown, limit);
    let all = shown.len();
    let mut bytes = 0;
    let mut entries = Vec::with_capacity(all);
    for entry in shown {
        if bytes >= BYTES_PER_ANSWER {
            break;
        }
        let view = picture.entry(entry);
        bytes += weight(&view);
        entries.push(view);
    }
    EntryPage {
        more: cut || entries.len() < all,
        entries,
        count,
    }
}

/// An entry, unless its owner has removed it.
fn shown(entry: &Entry) -> Result<&Entry, WireError> {
    if entry.status == Status::Destroy {
        return Err(not_found(format_args!("entry {}", entry.id)));
    }
    Ok(entry)
}
