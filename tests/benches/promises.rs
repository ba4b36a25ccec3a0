//! What the promises come to in figures: twins and leaks among ten thousand, the time to go
//! elsewhere, what an account that hangs costs, the recovery after a kill, creates at a dead
//! offering.
//!
//! Time is simulated but where it says wall time, so the figures are the same on every machine.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints its figures"
)]

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{EntryId, Time};
use oms_tests::cloud::dice::Dice;
use oms_tests::cloud::{After, CallKind, CloudSpec, Fault, Rule, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::pool::{alone, each};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::{Asked, at_rest, judge};
use omsd_domain::ground::limits::{FULL_LOOK_EVERY, LIST_KEYPAIRS_EVERY};
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Rigs and entries of each: ten thousand in all.
const RIGS: u64 = 100;
const EACH: u64 = 100;

fn main() {
    println!("promises");
    twins();
    leaks();
    elsewhere();
    hang();
    recovery();
    dead_offering();
}

/// Good clouds without quotas, their accounts known.
async fn rig(count: u64, seed: u64) -> Rig {
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn omsd::ports::Clock> = Arc::new(clock);
    let start = |number| {
        let mut spec = CloudSpec::calm(&format!("cloud{number}"));
        for account in &mut spec.accounts {
            (account.quota_instances, account.quota_cores) = (-1, -1);
            (account.quota_ram_mib, account.quota_keypairs) = (-1, -1);
        }
        SimCloud::start(spec, seed, Arc::clone(&shared))
    };
    let clouds = SimClouds::new((0..count).map(start).collect());
    let mut rig = Rig::new(clouds, clock, Policy::default());
    rig.start().unwrap();
    rig.add_accounts().await.unwrap();
    tokio::time::sleep(SECOND).await;
    rig
}

async fn accept(rig: &Rig, count: u64) -> Vec<EntryId> {
    let one = || rig.accept(EntrySpec::default(), HOUR * 24);
    let all = futures::future::join_all((0..count).map(|_| one())).await;
    all.into_iter().map(Result::unwrap).collect()
}

async fn rests(rig: &Rig) {
    rig.clouds.all().iter().for_each(SimCloud::clear_faults);
    rig.until("at rest", HOUR * 24, at_rest).await.unwrap();
    // A key pair that turned up after all is removed when a second list shows it.
    tokio::time::sleep(LIST_KEYPAIRS_EVERY * 2 + FULL_LOOK_EVERY).await;
    rig.until("at rest", HOUR * 24, at_rest).await.unwrap();
}

fn faulty_creates() -> [Fault; 5] {
    let late = Fault::Late {
        ms: 30_000,
        then: After::Unavailable,
    };
    let then = |then| Fault::ActThen { then };
    [
        then(After::Unavailable),
        then(After::GatewayTimeout),
        then(After::Reset),
        then(After::Hang),
        late,
    ]
}

fn twins() {
    let seeds: Vec<u64> = (1..=RIGS).collect();
    let counts = each(&seeds, async |seed| {
        let rig = rig(3, *seed).await;
        // The answers to the first creates are lost, wherever they go.
        let kinds = faulty_creates();
        for (cloud, number) in rig.clouds.all().iter().zip([0_u64, 1, 2]) {
            let kind = usize::try_from((*seed + number) % 5).unwrap();
            let rule = Rule::always(kinds[kind].clone()).on(&[CallKind::CreateServer]);
            cloud.add_fault(rule.times(EACH / 3 + 1));
        }
        let ids = accept(&rig, EACH).await;
        let all_run = |world: &World| world.count(Status::Run) == EACH;
        rig.until("all run", HOUR * 24, all_run).await.unwrap();
        rests(&rig).await;
        let asked = Asked {
            kept: ids.into_iter().collect(),
            ..Asked::default()
        };
        let wrong = judge(&rig, &asked);
        let made: usize = rig.clouds.all().iter().map(|c| c.creations().len()).sum();
        (made, wrong.len())
    });
    let made: usize = counts.iter().map(|(made, _)| made).sum();
    let wrong: usize = counts.iter().map(|(_, wrong)| wrong).sum();
    println!(
        "  twins left of {} entries with ambiguous creates ({made} servers made) {wrong:>4}   (0)",
        RIGS * EACH
    );
}

fn leaks() {
    let seeds: Vec<u64> = (1..=RIGS).collect();
    let counts = each(&seeds, async |seed| {
        let rig = rig(3, *seed).await;
        let mut dice = Dice::new(*seed, "leaks");
        let mut faults = faulty_creates().to_vec();
        faults.push(Fault::NoValidHost { ms: 500 });
        faults.push(Fault::BuildErrorSilent { ms: 500 });
        let message = "busy".to_owned();
        faults.push(Fault::DeleteFails { message });
        faults.push(Fault::DeleteConflict);
        for cloud in rig.clouds.all() {
            for fault in &faults {
                let rule = Rule::always(fault.clone()).with_probability(0.1);
                cloud.add_fault(match fault {
                    Fault::ActThen { .. } | Fault::Late { .. } => {
                        rule.on(&[CallKind::CreateServer, CallKind::ImportKeypair])
                    }
                    _ => rule,
                });
            }
        }
        let ids = accept(&rig, EACH).await;
        for id in ids {
            tokio::time::sleep(dice.within(SECOND)).await;
            rig.remove(id).await.unwrap();
        }
        rests(&rig).await;
        let clouds = rig.clouds.all().iter();
        let left: usize = clouds
            .map(|c| c.live_servers().len() + c.keypairs().len())
            .sum();
        left
    });
    let left: usize = counts.into_iter().sum();
    println!(
        "  objects left of {} entries removed under faults                      {left:>4}   (0)",
        RIGS * EACH
    );
}

/// The two percentiles that people ask for.
fn percentiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    (at(50), at(99))
}

fn print(what: &str, times: Vec<Duration>, bound: &str) {
    let (p50, p99) = percentiles(times);
    println!(
        "  {what}  p50 {:.3} s, p99 {:.3} s   {bound}",
        p50.as_secs_f32(),
        p99.as_secs_f32()
    );
}

async fn served(rig: &Rig) -> (EntryId, Duration) {
    let began = tokio::time::Instant::now();
    let id = accept(rig, 1).await[0];
    let runs = |world: &World| world.entries.get(&id).unwrap().status == Status::Run;
    rig.until("it runs", HOUR * 24, runs).await.unwrap();
    (id, began.elapsed())
}

fn elsewhere() {
    let seeds: Vec<u64> = (1..=1_000).collect();
    let times = each(&seeds, async |seed| {
        let rig = rig(3, *seed).await;
        let mut dice = Dice::new(*seed, "elsewhere");
        let status =
            [400, 403, 404, 409, 429, 500, 502, 503][usize::try_from(dice.roll() % 8).unwrap()];
        let fault = Fault::Answer {
            status,
            message: None,
            retry_after_s: None,
        };
        let first = &rig.clouds.all()[0];
        first.add_fault(Rule::always(fault).on(&[CallKind::CreateServer]));
        let (id, _) = served(&rig).await;
        let world = rig.world();
        let attempts = &world.entries.get(&id).unwrap().attempts;
        let failed = attempts[0].failure.as_ref().unwrap().at;
        attempts[1].started.since(failed)
    });
    print(
        "hard failure to the attempt elsewhere",
        times,
        "(at most 1)",
    );
}

fn hang() {
    let usual = alone(async { served(&rig(3, 1).await).await.1 });
    let seeds: Vec<u64> = (1..=200).collect();
    let times = each(&seeds, async |seed| {
        let rig = rig(3, *seed).await;
        let mut dice = Dice::new(*seed, "hang");
        tokio::time::sleep(dice.within(MINUTE)).await;
        rig.clouds.all()[0].add_fault(Rule::always(Fault::Stall));
        let mut times = Vec::new();
        for _ in 0..5 {
            times.push(served(&rig).await.1.saturating_sub(usual));
            tokio::time::sleep(dice.within(SECOND * 20)).await;
        }
        times
    });
    // Until it is known to hang.
    let first = times.iter().map(|times| times[0]).collect();
    print(
        "added by one of three that hangs, first",
        first,
        "(at most 2)",
    );
    let rest = times
        .into_iter()
        .flat_map(|times| times.into_iter().skip(1));
    print(
        "added by one of three that hangs, rest ",
        rest.collect(),
        "(at most 1)",
    );
}

fn recovery() {
    let (wall, first, all) = alone(async {
        let mut rig = rig(10, 1).await;
        accept(&rig, 1_000).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        rig.kill();
        let wall = std::time::Instant::now();
        let began = tokio::time::Instant::now();
        rig.start().unwrap();
        let (wall, seq) = (wall.elapsed(), rig.world().seq);
        rig.until("it moves", HOUR, |world| world.seq > seq)
            .await
            .unwrap();
        let first = began.elapsed();
        let run = |world: &World| world.count(Status::Run) == 1_000;
        rig.until("all run", HOUR, run).await.unwrap();
        (wall, first, began.elapsed())
    });
    println!(
        "  kill -9 with 1,000 entries in flight: start {:.3} s wall time, moves after {:.3} s, all run after {:.1} s   (moves within 5)",
        wall.as_secs_f32(),
        first.as_secs_f32(),
        all.as_secs_f32()
    );
}

fn dead_offering() {
    let creates = alone(async {
        let rig = rig(1, 1).await;
        let cloud = &rig.clouds.all()[0];
        cloud.add_fault(Rule::always(Fault::NoValidHost { ms: 500 }));
        accept(&rig, 500).await;
        let mut creates = Vec::new();
        for _ in 0..10 {
            let before = cloud.creations().len();
            tokio::time::sleep(MINUTE).await;
            creates.push(cloud.creations().len() - before);
        }
        creates
    });
    println!("  creates a minute at a dead offering, 500 waiting: {creates:?}");
}
