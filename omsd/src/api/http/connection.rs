//! One connection: TLS where there is a certificate, then HTTP/2 or HTTP/1.1, as the peer prefers.
//! Driven through hyper itself, because that is where a half-sent head can be given a deadline.
//!
//! Over TLS the handshake says which version is spoken (ALPN); in clear it is the connection's first
//! line (RFC 9113, section 3.3). Every wait for the peer has a bound, in either version.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::answer::Refusal;
use super::arrival::Arrival;
use super::crowd::{Crowd, Seat};
use super::io::WriteDeadline;
use super::limits::Limits;
use super::streams::Unwanted;
use super::worded::Worded;
use crate::telemetry::Metrics;
use crate::tls::{self, Tls};

/// The largest head of a request in bytes; tokens and names are short.
const HEAD_MAX_BYTES: u16 = 32 * 1024;

/// How a connection in HTTP/2 begins (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Requests at a time in one connection of HTTP/2; a browser with a page of ours has a handful.
const STREAMS_MAX: u32 = 64;

/// Requests that a peer has taken back and that are not forgotten yet; more of them end the connection
/// (CVE-2023-44487).
const RESETS_MAX: usize = 32;

/// What a peer of HTTP/2 may send before we have taken it, for one request and for all of them.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// What is kept of one answer for a peer of HTTP/2 that does not take it.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Bytes of a request in clear that are read before it is refused.
const CLEAR_BYTES: usize = 16 * 1024;

/// All that connections have in common.
pub(super) struct Serving {
    pub(super) router: Router,
    pub(super) limits: Limits,
    pub(super) tls: Option<Tls>,
    pub(super) metrics: Metrics,
    pub(super) crowd: Crowd,
    /// Told when the daemon stops.
    pub(super) stopping: CancellationToken,
}

impl Serving {
    /// Serves a connection until its end.
    pub(super) async fn serve(&self, connection: TcpStream, mut arrival: Arrival, seat: Seat) {
        // Answers are written whole; waiting for more to fill a packet only delays them.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "could not set TCP_NODELAY");
        }
        let Some(tls) = &self.tls else {
            let connection = WriteDeadline::new(connection, self.limits.write);
            return self.http1(connection, arrival, seat).await;
        };
        let taken = tokio::select! {
            taken = timeout(self.limits.handshake, self.take(connection, tls)) => taken,
            () = self.stopping.cancelled() => return,
        };
        let connection = match taken {
            Ok(Ok(Some(connection))) => connection,
            // Who only looks whether somebody listens, as health checks do, has not failed.
            Ok(Ok(None)) => return,
            Ok(Err(error)) => {
                self.metrics.handshake_failed();
                return tracing::debug!(%error, peer = %arrival.peer, "no TLS came about");
            }
            Err(_elapsed) => {
                self.metrics.handshake_failed();
                return tracing::debug!(peer = %arrival.peer, "no TLS came about in time");
            }
        };
        arrival.certificate = Some(tls.presented().now());
        let (_, session) = connection.get_ref();
        if session.alpn_protocol() == Some(tls::HTTP2) {
            self.http2(connection, arrival, seat).await;
        } else {
            self.http1(connection, arrival, seat).await;
        }
    }

    /// Takes a connection over TLS; `None` where the peer leaves without a word. Who begins in clear is
    /// told so; that can only be a mistake.
    async fn take(
        &self,
        mut connection: TcpStream,
        tls: &Tls,
    ) -> io::Result<Option<tokio_rustls::server::TlsStream<WriteDeadline<TcpStream>>>> {
        let mut first = [0];
        if connection.peek(&mut first).await? == 0 {
            return Ok(None);
        }
        if first.first().is_some_and(u8::is_ascii_uppercase) {
            refuse_clear(&mut connection).await?;
            return Err(io::Error::other("the peer speaks HTTP in clear"));
        }
        let connection = WriteDeadline::new(connection, self.limits.write);
        tls.acceptor().accept(connection).await.map(Some)
    }

    /// Serves in HTTP/1.1, unless the peer begins in HTTP/2.
    async fn http1(
        &self,
        connection: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        arrival: Arrival,
        seat: Seat,
    ) {
        let asked = AtomicBool::new(false);
        let service = service_fn(|request| {
            asked.store(true, Ordering::Relaxed);
            let open = seat.streams.open(None);
            let answer = answer(self.router.clone(), request, arrival.clone(), &seat);
            async move {
                let response = answer.await?;
                Ok::<_, Infallible>(response.map(|body| open.answer(body)))
            }
        });
        let mut serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_buf_size(HEAD_MAX_BYTES.into())
            .serve_connection(TokioIo::new(Worded::new(connection)), service);
        let ended = tokio::select! {
            ended = &mut serving => ended,
            () = self.stopping.cancelled() => {
                std::pin::Pin::new(&mut serving).graceful_shutdown();
                (&mut serving).await
            }
        };
        let Err(error) = ended else { return };
        let parts = serving.into_parts();
        if parts.read_buf.starts_with(PREFACE) && !asked.load(Ordering::Relaxed) {
            let (read, write) = tokio::io::split(parts.io.into_inner().into_inner());
            let read = io::Cursor::new(parts.read_buf).chain(read);
            return self
                .http2(tokio::io::join(read, write), arrival, seat)
                .await;
        }
        broke_off(&error);
    }

    /// Serves in HTTP/2.
    async fn http2(
        &self,
        connection: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        arrival: Arrival,
        seat: Seat,
    ) {
        let streams = seat.streams.clone();
        streams.in_pieces();
        let (router, crowd) = (&self.router, self.crowd.clone());
        let service = service_fn(move |request| {
            let answer = answer(router.clone(), request, arrival.clone(), &seat);
            let (crowd, streams) = (crowd.clone(), seat.streams.clone());
            async move {
                let Some(place) = crowd.request().await else {
                    return Ok(Refusal::unavailable("too many requests at a time").into_response());
                };
                let open = streams.open(Some(place));
                let response = answer.await?;
                Ok::<_, Infallible>(response.map(|body| open.answer(body)))
            }
        });
        let Limits { head, write, .. } = self.limits;
        let mut serving = pin!(
            http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS_MAX)
                .max_header_list_size(HEAD_MAX_BYTES.into())
                .max_pending_accept_reset_streams(RESETS_MAX)
                .max_local_error_reset_streams(RESETS_MAX)
                .initial_stream_window_size(STREAM_WINDOW_BYTES)
                .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
                .max_send_buf_size(SEND_BUFFER_BYTES)
                .keep_alive_interval(head)
                .keep_alive_timeout(write)
                .serve_connection(TokioIo::new(connection), service)
        );
        tokio::select! {
            ended = &mut serving => return ended.unwrap_or_else(|error| broke_off(&error)),
            unwanted = streams.unwanted(head, write) => if unwanted == Unwanted::Unread {
                return tracing::debug!("the peer does not read its answer");
            },
            () = self.stopping.cancelled() => {}
        }
        serving.as_mut().graceful_shutdown();
        match timeout(write, serving).await {
            Ok(ended) => ended.unwrap_or_else(|error| broke_off(&error)),
            Err(_elapsed) => tracing::debug!("a connection of HTTP/2 did not end in time"),
        }
    }
}

fn answer(
    router: Router,
    request: Request<Incoming>,
    arrival: Arrival,
    seat: &Seat,
) -> impl Future<Output = Result<Response, Infallible>> + use<> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(arrival);
    request.extensions_mut().insert(seat.acquaintance.clone());
    router.oneshot(request)
}

/// Peers hang up, are slow or send nonsense; none of it is the daemon's trouble.
fn broke_off(error: &hyper::Error) {
    tracing::debug!(%error, "an HTTP connection broke off");
}

/// Tells a peer that begins in clear what is spoken here.
async fn refuse_clear(connection: &mut TcpStream) -> io::Result<()> {
    // What was sent and not read would cut the answer off.
    let mut request = vec![0; CLEAR_BYTES];
    if connection.read(&mut request).await? == 0 {
        return Ok(());
    }
    let status = StatusCode::BAD_REQUEST;
    let detail = "omsd speaks TLS here, and this request came in clear; ask by https://";
    let body = Refusal::http(status, "tls_required", detail).body();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    connection
        .write_all(&[head.as_bytes(), &body].concat())
        .await?;
    connection.shutdown().await
}
