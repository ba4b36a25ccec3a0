//! Events, as a stream and as a page.

use serde_json::{Value, json};

use crate::peer::{Peer, Running};

async fn open(running: &Running, target: &str, headers: &str) -> Peer {
    let mut peer = Peer::connect(running.address).await;
    let token = &running.token;
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
    );
    peer.send(head.as_bytes()).await;
    let head = peer.until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    peer.until("retry: 2000\n\n").await;
    peer
}

/// The next event: its id, its kind, its data.
async fn next(peer: &mut Peer) -> (u64, String, Value) {
    peer.until("id: ").await;
    let text = peer.until("\n\n").await;
    let mut lines = text.lines();
    let id = lines.next().unwrap().parse().unwrap();
    let kind = lines.next().unwrap().strip_prefix("event: ").unwrap();
    let data = lines.next().unwrap().strip_prefix("data: ").unwrap();
    (id, kind.to_owned(), serde_json::from_str(data).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_begins_where_it_is_told_to() {
    let running = Running::start().await;
    running.post("/api/queues/", "").await;
    let mut peer = open(&running, "/api/events/?since=0", "").await;
    let (id, kind, _) = next(&mut peer).await;
    assert_eq!((id, kind.as_str()), (1, "daemon_started"));
    let (id, kind, data) = next(&mut peer).await;
    assert_eq!((id, kind.as_str()), (2, "entry_accepted"));
    assert_eq!(
        (&data["seq"], &data["kind"], &data["entry"]),
        (&json!(2), &json!("entry_accepted"), &json!(1))
    );
    let mut peer = open(&running, "/api/events/?since=0", "Last-Event-ID: 1\r\n").await;
    assert_eq!(next(&mut peer).await.0, 2);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_a_beginning_tells_what_is_new() {
    let running = Running::start().await;
    running.post("/api/queues/", "").await;
    let latest = running.get("/api/status/").await.json()["seq"]
        .as_u64()
        .unwrap();
    let mut peer = open(&running, "/api/events/", "").await;
    running.post("/api/queues/", "").await;
    let (id, kind, data) = next(&mut peer).await;
    assert_eq!(
        (id, kind.as_str(), &data["entry"]),
        (latest + 1, "entry_accepted", &json!(2))
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_daemon_and_is_counted_while_it_lasts() {
    let running = Running::start().await;
    let mut peer = open(&running, "/api/events/", "").await;
    let metrics = running.get("/metrics").await;
    assert!(
        metrics
            .text()
            .contains("oms_subscribers{transport=\"http\"} 1")
    );
    running.stop().await;
    peer.until("0\r\n\r\n").await;
    assert_eq!(peer.rest().await, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_json_gets_a_page() {
    let running = Running::start().await;
    for _ in 0..3 {
        running.post("/api/queues/", "").await;
    }
    let page = async |query: &str| {
        let token = &running.token;
        let headers = format!(
            "Authorization: Bearer {token}\r\nAccept: application/json, text/html;q=0.9\r\n"
        );
        running
            .raw("GET", &format!("/api/events/{query}"), &headers, b"")
            .await
            .json()
    };
    let seqs = |page: &Value| -> Vec<u64> {
        page.as_array()
            .unwrap()
            .iter()
            .map(|event| event["seq"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(seqs(&page("?since=0&limit=2").await), [1, 2]);
    assert_eq!(seqs(&page("?since=2&limit=1").await), [3]);
    let all = seqs(&page("?since=0").await);
    assert_eq!(seqs(&page("?limit=1").await), [*all.last().unwrap()]);
    assert_eq!(page("?since=99999").await, json!([]));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fact_names_who_caused_it() {
    let running = Running::start_with_account().await;
    running.post("/api/queues/", "").await;
    running.get("/api/queues/1/?wait=30").await;
    let page = running
        .send(
            format!(
                "GET /api/events/?since=0 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\
                 Authorization: Bearer {}\r\n\r\n",
                running.token
            )
            .as_bytes(),
        )
        .await
        .json();
    let by = |kind: &str| {
        let events = page.as_array().unwrap();
        let event = events.iter().find(|event| event["kind"] == kind);
        let event = event.unwrap_or_else(|| panic!("no {kind} in {page}"));
        (event["by"].clone(), event["severity"].clone())
    };
    assert_eq!(
        by("account_added"),
        (json!("token admin from 127.0.0.1"), json!("notice"))
    );
    assert_eq!(
        by("entry_accepted"),
        (json!("token admin from 127.0.0.1"), json!("info"))
    );
    assert_eq!(by("attempt_ready"), (json!("scheduler"), json!("info")));
    running.stop().await;
}
