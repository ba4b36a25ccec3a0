//! What carries our mark and has no owner is removed, after two looks and a grace time; what does
//! not carry it is left alone.

use std::collections::BTreeMap;

use oms_proto::spec::EntrySpec;
use oms_proto::{AttemptId, EntryId};
use oms_tests::cloud::{CallKind, CloudSpec, Fault, Rule};
use oms_tests::harness::rig::{INSTALLATION, Rig};
use oms_tests::oracle::at_rest;
use omsd::ports::Mark;
use omsd_domain::ground::limits::{FULL_LOOK_EVERY, LIST_KEYPAIRS_EVERY};
use omsd_domain::rows::attempt::State;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::command::Command;

use crate::scene::{HOUR, MINUTE, SECOND, account, calm, entry, launch, rig, strays, wrong};

fn plant(rig: &Rig, installation: &str, entry: EntryId, attempt: AttemptId) -> String {
    let mut metadata = BTreeMap::new();
    let mark = Mark {
        installation: installation.to_owned(),
        incarnation: "00000001".to_owned(),
        entry,
        attempt,
    };
    mark.write(&mut metadata);
    let cloud = rig.clouds.get("a").unwrap();
    cloud.plant_server("oms-1-1", metadata).unwrap()
}

fn lives(rig: &Rig, id: &str) -> bool {
    let servers = rig.clouds.get("a").unwrap().live_servers();
    servers.iter().any(|server| server.id == id)
}

#[tokio::test(start_paused = true)]
async fn a_twin_and_an_ownerless_server_are_removed_and_nothing_else() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    let attempt = entry(&rig.world(), id).kept().unwrap().id;
    let twin = plant(&rig, INSTALLATION, id, attempt);
    let ownerless = {
        let gone = launch(&rig, &EntrySpec::default(), 1).await[0];
        let attempt = entry(&rig.world(), gone).kept().unwrap().id;
        rig.remove(gone).await.unwrap();
        rig.until("it has ended", HOUR, at_rest).await.unwrap();
        plant(&rig, INSTALLATION, gone, attempt)
    };
    let alien = plant(&rig, "another-installation", id, attempt);
    let unmarked = {
        let cloud = rig.clouds.get("a").unwrap();
        cloud.plant_server("oms-1-1", BTreeMap::new()).unwrap()
    };
    // Once seen is not enough, and neither is young.
    rig.submit(Command::Hunt).await.unwrap();
    tokio::time::sleep(MINUTE).await;
    assert_eq!(strays(&rig.world(), "a").len(), 2);
    assert!(lives(&rig, &twin) && lives(&rig, &ownerless));
    tokio::time::sleep(FULL_LOOK_EVERY * 2).await;
    assert!(!lives(&rig, &twin) && !lives(&rig, &ownerless));
    assert!(lives(&rig, &alien) && lives(&rig, &unmarked));
    assert_eq!(strays(&rig.world(), "a"), Vec::new());
    assert_eq!(wrong(&rig, &[id], &[alien, unmarked]), Vec::<String>::new());
}

/// The attempt whose mark the twin carries is over, and still in the database, when the twin's time has
/// come: nobody needs it, and the daemon goes on.
#[tokio::test(start_paused = true)]
async fn a_twin_is_removed_while_its_entry_is_tidied_up() {
    let policy = Policy::default();
    let rig = rig(calm(&["a"], SECOND * 2), policy.clone()).await;
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    let attempt = entry(&rig.world(), id).kept().unwrap().id;
    let twin = plant(&rig, INSTALLATION, id, attempt);
    for _ in 0..2 {
        rig.submit(Command::Hunt).await.unwrap();
        tokio::time::sleep(SECOND * 5).await;
    }
    let due = {
        let world = rig.world();
        let known = world.strays_at(account(&world, "a").id).next().unwrap();
        known.due(policy.stray_grace).unwrap()
    };
    let broken = Fault::Answer {
        status: 503,
        message: None,
        retry_after_s: None,
    };
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(broken).on(&[CallKind::DeleteKeypair]));
    let left = due.since(rig.clock().now());
    tokio::time::sleep(left.saturating_sub(SECOND * 4)).await;
    rig.remove(id).await.unwrap();
    tokio::time::sleep(SECOND * 20).await;
    let state = entry(&rig.world(), id).attempts().next().unwrap().state;
    assert_eq!(state, State::Clearing, "the key pair cannot be removed");
    assert!(!lives(&rig, &twin));
    rig.clouds.get("a").unwrap().clear_faults();
    rig.until("it has ended", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[], &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn sightings_outlive_a_restart() {
    let mut rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    let attempt = entry(&rig.world(), id).kept().unwrap().id;
    let stray = plant(&rig, INSTALLATION, id, attempt);
    rig.submit(Command::Hunt).await.unwrap();
    tokio::time::sleep(SECOND * 10).await;
    rig.kill();
    tokio::time::sleep(MINUTE * 10).await;
    rig.start().unwrap();
    tokio::time::sleep(SECOND * 10).await;
    assert!(!lives(&rig, &stray));
}

#[tokio::test(start_paused = true)]
async fn a_key_pair_that_a_cloud_denied_is_found_and_removed() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let id = launch(&rig, &EntrySpec::default(), 1).await[0];
    let denied = Fault::Answer {
        status: 404,
        message: None,
        retry_after_s: None,
    };
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(denied).on(&[CallKind::DeleteKeypair]).times(1));
    rig.remove(id).await.unwrap();
    rig.until("it looks tidy", HOUR, at_rest).await.unwrap();
    let cloud = rig.clouds.get("a").unwrap();
    assert_eq!(cloud.keypairs().len(), 1, "the cloud still has it");
    tokio::time::sleep(LIST_KEYPAIRS_EVERY * 3).await;
    let cloud = rig.clouds.get("a").unwrap();
    assert_eq!(cloud.keypairs(), Vec::new());
}

#[tokio::test(start_paused = true)]
async fn a_stray_that_cannot_be_removed_is_tried_again_and_again() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let stray = plant(&rig, INSTALLATION, EntryId(999), AttemptId(999));
    let broken = Fault::Answer {
        status: 500,
        message: None,
        retry_after_s: None,
    };
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(broken).on(&[CallKind::DeleteServer]));
    tokio::time::sleep(HOUR).await;
    let strays = strays(&rig.world(), "a");
    assert!(strays[0].removal.failures > 3, "{strays:?}");
    assert!(strays[0].removal.failure.is_some());
    // An account is not let go of while something of ours is there.
    let id = account(&rig.world(), "a").id;
    let refused = rig.submit(Command::RemoveAccount(id)).await;
    assert!(refused.unwrap_err().to_string().contains("still has 1"));
    rig.clouds.get("a").unwrap().clear_faults();
    tokio::time::sleep(MINUTE * 6).await;
    assert!(!lives(&rig, &stray));
}

#[tokio::test(start_paused = true)]
async fn ports_that_a_server_left_behind_go_after_it() {
    for guards_ports in [false, true] {
        let specs = calm(&["a"], SECOND * 2);
        let specs = specs.into_iter().map(|spec| CloudSpec {
            guards_ports,
            ..spec
        });
        let rig = rig(specs.collect(), Policy::default()).await;
        let ids = launch(&rig, &EntrySpec::default(), 2).await;
        let stray = plant(&rig, INSTALLATION, EntryId(999), AttemptId(999));
        let cloud = rig.clouds.get("a").unwrap();
        cloud.add_fault(Rule::always(Fault::LeavePorts));
        cloud.plant_port(&stray, "").unwrap();
        let named = cloud.plant_port(&stray, "mine").unwrap();
        rig.remove(ids[0]).await.unwrap();
        rig.until("it is clean", HOUR, at_rest).await.unwrap();
        tokio::time::sleep(FULL_LOOK_EVERY * 4).await;
        assert!(!lives(&rig, &stray));
        assert_eq!(strays(&rig.world(), "a"), Vec::new());
        let kept = entry(&rig.world(), ids[1]).kept().unwrap().server.clone();
        let ports = rig.clouds.get("a").unwrap().ports();
        let servers: Vec<_> = ports.iter().map(|(_, server)| server.clone()).collect();
        let mut expected = vec![kept.unwrap().id, stray];
        expected.sort();
        let mut found = servers;
        found.sort();
        assert_eq!(found, expected, "guarded: {guards_ports}");
        assert!(ports.iter().any(|(id, _)| *id == named));
    }
}

#[tokio::test(start_paused = true)]
async fn a_port_that_does_not_go_holds_up_its_own_entry_alone() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let ids = launch(&rig, &EntrySpec::default(), 3).await;
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(Fault::LeavePorts));
    let broken = Fault::Answer {
        status: 500,
        message: None,
        retry_after_s: None,
    };
    // Once for all of them together, and once for the first that asks alone.
    cloud.add_fault(Rule::always(broken).on(&[CallKind::DeletePort]).times(2));
    for id in &ids {
        rig.remove(*id).await.unwrap();
    }
    rig.until("all are gone", HOUR, at_rest).await.unwrap();
    let ended = |id: &EntryId| rig.past(*id).unwrap().ended;
    let mut ends: Vec<_> = ids.iter().map(ended).collect();
    ends.sort();
    let after = |nth: usize| ends[nth].since(ends[0]);
    assert!(after(1) < SECOND / 2, "{ends:?}");
    assert!(after(2) >= SECOND / 2, "{ends:?}");
    assert_eq!(rig.clouds.get("a").unwrap().ports(), Vec::new());
}

#[tokio::test(start_paused = true)]
async fn ports_denied_for_a_while_are_found_later_and_those_denied_for_ever_hold_nobody_up() {
    let denied = || Fault::Answer {
        status: 403,
        message: None,
        retry_after_s: None,
    };
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let ids = launch(&rig, &EntrySpec::default(), 3).await;
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(Fault::LeavePorts));
    cloud.add_fault(Rule::always(denied()).on(&[CallKind::ListPorts]).times(5));
    rig.remove(ids[0]).await.unwrap();
    rig.until("the first is gone", HOUR, at_rest).await.unwrap();
    let cloud = rig.clouds.get("a").unwrap();
    assert_eq!(cloud.ports().len(), 2, "those of the two that run");

    cloud.add_fault(Rule::always(denied()).on(&[CallKind::ListPorts]));
    rig.remove(ids[1]).await.unwrap();
    rig.until("the second is gone", HOUR, at_rest)
        .await
        .unwrap();
    let asked = tokio::time::Instant::now();
    rig.remove(ids[2]).await.unwrap();
    rig.until("the third is gone", HOUR, at_rest).await.unwrap();
    assert!(asked.elapsed() < MINUTE, "{:?}", asked.elapsed());
    assert_eq!(rig.clouds.get("a").unwrap().ports().len(), 2);
}
