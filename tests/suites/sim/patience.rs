//! Nothing waits longer than its reason: what was held up goes on as soon as what held it up is
//! over.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;
use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{After, CallKind, CloudSpec, Fault, Rule, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::at_rest;
use omsd_domain::ground::limits::FULL_LOOK_EVERY;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// One cloud and an engine that knows it.
async fn rig(spec: CloudSpec, policy: Policy) -> Rig {
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn omsd::ports::Clock> = Arc::new(clock);
    let clouds = SimClouds::new(vec![SimCloud::start(spec, 1, shared)]);
    let mut rig = Rig::new(clouds, clock, policy);
    rig.start().unwrap();
    rig.add_accounts().await.unwrap();
    tokio::time::sleep(SECOND).await;
    rig
}

fn cloud(rig: &Rig) -> &SimCloud {
    rig.clouds.get("a").unwrap()
}

fn running(world: &World) -> usize {
    let runs = |status| status == Status::Run;
    world.entries.values().filter(|e| runs(e.status)).count()
}

fn only_account(world: &World) -> Account {
    (**world.account_named("a").unwrap()).clone()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_up_before_it_was_found_runs_at_once() {
    let mut rig = rig(CloudSpec::calm("a"), Policy::default()).await;
    let hang = Fault::ActThen { then: After::Hang };
    cloud(&rig).add_fault(Rule::always(hang).on(&[CallKind::CreateServer]));
    rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(SECOND).await;
    rig.kill();
    cloud(&rig).clear_faults();
    tokio::time::sleep(SECOND * 60).await;
    rig.start().unwrap();
    rig.until("the entry runs", SECOND * 5, |world| running(world) == 1)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn entries_that_build_do_not_keep_others_waiting() {
    let policy = Policy {
        launches_max: 2,
        ..Policy::default()
    };
    let spec = CloudSpec {
        build_ms: 300_000,
        ..CloudSpec::calm("a")
    };
    let rig = rig(spec, policy).await;
    // The first two are made behind a lost answer: they wait for an account until a look shows
    // their servers.
    let lost = Fault::ActThen {
        then: After::Unavailable,
    };
    cloud(&rig).add_fault(Rule::always(lost).on(&[CallKind::CreateServer]).times(2));
    for _ in 0..4 {
        rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    }
    let all_build = |world: &World| {
        let builds = |status| status == Status::Boot;
        world.entries.values().all(|e| builds(e.status))
    };
    // The block after a lost answer lasts for half a minute.
    rig.until("all of them build", SECOND * 60, all_build)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_corrected_password_frees_removals_at_once() {
    let rig = rig(CloudSpec::calm("a"), Policy::default()).await;
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    rig.until("the entry runs", HOUR, |world| running(world) == 1)
        .await
        .unwrap();
    // The server goes; then the password does, before the key pair is removed.
    let refused = Fault::Answer {
        status: 401,
        message: None,
        retry_after_s: None,
    };
    cloud(&rig).add_fault(Rule::always(refused).on(&[CallKind::DeleteKeypair]));
    rig.remove(id).await.unwrap();
    tokio::time::sleep(SECOND * 30).await;
    assert!(!at_rest(&rig.world()));
    cloud(&rig).clear_faults();
    let account = only_account(&rig.world());
    rig.submit(Command::EditAccount {
        account: Box::new(account),
        leads_to: None,
    })
    .await
    .unwrap();
    rig.until("nothing is left", SECOND * 30, at_rest)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_the_old_password_does_not_block_the_new_one() {
    let rig = rig(CloudSpec::calm("a"), Policy::default()).await;
    let refused = Fault::Answer {
        status: 401,
        message: None,
        retry_after_s: None,
    };
    // Both with the token at hand and with a fresh one.
    let create = [CallKind::CreateServer];
    cloud(&rig).add_fault(Rule::always(refused).on(&create).times(2));
    let slow = Fault::Slow { ms: 10_000 };
    let import = [CallKind::ImportKeypair];
    cloud(&rig).add_fault(Rule::always(slow).on(&import).times(1));
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(SECOND).await;
    // The launch is under way with the old password when the account is edited.
    let account = only_account(&rig.world());
    rig.submit(Command::EditAccount {
        account: Box::new(account),
        leads_to: None,
    })
    .await
    .unwrap();
    let runs = |world: &World| world.entries.get(&id).unwrap().status == Status::Run;
    rig.until("the entry runs", SECOND * 120, runs)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_comes_back_is_no_longer_missing() {
    let rig = rig(CloudSpec::calm("a"), Policy::default()).await;
    rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    rig.until("the entry runs", HOUR, |world| running(world) == 1)
        .await
        .unwrap();
    let vanished = |world: &World| {
        let entry = world.entries.values().next().unwrap();
        let server = entry.kept().unwrap().server.as_ref().unwrap();
        server.vanished
    };
    let nothing = Fault::Answer {
        status: 404,
        message: None,
        retry_after_s: None,
    };
    cloud(&rig).add_fault(Rule::always(Fault::Omit { probability: 1.0 }));
    cloud(&rig).add_fault(Rule::always(nothing).on(&[CallKind::GetServer]));
    rig.until("it counts as missing", FULL_LOOK_EVERY * 3, vanished)
        .await
        .unwrap();
    cloud(&rig).clear_faults();
    rig.until("it is back", FULL_LOOK_EVERY * 3, |world| !vanished(world))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_dead_service_of_an_account_does_not_use_up_the_attempts() {
    let rig = rig(CloudSpec::calm("a"), Policy::default()).await;
    // Nova answers all the while, so that the account looks well.
    let dead = Rule::always(Fault::Refuse).on(&[CallKind::ListImages, CallKind::GetImage]);
    cloud(&rig).add_fault(dead);
    rig.accept(EntrySpec::default(), HOUR * 2).await.unwrap();
    tokio::time::sleep(SECOND * 60 * 30).await;
    let world = rig.world();
    let attempts = world.entries.values().next().unwrap().attempts.len();
    assert!(attempts <= 10, "{attempts} attempts in half an hour");
    cloud(&rig).clear_faults();
    rig.until("the entry runs", SECOND * 60 * 20, |world| {
        running(world) == 1
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_create_that_hangs_does_not_hold_up_the_others_for_long() {
    let rig = rig(CloudSpec::calm("a"), Policy::default()).await;
    let create = [CallKind::CreateServer];
    cloud(&rig).add_fault(Rule::always(Fault::Stall).on(&create).times(1));
    rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(SECOND * 3).await;
    let before = rig.world().seq;
    for _ in 0..3 {
        rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    }
    rig.until("the others run", SECOND * 45, |world| running(world) >= 3)
        .await
        .unwrap();
    let facts = rig.world().seq - before;
    assert!(facts < 40, "{facts} facts for three entries");
}
