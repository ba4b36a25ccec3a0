//! kill -9 of omsd, and a start on what it left: every entry goes on, and has one server.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::faults::Trouble;
use crate::oms::{Oms, Settings};
use crate::stage::stage;

/// The longest from the start of a daemon until a look at the clouds shows that it works again.
const MOVES_AGAIN: Duration = Duration::from_secs(5);

/// A create that a kill cut short may be carried out some seconds later.
const SETTLES_SOON: Settings = Settings {
    engine: "launch_patience_ms = 30000\nsettle_seconds = 20",
    credentials: "",
    wrong_password: false,
    proxied: false,
};

/// Counts the servers of an entry at both clouds.
async fn servers(oms: &Oms, id: u64) -> usize {
    oms.alpha.servers_of(id).await.len() + oms.beta.servers_of(id).await.len()
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn a_daemon_killed_in_boot_goes_on_with_the_same_server() {
    stage(Settings::default(), async |oms: &mut Oms| {
        let trouble = Trouble::slow_spawn(&oms.lab, "alpha", "oms-*", 5);
        let id = oms.create(&json!({})).await;
        oms.until_status(id, "BOOT").await;
        let before = oms.alpha.servers_of(id).await;
        assert_eq!(before.len(), 1, "{before:#?}");
        oms.kill();
        oms.restart().await;
        let entry = oms.until_status(id, "RUN").await;
        assert_eq!(entry["instance"]["instance_id"], before[0]["id"]);
        assert_eq!(entry["attempts"], 1, "{entry}");
        assert_eq!(servers(oms, id).await, 1);
        trouble.undo();
    })
    .await;
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn a_daemon_killed_after_any_request_serves_it_once() {
    stage(SETTLES_SOON, async |oms: &mut Oms| {
        let mut ids = Vec::new();
        // From the moment of the answer until the create is under way or answered.
        for milliseconds in [0, 20, 60, 150, 400, 900] {
            ids.push(oms.create(&json!({})).await);
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            oms.kill();
            oms.restart().await;
        }
        for id in ids {
            oms.until_status(id, "RUN").await;
        }
        // What a killed daemon asked for and its successor did not wait for is removed.
        oms.until_at_rest().await;
        for entry in oms.show("/api/queues/").await.as_array().unwrap() {
            let id = entry["id"].as_u64().unwrap();
            assert_eq!(servers(oms, id).await, 1, "{:#}", oms.explain(id).await);
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn a_daemon_killed_while_it_removes_goes_on_removing() {
    stage(Settings::default(), async |oms: &mut Oms| {
        for milliseconds in [0, 300] {
            let id = oms.create(&json!({})).await;
            oms.until_status(id, "RUN").await;
            oms.delete(id).await;
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            oms.kill();
            let began = Instant::now();
            oms.restart().await;
            assert!(began.elapsed() < MOVES_AGAIN, "{:?}", began.elapsed());
            oms.until_nothing_is_left().await;
        }
    })
    .await;
}
