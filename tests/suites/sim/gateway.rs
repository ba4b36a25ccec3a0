//! What stands before a service answers in its place: the service is away, whatever the status
//! says. A 404 of an ingress is no server that is gone, and its 401 no wrong password.

use oms_tests::cloud::{CallKind, Fault, Rule};
use oms_tests::oracle::at_rest;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

use crate::scene::{HOUR, MINUTE, SECOND, calm, entry, launch, only_at, rig, wrong};

const STATUSES: [u16; 3] = [401, 403, 404];

#[tokio::test(start_paused = true)]
async fn a_server_behind_a_lost_gateway_is_kept() {
    for status in STATUSES {
        let rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
        let id = launch(&rig, &only_at("a"), 1).await[0];
        let cloud = rig.clouds.get("a").unwrap();
        cloud.add_fault(Rule::always(Fault::Gateway { status }));
        tokio::time::sleep(MINUTE * 40).await;
        assert_eq!(entry(&rig.world(), id).status, Status::Run, "{status}");
        cloud.clear_faults();
        tokio::time::sleep(MINUTE * 10).await;
        assert_eq!(entry(&rig.world(), id).attempts.len(), 1, "{status}");
        assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new(), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_ends_only_when_the_service_says_so() {
    for status in STATUSES {
        let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
        let id = launch(&rig, &only_at("a"), 1).await[0];
        let cloud = rig.clouds.get("a").unwrap();
        cloud.add_fault(Rule::always(Fault::Gateway { status }));
        rig.remove(id).await.unwrap();
        tokio::time::sleep(MINUTE * 10).await;
        assert!(rig.status(id).is_some(), "{status}: given up");
        cloud.clear_faults();
        rig.until("at rest", HOUR, at_rest).await.unwrap();
        assert_eq!(wrong(&rig, &[], &[]), Vec::<String>::new(), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_behind_a_lost_gateway_serves_soon_after_it_is_back() {
    for status in STATUSES {
        let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
        let cloud = rig.clouds.get("a").unwrap();
        cloud.expire_tokens();
        cloud.add_fault(Rule::always(Fault::Gateway { status }));
        let id = rig.accept(only_at("a"), HOUR).await.unwrap();
        tokio::time::sleep(SECOND * 20).await;
        cloud.clear_faults();
        let runs = |world: &World| entry(world, id).status == Status::Run;
        let soon = rig.until("it runs", MINUTE * 2, runs).await;
        soon.unwrap_or_else(|error| panic!("{status}: {error:#}"));
        let creates = cloud.calls().get(&CallKind::CreateServer).copied();
        assert!(creates >= Some(1), "{status}");
    }
}
