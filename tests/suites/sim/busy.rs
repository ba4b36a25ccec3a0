//! Busy is not silent: no server is made twice because a cloud takes its time, whether one create,
//! many at once, or a stop of the daemon in between; and what hangs is not waited for.

use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{EntryId, Time};
use oms_tests::cloud::{After, CallKind, CloudSpec, Fault, Rule, SimCloud};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::at_rest;
use omsd_domain::ground::limits::{CREATE_UNKNOWN, LAST_LOOK};
use omsd_domain::rows::entry::Status;
use omsd_domain::rows::spur::Spur;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

use crate::scene::{HOUR, SECOND, calm, entry, launch, rig, wrong};

const CREATE: [CallKind; 1] = [CallKind::CreateServer];

fn small() -> Vec<CloudSpec> {
    vec![CloudSpec::small("a"), CloudSpec::small("b")]
}

fn made(rig: &Rig) -> usize {
    let clouds = rig.clouds.all().iter();
    clouds.map(|cloud| cloud.creations().len()).sum()
}

fn add(rig: &Rig, rule: &Rule) {
    for cloud in rig.clouds.all() {
        cloud.add_fault(rule.clone());
    }
}

async fn accept(rig: &Rig, count: usize) -> Vec<EntryId> {
    let all = (0..count).map(|_| rig.accept(EntrySpec::default(), HOUR));
    let all = futures::future::join_all(all).await;
    all.into_iter().map(Result::unwrap).collect()
}

fn all_run(ids: &[EntryId]) -> impl Fn(&World) -> bool {
    |world| ids.iter().all(|id| entry(world, *id).status == Status::Run)
}

#[tokio::test(start_paused = true)]
async fn a_create_that_takes_long_is_waited_for_while_other_calls_are_answered() {
    for ms in [1_000, 3_000, 8_000] {
        let rig = rig(calm(&["a", "b"], SECOND), Policy::default()).await;
        add(&rig, &Rule::always(Fault::Slow { ms }).on(&CREATE));
        launch(&rig, &EntrySpec::default(), 4).await;
        assert_eq!(made(&rig), 4, "creates that take {ms} ms");
        assert_eq!(rig.handle().pulse().extras, [].into());
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_at_once_do_not_drown_small_clouds() {
    let rig = rig(small(), Policy::default()).await;
    let ids = accept(&rig, 20).await;
    rig.until("they run", HOUR, all_run(&ids)).await.unwrap();
    assert!(made(&rig) <= 21, "{} servers for 20", made(&rig));
    rig.until("at rest", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn entries_that_come_one_after_the_other_are_made_once_each() {
    let rig = rig(small(), Policy::default()).await;
    for _ in 0..6 {
        launch(&rig, &EntrySpec::default(), 1).await;
    }
    assert_eq!(made(&rig), 6);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_elsewhere_after_a_start_while_an_intent_is_young() {
    let mut rig = rig(small(), Policy::default()).await;
    let ids = accept(&rig, 8).await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        rig.kill();
        rig.start().unwrap();
    }
    rig.until("they run", HOUR, all_run(&ids)).await.unwrap();
    for id in &ids {
        let world = rig.world();
        let attempts: Vec<_> = entry(&world, *id).attempts().collect();
        let pairs = attempts.iter().zip(attempts.iter().skip(1));
        for (earlier, later) in pairs {
            let refused = earlier.server.is_none() && earlier.is_gone();
            let age = later.started.since(earlier.started);
            assert!(
                refused || age >= CREATE_UNKNOWN.saturating_sub(LAST_LOOK),
                "entry {id}: attempt {} was begun {age:?} after {}",
                later.id,
                earlier.id
            );
        }
    }
    rig.until("at rest", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_create_cut_off_at_each_of_two_accounts_keeps_the_entry_for_seconds() {
    let mut rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    // Each cloud acts long after its first create was cut off, so that no look shows its server.
    let late = Fault::Late {
        ms: 200_000,
        then: After::Hang,
    };
    add(&rig, &Rule::always(late).on(&CREATE).times(1));
    let id = rig
        .accept(EntrySpec::default(), SECOND * 240)
        .await
        .unwrap();
    tokio::time::sleep(SECOND).await;
    rig.kill();
    rig.start().unwrap();
    let second = |world: &World| entry(world, id).attempts.len() == 2;
    rig.until("it is tried at the other", SECOND * 15, second)
        .await
        .unwrap();
    tokio::time::sleep(SECOND).await;
    rig.kill();
    rig.start().unwrap();
    rig.until("it runs", SECOND * 30, all_run(&[id]))
        .await
        .unwrap();
    // Both lost servers come, are found, and are removed.
    tokio::time::sleep(SECOND * 600).await;
    assert_eq!(made(&rig), 3);
    rig.until("at rest", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn creates_alone_that_hang_cost_the_first_entry_ten_seconds_and_no_other_more_than_one() {
    let rig = rig(calm(&["a", "b"], SECOND), Policy::default()).await;
    let hangs = rig.clouds.get("a").unwrap();
    hangs.add_fault(Rule::always(Fault::Stall).on(&CREATE));
    let started = |rig: &Rig, id: EntryId| -> Vec<Time> {
        let world = rig.world();
        let attempts = entry(&world, id).attempts();
        attempts.map(|attempt| attempt.started).collect()
    };
    let ids = accept(&rig, 4).await;
    rig.until("they run", SECOND * 60, all_run(&ids))
        .await
        .unwrap();
    for id in &ids {
        let started = started(&rig, *id);
        let waits = started.iter().zip(started.iter().skip(1));
        let longest = waits.map(|(earlier, later)| later.since(*earlier)).max();
        let longest = longest.unwrap_or_default();
        assert!(
            longest <= CREATE_UNKNOWN + SECOND,
            "entry {id}: {longest:?}"
        );
    }
    let later = accept(&rig, 3).await;
    rig.until("those that follow run", SECOND * 3, all_run(&later))
        .await
        .unwrap();
    // Nothing was made there, so nothing is extra.
    assert_eq!(rig.handle().pulse().extras, [].into());
    assert_eq!(hangs.creations().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_extra_server_is_counted_with_what_led_to_it() {
    let rig = rig(calm(&["a", "b"], SECOND), Policy::default()).await;
    add(
        &rig,
        &Rule::always(Fault::Slow { ms: 20_000 })
            .on(&CREATE)
            .times(1),
    );
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(SECOND).await;
    // The other cloud is quick.
    let asked = |cloud: &&SimCloud| cloud.calls().contains_key(&CallKind::CreateServer);
    let others = rig.clouds.all().iter().filter(|cloud| !asked(cloud));
    others.for_each(SimCloud::clear_faults);
    rig.until("it runs", SECOND * 15, all_run(&[id]))
        .await
        .unwrap();
    assert_eq!(rig.handle().pulse().extras, [].into());
    tokio::time::sleep(SECOND * 20).await;
    assert_eq!(made(&rig), 2);
    assert_eq!(rig.handle().pulse().extras, [(Spur::Hang, 1)].into());
    rig.until("at rest", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
}
