//! A server without a daemon behind it, to see its bounds at work.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use omsd::api::http::{Limits, Served, Server};
use omsd::telemetry::{Health, Metrics};
use omsd::tls::Tls;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server with bounds of its own and two paths.
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
            .route("/large", get(|| async { vec![b'x'; 64 * 1024 * 1024] }))
            .route("/never", post(std::future::pending::<()>));
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
