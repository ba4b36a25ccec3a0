//! What a failure keeps others from, and what it does not: an answer that comes late, a quota that
//! was refused, a key that a cloud does not take, a cloud that asks to be left alone.

use std::collections::BTreeMap;

use oms_proto::EntryId;
use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{CallKind, CloudSpec, Fault, Rule};
use oms_tests::harness::rig::{INSTALLATION, Rig};
use oms_tests::oracle::at_rest;
use omsd::engine::handle::SubmitError;
use omsd::ports::Mark;
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::ground::limits::{FULL_LOOK_EVERY, LOOK_DISABLED_EVERY, TIDIES_MAX};
use omsd_domain::ground::resource::Identity;
use omsd_domain::rows::account::{Account, Auth, Domain};
use omsd_domain::rows::entry::Status;
use omsd_domain::rows::scope::Scope;
use omsd_domain::rules::policy::{Policy, Vanished};
use omsd_domain::world::World;
use omsd_domain::world::command::{Command, Rejection};

use crate::scene::{
    HOUR, MINUTE, SECOND, account, calm, entry, health, launch, lessons, only_at, reason, rig,
    wrong,
};

fn answer(status: u16, retry_after_s: Option<u64>) -> Fault {
    Fault::Answer {
        status,
        message: None,
        retry_after_s,
    }
}

fn spoil(rig: &Rig, fault: Fault, calls: &[CallKind]) {
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(fault).on(calls));
}

fn calls(rig: &Rig, name: &str, kind: CallKind) -> u64 {
    let calls = rig.clouds.get(name).unwrap().calls();
    calls.get(&kind).copied().unwrap_or(0)
}

fn runs(id: EntryId) -> impl Fn(&World) -> bool {
    move |world| entry(world, id).status == Status::Run
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_a_list_shows_before_its_answer_opens_the_account_all_the_same() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let refuses = answer(429, Some(30));
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(refuses).on(&[CallKind::CreateServer]).times(1));
    let late = Fault::AnswerLate { ms: 8_000 };
    cloud.add_fault(Rule::always(late).on(&[CallKind::CreateServer]).times(1));
    let first = rig.accept(only_at("a"), HOUR).await.unwrap();
    rig.until("the probe runs", MINUTE * 2, runs(first))
        .await
        .unwrap();
    tokio::time::sleep(SECOND * 20).await;
    assert_eq!(health(&rig.world(), "a").blocks, Vec::new());
    launch(&rig, &only_at("a"), 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_build_that_fails_for_want_of_quota_is_not_repeated_because_it_was_removed() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let full = Fault::BuildError {
        ms: 500,
        code: 413,
        message: "Quota exceeded for cores".to_owned(),
    };
    spoil(&rig, full, &[CallKind::CreateServer]);
    let id = rig.accept(only_at("a"), HOUR * 2).await.unwrap();
    tokio::time::sleep(MINUTE * 4).await;
    assert_eq!(calls(&rig, "a", CallKind::CreateServer), 1);
    assert_eq!(rig.status(id), Some(Status::Recive));
    rig.clouds.get("a").unwrap().clear_faults();
    rig.until("it runs", MINUTE * 6, runs(id)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_key_that_a_cloud_does_not_take_costs_nobody_else() {
    let rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    let broken = Fault::Answer {
        status: 400,
        message: Some("Keypair data is invalid: failed to generate fingerprint".to_owned()),
        retry_after_s: None,
    };
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(broken).on(&[CallKind::ImportKeypair]).times(1));
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    rig.until("it runs at b", SECOND * 20, runs(id))
        .await
        .unwrap();
    let refused = entry(&rig.world(), id).attempts[0].clone();
    let class = refused.failure.as_ref().unwrap().class;
    assert_eq!(class, FailureClass::Rejected);
    assert_eq!(health(&rig.world(), "a").blocks, Vec::new());
    launch(&rig, &only_at("a"), 1).await;
}

#[tokio::test(start_paused = true)]
async fn what_no_account_takes_is_offered_once_to_each() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let broken = answer(400, None);
    spoil(&rig, broken, &[CallKind::ImportKeypair]);
    let id = rig.accept(only_at("a"), MINUTE * 10).await.unwrap();
    tokio::time::sleep(MINUTE * 9).await;
    assert_eq!(calls(&rig, "a", CallKind::ImportKeypair), 1);
    let world = rig.world();
    let reason = reason(&world, entry(&world, id));
    assert!(
        reason.contains("refused what this entry brings"),
        "{reason}"
    );
    tokio::time::sleep(MINUTE * 2).await;
    assert_eq!(rig.status(id), Some(Status::Failed));
}

#[tokio::test(start_paused = true)]
async fn creates_that_are_throttled_do_not_keep_what_is_paid_for() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let ids = launch(&rig, &only_at("a"), 5).await;
    let maintenance = answer(503, Some(600));
    spoil(&rig, maintenance, &[CallKind::CreateServer]);
    let waits = rig.accept(only_at("a"), HOUR).await.unwrap();
    tokio::time::sleep(SECOND).await;
    let creates = calls(&rig, "a", CallKind::CreateServer);
    for id in ids {
        rig.remove(id).await.unwrap();
    }
    let gone = |world: &World| world.count(Status::Destroy) == 0;
    rig.until("they are gone", SECOND * 30, gone).await.unwrap();
    tokio::time::sleep(MINUTE * 9).await;
    let since = calls(&rig, "a", CallKind::CreateServer) - creates;
    assert_eq!(since, 0, "the wish to be left alone is kept");
    rig.clouds.get("a").unwrap().clear_faults();
    // Nobody knows what came of the create that was answered so.
    rig.until("it runs", MINUTE * 10, runs(waits))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_cloud_asks_for_outlives_other_failures() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    launch(&rig, &only_at("a"), 1).await;
    let cloud = rig.clouds.get("a").unwrap();
    let lists = [CallKind::ListServers];
    cloud.add_fault(Rule::always(answer(429, Some(600))).on(&lists).times(1));
    let limits = [CallKind::Limits, CallKind::ListServers];
    cloud.add_fault(Rule::always(answer(500, None)).on(&limits));
    tokio::time::sleep(MINUTE * 2).await;
    let before = rig.clouds.get("a").unwrap().calls_total();
    tokio::time::sleep(MINUTE * 7).await;
    assert_eq!(rig.clouds.get("a").unwrap().calls_total(), before);
    let block = health(&rig.world(), "a").block(&Scope::Account).cloned();
    assert_eq!(block.unwrap().failure.class, FailureClass::Throttled);
}

#[tokio::test(start_paused = true)]
async fn entries_whose_creates_are_looked_for_do_not_stand_before_the_others() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let lost = answer(503, None);
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(lost).on(&[CallKind::CreateServer]).times(4));
    for _ in 0..30 {
        rig.accept(only_at("a"), HOUR).await.unwrap();
    }
    let twenty = |world: &World| world.count(Status::Run) >= 20;
    rig.until("the others run", MINUTE * 2, twenty)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_build_that_ended_while_the_daemon_was_down_is_not_given_up() {
    for (down, deadline) in [(MINUTE * 11, HOUR), (MINUTE * 45, MINUTE * 30)] {
        let mut rig = rig(calm(&["a"], SECOND * 20), Policy::default()).await;
        let id = rig.accept(only_at("a"), deadline).await.unwrap();
        let builds = |world: &World| entry(world, id).status == Status::Boot;
        rig.until("it builds", SECOND * 5, builds).await.unwrap();
        rig.kill();
        tokio::time::sleep(down).await;
        rig.start().unwrap();
        rig.until("it runs", SECOND * 5, runs(id)).await.unwrap();
        assert_eq!(calls(&rig, "a", CallKind::CreateServer), 1);
        let lessons = lessons(&rig.world(), "a");
        assert!(lessons[0].boots.is_empty(), "the stop is no boot");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_turns_up_at_an_account_that_was_switched_off_is_removed() {
    let rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    let lost = answer(503, None);
    spoil(&rig, lost, &[CallKind::CreateServer]);
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    rig.until("it runs at b", MINUTE, runs(id)).await.unwrap();
    rig.until("a is given up", MINUTE * 11, at_rest)
        .await
        .unwrap();
    let off = Account {
        enabled: false,
        ..account(&rig.world(), "a")
    };
    edit(&rig, off, None).await.unwrap();
    tokio::time::sleep(MINUTE * 20).await;
    let late = Mark {
        installation: INSTALLATION.to_owned(),
        incarnation: "00000001".to_owned(),
        entry: id,
        attempt: entry(&rig.world(), id).attempts[0].id,
    };
    let mut metadata = BTreeMap::new();
    late.write(&mut metadata);
    let cloud = rig.clouds.get("a").unwrap();
    cloud.plant_server("late", metadata).unwrap();
    tokio::time::sleep(LOOK_DISABLED_EVERY * 2).await;
    assert_eq!(rig.clouds.get("a").unwrap().live_servers().len(), 0);
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_key_pair_of_the_same_name_with_another_key_is_left_alone() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let taken = answer(409, None);
    spoil(&rig, taken, &[CallKind::ImportKeypair]);
    rig.accept(only_at("a"), MINUTE * 5).await.unwrap();
    tokio::time::sleep(MINUTE * 6).await;
    assert_eq!(calls(&rig, "a", CallKind::DeleteKeypair), 0);
}

#[tokio::test(start_paused = true)]
async fn many_removals_leave_room_for_looks_and_launches() {
    let policy = Policy {
        pace: SECOND / 20,
        ..Policy::default()
    };
    let specs = calm(&["a"], SECOND * 2).into_iter().map(|spec| CloudSpec {
        latency_ms: 100,
        delete_ms: 2_000,
        ..spec
    });
    let rig = rig(specs.collect(), policy).await;
    let ids = launch(&rig, &only_at("a"), 60).await;
    let cloud = rig.clouds.get("a").unwrap();
    let peak_of_launches = cloud.peak_concurrency();
    for id in ids {
        rig.remove(id).await.unwrap();
    }
    let late = rig.accept(only_at("a"), HOUR).await.unwrap();
    rig.until("it runs among removals", MINUTE, runs(late))
        .await
        .unwrap();
    let gone = |world: &World| world.count(Status::Destroy) == 0;
    rig.until("all are gone", MINUTE * 2, gone).await.unwrap();
    let peak = rig.clouds.get("a").unwrap().peak_concurrency();
    let allowed = peak_of_launches.max(usize::try_from(TIDIES_MAX).unwrap() + 12);
    assert!(peak <= allowed, "{peak} calls at once");
    let failure = health(&rig.world(), "a").last_failure;
    assert_eq!(failure, None);
    assert_eq!(wrong(&rig, &[late], &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn servers_that_a_cloud_keeps_after_their_deletion_are_ended() {
    let specs = calm(&["a"], SECOND * 2).into_iter().map(|spec| CloudSpec {
        reclaim_s: 7 * 24 * 3600,
        ..spec
    });
    let rig = rig(specs.collect(), Policy::default()).await;
    let ids = launch(&rig, &only_at("a"), 6).await;
    for id in &ids {
        rig.remove(*id).await.unwrap();
    }
    rig.until("they are gone", MINUTE, at_rest).await.unwrap();
    assert_eq!(rig.clouds.get("a").unwrap().live_servers().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn other_credentials_are_taken_only_where_they_show_what_is_ours() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    tokio::time::sleep(SECOND * 5).await;
    launch(&rig, &only_at("a"), 1).await;
    let known = account(&rig.world(), "a");
    let identity = rig
        .world()
        .room(known.id)
        .unwrap()
        .identity
        .clone()
        .unwrap();
    let other = Account {
        auth: Auth::ApplicationCredential {
            id: Some("another".to_owned()),
            name: None,
            username: None,
            user_domain: Domain::default(),
            user_id: None,
        },
        ..known.clone()
    };
    let unproven = edit(&rig, other.clone(), None).await.unwrap_err();
    assert!(matches!(unproven, Rejection::Unproven { objects: 1, .. }));
    let stranger = Identity {
        user: "somebody else".to_owned(),
        ..identity.clone()
    };
    let refused = edit(&rig, other.clone(), Some(stranger)).await;
    assert!(matches!(refused, Err(Rejection::AccountInUse { .. })));
    edit(&rig, other, Some(identity)).await.unwrap();
    assert!(rig.world().room(known.id).is_some());
}

#[tokio::test(start_paused = true)]
async fn instances_that_vanished_before_are_replaced_once_that_is_the_policy() {
    let mut rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let id = launch(&rig, &only_at("a"), 1).await[0];
    let first = entry(&rig.world(), id).kept().unwrap().server.clone();
    let first = first.unwrap().id;
    rig.clouds.get("a").unwrap().lose_server(&first);
    tokio::time::sleep(FULL_LOOK_EVERY * 2).await;
    assert_eq!(rig.status(id), Some(Status::Run));
    rig.stop().await.unwrap();
    rig.policy.vanished = Vanished::Replace;
    rig.start().unwrap();
    let replaced = |world: &World| {
        let kept = entry(world, id).kept();
        let server = kept.and_then(|kept| kept.server.as_ref());
        server.is_some_and(|server| server.id != first)
    };
    rig.until("another runs", MINUTE, replaced).await.unwrap();
    let deadline = entry(&rig.world(), id).deadline;
    let left = deadline.since(rig.clock().now());
    assert!(left <= Policy::default().entry_deadline, "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_gave_up_says_why_of_the_build_that_came_too_late() {
    let rig = rig(calm(&["a"], HOUR), Policy::default()).await;
    let id = rig.accept(only_at("a"), MINUTE * 2).await.unwrap();
    tokio::time::sleep(MINUTE * 3).await;
    assert_eq!(rig.status(id), Some(Status::Failed));
    let attempt = rig.entry(id).unwrap().attempts[0].clone();
    let failure = attempt.failure.clone().unwrap();
    assert!(failure.message.contains("gave up"), "{failure:?}");
    assert_eq!(health(&rig.world(), "a").blocks, Vec::new());
}

async fn edit(rig: &Rig, account: Account, leads_to: Option<Identity>) -> Result<(), Rejection> {
    let command = Command::EditAccount {
        account: Box::new(account),
        leads_to,
    };
    match rig.submit(command).await {
        Ok(_) => Ok(()),
        Err(SubmitError::Rejected(rejection)) => Err(rejection),
        Err(error) => panic!("{error}"),
    }
}
