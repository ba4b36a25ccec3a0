//! What a crowd costs: one event where 200 accounts have 128 flavors each and 10,000 entries of 200
//! shapes wait, beside the same event at 10 accounts where nothing waits; an account unblocked
//! there; a look that shows 5,000 servers.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints its figures"
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oms_proto::AccountId;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::EntrySpec;
use oms_tests::harness::head::{Head, LIFE, NOW};
use omsd_domain::ground::cloud::{Address, Listing, ServerSeen};
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::ground::resource::{FlavorSize, Quota, Resource, Survey};
use omsd_domain::rows::room::Room;
use omsd_domain::rows::scope::{Block, Scope};
use omsd_domain::schedule::effect::{Came, Of, Outcome};
use omsd_domain::world::event::Event;
use omsd_domain::world::marks;

const ACCOUNTS: u32 = 200;
const FEW: u32 = 10;
const FLAVORS: u32 = 128;
const SHAPES: u32 = 200;
const WAITING: u32 = 10_000;
const SERVERS: u32 = 5_000;
const LIVES: u32 = 200;
/// Turns that a round through all shapes takes.
const ROUNDS: u32 = SHAPES.div_ceil(64);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let (few, many) = (Head::new(FEW), crowd());
    let (mut least, mut most) = (Duration::MAX, Duration::MAX);
    let mut ratios = Vec::new();
    for _ in 0..5 {
        let (a, b) = (lives(&few), lives(&many));
        ratios.push(b.as_secs_f64() / a.as_secs_f64());
        (least, most) = (least.min(a), most.min(b));
    }
    ratios.sort_by(f64::total_cmp);
    println!("crowd: one event (decide, apply, plan)");
    println!(
        "  {FEW} accounts, nothing waits              {:>9.2} us",
        each(least)
    );
    println!(
        "  {ACCOUNTS} accounts, {WAITING} entries wait       {:>9.2} us",
        each(most)
    );
    println!(
        "  ratio, median of five                 {:>9.2}   (at most 2)",
        ratios[2]
    );
    unblock(many);
    look();
}

/// Microseconds that one event took.
fn each(all: Duration) -> f64 {
    all.as_secs_f64() * 1e6 / f64::from(LIVES * LIFE)
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

/// Many accounts, each with room for plain entries, and many entries of many shapes that fit nowhere.
fn crowd() -> Head {
    let mut head = Head::new(ACCOUNTS);
    let ids: Vec<_> = head.world.accounts.keys().copied().collect();
    let size = |number: u32| FlavorSize {
        id: number.to_string(),
        name: format!("flavor{number}"),
        vcpus: 10_000,
        ram_mib: 2_048,
        disk_gb: 10,
    };
    let survey = Survey {
        quotas: [Resource::Instances, Resource::Cores]
            .map(|resource| Quota {
                resource,
                max: Some(9_999),
                used: 0,
            })
            .to_vec(),
        flavors: (0..FLAVORS).map(size).collect(),
        identity: None,
        project_name: None,
    };
    for account in ids {
        let room = Box::new(Room::of(&survey, |_| 0, &BTreeSet::new(), NOW));
        head.happen(Event::Surveyed { account, room });
    }
    for number in 0..WAITING {
        let shape = number % SHAPES;
        head.accept(EntrySpec {
            machine: MachineSpec {
                flavor: Some(format!("flavor{}", shape % FLAVORS)),
                image: Some(format!("image{shape}")),
                ..MachineSpec::default()
            },
            ..EntrySpec::default()
        });
    }
    head
}

/// The time of so many lives.
fn lives(before: &Head) -> Duration {
    let mut head = Head::over(before.world.clone());
    // After a start every account has something for all that wait, and tells it bit by bit.
    for _ in 0..ROUNDS * ACCOUNTS {
        head.live();
    }
    let began = Instant::now();
    for _ in 0..LIVES {
        head.live();
    }
    began.elapsed()
}

/// An account opens that nothing could be placed at.
fn unblock(mut head: Head) {
    let account = AccountId(1);
    let failure = Arc::new(Failure {
        class: FailureClass::Unreachable,
        operation: "list servers".to_owned(),
        http_status: None,
        message: "connection refused".to_owned(),
        request_id: None,
        retry_after: None,
        at: NOW,
    });
    head.happen(Event::Blocked {
        account,
        block: Box::new(Block {
            scope: Scope::Account,
            until: NOW.plus(Duration::from_secs(60)),
            failures: 1,
            failure,
            probe: None,
            over: false,
        }),
    });
    let began = Instant::now();
    head.happen(Event::Unblocked {
        account,
        scope: Scope::Account,
    });
    println!(
        "an account unblocked among {ACCOUNTS}, {WAITING} entries of {SHAPES} shapes wait  {:>9.3} ms",
        millis(began.elapsed())
    );
}

/// A complete list of an account where many entries run.
fn look() {
    let mut head = Head::new(1);
    for _ in 0..SERVERS {
        head.live();
    }
    let entries = head.world.entries.values();
    let servers = entries.flat_map(|entry| {
        entry.attempts().map(|attempt| ServerSeen {
            id: attempt.server.as_ref().unwrap().id.clone(),
            name: format!("oms-{}", entry.id.0),
            status: "ACTIVE".to_owned(),
            addresses: vec![Address {
                ip: "192.0.2.1".to_owned(),
                network: "private".to_owned(),
                ..Address::default()
            }],
            mark: Some(marks::mark(&head.world, entry.id, attempt.id)),
            ..ServerSeen::default()
        })
    });
    let listing = Listing {
        servers: servers.collect(),
        as_of: Some(NOW),
    };
    let outcome = Outcome {
        of: Of::Account(*head.world.accounts.keys().next().unwrap()),
        revision: 0,
        result: Came::Looked {
            full: true,
            began: NOW,
            result: Ok(listing),
        },
    };
    let seq = head.world.seq;
    let began = Instant::now();
    head.come(&outcome);
    println!(
        "a look that shows {SERVERS} servers, {} events                       {:>9.3} ms",
        head.world.seq - seq,
        millis(began.elapsed())
    );
}
