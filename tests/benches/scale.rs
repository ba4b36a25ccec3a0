//! What 100,000 entries cost: one event in the module's head, compared with 1,000 entries, and
//! the start of a daemon on them.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints its figures"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use oms_proto::spec::EntrySpec;
use oms_proto::{Actor, EntryId, Time};
use oms_tests::cloud::{CloudSpec, SimCloud, TokioClock};
use oms_tests::harness::rig::{PUBLIC_KEY, account};
use omsd::store::{Batch, Change as Row, Store, StoreOptions};
use omsd_domain::plan;
use omsd_domain::rows::attempt::Change;
use omsd_domain::rows::entry::EntryKey;
use omsd_domain::rows::offering::{Lessons, Offering};
use omsd_domain::rules::policy::Policy;
use omsd_domain::schedule::agenda::Agenda;
use omsd_domain::schedule::effect::{Came, Of, Outcome};
use omsd_domain::settle::settle;
use omsd_domain::world::World;
use omsd_domain::world::command::{Command, NewEntry, Recall, decide};
use omsd_domain::world::event::{Event, Fact};

const NOW: Time = Time(1_700_000_000_000_000);
const EVENTS: u32 = 2_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let (small, large) = (world(1_000), world(100_000));
    // Side by side and in turn, so that both meet the same noise.
    let mut ratios = Vec::new();
    let (mut few, mut many) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        let (a, b) = (lives(&small), lives(&large));
        ratios.push(b.as_secs_f64() / a.as_secs_f64());
        (few, many) = (few.min(a), many.min(b));
    }
    ratios.sort_by(f64::total_cmp);
    println!("scale: one event (decide, apply, plan) in a world of running entries");
    println!("  with 1,000 entries     {:>8.2} us", micros(few));
    println!("  with 100,000 entries   {:>8.2} us", micros(many));
    println!("  ratio, median of five  {:>8.2}   (at most 2)", ratios[2]);
    start(&large);
}

fn micros(all: Duration) -> f64 {
    all.as_secs_f64() * 1e6 / f64::from(EVENTS)
}

/// A world of entries that run, spread over ten accounts.
fn world(entries: u64) -> (World, Agenda) {
    let mut world = World::new("5eed5eed-0000-4000-8000-000000000002");
    let mut agenda = Agenda::new(
        Policy {
            launches_max: u32::MAX,
            ..Policy::default()
        },
        &world,
    );
    let clock = Arc::new(TokioClock::starting_at(NOW));
    for number in 0..10 {
        let spec = CloudSpec::calm(&format!("cloud{number}"));
        let account = account(&SimCloud::start(spec, 1, clock.clone()));
        wish(
            &mut world,
            &mut agenda,
            &Command::AddAccount(Box::new(account)),
        );
    }
    for _ in 0..entries {
        live(&mut world, &mut agenda);
    }
    (world, agenda)
}

/// The life of an entry up to RUN: five events and what they call for.
fn live(world: &mut World, agenda: &mut Agenda) {
    let id = EntryId(world.next.entry);
    let new = NewEntry {
        spec: EntrySpec::default(),
        key: EntryKey {
            public: PUBLIC_KEY.to_owned(),
            private: None,
        },
        idempotency: None,
        patience: Duration::from_secs(1800),
    };
    wish(world, agenda, &Command::AcceptEntry(Box::new(new)));
    let attempt = world.entries.get(&id).unwrap().attempts[0].id;
    let server = format!("00000000-0000-4000-8000-{:012x}", attempt.0);
    let of = Of::Attempt(id, attempt);
    let outcome = Outcome {
        of,
        revision: 0,
        result: Came::Launched(Ok(server)),
    };
    for event in settle(world, agenda, &outcome, NOW) {
        apply(world, agenda, event);
    }
    plan_all(world, agenda);
    let change = Change::Ready {
        status: "ACTIVE".to_owned(),
        addresses: vec!["192.0.2.1".to_owned()],
        watched: true,
    };
    apply(
        world,
        agenda,
        Event::Attempt {
            entry: id,
            attempt,
            change,
        },
    );
    plan_all(world, agenda);
}

fn wish(world: &mut World, agenda: &mut Agenda, command: &Command) {
    let (events, _) = decide(world, Recall::default(), command, NOW).unwrap();
    for event in events {
        apply(world, agenda, event);
    }
    plan_all(world, agenda);
}

fn plan_all(world: &mut World, agenda: &mut Agenda) {
    while let Some(step) = plan::next(world, agenda, NOW) {
        for event in step.events {
            apply(world, agenda, event);
        }
        for effect in step.effects {
            agenda.launch(&effect, NOW);
        }
    }
}

fn apply(world: &mut World, agenda: &mut Agenda, event: Event) {
    let fact = Fact {
        at: NOW,
        by: Actor::Scheduler,
        event,
    };
    for (fact, _) in world.happen(fact).unwrap() {
        agenda.note(world, &fact);
    }
}

/// The time of as many events, a reader holding the world all the while as readers do.
fn lives((world, _): &(World, Agenda)) -> Duration {
    let mut world = world.clone();
    let mut agenda = Agenda::new(
        Policy {
            launches_max: u32::MAX,
            ..Policy::default()
        },
        &world,
    );
    plan_all(&mut world, &mut agenda);
    let began = Instant::now();
    for _ in 0..EVENTS / 4 {
        let reader = world.clone();
        live(&mut world, &mut agenda);
        drop(reader);
    }
    began.elapsed()
}

/// Start on a database of that world: time and memory.
fn start((world, _): &(World, Agenda)) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("oms.redb");
    let options = StoreOptions::new("5eed5eed-0000-4000-8000-000000000002", b"check".to_vec());
    {
        let (store, _) = Store::open(&path, &options).unwrap();
        let batch = Batch {
            seq: world.seq,
            next: world.next,
            rows: rows(world),
            ..Batch::default()
        };
        store.commit(&batch).unwrap();
    }
    let before = resident_mib();
    let began = Instant::now();
    let (_store, rows) = Store::open(&path, &options).unwrap();
    let mut loaded = World::from_rows(rows);
    let mut agenda = Agenda::new(Policy::default(), &loaded);
    plan_all(&mut loaded, &mut agenda);
    let took = began.elapsed();
    println!("start with {} entries", loaded.entries.len());
    println!(
        "  open, load, plan       {:>8.3} s   (under 1)",
        took.as_secs_f64()
    );
    println!(
        "  memory it took         {:>8.0} MiB (under 200 MB)",
        resident_mib() - before
    );
}

/// Every row of a world.
fn rows(world: &World) -> Vec<Row> {
    let accounts = world.accounts.iter();
    let accounts = accounts.map(|(id, account)| Row::Account(*id, Some(Arc::clone(account))));
    let lessons = world.lessons.iter().flat_map(|(id, lessons)| {
        let row = |(offering, lessons): (&Offering, &Arc<Lessons>)| {
            Row::Lessons(*id, offering.clone(), Some(Arc::clone(lessons)))
        };
        lessons.iter().map(row).collect::<Vec<_>>()
    });
    let entries = world.entries.values().flat_map(|entry| {
        let asked = Row::Asked(Arc::clone(&entry.asked));
        [asked, Row::Standing(Arc::clone(entry))]
    });
    accounts.chain(lessons).chain(entries).collect()
}

/// Resident memory of this process.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: u32 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    f64::from(kib) / 1024.0
}
