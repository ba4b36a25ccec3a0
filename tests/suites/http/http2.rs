//! HTTP/2: the same answers, and the same bounds, in clear and over TLS.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use omsd::api::http::Limits;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::bare::{Bare, short};
use crate::peer::{PATIENCE, Peer, Running, Stream};

/// A connection in HTTP/2.
pub(crate) struct Peer2 {
    sender: SendRequest<Full<Bytes>>,
    ended: JoinHandle<hyper::Result<()>>,
}

impl Peer2 {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap()).await
    }

    pub(crate) async fn over(stream: impl Stream + 'static) -> Self {
        let io = TokioIo::new(stream);
        let (sender, connection) = handshake(TokioExecutor::new(), io).await.unwrap();
        let ended = tokio::spawn(connection);
        Self { sender, ended }
    }

    /// Sends a request; what comes of it can be waited for.
    pub(crate) fn ask(
        &self,
        method: &str,
        uri: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> JoinHandle<hyper::Result<http::Response<Incoming>>> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.to_owned())).unwrap();
        let mut sender = self.sender.clone();
        tokio::spawn(async move {
            sender.ready().await?;
            sender.send_request(request).await
        })
    }

    /// The status of an answer that comes.
    pub(crate) async fn status(&self, method: &str, uri: &str) -> u16 {
        let asked = timeout(PATIENCE, self.ask(method, uri, &[], ""));
        let response = asked.await.unwrap().unwrap().unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        response.status().as_u16()
    }

    /// Waits until the daemon ends the connection.
    async fn ended(self) {
        // Whether it ends with an error or without depends on what was under way.
        drop(timeout(PATIENCE, self.ended).await.unwrap().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_many_requests_side_by_side() {
    let running = Running::start().await;
    let peer = Peer2::connect(running.address).await;
    let token = format!("Bearer {}", running.token);
    let asked = [
        ("GET", "/healthz", "", 200),
        ("POST", "/api/queues/", "", 401),
        ("POST", "/api/accounts/", &*token, 400),
        ("GET", "/nothing", "", 404),
        ("GET", "/api/status/", &*token, 200),
        ("DELETE", "/healthz", "", 405),
    ]
    .map(|(method, path, token, expected)| {
        let uri = format!("http://localhost{path}");
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(Some(("authorization", token)).filter(|(_, token)| !token.is_empty()));
        (peer.ask(method, &uri, &headers, "{}"), path, expected)
    });
    for (asked, path, expected) in asked {
        let response = timeout(PATIENCE, asked).await.unwrap().unwrap().unwrap();
        assert_eq!(response.status(), expected, "{path}");
        assert!(response.headers().contains_key("x-request-id"));
        response.into_body().collect().await.unwrap();
    }
    assert_eq!(peer.status("GET", "http://evil.example/healthz").await, 421);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_whole_however_large_it_is() {
    let bare = Bare::start(Limits::default()).await;
    let peer = Peer2::connect(bare.address).await;
    let asked = peer.ask("GET", "http://localhost/large", &[], "").await;
    let response = asked.unwrap().unwrap();
    assert_eq!(response.headers()["content-length"], "67108864");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.len() == 64 * 1024 * 1024 && body.iter().all(|byte| *byte == b'x'));
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed() {
    let bare = Bare::start(short()).await;
    Peer2::connect(bare.address).await.ended().await;
    let used = Peer2::connect(bare.address).await;
    assert_eq!(used.status("GET", "http://localhost/").await, 200);
    used.ended().await;
    // The preface, and half of a head that goes on with a frame that never comes.
    let mut half = Peer::connect(bare.address).await;
    half.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        .await;
    half.send(b"\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82").await;
    assert!(!half.rest().await.starts_with(b"HTTP/1.1"));
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_is_given_up() {
    let bare = Bare::start(Limits {
        connections: 1,
        ..short()
    })
    .await;
    let deaf = Peer2::connect(bare.address).await;
    let asked = deaf.ask("GET", "http://localhost/known/large", &[], "");
    let unread = timeout(PATIENCE, asked).await.unwrap().unwrap().unwrap();
    // There is one place, so this one is served once the other has lost its own.
    let mut next = Peer::connect(bare.address).await;
    next.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    assert_eq!(next.reply(false).await.text(), "small");
    assert!(unread.into_body().collect().await.is_err());
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_bounded_over_all_connections() {
    let bare = Bare::start(Limits {
        connections: 2,
        ..short()
    })
    .await;
    let (one, other) = (
        Peer2::connect(bare.address).await,
        Peer2::connect(bare.address).await,
    );
    let begun = "http://localhost/known/begun";
    let mut unread = Vec::new();
    for peer in [&one, &other] {
        let asked = timeout(PATIENCE, peer.ask("GET", begun, &[], ""));
        let response = asked.await.unwrap().unwrap().unwrap();
        assert_eq!(response.status(), 200);
        unread.push(response);
    }
    let asked = timeout(PATIENCE, one.ask("GET", begun, &[], ""));
    let refused = asked.await.unwrap().unwrap().unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "2");
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_strangers_keep_nobody_from_a_place() {
    let bare = Bare::start(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let stranger = Peer2::connect(bare.address).await;
    let mut unread = Vec::new();
    for _ in 0..2 {
        let asked = stranger.ask("GET", "http://localhost/large", &[], "");
        unread.push(timeout(PATIENCE, asked).await.unwrap().unwrap().unwrap());
    }
    let peer = Peer2::connect(bare.address).await;
    assert_eq!(peer.status("GET", "http://localhost/").await, 200);
    for response in unread {
        assert!(response.into_body().collect().await.is_err());
    }
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_large_is_refused_and_nothing_else_ends() {
    let bare = Bare::start(Limits::default()).await;
    let peer = Peer2::connect(bare.address).await;
    let long = "x".repeat(40 * 1024);
    let asked = peer.ask("GET", "http://localhost/", &[("x-long", &long)], "");
    let told = timeout(PATIENCE, asked).await.unwrap().unwrap();
    assert!(
        told.is_err() || told.is_ok_and(|response| response.status() == 431),
        "it is answered"
    );
    let another = Peer2::connect(bare.address).await;
    assert_eq!(another.status("GET", "http://localhost/").await, 200);
    bare.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_cuts_off_what_does_not_end() {
    let bare = Bare::start(short()).await;
    let peer = Peer2::connect(bare.address).await;
    let held = peer.ask("POST", "http://localhost/never", &[], "");
    assert_eq!(peer.status("GET", "http://localhost/").await, 200);
    bare.stop().await;
    assert!(timeout(PATIENCE, held).await.unwrap().unwrap().is_err());
    peer.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_begins_a_connection_or_is_refused() {
    let bare = Bare::start(short()).await;
    let mut peer = Peer::connect(bare.address).await;
    peer.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    assert_eq!(peer.reply(false).await.text(), "small");
    peer.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        .await;
    assert_eq!(peer.rest().await, b"");
    bare.stop().await;
}
