//! DELETE at any moment: what was made is removed, what is being made is removed once it is there.

use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::Trouble;
use crate::oms::{Oms, Settings};
use crate::stage::stage;

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn an_entry_removed_before_it_runs_leaves_nothing() {
    stage(Settings::default(), async |oms: &mut Oms| {
        // The moments lie between the request and the time that a launch here takes.
        for milliseconds in [0, 50, 200, 500, 1000, 1500, 2500] {
            let id = oms.create(&json!({})).await;
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            let entry = oms.show(&format!("/api/queues/{id}/")).await;
            eprintln!("removed after {milliseconds} ms in {}", entry["status"]);
            oms.delete(id).await;
        }
        oms.until_nothing_is_left().await;
    })
    .await;
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn an_entry_removed_in_boot_leaves_nothing() {
    stage(Settings::default(), async |oms: &mut Oms| {
        let trouble = Trouble::slow_spawn(&oms.lab, "alpha", "oms-*", 6);
        let id = oms.create(&json!({})).await;
        oms.until_status(id, "BOOT").await;
        let servers = oms.alpha.servers_of(id).await;
        assert_eq!(servers[0]["status"], "BUILD", "{servers:#?}");
        oms.delete(id).await;
        oms.until_nothing_is_left().await;
        trouble.undo();
    })
    .await;
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn a_removal_that_the_cloud_fails_is_tried_until_it_is_done() {
    stage(Settings::default(), async |oms: &mut Oms| {
        let rules = json!([{"on": "destroy", "name": "oms-*", "times": 1, "error": "busy"}]);
        let trouble = Trouble::injected(&oms.lab, "alpha", "rules.json", &rules.to_string());
        let id = oms.create(&json!({})).await;
        oms.until_status(id, "RUN").await;
        oms.delete(id).await;
        oms.until_nothing_is_left().await;
        let events = oms.omsctl(&["events", "--limit", "1000", "-o", "json"]);
        let events: Value = serde_json::from_str(&events).unwrap();
        let events = events.as_array().unwrap();
        let asked = events
            .iter()
            .filter(|event| event["kind"] == "attempt_removal_asked");
        assert_eq!(asked.count(), 2, "{events:#?}");
        trouble.undo();
    })
    .await;
}
