//! What 100,000 entries cost: one event in the module's head, compared with 1,000 entries, and
//! the start of a daemon on
//! a million of which nine in ten have ended.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints its figures"
)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oms_proto::EntryId;
use oms_tests::harness::head::{Head, LIFE, NOW};
use omsd::store::{Batch, Change as Row, Store, StoreOptions};
use omsd_domain::rows::entry::{Past, Status};
use omsd_domain::rows::offering::{Lessons, Offering};
use omsd_domain::world::{Ended, World};

const EVENTS: u32 = 2_000;
/// What tells this program to start on a database.
const START: &str = "--start-on";
/// Entries that have ended and are still in the database.
const ENDED: u64 = 900_000;
/// Rows that one commit takes while the database is made.
const AT_ONCE: usize = 100_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let mut args = std::env::args_os().skip_while(|arg| arg != START).skip(1);
    if let Some(path) = args.next() {
        return started(path.as_ref());
    }
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
fn world(entries: u64) -> World {
    let mut head = Head::new(10);
    for _ in 0..entries {
        head.live();
    }
    head.world
}

/// The time of as many events, a reader holding the world all the while as readers do.
fn lives(world: &World) -> Duration {
    let mut head = Head::over(world.clone());
    let began = Instant::now();
    for _ in 0..EVENTS / LIFE {
        let reader = head.world.clone();
        head.live();
        drop(reader);
    }
    began.elapsed()
}

/// Start on a database of that world, with many that have ended: time and memory, in a process of its
/// own, for this one has had more memory than it needs.
fn start(world: &World) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("oms.redb");
    {
        let (store, _) = Store::open(&path, &options()).unwrap();
        let all: Vec<_> = rows(world).chain(ended(world)).collect();
        let mut next = world.next;
        next.entry += ENDED;
        for (seq, rows) in (world.seq..).zip(all.chunks(AT_ONCE)) {
            let batch = Batch {
                seq,
                next,
                ended: Ended {
                    failed: ENDED / 10,
                    removed: ENDED - ENDED / 10,
                },
                rows: rows.to_vec(),
                ..Batch::default()
            };
            store.commit(&batch).unwrap();
        }
    }
    let this = std::env::current_exe().unwrap();
    let mut child = Command::new(this);
    let status = child.arg(START).arg(&path).status().unwrap();
    assert!(status.success(), "{status}");
}

fn options() -> StoreOptions {
    StoreOptions::new("5eed5eed-0000-4000-8000-000000000002", b"check".to_vec())
}

/// Starts on a database and tells what that took.
fn started(path: &Path) {
    let size = std::fs::metadata(path).unwrap().len() / (1024 * 1024);
    let before = resident_mib();
    let began = Instant::now();
    let (_store, rows) = Store::open(path, &options()).unwrap();
    let opened = began.elapsed();
    let head = Head::over(World::from_rows(rows));
    let took = began.elapsed();
    let lives = head.world.entries.len();
    let all = u64::try_from(lives).unwrap() + ENDED;
    println!("start with {all} entries, {lives} of them alive, in {size} MiB");
    println!("  open and load          {:>8.3} s", opened.as_secs_f64());
    println!(
        "  and plan               {:>8.3} s   (under 2)",
        took.as_secs_f64()
    );
    println!(
        "  memory it took         {:>8.0} MiB (under 300 MiB)",
        resident_mib() - before
    );
}

/// Entries like the first of a world that have ended, one in ten as FAILED.
fn ended(world: &World) -> impl Iterator<Item = Row> {
    let like = Arc::clone(world.entries.values().next().unwrap());
    let from = world.next.entry;
    (0..ENDED).map(move |number| {
        let mut entry = (*like).clone();
        let mut asked = (*entry.asked).clone();
        asked.id = EntryId(from + number);
        entry.id = asked.id;
        entry.asked = Arc::new(asked);
        entry.status = if number % 10 == 0 {
            Status::Failed
        } else {
            Status::Destroy
        };
        let past = Past { entry, ended: NOW };
        Row::Ended(Arc::new(past), NOW.plus(Duration::from_secs(7 * 86_400)))
    })
}

/// Every row of a world.
fn rows(world: &World) -> impl Iterator<Item = Row> {
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
    accounts.chain(lessons).chain(entries)
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
