//! The model's promises that no real cloud can be asked to show: faults, lost callers, time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;
use omsd::ports::{Clock, Cloud, Clouds as _, CreateServer, Removal, Wanted};
use omsd_domain::ground::failure::FailureClass;

use super::clock::TokioClock;
use super::{After, CallKind, CloudSpec, Fault, Garbage, Rule, SignInWith, SimCloud, SimClouds};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILuRLkZ9fQpXIO2WEvrciXJDZjDilPGMejCRygi6 t";

struct World {
    sim: SimCloud,
    cloud: Arc<dyn Cloud>,
}

fn world_of(spec: CloudSpec) -> World {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(Time(1_700_000_000_000_000)));
    let sim = SimCloud::start(spec, 7, Arc::clone(&clock));
    let clouds = SimClouds::new(vec![sim.clone()]);
    let account = sim.open_account(None, SignInWith::Password);
    let cloud = clouds.client(clock).open(&account).unwrap();
    World { sim, cloud }
}

fn world() -> World {
    world_of(CloudSpec::calm("alpha"))
}

async fn order(world: &World) -> CreateServer {
    let wanted = Wanted {
        image: "debian-12".into(),
        flavor: "g-1gb".into(),
        networks: vec!["alpha-net".into()],
        ..Wanted::default()
    };
    CreateServer {
        name: "one".into(),
        resolved: world.cloud.resolve(&wanted).await.unwrap(),
        key_name: String::new(),
        user_data: None,
        metadata: BTreeMap::new(),
    }
}

async fn status(world: &World, id: &str) -> String {
    world.cloud.get_server(id).await.unwrap().status
}

#[tokio::test(start_paused = true)]
async fn a_server_is_built_in_its_time_and_deleted_in_its_time() {
    let world = world();
    let id = world
        .cloud
        .create_server(&order(&world).await)
        .await
        .unwrap();
    assert_eq!(status(&world, &id).await, "BUILD");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let seen = world.cloud.get_server(&id).await.unwrap();
    assert_eq!((seen.status.as_str(), seen.addresses.len()), ("ACTIVE", 1));
    assert_eq!(
        world.cloud.delete_server(&id).await.unwrap(),
        Removal::Accepted
    );
    assert_eq!(
        world
            .cloud
            .get_server(&id)
            .await
            .unwrap()
            .task_state
            .as_deref(),
        Some("deleting")
    );
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.cloud.delete_server(&id).await.unwrap(), Removal::Gone);
    assert!(world.sim.live_servers().is_empty());
    assert_eq!(world.sim.creations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leaves_a_server_behind() {
    for then in [After::Unavailable, After::Reset, After::Hang] {
        let world = world();
        let order = order(&world).await;
        world
            .sim
            .add_fault(Rule::always(Fault::ActThen { then }).on(&[CallKind::CreateServer]));
        let error = world.cloud.create_server(&order).await.unwrap_err();
        assert!(error.maybe_done, "{error:?}");
        assert_eq!(world.sim.live_servers().len(), 1, "{then:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_server_appears_after_its_time() {
    let world = world();
    let order = order(&world).await;
    let fault = Fault::Late {
        ms: 90_000,
        then: After::GatewayTimeout,
    };
    world
        .sim
        .add_fault(Rule::always(fault).on(&[CallKind::CreateServer]));
    let error = world.cloud.create_server(&order).await.unwrap_err();
    assert_eq!((error.http_status, error.maybe_done), (Some(504), true));
    assert_eq!(
        (world.sim.live_servers().len(), world.sim.unfinished()),
        (0, 1)
    );
    tokio::time::sleep(Duration::from_secs(91)).await;
    assert_eq!(
        (world.sim.live_servers().len(), world.sim.unfinished()),
        (1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_caller_is_gone_is_carried_out_or_not_by_the_seed() {
    for (share, servers) in [(1.0, 1), (0.0, 0)] {
        let world = world_of(CloudSpec {
            abandoned_acts: share,
            ..CloudSpec::calm("alpha")
        });
        let order = order(&world).await;
        let call = world.cloud.create_server(&order);
        assert!(
            tokio::time::timeout(Duration::from_millis(5), call)
                .await
                .is_err()
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(world.sim.live_servers().len(), servers);
    }
}

#[tokio::test(start_paused = true)]
async fn refusal_and_silence_are_told_apart_and_do_nothing() {
    let world = world();
    let order = order(&world).await;
    let begin = tokio::time::Instant::now();
    let creates = |fault| Rule::always(fault).on(&[CallKind::CreateServer]).times(1);
    world.sim.add_fault(creates(Fault::Refuse));
    let error = world.cloud.create_server(&order).await.unwrap_err();
    assert_eq!(
        (error.class, error.maybe_done),
        (FailureClass::Unreachable, false)
    );
    assert_eq!(begin.elapsed(), Duration::ZERO);
    world.cloud.sign_in().await.unwrap();
    let begin = tokio::time::Instant::now();
    world.sim.add_fault(creates(Fault::Stall));
    let error = world.cloud.create_server(&order).await.unwrap_err();
    assert_eq!(
        (error.class, error.maybe_done),
        (FailureClass::Timeout, true)
    );
    assert_eq!(begin.elapsed(), Duration::from_secs(60));
    assert!(world.sim.creations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn tokens_that_end_in_mid_flight_cost_one_sign_in_and_no_server() {
    let world = world();
    let order = order(&world).await;
    world
        .sim
        .add_fault(Rule::always(Fault::ExpireTokens).times(1));
    world.cloud.create_server(&order).await.unwrap();
    assert_eq!(world.sim.calls().get(&CallKind::SignIn), Some(&2));
    assert_eq!(world.sim.creations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stale_list_shows_the_past_and_a_list_in_circles_is_garbage() {
    let world = world();
    world
        .cloud
        .create_server(&order(&world).await)
        .await
        .unwrap();
    world
        .sim
        .add_fault(Rule::always(Fault::Stale { ms: 1_000 }).times(1));
    assert!(
        world
            .cloud
            .list_servers(None)
            .await
            .unwrap()
            .servers
            .is_empty()
    );
    assert_eq!(
        world.cloud.list_servers(None).await.unwrap().servers.len(),
        1
    );
    world.sim.add_fault(Rule::always(Fault::RepeatPages));
    let error = world.cloud.list_servers(None).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Garbage);
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_fails_can_be_asked_for_again() {
    let world = world();
    let id = world
        .cloud
        .create_server(&order(&world).await)
        .await
        .unwrap();
    let busy = Fault::DeleteFails {
        message: "busy".into(),
    };
    for fault in [busy, Fault::DeleteStuck] {
        world.sim.add_fault(Rule::always(fault).times(1));
        assert_eq!(
            world.cloud.delete_server(&id).await.unwrap(),
            Removal::Accepted
        );
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert_eq!(world.sim.live_servers().len(), 1);
    }
    world.cloud.delete_server(&id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(world.sim.live_servers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn deleted_servers_are_listed_among_changes_without_their_mark() {
    let world = world();
    let mut order = order(&world).await;
    order.metadata = BTreeMap::from([
        ("oms_installation".into(), "here".into()),
        ("oms_entry".into(), "3".into()),
        ("oms_attempt".into(), "4".into()),
    ]);
    let id = world.cloud.create_server(&order).await.unwrap();
    let first = world.cloud.list_servers(None).await.unwrap();
    assert!(first.servers[0].mark.is_some());
    world.cloud.delete_server(&id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let changes = world.cloud.list_servers(first.as_of).await.unwrap();
    assert_eq!(changes.servers[0].status, "DELETED");
    assert_eq!(changes.servers[0].mark, None);
    assert!(
        world
            .cloud
            .list_servers(None)
            .await
            .unwrap()
            .servers
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_bound_queue() {
    let spec = CloudSpec {
        concurrency: 2,
        latency_ms: 100,
        ..CloudSpec::calm("alpha")
    };
    let world = world_of(spec);
    world.cloud.sign_in().await.unwrap();
    let begin = tokio::time::Instant::now();
    futures::future::join_all((0..6).map(|_| world.cloud.list_keypairs())).await;
    assert_eq!(begin.elapsed().as_millis(), 300);
    assert_eq!(world.sim.peak_concurrency(), 6);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_run() {
    async fn run() -> Vec<(String, Option<FailureClass>)> {
        let world = world();
        let order = order(&world).await;
        let garbage = Fault::Garbage { how: Garbage::Html };
        world
            .sim
            .add_fault(Rule::always(garbage).with_probability(0.5));
        let mut seen = Vec::new();
        for _ in 0..20 {
            match world.cloud.create_server(&order).await {
                Ok(id) => seen.push((id, None)),
                Err(error) => seen.push((String::new(), Some(error.class))),
            }
        }
        seen
    }
    let (one, other) = (run().await, run().await);
    assert_eq!(one, other);
    assert!(one.iter().any(|(_, class)| class.is_some()));
    assert!(one.iter().any(|(_, class)| class.is_none()));
}

#[tokio::test(start_paused = true)]
async fn servers_in_error_count_against_the_quota() {
    let world = world();
    world
        .sim
        .change_account("alpha", |account| account.quota_instances = 1);
    let order = order(&world).await;
    let fault = Fault::BuildErrorSilent { ms: 10 };
    world.sim.add_fault(Rule::always(fault).times(1));
    let id = world.cloud.create_server(&order).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let seen = world.cloud.get_server(&id).await.unwrap();
    assert_eq!((seen.status.as_str(), seen.fault), ("ERROR", None));
    let error = world.cloud.create_server(&order).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Quota);
    assert_eq!(
        error.message,
        "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_pair_is_imported_once_and_belongs_to_its_name() {
    let world = world();
    world.cloud.import_keypair("k", KEY).await.unwrap();
    world.cloud.import_keypair("k", KEY).await.unwrap();
    let other = KEY.replace("gi6", "gi7");
    let error = world.cloud.import_keypair("k", &other).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Conflict);
    assert_eq!(world.sim.keypairs().len(), 1);
}

#[test]
fn every_scenario_of_the_folder_can_be_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let mut read = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        super::Scenario::read(&path).unwrap();
        read += 1;
    }
    assert!(read >= 3);
}

#[test]
fn a_misspelt_key_of_a_scenario_is_refused() {
    let error = super::Scenario::parse("[[clouds]]\nname = \"a\"\nlatncy_ms = 3\n").unwrap_err();
    assert!(error.to_string().contains("latncy_ms"), "{error}");
}
