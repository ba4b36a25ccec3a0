//! Which ports of a server that is gone are removed, and how.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::script::{Asked, Reply, cloud, json, open, with_headers};
use crate::ports::Swept;
use omsd_domain::ground::failure::FailureClass;

/// As Neutron lists them, with what it might show besides.
const PORTS: &str = r#"{"ports": [
    {"id": "a-1", "name": "", "device_id": "s-1", "device_owner": "compute:nova"},
    {"id": "a-2", "name": null, "device_id": "s-1", "device_owner": ""},
    {"id": "named", "name": "mine", "device_id": "s-1", "device_owner": "compute:nova"},
    {"id": "other", "name": "", "device_id": "s-2", "device_owner": "compute:nova"},
    {"id": "free", "name": "", "device_id": null, "device_owner": null},
    {"id": "router", "name": "", "device_id": "s-1", "device_owner": "network:router_interface"},
    {"id": "..", "name": "", "device_id": "s-1", "device_owner": "compute:nova"}
], "ports_links": []}"#;

fn lists(asked: &Asked) -> bool {
    asked.line.starts_with("GET /v2.0/ports?")
}

#[tokio::test]
async fn only_what_nova_made_for_this_server_is_removed() {
    let done = Arc::new(AtomicBool::new(false));
    let server = cloud(move |asked| {
        if lists(asked) {
            let none = r#"{"ports": []}"#;
            let body = if done.load(Ordering::SeqCst) {
                none
            } else {
                PORTS
            };
            return Some(json(200, body));
        }
        let deletes = asked.line.starts_with("DELETE /v2.0/ports/");
        done.fetch_or(deletes, Ordering::SeqCst);
        deletes.then(|| with_headers(204, &[], ""))
    })
    .await;
    open(&server.url)
        .remove_ports(&["s-1".to_owned()])
        .await
        .unwrap();
    assert_eq!(server.count("DELETE /v2.0/ports/a-1"), 1);
    assert_eq!(server.count("DELETE /v2.0/ports/a-2"), 1);
    assert_eq!(server.count("DELETE "), 2);
    assert_eq!(server.count("PUT "), 0);
    assert_eq!(server.count("GET /v2.0/ports?"), 2, "it looks once more");
}

#[tokio::test]
async fn a_port_that_a_member_may_not_delete_loses_its_owner_first() {
    let freed = Arc::new(AtomicBool::new(false));
    let gone = Arc::new(AtomicBool::new(false));
    let server = cloud(move |asked| match asked.line.as_str() {
        "DELETE /v2.0/ports/a-1" if freed.load(Ordering::SeqCst) => {
            gone.store(true, Ordering::SeqCst);
            Some(with_headers(204, &[], ""))
        }
        "DELETE /v2.0/ports/a-1" => Some(json(
            403,
            r#"{"NeutronError": {"type": "PolicyNotAuthorized",
                "message": "rule:delete_port is disallowed by policy", "detail": ""}}"#,
        )),
        "PUT /v2.0/ports/a-1" => {
            assert_eq!(asked.body, r#"{"port":{"device_owner":""}}"#);
            freed.store(true, Ordering::SeqCst);
            Some(json(200, r#"{"port": {"id": "a-1"}}"#))
        }
        _ if lists(asked) && gone.load(Ordering::SeqCst) => Some(json(200, r#"{"ports": []}"#)),
        _ if lists(asked) => Some(json(
            200,
            r#"{"ports": [{"id": "a-1", "device_id": "s-1", "device_owner": "compute:az"}]}"#,
        )),
        _ => None,
    })
    .await;
    open(&server.url)
        .remove_ports(&["s-1".to_owned()])
        .await
        .unwrap();
    assert_eq!(server.count("DELETE /v2.0/ports/a-1"), 2);
}

#[tokio::test]
async fn a_cloud_may_deny_to_show_ports_and_one_that_keeps_them_has_failed() {
    let server = cloud(|asked| lists(asked).then(|| json(403, "{}"))).await;
    let denied = open(&server.url).remove_ports(&["s-1".to_owned()]).await;
    let Ok(Swept::Denied(error)) = denied else {
        panic!("{denied:?}");
    };
    assert_eq!(error.class, FailureClass::Forbidden);
    for (list, class) in [
        (json(200, PORTS), FailureClass::Garbage),
        (json(404, "{}"), FailureClass::NotFound),
        (json(500, "{}"), FailureClass::ServerError),
        (json(200, r#"{"ports": 7}"#), FailureClass::Garbage),
        (Reply::Close, FailureClass::Garbage),
    ] {
        let server = cloud(move |asked| {
            let deletes = asked.line.starts_with("DELETE /v2.0/ports/");
            let gone = deletes.then(|| with_headers(204, &[], ""));
            gone.or_else(|| lists(asked).then(|| list.clone()))
        })
        .await;
        let error = open(&server.url)
            .remove_ports(&["s-1".to_owned()])
            .await
            .unwrap_err();
        assert_eq!(error.class, class, "{error:?}");
    }
}
