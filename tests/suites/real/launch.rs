//! An instance from the preferred account, shown as in 2016, and removed without a trace.

use reqwest::Method;
use serde_json::{Value, json};

use crate::oms::{Oms, Settings};
use crate::stage::stage;

/// The interface of 2016, from the first call to the last.
async fn a_life(oms: &mut Oms) {
    let (status, body) = oms.rest(Method::POST, "/api/queues/", "").await;
    assert_eq!(status, 201, "{body}");
    assert!(
        body.starts_with(r#"{"id":1,"status":"REQUEST","regist_datetime":""#),
        "{body}"
    );
    assert!(body.contains(r#"Z","instance":null"#), "{body}");
    oms.until_status(1, "RUN").await;
    assert_shown_as_in_2016(oms).await;
    oms.delete(1).await;
    let (status, body) = oms.rest(Method::GET, "/api/queues/1/", "").await;
    assert_eq!(status, 404);
    assert!(body.starts_with(r#"{"detail":"Not found.""#), "{body}");
    assert_eq!(oms.show("/api/queues/").await, json!([]));
}

/// The entry runs at alpha, and REST, omsctl and alpha say the same of it.
async fn assert_shown_as_in_2016(oms: &Oms) {
    let (status, body) = oms.rest(Method::GET, "/api/queues/1/", "").await;
    assert_eq!(status, 200, "{body}");
    assert_in_order(
        &body,
        &[
            "id",
            "status",
            "regist_datetime",
            "instance",
            "id",
            "name",
            "instance_id",
            "ip_addr",
            "key_name",
            "key_raw",
            "account",
            "provider",
            "region_name",
            "tenant_name",
        ],
    );
    let entry: Value = serde_json::from_str(&body).unwrap();
    let printed = oms.omsctl(&["queue", "show", "1", "-o", "json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed, entry);
    let instance = &entry["instance"];
    let account = &instance["account"];
    assert_eq!(account["name"], oms.account("alpha"));
    assert_eq!(account["region_name"], oms.lab.cloud("alpha").region);
    let key = instance["key_raw"].as_str().unwrap();
    assert!(key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));
    assert_as_the_cloud_has_it(oms, instance).await;
}

/// The keys stand in the text in this order.
fn assert_in_order(text: &str, keys: &[&str]) {
    let mut rest = text;
    for key in keys {
        let quoted = format!("\"{key}\":");
        let found = rest.find(&quoted);
        let at = found.unwrap_or_else(|| panic!("{key} is not in its place in {text}"));
        rest = &rest[at + quoted.len()..];
    }
}

/// Alpha's own lists say the same as omsd does, and beta has nothing.
async fn assert_as_the_cloud_has_it(oms: &Oms, instance: &Value) {
    let servers = oms.alpha.servers().await;
    let [server] = servers.as_slice() else {
        panic!("not one server: {servers:#?}");
    };
    assert_eq!(server["id"], instance["instance_id"]);
    assert_eq!(server["name"], instance["name"]);
    assert_eq!(server["status"], "ACTIVE");
    assert_eq!(server["key_name"], instance["key_name"]);
    let described = oms.lab.cloud("alpha");
    let addresses = &server["addresses"][&described.network];
    assert_eq!(addresses[0]["addr"], instance["ip_addr"]);
    assert_eq!(
        server["security_groups"],
        json!([{"name": described.security_group}])
    );
    let keypairs = oms.alpha.keypairs().await;
    let [keypair] = keypairs.as_slice() else {
        panic!("not one key pair: {keypairs:#?}");
    };
    assert_eq!(keypair["name"], instance["key_name"]);
    assert_eq!(oms.beta.left().await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn an_empty_post_gets_an_instance_and_a_delete_leaves_nothing() {
    stage(Settings::default(), a_life).await;
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn application_credentials_do_as_well_as_passwords() {
    let settings = Settings {
        credentials: "-appcred",
        ..Settings::default()
    };
    stage(settings, a_life).await;
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn omsctl_waits_for_what_was_asked_and_prints_what_rest_shows() {
    stage(Settings::default(), async |oms: &mut Oms| {
        let printed = oms.omsctl(&[
            "queue",
            "create",
            "--wait",
            "--timeout",
            "120",
            "-o",
            "json",
            "--name",
            "web-1",
            "--account",
            "beta",
            "--metadata",
            "role=ci",
            "--image",
            "debian-13",
            "--flavor",
            "g-2gb",
        ]);
        let printed: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(printed["status"], "RUN");
        assert_eq!(printed, oms.show("/api/queues/1/").await);
        let servers = oms.beta.servers_of(1).await;
        assert_eq!(servers.len(), 1, "{servers:#?}");
        assert_eq!(servers[0]["name"], "web-1");
        assert_eq!(servers[0]["metadata"]["role"], "ci");
        oms.omsctl(&["queue", "delete", "1", "--wait", "--timeout", "120"]);
        assert_eq!(oms.beta.servers_of(1).await, Vec::<Value>::new());
    })
    .await;
}
