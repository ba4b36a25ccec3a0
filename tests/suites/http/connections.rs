//! Connections: shared by many requests, and bounded whatever a peer does or leaves undone.

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use omsd::api::http::Limits;
use omsd::places::Places;

use crate::bare::{Bare, short};
use crate::peer::{Peer, Running};

const SMALL: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_many_requests_one_after_the_other_or_at_once() {
    let running = Running::start().await;
    let mut peer = Peer::connect(running.address).await;
    for _ in 0..3 {
        peer.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await;
        assert_eq!(peer.reply(false).await.status, 200);
    }
    let at_once = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n\
                   POST /api/queues/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}\
                   GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
    peer.send(at_once.as_bytes()).await;
    for status in [200, 401, 404] {
        assert_eq!(peer.reply(false).await.status, status);
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_ends_a_connection_and_nothing_else() {
    let running = Running::start().await;
    for nonsense in [
        &b"\x00\x01\x02\x03\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"POST /api/queues/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /api/queues/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ] {
        let mut peer = Peer::connect(running.address).await;
        peer.send(nonsense).await;
        let rest = peer.rest().await;
        let rest = String::from_utf8_lossy(&rest);
        let told = rest.starts_with("HTTP/1.1 400")
            && rest.contains("content-type: application/json\r\n")
            && rest.ends_with(r#"(RFC 9112)","code":"invalid"}"#);
        assert!(rest.is_empty() || told, "{rest}");
    }
    let mut peer = Peer::connect(running.address).await;
    let long = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "x".repeat(64 * 1024)
    );
    peer.send(long.as_bytes()).await;
    let rest = peer.rest().await;
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.starts_with("HTTP/1.1 431"), "{rest}");
    let (head, body) = rest.split_once("\r\n\r\n").unwrap();
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["code"], "head_too_large", "{body}");
    let length = format!("content-length: {}", body.len());
    assert!(head.contains(&length), "{head}");
    assert_eq!(running.get("/healthz").await.status, 200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_is_cut_off() {
    let bare = Bare::start(short()).await;
    for part in [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nHost: local"] {
        let mut peer = Peer::connect(bare.address).await;
        peer.send(part).await;
        assert_eq!(peer.rest().await, b"");
    }
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed() {
    let bare = Bare::start(short()).await;
    let mut peer = Peer::connect(bare.address).await;
    peer.send(SMALL).await;
    assert_eq!(peer.reply(false).await.text(), "small");
    assert_eq!(peer.rest().await, b"");
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_is_given_up() {
    let bare = Bare::start(Limits {
        connections: 1,
        ..short()
    })
    .await;
    let mut deaf = Peer::connect(bare.address).await;
    deaf.send(&get("/known/large")).await;
    // There is one place, so this one is served once the other has lost its own.
    let mut next = Peer::connect(bare.address).await;
    next.send(SMALL).await;
    assert_eq!(next.reply(false).await.text(), "small");
    let got = deaf.rest().await;
    assert!(got.len() < 64 * 1024 * 1024, "{} bytes", got.len());
    bare.stop().await;
}

/// A request to a bare server.
fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_who_has_been_idle_longest_is_the_next_ones() {
    let bare = Bare::start(Limits {
        connections: 3,
        ..Limits::default()
    })
    .await;
    let mut silent = Peer::connect(bare.address).await;
    let mut half = Peer::connect(bare.address).await;
    half.send(b"GET / HTT").await;
    let mut asks = Peer::connect(bare.address).await;
    for _ in 0..3 {
        // As a monitor does, and as one who means harm may.
        asks.send(SMALL).await;
        assert_eq!(asks.reply(false).await.text(), "small");
    }
    let mut kept = Vec::new();
    for idle in [&mut silent, &mut half] {
        let mut next = Peer::connect(bare.address).await;
        next.send(&get("/known/")).await;
        assert_eq!(next.reply(false).await.text(), "known");
        assert_eq!(idle.rest().await, b"");
        asks.send(SMALL).await;
        assert_eq!(asks.reply(false).await.text(), "small");
        kept.push(next);
    }
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_make_room_for_the_known_and_the_idle_for_the_busy() {
    let bare = Bare::start(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let mut known = Peer::connect(bare.address).await;
    known.send(&get("/known/")).await;
    assert_eq!(known.reply(false).await.text(), "known");
    // A stranger goes first, however much it asks for and however new it is.
    let mut stranger = Peer::connect(bare.address).await;
    stranger
        .send(b"POST /never HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    let mut waits = Peer::connect(bare.address).await;
    waits.send(&get("/known/begun")).await;
    waits.until("known").await;
    assert_eq!(stranger.rest().await, b"");
    known.send(&get("/known/")).await;
    assert_eq!(known.reply(false).await.text(), "known");
    // Then who has nothing under way, known or not.
    let mut last = Peer::connect(bare.address).await;
    last.send(&get("/known/begun")).await;
    last.until("known").await;
    assert_eq!(known.rest().await, b"");
    // Nobody else goes: the next one waits until somebody ends what they do.
    let mut next = Peer::connect(bare.address).await;
    next.send(SMALL).await;
    drop(waits);
    assert_eq!(next.reply(false).await.text(), "small");
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_keep_nobody_from_a_daemon() {
    let running = Running::start().await;
    let mut idle = Vec::new();
    // More than there are places for.
    for round in 0..600 {
        let mut peer = Peer::connect(running.address).await;
        if round % 2 == 0 {
            peer.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .await;
        }
        idle.push(peer);
    }
    assert_eq!(running.get("/healthz").await.status, 200);
    assert_eq!(running.get("/api/status/").await.status, 200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_wait_leave_places_for_others() {
    let running = Running::start().await;
    let reply = running.post("/api/queues/", "{}").await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let token = &running.token;
    let wait = format!(
        "GET /api/queues/1/?wait=300 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    let mut waiting = FuturesUnordered::new();
    for _ in 0..=Places::here().http / 2 {
        let mut peer = Peer::connect(running.address).await;
        peer.send(wait.as_bytes()).await;
        waiting.push(async move { peer.reply(false).await });
    }
    // Whichever comes last is refused.
    let refused = waiting.next().await.unwrap();
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("ask again without wait"));
    assert_eq!(running.get("/api/queues/1/?wait=1").await.status, 503);
    assert_eq!(running.get("/api/queues/1/").await.status, 200);
    assert_eq!(running.delete("/api/queues/1/?wait=1").await.status, 204);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_cuts_off_what_does_not_end() {
    let bare = Bare::start(short()).await;
    let mut peer = Peer::connect(bare.address).await;
    peer.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    peer.reply(false).await;
    peer.send(b"POST /never HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    let address = bare.address;
    bare.stop().await;
    assert_eq!(peer.rest().await, b"");
    let refused = tokio::net::TcpStream::connect(address).await;
    assert!(refused.is_err());
}
