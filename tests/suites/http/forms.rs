//! The forms of answers and requests that HTTP knows: media types, problems, tags, pages of lists,
//! compression, and the document that describes it all.

use serde_json::{Value, json};

use crate::peer::{Reply, Running};

async fn accepting(running: &Running, method: &str, target: &str, accept: &str) -> Reply {
    let token = &running.token;
    let headers = format!("Authorization: Bearer {token}\r\nAccept: {accept}\r\n");
    running.raw(method, target, &headers, b"").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_nothing_that_there_is_is_told_so() {
    let running = Running::start().await;
    for accept in ["text/plain", "image/*", "application/json;q=0"] {
        let reply = accepting(&running, "GET", "/api/queues/", accept).await;
        assert_eq!(reply.status, 406, "{accept}");
        assert_eq!(reply.json()["code"], "not_acceptable");
    }
    for accept in ["*/*", "application/*", "text/plain, */*;q=0.1", ""] {
        let reply = accepting(&running, "GET", "/api/queues/", accept).await;
        assert_eq!((reply.status, reply.text()), (200, "[]"), "{accept}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    let probe = accepting(&running, "GET", "/healthz", "text/plain").await;
    assert_eq!(probe.status, 200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_are_told_to_who_asks_for_them() {
    let running = Running::start().await;
    let problem = "application/problem+json";
    let missing = accepting(&running, "GET", "/api/queues/7/", problem).await;
    assert_eq!(missing.header("content-type"), Some(problem));
    assert_eq!(
        missing.json(),
        json!({
            "type": "about:blank", "title": "Not Found", "status": 404,
            "detail": "Not found.", "code": "not_found",
        })
    );
    let field = accepting(&running, "GET", "/api/queues/?limit=0", problem).await;
    let told = field.json();
    assert_eq!((field.status, &told["code"]), (400, &json!("invalid")));
    assert!(told["errors"]["limit"][0].is_string(), "{told}");
    let lesser = "application/json, application/problem+json;q=0.5";
    let plain = accepting(&running, "GET", "/api/queues/7/", lesser).await;
    assert_eq!(
        plain.text(),
        r#"{"detail":"Not found.","code":"not_found"}"#
    );
    let good = accepting(&running, "GET", "/api/queues/", problem).await;
    assert_eq!((good.status, good.text()), (200, "[]"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_changed_only_as_it_was_read() {
    let running = Running::start_with_account().await;
    let path = "/api/accounts/alpha/";
    let tag = |reply: &Reply| reply.header("etag").unwrap().to_owned();
    let first = tag(&running.get(path).await);
    assert_eq!(
        first,
        tag(&running.get(path).await),
        "it stays while nobody edits"
    );
    let change = async |method: &str, tag: &str, body: &str| {
        let headers = format!(
            "Authorization: Bearer {}\r\nContent-Type: application/json\r\nIf-Match: {tag}\r\n\
             Content-Length: {}\r\n",
            running.token,
            body.len()
        );
        running.raw(method, path, &headers, body.as_bytes()).await
    };
    let edited = change("PATCH", &first, r#"{"priority": 3}"#).await;
    assert_eq!(edited.status, 200, "{}", edited.text());
    let second = tag(&edited);
    assert_ne!(first, second);
    for (method, body) in [("PATCH", r#"{"priority": 4}"#), ("DELETE", "")] {
        let late = change(method, &first, body).await;
        assert_eq!(
            (late.status, &late.json()["code"]),
            (412, &json!("precondition_failed"))
        );
    }
    let weak = change("PATCH", &format!("W/{second}"), r#"{"priority": 4}"#).await;
    assert_eq!(weak.status, 412);
    let bad = change("PATCH", "nonsense", r#"{"priority": 4}"#).await;
    assert_eq!((bad.status, bad.json()["If-Match"].is_array()), (400, true));
    let windows = r#"[{"from": "2020-01-01T00:00:00Z", "until": null}]"#;
    let put = running
        .ask("PUT", "/api/accounts/alpha/maintenance/", windows)
        .await;
    assert_eq!(put.status, 200);
    let third = tag(&running.get(path).await);
    assert_ne!(second, third, "a window is something that a person sets");
    let any = change("PATCH", "*", r#"{"priority": 5}"#).await;
    assert_eq!(any.status, 200);
    let several = format!("\"x\", {}", tag(&any));
    assert_eq!(change("DELETE", &several, "").await.status, 204);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_filtered_and_ordered() {
    let running = Running::start().await;
    for name in ["a", "b", "c", "d", "e"] {
        let body = format!(r#"{{"name": "{name}"}}"#);
        assert_eq!(running.post("/api/queues/", &body).await.status, 201);
    }
    let ids = |page: &Value| -> Vec<u64> {
        let entries = page["results"].as_array().unwrap().iter();
        entries.map(|entry| entry["id"].as_u64().unwrap()).collect()
    };
    let newest = running.get("/api/queues/?order=-id&limit=2").await.json();
    assert_eq!((ids(&newest), &newest["count"]), (vec![5, 4], &json!(5)));
    let next = newest["next"].as_str().unwrap();
    let (_, next) = next.split_once("/api/").unwrap();
    let second = running.get(&format!("/api/{next}")).await.json();
    assert_eq!(ids(&second), [3, 2]);
    let last = running
        .get("/api/queues/?order=-id&limit=2&offset=4")
        .await
        .json();
    assert_eq!((ids(&last), &last["next"]), (vec![1], &json!(null)));
    let first = running.get("/api/queues/?after=0&limit=2").await.json();
    assert_eq!(ids(&first), [1, 2]);
    let next = first["next"].as_str().unwrap();
    let (_, next) = next.split_once("/api/").unwrap();
    assert_eq!(
        ids(&running.get(&format!("/api/{next}")).await.json()),
        [3, 4]
    );
    let end = running.get("/api/queues/?after=4").await.json();
    assert_eq!((ids(&end), &end["next"]), (vec![5], &json!(null)));
    // A name that is mistyped is told, and not taken for an account with nothing.
    for paged in ["", "&limit=3"] {
        let path = format!("/api/queues/?account=alpha{paged}");
        assert_eq!(running.get(&path).await.status, 404, "{path}");
    }
    for bad in ["order=name", "after=1&offset=1", "after=1&order=-id"] {
        let reply = running.get(&format!("/api/queues/?{bad}")).await;
        assert_eq!(reply.status, 400, "{bad}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_instances_are_paged_and_filtered_too() {
    let running = Running::start_with_account().await;
    running.post("/api/queues/?wait=30", "").await;
    let page = running.get("/api/accounts/?limit=1").await.json();
    assert_eq!(
        (&page["results"][0]["name"], &page["next"]),
        (&json!("alpha"), &json!(null))
    );
    for none in [
        "/api/accounts/?status=unavailable",
        "/api/accounts/?provider=other",
    ] {
        assert_eq!(running.get(none).await.text(), "[]", "{none}");
    }
    let nowhere = running.get("/api/instances/?account=other").await;
    assert_eq!(nowhere.status, 404);
    for one in [
        "/api/accounts/?status=available&provider=conoha",
        "/api/instances/?account=alpha",
    ] {
        assert_eq!(
            running.get(one).await.json().as_array().unwrap().len(),
            1,
            "{one}"
        );
    }
    let after = running.get("/api/instances/?after=1000").await.json();
    assert_eq!(after["results"], json!([]));
    assert_eq!(running.get("/api/accounts/?status=good").await.status, 400);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_are_compressed_for_who_takes_it_and_streams_never() {
    let running = Running::start().await;
    let token = &running.token;
    let zipped = "Accept-Encoding: gzip\r\n";
    let headers = format!("Authorization: Bearer {token}\r\n{zipped}");
    let schema = running.raw("GET", "/api/schema/", zipped, b"").await;
    assert_eq!(schema.header("content-encoding"), Some("gzip"));
    assert_eq!(schema.body.get(..2), Some([0x1f, 0x8b].as_slice()));
    let plain = running.raw("GET", "/api/schema/", "", b"").await;
    assert_eq!(plain.header("content-encoding"), None);
    assert!(schema.body.len() < plain.body.len() / 3);
    let small = running.raw("GET", "/healthz", zipped, b"").await;
    assert_eq!(
        (small.header("content-encoding"), small.text()),
        (None, r#"{"status":"ok"}"#)
    );
    let mut peer = crate::peer::Peer::connect(running.address).await;
    let head = format!("GET /api/events/ HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    peer.send(head.as_bytes()).await;
    let head = peer.until("\r\n\r\n").await;
    assert!(!head.contains("content-encoding"), "{head}");
    peer.until("retry: 2000").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prefer_is_as_good_as_wait() {
    let running = Running::start_with_account().await;
    let token = &running.token;
    let headers = format!("Authorization: Bearer {token}\r\nPrefer: respond-async, wait=30\r\n");
    let reply = running.raw("POST", "/api/queues/", &headers, b"").await;
    assert_eq!(
        (reply.status, &reply.json()["status"]),
        (201, &json!("RUN"))
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_says_every_path_and_nothing_else() {
    let running = Running::start().await;
    let document = running.get("/api/schema/").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    for route in omsd::api::http::ROUTES {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = &document["paths"][route.path][&method];
        assert_eq!(
            operation["summary"], route.summary,
            "{method} {}",
            route.path
        );
        let role = route.role.map(omsd::service::Role::as_str);
        assert_eq!(operation["x-role"].as_str(), role);
        let answers = operation["responses"].as_object().unwrap();
        assert_eq!(answers.len(), 2, "{method} {}", route.path);
    }
    let paths = document["paths"].as_object().unwrap();
    let operations: usize = paths
        .values()
        .map(|path| path.as_object().unwrap().len())
        .sum();
    assert_eq!(operations, omsd::api::http::ROUTES.len());
    dangling(&document, &document);
    let page = running.raw("GET", "/api/docs/", "", b"").await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    for path in paths.keys() {
        assert!(page.text().contains(path), "{path}");
    }
    running.stop().await;
}

/// Every reference leads somewhere.
fn dangling(document: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get("$ref") {
                let pointer = target.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{target}");
            }
            members
                .values()
                .for_each(|member| dangling(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| dangling(document, item)),
        _ => {}
    }
}
