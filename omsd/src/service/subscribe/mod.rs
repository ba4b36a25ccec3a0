//! What happens, as a stream: a snapshot in parts and then events, or events from where the
//! reader left off.
//!
//! Nothing runs here while nobody asks for the next item, so a slow reader costs a cursor and
//! no buffer. Three sources follow one another: a snapshot of one committed world and of the entries
//! that failed last, the journal, and the engine's feed. The cursor is the number of the last event that the reader knows, and
//! numbers are consecutive, so that no event is sent twice or left out:
//!
//! - A snapshot sets the cursor to its world's number and hands over to the journal.
//! - The journal hands over to the feed only if the feed was taken first and the newest world
//!   looked at afterwards is exactly at the cursor: whatever comes later is in the feed. Rows that
//!   are durable but newer than that world are left for later, for their change could not be
//!   shown yet.
//! - From the feed, facts up to the cursor are skipped; if one is missing before the next, the
//!   journal is read again. A reader too slow for the feed is told so and gets a snapshot.
//!
//! How an entry stands comes with each fact about it. How an account stands comes once for all the
//! facts at hand, right after them: its counts change with every attempt there. A reader that goes on
//! where it was is told of all accounts first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use futures::{Stream, stream};
use oms_proto::response::{Snapshot, StreamEvent};
use oms_proto::view::EntryView;
use oms_proto::{AccountId, Change, EntryId, StreamItem, WireError};
use omsd_domain::rows::entry::{Past, Status};
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::World;
use tokio::sync::{broadcast, watch};

use super::accounts::ACCOUNTS_PER_ANSWER;
use super::database::Database;
use super::error::{self, Cause};
use super::journal::{JournalReader, Page};
use super::view::{self, Keys, Picture, weight};
use crate::engine::handle::Published;
use crate::ports::{Clock, Entropy};
use crate::store::StoreError;

/// Entries in one part of a snapshot.
const PART_ENTRIES_MAX: usize = 500;

/// Bytes of entries in one part, roughly; far below the largest frame, so that other answers of
/// the connection get their turn.
const PART_BYTES_MAX: usize = 1024 * 1024;

/// Entries that failed and have ended in a snapshot. Who wants to see older ones lists them.
const FAILED_SHOWN: usize = 500;

/// Facts read from the journal at a time.
const PAGE_ROWS: usize = 256;

/// Where a subscription takes its items from.
pub(super) struct Sources {
    pub(super) worlds: watch::Receiver<Arc<World>>,
    pub(super) feed: broadcast::Receiver<Arc<Published>>,
    pub(super) journal: JournalReader,
    pub(super) database: Database,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) clock: Arc<dyn Clock>,
}

/// A stream of what happens.
pub struct Subscription {
    sources: Sources,
    /// The number of the last event that the reader knows.
    cursor: u64,
    /// Whether the reader has seen anything that a snapshot would replace.
    begun: bool,
    /// Whether the reader goes on where another connection broke off, which may have been between
    /// facts and the accounts that they had changed.
    resumes: bool,
    phase: Phase,
}

enum Phase {
    /// A snapshot is about to begin.
    Anew,
    /// A snapshot is being sent.
    Snapshot {
        world: Arc<World>,
        /// Entries that failed and have ended.
        failed: Vec<Past>,
        from: From,
    },
    /// The journal is to be read, or the feed to be followed if there is nothing to read.
    CatchUp,
    /// Facts on their way to the reader, and the world that shows what they changed.
    Facts(Facts),
    /// The feed is followed.
    Live,
    /// Nothing more will come.
    Ended,
}

/// Where the next part of a snapshot begins: accounts come first, then what failed and has ended, then
/// the other entries.
#[derive(Debug, Clone, Copy)]
enum From {
    /// Behind this account, or at the first.
    Account(Option<AccountId>),
    /// At this one of those that failed and have ended.
    Failed(usize),
    /// Behind this entry, or at the first.
    Entry(Option<EntryId>),
}

/// Facts on their way to the reader.
struct Facts {
    rows: VecDeque<JournalRow>,
    /// Shows what they changed.
    world: Arc<World>,
    /// Entries among them that have ended.
    past: BTreeMap<EntryId, Past>,
    /// Accounts that they have changed, by name.
    accounts: BTreeSet<String>,
    then: Next,
}

/// What follows when the facts at hand are sent.
#[derive(Clone, Copy)]
enum Next {
    CatchUp,
    Live,
}

impl Subscription {
    pub(super) fn new(sources: Sources, since: Option<u64>) -> Self {
        Self {
            sources,
            cursor: since.unwrap_or(0),
            begun: false,
            resumes: since.is_some(),
            phase: if since.is_some() {
                Phase::CatchUp
            } else {
                Phase::Anew
            },
        }
    }

    /// The next item; waits for it. `None` once the daemon stops; an error ends the stream too.
    /// May be dropped before it is done without losing an item.
    pub async fn next(&mut self) -> Option<Result<StreamItem, WireError>> {
        loop {
            match self.step().await {
                Ok(Some(item)) => {
                    self.begun = true;
                    return Some(Ok(item));
                }
                Ok(None) if matches!(self.phase, Phase::Ended) => return None,
                Ok(None) => {}
                Err(error) => {
                    self.phase = Phase::Ended;
                    return Some(Err(error));
                }
            }
        }
    }

    /// The items as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<StreamItem, WireError>> + Send {
        stream::unfold(self, |mut subscription| async {
            let item = subscription.next().await?;
            Some((item, subscription))
        })
    }

    /// One step; gives an item or changes the phase. The phase changes after the last `await`
    /// only, so that a dropped step is as if it had not begun.
    async fn step(&mut self) -> Result<Option<StreamItem>, WireError> {
        match &mut self.phase {
            Phase::Anew => {
                let world = Arc::clone(&self.sources.worlds.borrow());
                let failed = self.sources.failed(&world).await?;
                self.phase = Phase::Snapshot {
                    world,
                    failed,
                    from: From::Account(None),
                };
                Ok(None)
            }
            Phase::Snapshot {
                world,
                failed,
                from,
            } => {
                let (part, next) = part(&*self.sources.clock, world, failed, *from);
                let item = StreamItem::Snapshot(part);
                if let Some(next) = next {
                    *from = next;
                } else {
                    self.cursor = world.seq;
                    self.phase = Phase::CatchUp;
                }
                Ok(Some(item))
            }
            Phase::CatchUp => self.catch_up().await,
            Phase::Facts(facts) => {
                let clock = &*self.sources.clock;
                if let Some(row) = facts.rows.pop_front() {
                    self.cursor = row.seq;
                    return Ok(Some(facts.tell(clock, row)));
                }
                if let Some(name) = facts.accounts.pop_first() {
                    return Ok(Some(facts.tell_account(clock, name)));
                }
                self.phase = match facts.then {
                    Next::CatchUp => Phase::CatchUp,
                    Next::Live => Phase::Live,
                };
                Ok(None)
            }
            Phase::Live => self.follow().await,
            Phase::Ended => Ok(None),
        }
    }

    /// Reads on in the journal, or turns to the feed when there is nothing more to read.
    async fn catch_up(&mut self) -> Result<Option<StreamItem>, WireError> {
        // The order matters: what is committed after this world is in this feed.
        let feed = self.sources.feed.resubscribe();
        let world = Arc::clone(&self.sources.worlds.borrow());
        if self.resumes && world.seq >= self.cursor {
            let names = world.accounts.values().map(|account| account.name.clone());
            self.phase = Phase::Facts(Facts {
                rows: VecDeque::new(),
                accounts: names.collect(),
                past: BTreeMap::new(),
                then: Next::CatchUp,
                world,
            });
            self.resumes = false;
            return Ok(None);
        }
        if world.seq == self.cursor {
            self.sources.feed = feed;
            self.phase = Phase::Live;
            return Ok(None);
        }
        // A reader that knows more than there is has seen another database.
        let mut rows = VecDeque::new();
        if world.seq > self.cursor {
            let page = Page::Since(self.cursor);
            rows = self.sources.journal.read(page, PAGE_ROWS).await?.into();
            rows.retain(|row| row.seq <= world.seq);
        }
        if rows.front().is_some_and(|row| follows(row, self.cursor)) {
            let facts = self.sources.facts(rows, world, Next::CatchUp).await?;
            self.phase = Phase::Facts(facts);
            return Ok(None);
        }
        self.phase = Phase::Anew;
        Ok(self.begun.then_some(StreamItem::MISSED))
    }

    /// Waits for the feed.
    async fn follow(&mut self) -> Result<Option<StreamItem>, WireError> {
        let published = tokio::select! {
            published = self.sources.feed.recv() => published,
            // The feed never closes, for every handle can write to it; the worlds do.
            () = closed(&mut self.sources.worlds) => Err(broadcast::error::RecvError::Closed),
        };
        match published {
            Ok(published) => {
                let news = published.rows.iter().filter(|row| row.seq > self.cursor);
                let rows: VecDeque<_> = news.cloned().collect();
                self.phase = match rows.front() {
                    None => Phase::Live,
                    Some(row) if follows(row, self.cursor) => {
                        let world = Arc::clone(&self.sources.worlds.borrow());
                        // Should this be given up, the journal still has what the feed has not.
                        self.phase = Phase::CatchUp;
                        Phase::Facts(self.sources.facts(rows, world, Next::Live).await?)
                    }
                    Some(_) => Phase::CatchUp,
                };
                Ok(None)
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {
                self.phase = Phase::Anew;
                Ok(Some(StreamItem::MISSED))
            }
            Err(broadcast::error::RecvError::Closed) => {
                self.phase = Phase::Ended;
                Ok(None)
            }
        }
    }
}

impl Sources {
    /// The entries that failed last and have ended.
    async fn failed(&self, world: &World) -> Result<Vec<Past>, WireError> {
        if world.ended.failed == 0 {
            return Ok(Vec::new());
        }
        let reading = self.database.read(|store| store.failed_last(FAILED_SHOWN));
        reading.await.map_err(|cause| self.internal(&cause))
    }

    /// Facts with what it takes to show what they changed.
    async fn facts(
        &self,
        rows: VecDeque<JournalRow>,
        world: Arc<World>,
        then: Next,
    ) -> Result<Facts, WireError> {
        let ids = rows.iter().filter_map(|row| row.entry);
        let ids: BTreeSet<_> = ids.filter(|id| !world.entries.contains_key(id)).collect();
        let mut past = BTreeMap::new();
        if !ids.is_empty() {
            let reading = self.database.read(move |store| {
                let found = ids.into_iter().map(|id| Ok((id, store.past(id)?)));
                found.collect::<Result<Vec<_>, StoreError>>()
            });
            let found = reading.await.map_err(|cause| self.internal(&cause))?;
            past.extend(found.into_iter().filter_map(|(id, past)| Some((id, past?))));
        }
        Ok(Facts {
            accounts: rows.iter().filter_map(|row| row.account.clone()).collect(),
            rows,
            world,
            past,
            then,
        })
    }

    fn internal(&self, cause: &Cause) -> WireError {
        error::internal(&*self.entropy, "read entries that have ended", &**cause)
    }
}

impl Facts {
    /// A fact, and how the entry that it changed stands.
    fn tell(&self, clock: &dyn Clock, row: JournalRow) -> StreamItem {
        let picture = picture(clock, &self.world);
        let living = |id: EntryId| self.world.entries.get(&id).map(|entry| &**entry);
        let failed = |id: EntryId| {
            let past = self.past.get(&id).map(|past| &past.entry);
            past.filter(|entry| entry.status == Status::Failed)
        };
        let change = row.entry.map(|id| match living(id).or_else(|| failed(id)) {
            Some(entry) => Change::Entry(Box::new(picture.entry(entry))),
            None => Change::EntryGone(id),
        });
        StreamItem::Event(StreamEvent {
            event: view::event(row),
            change,
        })
    }

    /// How an account stands after the facts.
    fn tell_account(&self, clock: &dyn Clock, name: String) -> StreamItem {
        let picture = picture(clock, &self.world);
        StreamItem::Changed(match self.world.account_named(&name) {
            Some(account) => Change::Account(Box::new(picture.account(account))),
            None => Change::AccountGone(name),
        })
    }
}

/// Whether a row is the one right after `cursor`.
fn follows(row: &JournalRow, cursor: u64) -> bool {
    cursor.checked_add(1) == Some(row.seq)
}

/// Waits until there will be no more worlds.
async fn closed(worlds: &mut watch::Receiver<Arc<World>>) {
    while worlds.changed().await.is_ok() {}
}

fn picture<'a>(clock: &dyn Clock, world: &'a World) -> Picture<'a> {
    Picture {
        world,
        now: clock.now(),
        // A stream is open for days and shown on screens; whoever needs a key asks for it.
        keys: Keys::Hidden,
    }
}

/// A part of a snapshot, and where the next begins if it is not the last. What failed and has ended
/// comes with the last accounts, whatever its ids, and the first entries with the last of those.
fn part(clock: &dyn Clock, world: &World, failed: &[Past], from: From) -> (Snapshot, Option<From>) {
    let picture = picture(clock, world);
    let mut part = Snapshot {
        seq: world.seq,
        ..Snapshot::default()
    };
    let mut from = from;
    if let From::Account(after) = from {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut follow = world.accounts.range((after, Bound::Unbounded));
        let shown = follow.by_ref().take(ACCOUNTS_PER_ANSWER);
        let shown: Vec<_> = shown.map(|(_, account)| account).collect();
        let more = follow.next().is_some();
        part.accounts = shown.iter().map(|it| picture.account(it)).collect();
        if let Some(last) = shown.last().filter(|_| more) {
            return (part, Some(From::Account(Some(last.id))));
        }
        from = From::Failed(0);
    }
    if let From::Failed(begun) = from {
        let left = failed.get(begun..).unwrap_or_default();
        part.entries = filled(left.iter().map(|past| picture.entry(&past.entry)));
        let reached = begun.saturating_add(part.entries.len());
        if reached < failed.len() {
            return (part, Some(From::Failed(reached)));
        }
        from = From::Entry(None);
    }
    let after = match from {
        From::Entry(after) => after,
        From::Account(_) | From::Failed(_) => None,
    };
    let (entries, reached) = living(&picture, after);
    part.entries.extend(entries);
    part.last = reached.is_none();
    (part, reached.map(|reached| From::Entry(Some(reached))))
}

/// As many entries as one part takes.
fn filled(entries: impl Iterator<Item = EntryView>) -> Vec<EntryView> {
    let mut bytes = 0;
    let fits = |entry: &EntryView| {
        let fits = bytes < PART_BYTES_MAX;
        bytes += weight(entry);
        fits
    };
    entries.take(PART_ENTRIES_MAX).take_while(fits).collect()
}

/// Living entries after one, and the one that they reach to if more follow.
fn living(picture: &Picture<'_>, after: Option<EntryId>) -> (Vec<EntryView>, Option<EntryId>) {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let follow = picture.world.entries.range((from, Bound::Unbounded));
    let entries = filled(follow.map(|(_, entry)| picture.entry(entry)));
    let reached = entries.last().map(|entry| entry.id);
    let newest = picture.world.entries.get_max().map(|(id, _)| *id);
    let more = reached < newest;
    (entries, reached.filter(|_| more))
}

#[cfg(test)]
mod tests;
