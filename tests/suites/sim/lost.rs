//! A lost answer is settled by a look at what was asked for, at once. Only one to the create of a
//! server leaves a server to be looked for.

use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{After, CallKind, Fault, Rule};
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

use crate::scene::{HOUR, SECOND, calm, entry, rig, wrong};

#[tokio::test(start_paused = true)]
async fn an_import_whose_answer_is_lost_costs_no_more_than_its_wait() {
    let answer = |status| Fault::Answer {
        status,
        message: None,
        retry_after_s: None,
    };
    let after = |then| Fault::ActThen { then };
    for (fault, seconds) in [
        (after(After::Reset), 10),
        (after(After::BadGateway), 10),
        (after(After::InternalError), 10),
        (after(After::Hang), 40),
        (answer(500), 10),
        (answer(502), 10),
        (Fault::Stall, 40),
    ] {
        let shown = format!("{fault:?}");
        let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
        let cloud = rig.clouds.get("a").unwrap();
        cloud.add_fault(Rule::always(fault).on(&[CallKind::ImportKeypair]).times(1));
        let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
        let runs = |world: &World| entry(world, id).status == Status::Run;
        rig.until(&shown, SECOND * seconds, runs).await.unwrap();
        assert_eq!(entry(&rig.world(), id).attempts.len(), 1, "{shown}");
        assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new(), "{shown}");
    }
}

/// A create has a connection of its own, and what is safe to repeat is repeated at once.
#[tokio::test(start_paused = true)]
async fn connections_that_clouds_close_between_two_calls_cost_nothing() {
    let rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    rig.clouds.set_closes_kept(true);
    for _ in 0..3 {
        let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
        let runs = |world: &World| entry(world, id).status == Status::Run;
        rig.until("it runs", SECOND * 10, runs).await.unwrap();
        assert_eq!(entry(&rig.world(), id).attempts.len(), 1);
        assert_eq!(wrong(&rig, &[id], &[]), Vec::<String>::new());
        rig.remove(id).await.unwrap();
        let gone = |world: &World| !world.entries.contains_key(&id);
        rig.until("it is gone", SECOND * 20, gone).await.unwrap();
    }
}
