//! A build that takes longer than is usual gets company elsewhere, within a budget; the first to
//! be ready is kept, and nothing is left of the other.

use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{Fault, Rule};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::at_rest;
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::ground::limits::{CREATE_UNKNOWN, HEDGE_FLOOR, TIMES_TO_LEARN};
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

use crate::scene::{
    HOUR, MINUTE, SECOND, calm, entry, health, launch, only_at, rig, runs_at, wrong,
};

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
    let all_run = |world: &World| ids.iter().all(|id| entry(world, *id).status == Status::Run);
    rig.until("all of them run", HOUR, all_run).await.unwrap();
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}

/// A stop is no slowness: what is ready by then must only be seen.
#[tokio::test(start_paused = true)]
async fn after_a_stop_a_look_comes_before_company() {
    let mut rig = learned(Policy::default(), SECOND * 2).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(rig.accept(EntrySpec::default(), HOUR).await.unwrap());
    }
    let builds = |world: &World| world.count(Status::Boot) == 6;
    rig.until("all build", MINUTE, builds).await.unwrap();
    rig.kill();
    tokio::time::sleep(MINUTE).await;
    let before = rig_made(&rig);
    rig.start().unwrap();
    let run = |world: &World| world.count(Status::Run) == 6;
    rig.until("all run", MINUTE, run).await.unwrap();
    assert_eq!(rig_made(&rig), before, "servers after the start");
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}

fn rig_made(rig: &Rig) -> usize {
    let clouds = rig.clouds.all().iter();
    clouds.map(|cloud| cloud.creations().len()).sum()
}

/// Nothing that is answered slowly there, but nothing at all.
#[tokio::test(start_paused = true)]
async fn an_account_that_falls_silent_holds_nobody_who_builds_there() {
    let rig = rig(calm(&["a", "b"], SECOND * 60), Policy::default()).await;
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    let builds = |world: &World| world.count(Status::Boot) == 1;
    rig.until("it builds", MINUTE, builds).await.unwrap();
    tokio::time::sleep(SECOND).await;
    let began = tokio::time::Instant::now();
    let silent = rig.clouds.get("a").unwrap();
    silent.add_fault(Rule::always(Fault::Stall));
    let elsewhere = |world: &World| entry(world, id).attempts.len() == 2;
    rig.until("it goes on elsewhere", MINUTE, elsewhere)
        .await
        .unwrap();
    let took = began.elapsed();
    assert!(
        took + SECOND >= CREATE_UNKNOWN && took < CREATE_UNKNOWN + SECOND * 5,
        "{took:?}"
    );
    silent.clear_faults();
    let runs = |world: &World| world.count(Status::Run) == 1;
    rig.until("it runs", HOUR, runs).await.unwrap();
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
}

/// What was spent on company that stands is spent after a start as well.
#[tokio::test(start_paused = true)]
async fn a_start_brings_no_new_budget() {
    let mut rig = learned(Policy::default(), SECOND * 600).await;
    let slow = Rule::always(Fault::SlowBuild { ms: 600_000 });
    rig.clouds.get("a").unwrap().add_fault(slow);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(rig.accept(EntrySpec::default(), HOUR).await.unwrap());
    }
    tokio::time::sleep(SECOND * 20).await;
    let made = rig_made(&rig);
    assert_eq!(made, TIMES_TO_LEARN + 4, "one of them has company");
    for _ in 0..3 {
        rig.kill();
        rig.start().unwrap();
        tokio::time::sleep(SECOND * 8).await;
    }
    assert_eq!(rig_made(&rig), made, "servers after three starts");
    rig.clouds.get("a").unwrap().clear_faults();
    let run = |world: &World| world.count(Status::Run) == 3;
    rig.until("all run", HOUR, run).await.unwrap();
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}
