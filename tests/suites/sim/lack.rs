//! A machine that has no open files left is no cloud's failure: nothing is blocked, no attempt used up,
//! nothing made twice, and everything goes on where it was once there are some.

use oms_proto::spec::EntrySpec;
use oms_tests::cloud::SimCloud;
use oms_tests::harness::rig::Rig;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

use crate::scene::{HOUR, MINUTE, SECOND, calm, entry, launch, rig, wrong};

/// What is blamed although nothing is wrong with any cloud.
fn blamed(world: &World) -> Vec<String> {
    let accounts = world.accounts.values();
    let blocks = accounts.flat_map(|account| {
        let blocks = world.health(account.id).blocks.iter();
        blocks.map(|block| format!("{}: {}: {:?}", account.name, block.scope, block.failure))
    });
    let entries = world.entries.values();
    let attempts = entries.flat_map(|entry| {
        let failed = entry.attempts().filter(|it| it.failure.is_some());
        failed.map(|attempt| format!("{}: {:?}", entry.id, attempt.failure))
    });
    blocks.chain(attempts).collect()
}

fn made(rig: &Rig) -> usize {
    let clouds = rig.clouds.all().iter();
    clouds.map(SimCloud::creations).map(|it| it.len()).sum()
}

#[tokio::test(start_paused = true)]
async fn entries_wait_for_the_machine_and_then_run_at_their_first_attempt() {
    let rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    rig.clouds.set_lack(true);
    let mut ids = Vec::new();
    for _ in 0..30 {
        ids.push(rig.accept(EntrySpec::default(), HOUR).await.unwrap());
    }
    for _ in 0..20 {
        tokio::time::sleep(MINUTE).await;
        assert_eq!(blamed(&rig.world()), Vec::<String>::new());
    }
    assert_eq!(made(&rig), 0);
    rig.clouds.set_lack(false);
    let run = |world: &World| ids.iter().all(|id| entry(world, *id).status == Status::Run);
    rig.until("all of them run", MINUTE, run).await.unwrap();
    let world = rig.world();
    assert_eq!(blamed(&world), Vec::<String>::new());
    assert!(ids.iter().all(|id| entry(&world, *id).attempts.len() == 1));
    assert_eq!(made(&rig), ids.len());
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn removals_go_on_where_they_were() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let ids = launch(&rig, &EntrySpec::default(), 12).await;
    rig.clouds.set_lack(true);
    for id in &ids {
        rig.remove(*id).await.unwrap();
    }
    tokio::time::sleep(MINUTE * 5).await;
    assert_eq!(blamed(&rig.world()), Vec::<String>::new());
    rig.clouds.set_lack(false);
    let gone = |world: &World| !ids.iter().any(|id| world.entries.contains_key(id));
    rig.until("all of them are gone", MINUTE, gone)
        .await
        .unwrap();
    assert_eq!(wrong(&rig, &[], &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_wants_any_more_is_not_made_after_all() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    rig.clouds.set_lack(true);
    let unwanted = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    let late = rig.accept(EntrySpec::default(), MINUTE).await.unwrap();
    tokio::time::sleep(SECOND * 10).await;
    rig.remove(unwanted).await.unwrap();
    let failed = |world: &World| entry(world, late).status == Status::Failed;
    rig.until("one fails at its deadline", HOUR, failed)
        .await
        .unwrap();
    rig.clouds.set_lack(false);
    let ids = [unwanted, late];
    let clean = |world: &World| !ids.iter().any(|id| world.entries.contains_key(id));
    rig.until("nothing is left", HOUR, clean).await.unwrap();
    assert_eq!(made(&rig), 0);
    assert_eq!(wrong(&rig, &[], &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_stop_meanwhile_loses_nothing() {
    let mut rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    rig.clouds.set_lack(true);
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(SECOND * 10).await;
    rig.kill();
    rig.start().unwrap();
    tokio::time::sleep(MINUTE).await;
    rig.clouds.set_lack(false);
    let run = |world: &World| entry(world, id).status == Status::Run;
    rig.until("it runs", MINUTE, run).await.unwrap();
    rig.until("the rest is settled", HOUR, |world| {
        entry(world, id)
            .attempts()
            .all(|it| it.is_gone() || it.server.is_some())
    })
    .await
    .unwrap();
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
}
