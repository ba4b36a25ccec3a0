//! A person keeps entries away from an account for a time; what waits goes on when that is over.

use oms_proto::spec::EntrySpec;
use oms_proto::spec::Window;
use oms_proto::{EntryId, EventKind, Time};
use oms_tests::cloud::{Fault, Rule};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::at_rest;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::{Policy, Vanished};
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

use crate::scene::{
    HOUR, MINUTE, SECOND, account, calm, entry, launch, only_at, reason, rig, runs_at, wrong,
};

async fn set(rig: &Rig, name: &str, windows: Vec<Window>) {
    let known = account(&rig.world(), name);
    let command = Command::SetMaintenance {
        account: known.id,
        expected: Some(known.maintenance),
        windows,
    };
    rig.submit(command).await.unwrap();
}

fn window(from: Time, until: Option<Time>) -> Window {
    Window {
        from,
        until,
        drain: false,
        reason: "new switches".to_owned(),
    }
}

fn status(world: &World, id: EntryId) -> Status {
    entry(world, id).status
}

#[tokio::test(start_paused = true)]
async fn a_cordoned_account_takes_nothing_until_it_is_opened_again() {
    let rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    let now = rig.clock().now();
    set(&rig, "a", vec![window(now, None)]).await;
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    assert_eq!(runs_at(&rig.world(), id), "b");
    let waits = rig.accept(only_at("a"), HOUR * 9).await.unwrap();
    tokio::time::sleep(HOUR).await;
    let world = rig.world();
    assert_eq!(status(&world, waits), Status::Recive);
    let reason = reason(&world, entry(&world, waits));
    // Why a person has ordered it stands with the account, and may be said anew at any time.
    assert!(reason.contains("a: under maintenance"), "{reason}");
    set(&rig, "a", Vec::new()).await;
    let runs = |world: &World| status(world, waits) == Status::Run;
    rig.until("it runs", SECOND * 5, runs).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_account_that_opens_again_serves_all_that_wait() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    set(&rig, "a", vec![window(rig.clock().now(), None)]).await;
    let mut waiting = Vec::new();
    for _ in 0..30 {
        waiting.push(rig.accept(EntrySpec::default(), HOUR * 9).await.unwrap());
    }
    tokio::time::sleep(MINUTE).await;
    // Far more than are launched at once.
    set(&rig, "a", Vec::new()).await;
    let run = |world: &World| waiting.iter().all(|id| status(world, *id) == Status::Run);
    rig.until("all run", MINUTE * 5, run).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn room_that_comes_after_an_account_has_opened_again_is_used() {
    let mut clouds = calm(&["a"], SECOND * 2);
    clouds[0].accounts[0].quota_instances = 2;
    let rig = rig(clouds, Policy::default()).await;
    let running = launch(&rig, &EntrySpec::default(), 2).await;
    set(&rig, "a", vec![window(rig.clock().now(), None)]).await;
    let waits = rig.accept(EntrySpec::default(), HOUR * 9).await.unwrap();
    tokio::time::sleep(MINUTE).await;
    set(&rig, "a", Vec::new()).await;
    tokio::time::sleep(MINUTE).await;
    assert_eq!(status(&rig.world(), waits), Status::Recive);
    rig.remove(running[0]).await.unwrap();
    let runs = |world: &World| status(world, waits) == Status::Run;
    rig.until("it runs", MINUTE * 5, runs).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_window_begins_and_ends_by_itself() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let now = rig.clock().now();
    let planned = window(now.plus(MINUTE * 10), Some(now.plus(MINUTE * 40)));
    set(&rig, "a", vec![planned]).await;
    launch(&rig, &EntrySpec::default(), 1).await;
    tokio::time::sleep(MINUTE * 15).await;
    let id = rig.accept(EntrySpec::default(), HOUR * 9).await.unwrap();
    tokio::time::sleep(MINUTE * 24).await;
    assert_eq!(status(&rig.world(), id), Status::Recive);
    let runs = |world: &World| status(world, id) == Status::Run;
    rig.until("it runs", MINUTE * 2, runs).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn draining_moves_what_does_not_run_yet_and_leaves_what_runs() {
    let rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    let stays = launch(&rig, &EntrySpec::default(), 1).await[0];
    assert_eq!(runs_at(&rig.world(), stays), "a");
    let slow = Fault::SlowBuild { ms: 90_000 };
    rig.clouds.get("a").unwrap().add_fault(Rule::always(slow));
    let moves = loop {
        let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
        tokio::time::sleep(SECOND).await;
        let world = rig.world();
        let at = entry(&world, id).attempts[0].account;
        if world.accounts.get(&at).unwrap().name == "a" {
            break id;
        }
    };
    let now = rig.clock().now();
    let drain = Window {
        drain: true,
        ..window(now, None)
    };
    set(&rig, "a", vec![drain]).await;
    let runs = |world: &World| status(world, moves) == Status::Run;
    rig.until("it runs elsewhere", SECOND * 5, runs)
        .await
        .unwrap();
    let world = rig.world();
    assert_eq!(runs_at(&world, moves), "b");
    assert_eq!(runs_at(&world, stays), "a");
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    let ids: Vec<_> = rig.world().entries.keys().copied().collect();
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_vanished_is_replaced_where_that_is_the_policy() {
    let policy = Policy {
        vanished: Vanished::Replace,
        ..Policy::default()
    };
    let rig = rig(calm(&["a", "b"], SECOND * 2), policy).await;
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    // Its deadline is long over; another one gets as long as the first had.
    tokio::time::sleep(HOUR * 2).await;
    let server = |world: &World| {
        let kept = entry(world, id).kept();
        kept.and_then(|kept| kept.server.as_ref())
            .map(|server| server.id.clone())
    };
    let first = server(&rig.world()).unwrap();
    rig.clouds.get("a").unwrap().lose_server(&first);
    let replaced = |world: &World| {
        status(world, id) == Status::Run && server(world).is_some_and(|id| id != first)
    };
    rig.until("another runs", MINUTE * 20, replaced)
        .await
        .unwrap();
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_takes_long_is_told_once_and_goes_on() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    let stuck = Rule::always(Fault::DeleteConflict);
    rig.clouds.get("a").unwrap().add_fault(stuck);
    let mut feed = rig.handle().feed();
    rig.remove(id).await.unwrap();
    tokio::time::sleep(HOUR).await;
    let mut told = 0;
    while let Ok(published) = feed.try_recv() {
        let rows = published.rows.iter();
        told += rows
            .filter(|row| row.kind == EventKind::AttemptRemovalOverdue)
            .count();
    }
    assert_eq!(told, 1);
    let attempt = entry(&rig.world(), id).attempts[0].clone();
    assert!(attempt.removal.failures > 5, "{attempt:?}");
    rig.clouds.get("a").unwrap().clear_faults();
    rig.until("it is gone", MINUTE * 6, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[], &[]), Vec::<String>::new());
}
