//! A server without a daemon behind it, to see its bounds at work.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{get, post};
use futures::{StreamExt, stream};
use omsd::access::Acquaintance;
use omsd::api::http::{Limits, Served, Server};
use omsd::telemetry::{Health, Metrics};
use omsd::tls::Tls;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server with bounds of its own and some paths; who asks for one below `/known` is known.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: Metrics,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Bare {
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::start_with(limits, None).await
    }

    pub(crate) async fn start_with(limits: Limits, tls: Option<Tls>) -> Self {
        let router = Router::new()
            .route("/", get(|| async { "small" }))
            .route("/large", get(large))
            .route("/never", post(std::future::pending::<()>))
            .route("/known/", get(known))
            .route("/known/large", get(known_large))
            .route("/known/begun", get(known_begun));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let metrics = Metrics::new();
        let parts = Served {
            router,
            limits,
            tls,
            health: Health::default(),
            metrics: metrics.clone(),
        };
        let server = Server::new(listener, parts).unwrap();
        let address = server.address();
        let stop = CancellationToken::new();
        let ended = tokio::spawn(server.run(stop.clone()));
        Self {
            address,
            metrics,
            stop,
            ended,
        }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.ended.await.unwrap();
    }
}

async fn known(request: Request) -> &'static str {
    Acquaintance::note(request.extensions());
    "known"
}

async fn known_large(request: Request) -> Vec<u8> {
    known(request).await;
    large().await
}

/// An answer that begins and does not end.
async fn known_begun(request: Request) -> Body {
    let begun = Ok::<_, Infallible>(known(request).await);
    Body::from_stream(stream::iter([begun]).chain(stream::pending()))
}

async fn large() -> Vec<u8> {
    vec![b'x'; 64 * 1024 * 1024]
}

/// Bounds that are soon reached.
pub(crate) fn short() -> Limits {
    Limits {
        handshake: Duration::from_millis(200),
        head: Duration::from_millis(200),
        write: Duration::from_millis(200),
        drain: Duration::from_millis(200),
        ..Limits::default()
    }
}
