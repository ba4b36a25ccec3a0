//! Takes connections and serves the router on them, every one bounded in time and all of them in
//! number. Driven through hyper itself, because that is where a half-sent head can be given a
//! deadline.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::answer::Refusal;
use super::io::WriteDeadline;
use super::worded::Worded;
use crate::access::Peer;
use crate::telemetry::Health;

/// The bounds of connections.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time; further ones wait in the kernel's queue. A quarter of the files that the
    /// process may have open, see [`crate::places`].
    pub connections: usize,
    /// How long a connection may take to send a request's head, counted from when it was opened
    /// or the request before was answered; so it is how long an idle one is kept, too.
    pub head: Duration,
    /// How long a peer may leave an answer unread.
    pub write: Duration,
    /// How long requests may go on when the daemon stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(30),
            write: Duration::from_secs(30),
            drain: Duration::from_secs(5),
        }
    }
}

/// The largest head of a request in bytes; tokens and names are short.
const HEAD_MAX_BYTES: usize = 32 * 1024;

/// How a connection in HTTP/2 begins (RFC 9113, section 3.4).
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n";

/// The pause after a connection could not be taken, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener with what it serves.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    limits: Limits,
    health: Health,
}

impl Server {
    /// Serves on a listener.
    ///
    /// # Errors
    /// A listener that does not know its address.
    pub fn new(
        listener: TcpListener,
        router: Router,
        limits: Limits,
        health: Health,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            address,
            router,
            limits,
            health,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told to stop; then lets requests finish for [`Limits::drain`].
    pub async fn run(self, stopping: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let connections = TaskTracker::new();
        let cut = CancellationToken::new();
        while let Some((connection, peer, place)) = self.next(&places, &stopping).await {
            let serving = serve(
                connection,
                Peer(peer.ip().to_canonical()),
                self.router.clone(),
                self.limits.clone(),
                stopping.clone(),
            );
            let cut = cut.clone();
            connections.spawn(async move {
                tokio::select! {
                    () = serving => {}
                    () = cut.cancelled() => {}
                }
                drop(place);
            });
        }
        drop(self.listener);
        connections.close();
        if tokio::time::timeout(self.limits.drain, connections.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                connections = connections.len(),
                "cutting HTTP connections off"
            );
            cut.cancel();
            connections.wait().await;
        }
    }

    /// The next connection, and its place among those at a time.
    async fn next(
        &self,
        places: &Arc<Semaphore>,
        stopping: &CancellationToken,
    ) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
        let next = async {
            let place = Arc::clone(places).acquire_owned().await.ok()?;
            loop {
                match self.listener.accept().await {
                    Ok((connection, peer)) => return Some((connection, peer, place)),
                    Err(error) => {
                        if !self.health.is_lack(&error) {
                            tracing::warn!(%error, "could not take an HTTP connection");
                        }
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        };
        tokio::select! {
            next = next => next,
            () = stopping.cancelled() => None,
        }
    }
}

async fn serve(
    connection: TcpStream,
    peer: Peer,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    // Answers are written whole; waiting for more to fill a packet only delays them.
    if let Err(error) = connection.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let io = TokioIo::new(Worded::new(WriteDeadline::new(connection, limits.write)));
    let router = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    });
    let mut serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_MAX_BYTES)
        .serve_connection(io, TowerToHyperService::new(router));
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = stopping.cancelled() => {
            Pin::new(&mut serving).graceful_shutdown();
            (&mut serving).await
        }
    };
    let Err(error) = ended else { return };
    // Peers hang up, are slow or send nonsense; none of it is the daemon's trouble.
    tracing::debug!(%error, "an HTTP connection broke off");
    let parts = serving.into_parts();
    if parts.read_buf.starts_with(HTTP2) {
        refuse_http2(parts.io.into_inner()).await;
    }
}

/// Tells a peer that begins in HTTP/2 what is spoken here; hyper closes such a connection without a
/// word. How long it may take is bounded as for every answer.
async fn refuse_http2(mut connection: impl AsyncWrite + Unpin) {
    let status = StatusCode::HTTP_VERSION_NOT_SUPPORTED;
    let detail = "omsd speaks HTTP/1.1 here, and this began in HTTP/2; ask in HTTP/1.1, as \
                  'curl --http1.1' does";
    let body = Refusal::http(status, "http_version_not_supported", detail).body();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    let answer = [head.as_bytes(), &body].concat();
    let told = async {
        connection.write_all(&answer).await?;
        connection.shutdown().await
    };
    if let Err(error) = told.await {
        tracing::debug!(%error, "a peer that began in HTTP/2 did not read what is spoken here");
    }
}
