//! A build that takes longer than is usual gets company elsewhere, within a budget; the first to
//! be ready is kept, and nothing is left of the other.

use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{Fault, Rule};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::at_rest;
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::ground::limits::{HEDGE_FLOOR, TIMES_TO_LEARN};
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;

use crate::scene::{HOUR, SECOND, calm, entry, health, launch, only_at, rig, runs_at, wrong};

/// Two clouds; the first is preferred and has taught that it boots within two seconds.
async fn learned(policy: Policy, other_builds: Duration) -> Rig {
    let mut specs = calm(&["a", "b"], SECOND * 2);
    specs[1].build_ms = u64::try_from(other_builds.as_millis()).unwrap();
    let rig = rig(specs, policy).await;
    for id in launch(&rig, &only_at("a"), TIMES_TO_LEARN).await {
        rig.remove(id).await.unwrap();
    }
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    rig
}

fn slow(rig: &Rig, name: &str, seconds: u64) {
    let slow = Fault::SlowBuild { ms: seconds * 1000 };
    let cloud = rig.clouds.get(name).unwrap();
    cloud.add_fault(Rule::always(slow).times(1));
}

#[tokio::test(start_paused = true)]
async fn a_build_that_is_slow_by_its_offerings_measure_is_overtaken_elsewhere() {
    let rig = learned(Policy::default(), SECOND * 2).await;
    slow(&rig, "a", 600);
    let began = tokio::time::Instant::now();
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    let took = began.elapsed();
    assert!(
        took >= HEDGE_FLOOR && took < HEDGE_FLOOR + SECOND * 4,
        "{took:?}"
    );
    let world = rig.world();
    assert_eq!(runs_at(&world, id), "b");
    // The one that was beaten says why, and others keep away from there for a while.
    let beaten = entry(&world, id).attempts[0].failure.clone().unwrap();
    assert_eq!(beaten.class, FailureClass::BuildTimeout);
    assert!(beaten.message.contains("another account"), "{beaten:?}");
    assert_eq!(health(&world, "a").blocks.len(), 1);
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_slow_one_is_kept_if_it_is_ready_first() {
    let rig = learned(Policy::default(), SECOND * 120).await;
    slow(&rig, "a", 20);
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    let world = rig.world();
    assert_eq!(runs_at(&world, id), "a");
    assert_eq!(entry(&world, id).attempts.len(), 2);
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
    for name in ["a", "b"] {
        assert_eq!(health(&rig.world(), name).blocks, Vec::new());
    }
}

#[tokio::test(start_paused = true)]
async fn without_hedges_an_entry_waits_for_its_build() {
    let policy = Policy {
        hedge: false,
        ..Policy::default()
    };
    let rig = learned(policy, SECOND * 2).await;
    slow(&rig, "a", 40);
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    let world = rig.world();
    assert_eq!(runs_at(&world, id), "a");
    assert_eq!(entry(&world, id).attempts.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hedge_stays_within_its_budget() {
    let rig = learned(Policy::default(), SECOND * 2).await;
    let stuck = Rule::always(Fault::SlowBuild { ms: 45_000 });
    rig.clouds.get("a").unwrap().add_fault(stuck);
    let mut ids = Vec::new();
    for _ in 0..80 {
        ids.push(rig.accept(EntrySpec::default(), HOUR).await.unwrap());
    }
    tokio::time::sleep(SECOND * 60).await;
    rig.clouds.get("a").unwrap().clear_faults();
    let all_run = |world: &omsd_domain::world::World| {
        ids.iter().all(|id| entry(world, *id).status == Status::Run)
    };
    rig.until("all of them run", HOUR, all_run).await.unwrap();
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}
