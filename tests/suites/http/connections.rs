//! Connections: shared by many requests, and bounded whatever a peer does or leaves undone.

use omsd::api::http::Limits;

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
    deaf.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    // There is one place, so this one is served once the other has lost its own.
    let mut next = Peer::connect(bare.address).await;
    next.send(SMALL).await;
    assert_eq!(next.reply(false).await.text(), "small");
    let got = deaf.rest().await;
    assert!(got.len() < 64 * 1024 * 1024, "{} bytes", got.len());
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_bound_wait_their_turn() {
    let bare = Bare::start(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let mut first = Peer::connect(bare.address).await;
    let mut second = Peer::connect(bare.address).await;
    for peer in [&mut first, &mut second] {
        peer.send(SMALL).await;
        peer.reply(false).await;
    }
    let mut third = Peer::connect(bare.address).await;
    third.send(SMALL).await;
    drop(first);
    assert_eq!(third.reply(false).await.text(), "small");
    bare.stop().await;
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
