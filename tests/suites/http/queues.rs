//! The queue of 2016, and what came after.

use futures::{StreamExt, stream};
use oms_tests::harness::provider::FIRST_ADDRESS;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::peer::{PATIENCE, Running};

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// The names of the members of the outermost object, in the order of the text.
fn order(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let (mut depth, mut name, mut last, mut escaped) = (0, None::<String>, String::new(), false);
    for c in text.chars() {
        match (&mut name, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(text), '"') => {
                last = std::mem::take(text);
                name = None;
            }
            (Some(text), c) => text.push(c),
            (None, '"') => name = Some(String::new()),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            (None, ':') if depth == 1 => names.push(last.clone()),
            (None, _) => {}
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_post_is_enough() {
    let running = Running::start_with(&["http.anonymous=operator"]).await;
    // As curl sends it with -d ''.
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n";
    for (number, headers) in ["", "Content-Length: 0\r\n", form].iter().enumerate() {
        let reply = running.raw("POST", "/api/queues/", headers, b"").await;
        assert_eq!(reply.status, 201);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let id = number + 1;
        assert_eq!(
            reply.header("location"),
            Some(&*format!("/api/queues/{id}/"))
        );
        assert!(
            reply
                .text()
                .starts_with(&format!("{{\"id\":{id},\"status\":\""))
        );
        assert_eq!(
            order(reply.text()).iter().take(4).collect::<Vec<_>>(),
            ["id", "status", "regist_datetime", "instance"]
        );
        assert_eq!(reply.json()["instance"], Value::Null);
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_lives_as_it_did_in_2016() {
    let running = Running::start_with_account().await;
    let made = running.post("/api/queues/?wait=30", "{}").await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["status"], "RUN");
    let shown = running.get("/api/queues/1/").await;
    assert_eq!(shown.status, 200);
    let entry = shown.json();
    assert_eq!(entry["regist_datetime"], made.json()["regist_datetime"]);
    let text = shown.text();
    let instance = text.split("\"instance\":").nth(1).unwrap();
    assert_eq!(
        order(instance).iter().take(7).collect::<Vec<_>>(),
        [
            "id",
            "name",
            "instance_id",
            "ip_addr",
            "key_name",
            "key_raw",
            "account"
        ]
    );
    let account = instance.split("\"account\":").nth(1).unwrap();
    assert_eq!(
        order(account).iter().take(3).collect::<Vec<_>>(),
        ["provider", "region_name", "tenant_name"]
    );
    assert_eq!(entry["instance"]["ip_addr"], FIRST_ADDRESS);
    assert_eq!(
        entry["instance"]["account"],
        json!({"provider": "conoha", "region_name": "tyo1", "tenant_name": "t", "name": "alpha"})
    );
    let key = entry["instance"]["key_raw"].as_str().unwrap();
    assert!(key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"));

    let instances = running.get("/api/instances/").await.json();
    assert_eq!(instances[0], entry["instance"]);
    let id = &entry["instance"]["id"];
    let instance = running.get(&format!("/api/instances/{id}/")).await;
    assert_eq!(instance.json(), entry["instance"]);
    let explained = running.get("/api/queues/1/explain/").await.json();
    assert_eq!(
        keys(&explained),
        ["attempts", "entry", "passed_over", "spec"]
    );
    assert_eq!(explained["attempts"][0]["account"], "alpha");

    let deleted = running.delete("/api/queues/1/").await;
    assert_eq!((deleted.status, deleted.text()), (204, ""));
    for target in ["/api/queues/1/", "/api/queues/1/?wait=1"] {
        let gone = running.get(target).await;
        assert_eq!(gone.status, 404, "{target}");
        assert_eq!(gone.text(), r#"{"detail":"Not found.","code":"not_found"}"#);
    }
    assert_eq!(running.delete("/api/queues/1/").await.status, 404);
    assert_eq!(running.get("/api/queues/").await.text(), "[]");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_bare_arrays_and_pages_on_demand() {
    let running = Running::start().await;
    for name in ["a", "b", "c", "d", "e"] {
        let reply = running
            .post("/api/queues/", &format!(r#"{{"name":"{name}"}}"#))
            .await;
        assert_eq!(reply.status, 201);
    }
    assert_eq!(running.delete("/api/queues/2/").await.status, 204);
    let ids = |list: &Value| -> Vec<u64> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["id"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(ids(&running.get("/api/queues/").await.json()), [1, 3, 4, 5]);
    assert_eq!(
        running.get("/api/queues/?status=RUN,FAILED").await.text(),
        "[]"
    );
    let waiting = running.get("/api/queues/?status=RECIVE&status=BOOT").await;
    assert_eq!(ids(&waiting.json()), [1, 3, 4, 5]);

    let page = running
        .get("/api/queues/?limit=2&offset=1&status=RECIVE")
        .await;
    assert_eq!(order(page.text()), ["count", "next", "previous", "results"]);
    let host = running.address;
    let page = page.json();
    assert_eq!(page["count"], 4);
    assert_eq!(
        page["next"],
        format!("http://{host}/api/queues/?limit=2&offset=3&status=RECIVE")
    );
    assert_eq!(
        page["previous"],
        format!("http://{host}/api/queues/?limit=2&offset=0&status=RECIVE")
    );
    assert_eq!(ids(&page["results"]), [3, 4]);
    let last = running.get("/api/queues/?limit=2&offset=3").await.json();
    assert_eq!(
        (ids(&last["results"]), &last["next"]),
        (vec![5], &Value::Null)
    );
    let beyond = running.get("/api/queues/?offset=100").await.json();
    assert_eq!(
        (&beyond["count"], ids(&beyond["results"])),
        (&json!(4), vec![])
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_comes_whole() {
    let running = Running::start().await;
    let posts = stream::iter((0..1203).map(|_| running.post("/api/queues/", "")));
    let made = posts.buffer_unordered(64).map(|reply| reply.status);
    assert!(made.all(async |status| status == 201).await);
    let list = running.get("/api/queues/").await.json();
    let ids: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["id"].as_u64())
        .collect();
    assert_eq!(ids, (1..=1203).map(Some).collect::<Vec<_>>());
    let page = running
        .get("/api/queues/?limit=1000&offset=600")
        .await
        .json();
    assert_eq!(page["results"].as_array().unwrap().len(), 603);
    assert_eq!(page["results"][0]["id"], 601);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_without_their_slash_lead_to_it() {
    let running = Running::start().await;
    for (method, target, status, place) in [
        ("GET", "/api/queues", 301, "/api/queues/"),
        (
            "HEAD",
            "/api/queues/1?wait=3&a=%2F",
            301,
            "/api/queues/1/?wait=3&a=%2F",
        ),
        ("GET", "/api", 301, "/api/"),
        ("POST", "/api/queues", 308, "/api/queues/"),
        ("DELETE", "/api/queues/1", 308, "/api/queues/1/"),
        (
            "POST",
            "/api/accounts/alpha/test",
            308,
            "/api/accounts/alpha/test/",
        ),
    ] {
        let reply = running.ask(method, target, "").await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (status, Some(place))
        );
    }
    for target in ["//evil.example", "/apis", "/healthz/", "/api//queues/"] {
        let reply = running.get(target).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (404, None),
            "{target}"
        );
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_gives_the_same_entry() {
    let running = Running::start().await;
    let post = async |key: &str, body: &str| {
        let token = &running.token;
        let headers = format!(
            "Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n{key}",
            body.len()
        );
        running
            .raw("POST", "/api/queues/", &headers, body.as_bytes())
            .await
    };
    let one = "Idempotency-Key: one\r\n";
    let first = post(one, r#"{"name":"web"}"#).await;
    let again = post(one, r#"{ "name" : "web" }"#).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json()["id"], again.json()["id"]);
    let other = post(one, r#"{"name":"db"}"#).await;
    assert_eq!(
        (other.status, &other.json()["code"]),
        (409, &json!("idempotency_mismatch"))
    );
    // The first answer again, whatever has become of the entry.
    let once_more = post(one, r#"{"name":"web"}"#).await;
    assert_eq!((once_more.status, once_more.text()), (201, first.text()));
    let long = "x".repeat(256);
    for bad in ["", "two words", "\u{e9}t\u{e9}", long.as_str()] {
        let refused = post(&format!("Idempotency-Key: {bad}\r\n"), "{}").await;
        assert_eq!(refused.status, 400, "{bad:?}");
        assert!(refused.json()["Idempotency-Key"].is_array(), "{bad:?}");
    }
    let twice = post(&format!("{one}{one}"), "{}").await;
    assert_eq!(twice.status, 400);
    assert!(twice.json()["Idempotency-Key"].is_array());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_with_its_time() {
    let running = Running::start().await;
    let made = running.post("/api/queues/?wait=0", "{}").await;
    assert_eq!((made.status, &made.json()["instance"]), (201, &Value::Null));
    let shown = running.get("/api/queues/1/?wait=1").await;
    assert_eq!((shown.status, &shown.json()["id"]), (200, &json!(1)));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_with_the_daemon() {
    let running = Running::start().await;
    running.post("/api/queues/", "{}").await;
    let router = running.router_that_stops();
    let request = http::Request::get("/api/queues/1/?wait=300").header("host", "localhost");
    let asked = router.oneshot(request.body(String::new()).unwrap());
    let reply = tokio::time::timeout(PATIENCE, asked)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(reply.status(), 200);
    running.stop().await;
}
