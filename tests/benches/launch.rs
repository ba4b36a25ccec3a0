//! 1,000 entries over 10 accounts, launched and removed: how near the makespan comes to what the
//! clouds allow, and how many API calls an instance costs from REQUEST to RUN and back to gone.
//!
//! Time is simulated, so the figures are the same on every machine.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints its figures"
)]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;
use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{CallKind, CloudSpec, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::at_rest;
use omsd::openstack::CallLimits;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;

const ENTRIES: u64 = 1_000;
const ACCOUNTS: u64 = 10;
const LATENCY_MS: u64 = 20;
const BUILD_MS: u64 = 2_000;
/// Requests that one cloud works on at once.
const CONCURRENCY: u64 = 10;
const HOUR: Duration = Duration::from_secs(3600);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(launch());
}

async fn launch() {
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn omsd::ports::Clock> = Arc::new(clock);
    let start = |number: u64| {
        let mut spec = CloudSpec::calm(&format!("cloud{number}"));
        (spec.latency_ms, spec.build_ms) = (LATENCY_MS, BUILD_MS);
        spec.concurrency = usize::try_from(CONCURRENCY).unwrap();
        for account in &mut spec.accounts {
            (account.quota_instances, account.quota_cores) = (-1, -1);
            (account.quota_ram_mib, account.quota_keypairs) = (-1, -1);
        }
        SimCloud::start(spec, 1, Arc::clone(&shared))
    };
    // What is measured is how well clouds are used, not how politely they are called.
    let limits = CallLimits {
        rate: NonZeroU32::MAX,
        ..CallLimits::default()
    };
    let clouds = SimClouds::new((0..ACCOUNTS).map(start).collect()).called_within(limits);
    let mut rig = Rig::new(clouds, clock, Policy::default());
    let wall = std::time::Instant::now();
    rig.start().unwrap();
    rig.add_accounts().await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = calls(&rig);

    let began = tokio::time::Instant::now();
    let accept = || rig.accept(EntrySpec::default(), HOUR);
    let ids = futures::future::join_all((0..ENTRIES).map(|_| accept())).await;
    rig.until("all run", HOUR, |world| world.count(Status::Run) == ENTRIES)
        .await
        .unwrap();
    let makespan = began.elapsed();
    let launched = calls(&rig);

    let removals = ids.into_iter().map(|id| rig.remove(id.unwrap()));
    assert!(
        futures::future::join_all(removals)
            .await
            .iter()
            .all(Result::is_ok)
    );
    rig.until("all are gone", HOUR, at_rest).await.unwrap();
    let gone = began.elapsed().saturating_sub(makespan);
    let after = calls(&rig);
    assert!(
        rig.clouds
            .all()
            .iter()
            .all(|cloud| cloud.live_servers().is_empty())
    );

    print(makespan, gone, [&before, &launched, &after]);
    println!(
        "  wall time           {:>8.3} s",
        wall.elapsed().as_secs_f64()
    );
}

/// Prints the figures, from the calls before, after the launches and after the removals.
fn print(
    makespan: Duration,
    gone: Duration,
    [before, launched, after]: [&BTreeMap<CallKind, u64>; 3],
) {
    // Each cloud takes in two requests an entry, so many at once, and then builds the last one.
    let rounds = 2 * (ENTRIES / ACCOUNTS).div_ceil(CONCURRENCY);
    let allowed = Duration::from_millis(rounds * LATENCY_MS + BUILD_MS);
    let ratio = makespan.as_secs_f64() / allowed.as_secs_f64();
    println!(
        "launch: {ENTRIES} entries over {ACCOUNTS} accounts, {LATENCY_MS} ms latency, {BUILD_MS} ms build"
    );
    println!("  makespan            {:>8.3} s", makespan.as_secs_f64());
    println!("  the clouds allow    {:>8.3} s", allowed.as_secs_f64());
    println!("  ratio               {ratio:>8.3}   (at most 1.1)");
    println!("  removal of all      {:>8.3} s", gone.as_secs_f64());
    let total = |calls: &BTreeMap<CallKind, u64>| calls.values().sum::<u64>();
    let each = |calls: u64| f64::from(u32::try_from(calls).unwrap()) / 1000.0;
    println!(
        "  API calls each      {:>8.3}   (at most 5)",
        each(total(after) - total(before))
    );
    println!(
        "    to launch         {:>8.3}",
        each(total(launched) - total(before))
    );
    println!(
        "    to remove         {:>8.3}",
        each(total(after) - total(launched))
    );
    for (kind, count) in after {
        let count = count - before.get(kind).copied().unwrap_or(0);
        if count > 0 {
            println!("      {:<16} {:>7.3}", format!("{kind:?}"), each(count));
        }
    }
}

fn calls(rig: &Rig) -> BTreeMap<CallKind, u64> {
    let mut all = BTreeMap::new();
    for cloud in rig.clouds.all() {
        for (kind, count) in cloud.calls() {
            *all.entry(kind).or_default() += count;
        }
    }
    all
}
