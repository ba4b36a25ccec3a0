//! Many waiting entries do not hammer what has just failed, and all are served once it is well.

use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{After, CallKind, Fault, Rule};
use oms_tests::oracle::at_rest;
use omsd_domain::ground::limits::CREATE_UNKNOWN;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

use crate::scene::{HOUR, MINUTE, SECOND, calm, lessons, rig, wrong};

#[tokio::test(start_paused = true)]
async fn five_hundred_entries_make_few_creates_where_builds_fail() {
    let mut specs = calm(&["a"], SECOND * 2);
    let seed = &mut specs[0].accounts[0];
    seed.quota_instances = -1;
    seed.quota_cores = -1;
    seed.quota_ram_mib = -1;
    seed.quota_keypairs = -1;
    let rig = rig(specs, Policy::default()).await;
    let cloud = rig.clouds.get("a").unwrap();
    cloud.add_fault(Rule::always(Fault::NoValidHost { ms: 300 }));
    let mut ids = Vec::new();
    for _ in 0..500 {
        ids.push(rig.accept(EntrySpec::default(), HOUR * 10).await.unwrap());
    }
    let creates = || rig.clouds.get("a").unwrap().creations().len();
    // What is under way before the first fails is bounded by the launches at once.
    tokio::time::sleep(SECOND * 10).await;
    let burst = creates();
    tokio::time::sleep(MINUTE * 10).await;
    let later = creates() - burst;
    println!("{burst} creates before the first of 500 entries failed, {later} in 10 minutes after");
    // A probe after 3 minutes and another 6 after that.
    assert!((1..=3).contains(&later), "{later} creates");
    rig.clouds.get("a").unwrap().clear_faults();
    let all_run = |world: &World| {
        let mut all = world.entries.values();
        all.all(|entry| entry.status == Status::Run)
    };
    rig.until("all of them run", HOUR, all_run).await.unwrap();
    let lessons = lessons(&rig.world(), "a");
    assert_eq!(lessons[0].budget, None, "it grew until it was none");
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &ids, &[]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_lost_create_is_repeated_once_its_server_should_show_and_its_twin_is_removed() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let cloud = rig.clouds.get("a").unwrap();
    // The create is carried out minutes after the answer was lost.
    let late = Fault::Late {
        ms: 200_000,
        then: After::GatewayTimeout,
    };
    cloud.add_fault(Rule::always(late).on(&[CallKind::CreateServer]).times(1));
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(CREATE_UNKNOWN.saturating_sub(SECOND)).await;
    let creates = || cloud.calls().get(&CallKind::CreateServer).copied();
    assert_eq!(creates(), Some(1), "not before");
    let runs = |world: &World| world.entries.get(&id).unwrap().status == Status::Run;
    rig.until("the entry runs", SECOND * 10, runs)
        .await
        .unwrap();
    assert_eq!(cloud.creations().len(), 1);
    tokio::time::sleep(MINUTE * 10).await;
    assert_eq!(cloud.creations().len(), 2, "the twin came");
    rig.until("all is tidy", HOUR, at_rest).await.unwrap();
    assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
}
