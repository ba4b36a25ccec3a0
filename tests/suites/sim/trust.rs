//! Trouble that passes is not a wrong password: services that refuse a good token, and an identity
//! service that refuses credentials which were good, for a while.

use std::time::Duration;

use oms_tests::cloud::{CallKind, Fault, Rule};
use oms_tests::harness::rig::Rig;
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::tell::alert::{Kind, alerts};
use omsd_domain::world::World;

use crate::scene::{HOUR, MINUTE, SECOND, calm, entry, health, launch, only_at, rig};

/// What services other than the identity service are asked.
const SERVICES: [CallKind; 12] = [
    CallKind::ListFlavors,
    CallKind::ListImages,
    CallKind::ListNetworks,
    CallKind::ImportKeypair,
    CallKind::DeleteKeypair,
    CallKind::ListKeypairs,
    CallKind::CreateServer,
    CallKind::ListServers,
    CallKind::GetServer,
    CallKind::DeleteServer,
    CallKind::Limits,
    CallKind::NetworkQuota,
];

const REFUSES: Fault = Fault::Answer {
    status: 401,
    message: None,
    retry_after_s: None,
};

fn refused(rig: &Rig, calls: &[CallKind]) {
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(REFUSES).on(calls));
}

fn mend(rig: &Rig) {
    rig.clouds.get("a").unwrap().clear_faults();
}

/// What is told of credentials.
fn told(rig: &Rig) -> Vec<String> {
    let alerts = alerts(&rig.world(), 10).into_iter();
    let refused = alerts.filter(|alert| alert.kind == Kind::Credentials);
    refused.map(|alert| alert.message).collect()
}

#[tokio::test(start_paused = true)]
async fn credentials_that_were_never_good_are_told_at_once() {
    let mut specs = calm(&["a"], SECOND);
    specs[0]
        .faults
        .push(Rule::always(REFUSES).on(&[CallKind::SignIn]));
    let rig = rig(specs, Policy::default()).await;
    tokio::time::sleep(SECOND * 5).await;
    let told = told(&rig);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("are refused; give them anew"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn services_that_refuse_a_good_token_for_a_while_keep_nobody_for_long() {
    for trouble in [1, 20, 60] {
        let rig = rig(calm(&["a"], SECOND), Policy::default()).await;
        let removed = launch(&rig, &only_at("a"), 1).await[0];
        refused(&rig, &SERVICES);
        let id = rig.accept(only_at("a"), HOUR).await.unwrap();
        rig.remove(removed).await.unwrap();
        tokio::time::sleep(SECOND * trouble).await;
        let blocks = health(&rig.world(), "a").blocks;
        let refused = |class| class == FailureClass::Unauthorized;
        assert!(!blocks.iter().any(|block| refused(block.failure.class)));
        mend(&rig);
        let gone = |world: &World| !world.entries.contains_key(&removed);
        // It was tried all the while, and less and less often.
        let within = SECOND * (20 + trouble);
        rig.until("it is gone", within, gone).await.unwrap();
        let runs = |world: &World| entry(world, id).status == Status::Run;
        rig.until("it runs", SECOND * 90, runs).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_were_good_are_tried_again_soon_and_hold_up_no_removal() {
    for trouble in [10, 45, 600] {
        let mut rig = rig(calm(&["a"], SECOND), Policy::default()).await;
        let removed = launch(&rig, &only_at("a"), 1).await[0];
        tokio::time::sleep(MINUTE).await;
        // The token is gone as well, as it is after a start.
        rig.stop().await.unwrap();
        refused(&rig, &[CallKind::SignIn]);
        rig.start().unwrap();
        let id = rig.accept(only_at("a"), HOUR).await.unwrap();
        rig.remove(removed).await.unwrap();
        tokio::time::sleep(SECOND * trouble).await;
        let told = told(&rig);
        match trouble {
            10 => assert_eq!(told, Vec::<String>::new(), "nobody need know"),
            600 => assert!(told[0].contains("were good"), "{told:?}"),
            _ => {}
        }
        mend(&rig);
        let gone = |world: &World| !world.entries.contains_key(&removed);
        let within = SECOND * (20 + trouble);
        rig.until("it is gone", within, gone).await.unwrap();
        let longest = Duration::from_secs(u64::from(trouble)).max(SECOND * 40);
        let runs = |world: &World| entry(world, id).status == Status::Run;
        rig.until("it runs", longest * 2, runs).await.unwrap();
    }
}

/// An account that tells nobody what there is room for proves itself by what it serves.
#[tokio::test(start_paused = true)]
async fn a_server_that_was_made_is_proof_enough_of_credentials() {
    let mut specs = calm(&["a"], SECOND);
    let untold = Fault::Answer {
        status: 500,
        message: None,
        retry_after_s: None,
    };
    let untold = Rule::always(untold).on(&[CallKind::Limits]);
    specs[0].faults.push(untold);
    let mut rig = rig(specs, Policy::default()).await;
    launch(&rig, &only_at("a"), 1).await;
    let world = rig.world();
    let account = world.accounts.values().next().unwrap();
    assert!(world.room(account.id).is_none());
    rig.stop().await.unwrap();
    refused(&rig, &[CallKind::SignIn]);
    rig.start().unwrap();
    let id = rig.accept(only_at("a"), HOUR).await.unwrap();
    tokio::time::sleep(SECOND * 10).await;
    assert_eq!(told(&rig), Vec::<String>::new(), "nobody need know");
    mend(&rig);
    let runs = |world: &World| entry(world, id).status == Status::Run;
    rig.until("it runs", SECOND * 80, runs).await.unwrap();
}
