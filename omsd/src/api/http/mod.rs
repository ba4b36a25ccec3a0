//! The REST interface: paths, and the order in which a request passes the layers.
//!
//! `server` takes connections, `crowd` bounds them; `observe` numbers, times and counts requests;
//! `guard` keeps foreign web pages out; `accept` finds the form that is wanted; `routes` is the table of all paths; `auth` finds out who
//! asks and whether they may; the handlers turn paths and JSON into requests to [`Service`] and
//! answers into JSON. None of them decides anything.

mod accept;
mod accounts;
mod answer;
mod arrival;
mod auth;
mod body;
mod connection;
mod crowd;
mod events;
mod forwarded;
mod gc;
mod guard;
mod instances;
mod io;
mod limits;
mod observe;
mod openapi;
mod pages;
mod passes;
mod query;
mod queues;
mod route;
mod routes;
mod server;
mod streams;
mod system;
mod worded;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::any;
use oms_proto::{ErrorCode, WireError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::service::Service;
use crate::telemetry::Metrics;
use crate::web::{self, Site};
use answer::Refusal;

pub use arrival::Trust;
pub use limits::Limits;
pub use route::Route;
pub use routes::ROUTES;
pub use server::{Served, Server};

/// Of so many connections one may be an event stream; the others are for requests.
const STREAMS_SHARE: usize = 4;

/// Of so many connections one may have a request that waits for its entry.
const WAITS_SHARE: usize = 2;

/// From so many bytes on an answer is compressed; a packet holds no fewer.
const COMPRESSED_FROM: u16 = 1024;

/// What the REST interface is made of.
pub struct Parts {
    /// What the web page is made of: also what answers requests, and who is let in.
    pub site: Arc<Site>,
    /// What is counted.
    pub metrics: Metrics,
    /// Brings the gauges among the metrics up to date.
    pub gauges: Arc<dyn Fn() + Send + Sync>,
    /// Told when the daemon stops: streams and waits end.
    pub stopping: CancellationToken,
    /// Differs from start to start of the daemon; the first half of request ids.
    pub run_id: u32,
    /// Connections that there may be at a time.
    pub connections: usize,
    /// Which names are ours, and which proxies are believed.
    pub trust: Trust,
}

struct Api {
    service: Service,
    site: Arc<Site>,
    metrics: Metrics,
    gauges: Arc<dyn Fn() + Send + Sync>,
    stopping: CancellationToken,
    streams: Arc<Semaphore>,
    waits: Arc<Semaphore>,
    run_id: u32,
    requests: AtomicU64,
    trust: Trust,
}

type Shared = Arc<Api>;

/// The whole REST interface.
pub fn router(parts: Parts) -> Router {
    let shared = Arc::new(Api {
        service: parts.site.service.clone(),
        site: parts.site,
        metrics: parts.metrics,
        gauges: parts.gauges,
        stopping: parts.stopping,
        streams: Arc::new(Semaphore::new((parts.connections / STREAMS_SHARE).max(1))),
        waits: Arc::new(Semaphore::new((parts.connections / WAITS_SHARE).max(1))),
        run_id: parts.run_id,
        requests: AtomicU64::new(0),
        trust: parts.trust,
    });
    let mut router = Router::new();
    let mut paths = BTreeSet::new();
    for route in ROUTES {
        let bare = route.path.strip_suffix('/');
        if let Some(bare) = bare.filter(|_| paths.insert(route.path)) {
            router = router.route(bare, any(add_slash));
        }
        router = router.route(route.path, route.methods(&shared));
    }
    router
        .merge(web::router(Arc::clone(&shared.site)))
        .fallback(|| async { Refusal::not_found() })
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(Arc::clone(&shared), accept::accept))
        .layer(compression())
        .layer(from_fn_with_state(Arc::clone(&shared), guard::guard))
        .layer(from_fn_with_state(Arc::clone(&shared), observe::observe))
        .with_state(shared)
}

/// Answers of some size are sent compressed to who accepts it; streams of events are not, for they
/// are to arrive one by one.
fn compression() -> CompressionLayer<impl Predicate> {
    let worth = SizeAbove::new(COMPRESSED_FROM).and(NotForContentType::SSE);
    CompressionLayer::new().gzip(true).compress_when(worth)
}

/// Sends a client to the path with a slash at its end, as the 2016 interface did; others than
/// readers are told to repeat the very same request there.
async fn add_slash(request: HttpRequest) -> HttpResponse {
    let uri = request.uri();
    let query = uri.query().map(|query| format!("?{query}"));
    let place = format!("{}/{}", uri.path(), query.unwrap_or_default());
    let status = match *request.method() {
        Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
        _ => StatusCode::PERMANENT_REDIRECT,
    };
    let mut response = status.into_response();
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// A path that exists, and a method that it does not know. The router adds `Allow`.
async fn not_allowed(request: HttpRequest) -> HttpResponse {
    if request.method() == Method::OPTIONS {
        return answer::no_content();
    }
    Refusal::from(WireError::new(
        ErrorCode::MethodNotAllowed,
        format!("Method \"{}\" not allowed.", request.method()),
    ))
    .into_response()
}
