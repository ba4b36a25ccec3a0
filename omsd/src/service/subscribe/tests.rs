//! The order of what a subscription gives, over a real journal and channels that the tests fill.

use futures::poll;
use oms_proto::Actor;
use oms_proto::response::Snapshot;
use omsd_domain::rows::why::{End, Failed};
use omsd_domain::world::event::{Event, Fact};
use redb::backends::InMemoryBackend;

use super::*;
use crate::service::tests::samples::{Same, Still, account, asked};
use crate::store::{Batch, Change as Row, Store, StoreOptions};
use crate::telemetry::Trouble;
use tokio::time::timeout;

/// Stands in for the engine: commits, then shows the world, then tells what happened.
struct Engine {
    world: World,
    store: Store,
    worlds: watch::Sender<Arc<World>>,
    feed: broadcast::Sender<Arc<Published>>,
    health: Health,
}

impl Engine {
    fn new(feed_max: usize, journal_rows_kept: u64) -> Self {
        let mut options = StoreOptions::new("test", "key");
        options.journal_rows_kept = journal_rows_kept;
        let (store, rows) = Store::open_on(InMemoryBackend::new(), &options).unwrap();
        let world = World::from_rows(rows);
        Self {
            worlds: watch::Sender::new(Arc::new(world.clone())),
            feed: broadcast::Sender::new(feed_max),
            health: Health::default(),
            world,
            store,
        }
    }

    /// Makes facts durable, and no more.
    fn commit(&mut self, events: Vec<Event>) -> (Arc<Published>, Arc<World>) {
        let mut batch = Batch::default();
        for event in events {
            let about = event.about();
            let ended = match &event {
                Event::EntryEnded(id) => self.world.entries.get(id).cloned(),
                _ => None,
            };
            let (at, by) = (Time(1), Actor::Scheduler);
            for (fact, _) in self.world.happen(Fact { at, by, event }).unwrap() {
                let account = about.account.and_then(|id| self.world.accounts.get(&id));
                batch.journal.push(JournalRow {
                    seq: self.world.seq,
                    at,
                    kind: fact.event.kind(),
                    entry: about.entry,
                    attempt: about.attempt,
                    account: account.map(|account| account.name.clone()),
                    message: "it happened".to_owned(),
                    by: fact.by,
                });
            }
            batch.rows.extend(ended.map(|entry| {
                let entry = (*entry).clone();
                Row::Ended(Arc::new(Past { entry, ended: at }), at)
            }));
        }
        batch.seq = self.world.seq;
        batch.next = self.world.next;
        let written = self.store.commit(&batch).unwrap();
        let published = Published {
            rows: batch.journal,
            written,
        };
        (Arc::new(published), Arc::new(self.world.clone()))
    }

    fn publish(&self, (published, world): (Arc<Published>, Arc<World>)) {
        self.worlds.send_replace(world);
        drop(self.feed.send(published));
    }

    fn happen(&mut self, events: Vec<Event>) {
        let published = self.commit(events);
        self.publish(published);
    }

    /// Accepts so many entries, each in a commit of its own.
    fn accept(&mut self, count: usize) {
        for _ in 0..count {
            let event = self.accepted();
            self.happen(vec![event]);
        }
    }

    fn accepted(&self) -> Event {
        Event::EntryAccepted(Arc::new(asked(self.world.next.entry)))
    }

    fn subscribe(&self, since: Option<u64>) -> Story {
        let database = Database::new(self.store.clone());
        let sources = Sources {
            worlds: self.worlds.subscribe(),
            feed: self.feed.subscribe(),
            journal: JournalReader::new(database.clone(), Arc::new(Same(1))),
            database,
            entropy: Arc::new(Same(1)),
            clock: Arc::new(Still(Time(5))),
            health: self.health.clone(),
        };
        Story::new(sources, since)
    }
}

/// What a reader would know, and whether it is told the truth.
#[derive(Default)]
struct Reader {
    cursor: Option<u64>,
    parts: usize,
    entries: std::collections::BTreeSet<EntryId>,
    missed: usize,
    snapshots: usize,
}

impl Reader {
    fn see(&mut self, item: StreamItem) {
        match item {
            StreamItem::Snapshot(Snapshot {
                seq, entries, last, ..
            }) => {
                if self.parts == 0 {
                    self.entries.clear();
                }
                self.parts += 1;
                self.entries.extend(entries.iter().map(|entry| entry.id));
                self.cursor = None;
                if last {
                    self.parts = 0;
                    self.snapshots += 1;
                    self.cursor = Some(seq);
                }
            }
            StreamItem::Event(StreamEvent { event, change }) => {
                let cursor = self.cursor.expect("a snapshot comes first");
                assert_eq!(event.seq, cursor + 1, "no gap and no double");
                self.cursor = Some(event.seq);
                match change {
                    Some(Change::Entry(entry)) => drop(self.entries.insert(entry.id)),
                    Some(Change::EntryGone(id)) => drop(self.entries.remove(&id)),
                    Some(
                        Change::Account(_)
                        | Change::AccountGone(_)
                        | Change::Alerts(_)
                        | Change::Unknown,
                    )
                    | None => {}
                }
            }
            StreamItem::Changed(_) => {}
            StreamItem::Missed(_) => {
                self.missed += 1;
                self.cursor = None;
            }
            StreamItem::Unknown => panic!("the daemon sends what it knows"),
        }
    }

    /// Reads until everything is known.
    async fn catch_up(&mut self, subscription: &mut Story, engine: &Engine) {
        while self.cursor != Some(engine.world.seq) {
            self.see(subscription.next().await.unwrap().unwrap());
        }
        let expected: Vec<_> = engine.world.entries.keys().copied().collect();
        assert_eq!(self.entries.iter().copied().collect::<Vec<_>>(), expected);
    }
}

fn resumed(engine: &Engine, cursor: u64) -> Reader {
    Reader {
        cursor: Some(cursor),
        entries: (1..=cursor).map(EntryId).collect(),
        ..Reader::default()
    }
    .knowing(engine)
}

impl Reader {
    fn knowing(self, engine: &Engine) -> Self {
        assert!(self.cursor <= Some(engine.world.seq));
        self
    }
}

#[tokio::test]
async fn a_snapshot_comes_in_parts_and_events_follow_it() {
    let mut engine = Engine::new(16, 100_000);
    engine.happen(vec![Event::AccountAdded(Box::new(account(1, "alpha")))]);
    let many = (0..1201).map(|i| Event::EntryAccepted(Arc::new(asked(1 + i))));
    let many: Vec<_> = many.collect();
    engine.happen(many);
    let mut subscription = engine.subscribe(None);
    let mut reader = Reader::default();
    let mut shape = Vec::new();
    for part in 0..3 {
        let item = subscription.next().await.unwrap().unwrap();
        if let StreamItem::Snapshot(Snapshot {
            seq,
            accounts,
            entries,
            last,
        }) = &item
        {
            shape.push((*seq, accounts.len(), entries.len(), *last));
        }
        reader.see(item);
        if part == 0 {
            // Meanwhile the world moves on; the rest of the picture does not.
            engine.accept(1);
        }
    }
    let expected = [
        (1202, 1, 500, false),
        (1202, 0, 500, false),
        (1202, 0, 201, true),
    ];
    assert_eq!(shape, expected);
    reader.catch_up(&mut subscription, &engine).await;
    assert_eq!(engine.world.seq, 1203);
}

#[tokio::test]
async fn more_accounts_than_a_part_holds_come_in_several() {
    let mut engine = Engine::new(16, 100_000);
    let many = (0..401).map(|i| account(1 + i, &format!("account-{i}")));
    engine.happen(many.map(|it| Event::AccountAdded(Box::new(it))).collect());
    engine.accept(2);
    let mut subscription = engine.subscribe(None);
    let mut shape = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    while shape.last() != Some(&(1, 2, true)) {
        let item = subscription.next().await.unwrap().unwrap();
        let StreamItem::Snapshot(part) = item else {
            panic!("{item:?} after {shape:?}")
        };
        shape.push((part.accounts.len(), part.entries.len(), part.last));
        names.extend(part.accounts.into_iter().map(|account| account.name));
    }
    assert_eq!(shape, [(200, 0, false), (200, 0, false), (1, 2, true)]);
    assert_eq!(names.len(), 401);
}

#[tokio::test]
async fn an_empty_world_has_a_snapshot_too() {
    let engine = Engine::new(16, 100);
    let item = engine.subscribe(None).next().await.unwrap().unwrap();
    let empty = StreamItem::Snapshot(Snapshot {
        seq: 0,
        accounts: Vec::new(),
        entries: Vec::new(),
        last: true,
    });
    assert_eq!(item, empty);
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was_without_a_snapshot() {
    let mut engine = Engine::new(16, 100_000);
    engine.accept(700);
    for since in [0, 1, 350, 699, 700] {
        let mut subscription = engine.subscribe(Some(since));
        let mut reader = resumed(&engine, since);
        reader.catch_up(&mut subscription, &engine).await;
        assert_eq!((reader.snapshots, reader.missed), (0, 0), "since {since}");
    }
}

#[tokio::test]
async fn where_the_journal_does_not_reach_back_a_snapshot_takes_its_place() {
    let mut engine = Engine::new(16, 10);
    engine.accept(50);
    // 51 is from another database.
    for since in [0, 30, 51] {
        let mut subscription = engine.subscribe(Some(since));
        let mut reader = Reader::default();
        reader.catch_up(&mut subscription, &engine).await;
        assert_eq!((reader.snapshots, reader.missed), (1, 0), "since {since}");
    }
}

#[tokio::test]
async fn a_reader_too_slow_for_the_feed_is_told_and_gets_a_snapshot() {
    let mut engine = Engine::new(4, 100_000);
    let mut subscription = engine.subscribe(None);
    let mut reader = Reader::default();
    reader.see(subscription.next().await.unwrap().unwrap());
    // It follows the feed by now.
    assert_eq!(alerts(&mut subscription).await, []);
    assert!(poll!(Box::pin(subscription.next())).is_pending());
    engine.accept(40);
    reader.catch_up(&mut subscription, &engine).await;
    assert_eq!((reader.snapshots, reader.missed), (2, 1));
}

#[tokio::test]
async fn what_is_durable_and_not_yet_shown_waits_for_its_world() {
    let mut engine = Engine::new(16, 100_000);
    engine.accept(3);
    let event = engine.accepted();
    let published = engine.commit(vec![event]);
    let mut subscription = engine.subscribe(Some(1));
    let mut reader = resumed(&engine, 1);
    reader.see(subscription.next().await.unwrap().unwrap());
    reader.see(subscription.next().await.unwrap().unwrap());
    assert_eq!(alerts(&mut subscription).await, []);
    assert!(poll!(Box::pin(subscription.next())).is_pending());
    engine.publish(published);
    reader.catch_up(&mut subscription, &engine).await;
}

/// What items tell of how things stand, alerts apart.
async fn changes(subscription: &mut Story, count: usize) -> Vec<String> {
    let mut changes = Vec::new();
    while changes.len() < count {
        let (kind, change) = match subscription.next().await.unwrap().unwrap() {
            StreamItem::Event(StreamEvent { event, change }) => (event.kind.as_str(), change),
            StreamItem::Changed(change) => ("afterwards", Some(change)),
            other => panic!("no change: {other:?}"),
        };
        let stands = match change {
            Some(Change::Account(account)) => format!("account {}", account.name),
            Some(Change::AccountGone(name)) => format!("account {name} gone"),
            Some(Change::Entry(entry)) => format!("entry {} {}", entry.id, entry.status),
            Some(Change::EntryGone(id)) => format!("entry {id} gone"),
            Some(Change::Alerts(_)) => continue,
            Some(Change::Unknown) | None => "nothing".to_owned(),
        };
        changes.push(format!("{kind}: {stands}"));
    }
    changes
}

/// The next item, which tells what needs a person.
async fn alerts(subscription: &mut Story) -> Vec<AlertView> {
    match subscription.next().await.unwrap().unwrap() {
        StreamItem::Changed(Change::Alerts(Alerts { alerts })) => alerts,
        other => panic!("no alerts: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_needs_a_person_is_told_once_the_picture_is_whole_and_whenever_it_changes() {
    let mut engine = Engine::new(16, 100);
    engine
        .health
        .raise(Trouble::Socket, "it is gone".to_owned());
    for since in [None, Some(0)] {
        let mut subscription = engine.subscribe(since);
        if since.is_none() {
            drop(subscription.next().await.unwrap().unwrap());
        }
        let told = alerts(&mut subscription).await;
        assert_eq!((told.len(), told[0].count), (1, 1), "{told:?}");
    }
    let mut subscription = engine.subscribe(Some(0));
    assert_eq!(alerts(&mut subscription).await.len(), 1);
    engine.health.over(Trouble::Socket);
    assert_eq!(alerts(&mut subscription).await, []);
    // What happens and changes nothing of it does not tell it again.
    engine.accept(1);
    let told = changes(&mut subscription, 1).await;
    assert_eq!(told, ["entry_accepted: entry 1 REQUEST"]);
    let nothing = timeout(LOOK_EVERY * 3, subscription.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
}

#[tokio::test]
async fn an_event_says_how_what_it_changed_stands() {
    let mut engine = Engine::new(16, 100);
    let mut subscription = engine.subscribe(Some(0));
    engine.happen(vec![Event::AccountAdded(Box::new(account(1, "alpha")))]);
    engine.accept(2);
    engine.happen(vec![Event::EntryUnwanted(EntryId(1))]);
    engine.happen(vec![Event::EntryEnded(EntryId(1))]);
    // Read late, so the newest picture is shown, which is what the contract says.
    let expected = [
        "afterwards: account alpha",
        "account_added: nothing",
        "entry_accepted: entry 1 gone",
        "entry_accepted: entry 2 REQUEST",
        "entry_unwanted: entry 1 gone",
        "entry_ended: entry 1 gone",
        "afterwards: account alpha",
    ];
    assert_eq!(changes(&mut subscription, expected.len()).await, expected);
}

#[tokio::test]
async fn an_entry_that_failed_is_shown_after_its_end() {
    let mut engine = Engine::new(16, 100);
    engine.accept(1);
    let why = Failed {
        end: End::Deadline,
        last: None,
        waited: None,
    };
    engine.happen(vec![Event::EntryFailed {
        entry: EntryId(1),
        why: Arc::new(why),
    }]);
    engine.happen(vec![Event::EntryEnded(EntryId(1))]);
    let mut subscription = engine.subscribe(Some(2));
    let told = changes(&mut subscription, 1).await;
    assert_eq!(told, ["entry_ended: entry 1 FAILED"]);
    let mut reader = Reader::default();
    let mut anew = engine.subscribe(None);
    reader.see(anew.next().await.unwrap().unwrap());
    assert!(reader.entries.contains(&EntryId(1)));
}

#[tokio::test]
async fn the_stream_ends_with_the_engine() {
    let engine = Engine::new(16, 100);
    let mut subscription = engine.subscribe(Some(0));
    assert_eq!(alerts(&mut subscription).await, []);
    let feed = engine.feed.clone();
    drop(engine);
    assert!(subscription.next().await.is_none());
    assert!(subscription.next().await.is_none());
    drop(feed);
}

/// Commits, reads and reads that are given up halfway, in every order that a few seeds come to.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "a failure names its seed")]
async fn nothing_is_lost_or_doubled_however_reading_and_happening_mix() {
    for seed in 0..60_u64 {
        println!("seed {seed}");
        let mut random = seed;
        let mut draw = |below: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut engine = Engine::new(4, 64);
        let mut subscription = engine.subscribe(None);
        let mut reader = Reader::default();
        let mut unpublished = None;
        for _ in 0..200 {
            match draw(6) {
                0 => {
                    let event = engine.accepted();
                    if let Some(before) = unpublished.take() {
                        engine.publish(before);
                    }
                    unpublished = Some(engine.commit(vec![event]));
                }
                1 => unpublished
                    .take()
                    .into_iter()
                    .for_each(|p| engine.publish(p)),
                2 if draw(8) == 0 => {
                    unpublished
                        .take()
                        .into_iter()
                        .for_each(|p| engine.publish(p));
                    engine.accept(usize::try_from(draw(100)).unwrap());
                }
                3 => tokio::task::yield_now().await,
                // Given up at once if nothing is ready.
                _ => {
                    let item = poll!(Box::pin(subscription.next()));
                    if let std::task::Poll::Ready(item) = item {
                        reader.see(item.unwrap().unwrap());
                    }
                }
            }
        }
        unpublished
            .take()
            .into_iter()
            .for_each(|p| engine.publish(p));
        reader.catch_up(&mut subscription, &engine).await;
    }
}
