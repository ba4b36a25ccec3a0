//! The quota ledger: no launch is sent that is known not to fit, and room that is made is used.

use oms_proto::spec::EntrySpec;
use oms_proto::{AttemptId, EntryId};
use oms_tests::cloud::CallKind;
use oms_tests::harness::rig::{Rig, account};
use oms_tests::oracle::at_rest;
use omsd::ports::Mark;
use omsd_domain::ground::limits::SURVEY_SOON;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

use crate::scene::{
    HOUR, MINUTE, SECOND, calm, entry, health, launch, only_at, reason, rig, wrong,
};

fn running(world: &World) -> usize {
    world.count(Status::Run).try_into().unwrap()
}

fn creates(rig: &Rig, name: &str) -> u64 {
    let calls = rig.clouds.get(name).unwrap().calls();
    calls.get(&CallKind::CreateServer).copied().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn no_launch_is_sent_that_does_not_fit_and_the_rest_goes_elsewhere() {
    let mut specs = calm(&["a", "b"], SECOND * 2);
    specs[0].accounts[0].quota_instances = 7;
    let rig = rig(specs, Policy::default()).await;
    // Somebody else has two servers there.
    for _ in 0..2 {
        let cloud = rig.clouds.get("a").unwrap();
        cloud.plant_server("theirs", std::collections::BTreeMap::new());
    }
    tokio::time::sleep(MINUTE * 6).await;
    let ids = launch(&rig, &EntrySpec::default(), 30).await;
    assert_eq!(creates(&rig, "a"), 5, "two of seven are taken");
    assert_eq!(creates(&rig, "b"), 25);
    let late = rig.accept(only_at("a"), HOUR * 9).await.unwrap();
    tokio::time::sleep(MINUTE * 10).await;
    let world = rig.world();
    let reason = reason(&world, entry(&world, late));
    assert!(reason.contains("too few instances"), "{reason}");
    assert_eq!(creates(&rig, "a"), 5, "it was not even tried");
    // Room that we make ourselves is used at once.
    let at_a = |id: &&EntryId| crate::scene::runs_at(&rig.world(), **id) == "a";
    let goes = *ids.iter().find(at_a).unwrap();
    rig.remove(goes).await.unwrap();
    let runs = |world: &World| entry(world, late).status == Status::Run;
    rig.until("it runs", SECOND * 10, runs).await.unwrap();
    let wanted: Vec<_> = ids
        .into_iter()
        .filter(|id| *id != goes)
        .chain([late])
        .collect();
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &wanted, &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn room_that_others_make_is_found_while_entries_wait() {
    let mut specs = calm(&["a"], SECOND * 2);
    specs[0].accounts[0].quota_instances = 2;
    let rig = rig(specs, Policy::default()).await;
    let mut metadata = std::collections::BTreeMap::new();
    let mark = Mark {
        installation: "another-installation".to_owned(),
        incarnation: "00000001".to_owned(),
        entry: EntryId(1),
        attempt: AttemptId(1),
    };
    mark.write(&mut metadata);
    let cloud = rig.clouds.get("a").unwrap();
    let theirs = cloud.plant_server("theirs", metadata).unwrap();
    tokio::time::sleep(MINUTE * 6).await;
    launch(&rig, &EntrySpec::default(), 1).await;
    rig.accept(EntrySpec::default(), HOUR * 9).await.unwrap();
    tokio::time::sleep(MINUTE * 3).await;
    assert_eq!(running(&rig.world()), 1);
    rig.clouds.get("a").unwrap().lose_server(&theirs);
    let both = |world: &World| running(world) == 2;
    rig.until("both run", SURVEY_SOON + SECOND * 10, both)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_two_accounts_of_one_project_have_is_counted_once() {
    let mut specs = calm(&["a"], SECOND * 2);
    specs[0].accounts[0].quota_instances = 5;
    let rig = rig(specs, Policy::default()).await;
    // One server stands there before anybody knows of the second account.
    let first = launch(&rig, &EntrySpec::default(), 1).await[0];
    let twin = Account {
        name: "twin".to_owned(),
        ..account(rig.clouds.get("a").unwrap())
    };
    rig.submit(Command::AddAccount(Box::new(twin)))
        .await
        .unwrap();
    tokio::time::sleep(MINUTE).await;
    let more = launch(&rig, &EntrySpec::default(), 4).await;
    let at = |id: EntryId| crate::scene::runs_at(&rig.world(), id);
    let here = more.iter().filter(|id| at(**id) == "a").count();
    assert!((1..4).contains(&here), "both serve entries: {here}");
    let waits = rig.accept(only_at("twin"), HOUR * 9).await.unwrap();
    tokio::time::sleep(MINUTE * 6).await;
    assert_eq!(creates(&rig, "a"), 5, "the sixth was not even tried");
    let world = rig.world();
    let told = reason(&world, entry(&world, waits));
    assert!(told.contains("too few instances"), "{told}");
    // What goes at the one makes room at the other, at once.
    rig.remove(first).await.unwrap();
    let runs = |world: &World| entry(world, waits).status == Status::Run;
    rig.until("it runs", SECOND * 10, runs).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn cores_memory_and_key_pairs_count_as_well() {
    // The default flavor of a calm cloud has one core and 1024 MiB.
    for (resource, limit) in [("cores", 3), ("ram_mib", 3 * 1024), ("keypairs", 3)] {
        let mut specs = calm(&["a"], SECOND * 2);
        let seed = &mut specs[0].accounts[0];
        match resource {
            "cores" => seed.quota_cores = limit,
            "ram_mib" => seed.quota_ram_mib = limit,
            _ => seed.quota_keypairs = limit,
        }
        let rig = rig(specs, Policy::default()).await;
        for _ in 0..5 {
            rig.accept(EntrySpec::default(), HOUR * 9).await.unwrap();
        }
        tokio::time::sleep(MINUTE * 2).await;
        let world = rig.world();
        assert_eq!(running(&world), 3, "{resource}");
        assert_eq!(creates(&rig, "a"), 3, "{resource}");
        let waiting = world.entries.values().find(|e| e.status != Status::Run);
        let reason = reason(&world, waiting.unwrap());
        assert!(reason.contains(resource), "{reason}");
        assert!(health(&world, "a").blocks.is_empty());
    }
}
