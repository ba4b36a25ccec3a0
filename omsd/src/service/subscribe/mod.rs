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
//! facts at hand, right after them: its counts change with every attempt there; and so do entries that
//! wait for it in words that have changed. A reader that goes on where it was is told of all of these
//! first. What no fact tells of is looked for now and then: alerts,
//! and maintenance that has begun.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, stream};
use oms_proto::response::{Alerts, StreamEvent};
use oms_proto::view::AlertView;
use oms_proto::{Change, EntryId, EventKind, StreamItem, Time, WireError};
use omsd_domain::rows::entry::{Past, Status};
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::World;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

use self::snapshot::{From, part, picture};
use self::wording::Wording;
use super::alerts;
use super::database::Database;
use super::error::{self, Cause};
use super::journal::{JournalReader, Page};
use super::view;
use crate::engine::handle::Published;
use crate::ports::{Clock, Entropy};
use crate::store::StoreError;
use crate::telemetry::Health;

/// Entries that failed and have ended in a snapshot. Who wants to see older ones lists them.
const FAILED_SHOWN: usize = 500;

/// Facts read from the journal at a time.
const PAGE_ROWS: usize = 256;

/// How often is looked for what no fact tells of: alerts, and maintenance that has begun. Often enough
/// that a person sees it within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Where a subscription takes its items from.
pub(super) struct Sources {
    pub(super) worlds: watch::Receiver<Arc<World>>,
    pub(super) feed: broadcast::Receiver<Arc<Published>>,
    pub(super) journal: JournalReader,
    pub(super) database: Database,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) health: Health,
}

/// A stream of what happens.
pub struct Story {
    sources: Sources,
    /// The number of the last event that the reader knows.
    cursor: u64,
    /// Whether the reader has seen anything that a snapshot would replace.
    begun: bool,
    /// Whether the reader goes on where another connection broke off, which may have been between
    /// facts and the accounts that they had changed.
    resumes: bool,
    phase: Phase,
    looked: Looked,
    wording: Wording,
}

/// When was looked last for what no fact tells of, and what there was.
struct Looked {
    next: Instant,
    /// By the clock of the accounts.
    at: Time,
    /// The number of the last event in the world that was looked at.
    seq: u64,
    /// How many troubles of the daemon's own there were.
    troubles: usize,
    /// What the reader was told, if anything.
    alerts: Option<Vec<AlertView>>,
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

/// Facts on their way to the reader.
struct Facts {
    rows: VecDeque<JournalRow>,
    /// Shows what they changed.
    world: Arc<World>,
    /// Entries among them that have ended.
    past: BTreeMap<EntryId, Past>,
    /// Accounts that they have changed, by name.
    accounts: BTreeSet<String>,
    /// Entries that wait in other words than before.
    reworded: VecDeque<EntryId>,
    then: Next,
}

/// What follows when the facts at hand are sent.
#[derive(Clone, Copy)]
enum Next {
    CatchUp,
    Live,
}

impl Story {
    pub(super) fn new(sources: Sources, since: Option<u64>) -> Self {
        let looked = Looked {
            next: Instant::now(),
            at: sources.clock.now(),
            seq: 0,
            troubles: 0,
            alerts: None,
        };
        Self {
            sources,
            looked,
            cursor: since.unwrap_or(0),
            begun: false,
            resumes: since.is_some(),
            wording: Wording::unknown(),
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
                self.looked.alerts = None;
                self.looked.at = self.sources.clock.now();
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
                    self.wording = Wording::of(world);
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
                if let Some(id) = facts.reworded.pop_front() {
                    return Ok(facts.tell_again(clock, id));
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
                reworded: self.wording.turn_to(&world),
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
            let mut facts = self.sources.facts(rows, world, Next::CatchUp).await?;
            facts.reworded = self.wording.turn_to(&facts.world);
            self.phase = Phase::Facts(facts);
            return Ok(None);
        }
        self.phase = Phase::Anew;
        Ok(self.begun.then_some(StreamItem::MISSED))
    }

    /// Looks for what no fact tells of.
    fn look(&mut self) -> Option<StreamItem> {
        let world = Arc::clone(&self.sources.worlds.borrow());
        let now = self.sources.clock.now();
        let Looked {
            next,
            at,
            seq,
            troubles,
            alerts,
        } = &mut self.looked;
        *next = Instant::now() + LOOK_EVERY;
        let since = std::mem::replace(at, now);
        let begun = world.accounts.values().filter(|account| {
            let mut windows = account.maintenance.iter();
            windows.any(|window| since < window.from && window.from <= now)
        });
        let begun: BTreeSet<_> = begun.map(|account| account.name.clone()).collect();
        if !begun.is_empty() {
            self.phase = Phase::Facts(Facts {
                rows: VecDeque::new(),
                accounts: begun,
                reworded: self.wording.turn_to(&world),
                past: BTreeMap::new(),
                then: Next::CatchUp,
                world,
            });
            return None;
        }
        let is_same = *seq == world.seq && alerts.is_some();
        if is_same && self.sources.health.troubles().len() == *troubles {
            return None;
        }
        *troubles = self.sources.health.troubles().len();
        *seq = world.seq;
        let standing = alerts::standing(&self.sources.health, &world);
        if alerts.as_ref() == Some(&standing) {
            return None;
        }
        *alerts = Some(standing.clone());
        let alerts = Alerts { alerts: standing };
        Some(StreamItem::Changed(Change::Alerts(alerts)))
    }

    /// Waits for the feed.
    async fn follow(&mut self) -> Result<Option<StreamItem>, WireError> {
        let published = tokio::select! {
            published = self.sources.feed.recv() => published,
            // The feed never closes, for every handle can write to it; the worlds do.
            () = closed(&mut self.sources.worlds) => Err(broadcast::error::RecvError::Closed),
            () = sleep_until(self.looked.next) => return Ok(self.look()),
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
                        let mut facts = self.sources.facts(rows, world, Next::Live).await?;
                        facts.reworded = self.wording.turn_to(&facts.world);
                        Phase::Facts(facts)
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
            accounts: changed(&world, &rows),
            reworded: VecDeque::new(),
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

    /// How an entry stands of which no fact tells; those that are gone have told of that.
    fn tell_again(&self, clock: &dyn Clock, id: EntryId) -> Option<StreamItem> {
        let entry = self.world.entries.get(&id)?;
        let shown = picture(clock, &self.world).entry(entry);
        Some(StreamItem::Changed(Change::Entry(Box::new(shown))))
    }
}

/// The accounts that facts have changed, by name. What one has takes room of those in the same project;
/// and what holds everything concerns all.
fn changed(world: &World, rows: &VecDeque<JournalRow>) -> BTreeSet<String> {
    let all = |row: &JournalRow| matches!(row.kind, EventKind::Held | EventKind::TakenOver);
    if rows.iter().any(all) {
        let names = world.accounts.values().map(|account| account.name.clone());
        return names.collect();
    }
    let mut changed: BTreeSet<_> = rows.iter().filter_map(|row| row.account.clone()).collect();
    let ids = changed.iter().filter_map(|name| world.account_named(name));
    let mates = ids.flat_map(|account| world.mates(account.id));
    let mates = mates.filter_map(|id| Some(world.accounts.get(&id)?.name.clone()));
    let mates: Vec<_> = mates.collect();
    changed.extend(mates);
    changed
}

/// Whether a row is the one right after `cursor`.
fn follows(row: &JournalRow, cursor: u64) -> bool {
    cursor.checked_add(1) == Some(row.seq)
}

/// Waits until there will be no more worlds.
async fn closed(worlds: &mut watch::Receiver<Arc<World>>) {
    while worlds.changed().await.is_ok() {}
}

mod snapshot;
mod wording;

#[cfg(test)]
mod tests;
