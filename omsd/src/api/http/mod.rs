//! The REST interface: paths, and the order in which a request passes the layers.
//!
//! `server` takes connections and bounds them; `observe` numbers, times and counts requests;
//! `guard` keeps foreign web pages out; `auth` finds out who asks; the handlers turn paths and
//! JSON into requests to [`Service`] and answers into JSON. None of them decides anything.

mod accounts;
mod answer;
mod auth;
mod body;
mod events;
mod gc;
mod guard;
mod instances;
mod io;
mod observe;
mod pages;
mod query;
mod queues;
mod server;
mod system;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::{MethodRouter, any, get, post, put};
use oms_proto::{ErrorCode, Request, Response, WireError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::service::{Caller, Service};
use crate::telemetry::Metrics;
use answer::Refusal;

pub use auth::{Auth, IsAdminToken};
pub use server::{Limits, Server};

/// How long a request may take, but for those that wait on purpose. Everything below has shorter
/// deadlines of its own; this one keeps a mistake there from holding a connection for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of so many connections one may be an event stream; the others are for requests.
const STREAMS_SHARE: usize = 4;

/// What the REST interface is made of.
pub struct Parts {
    /// What answers requests.
    pub service: Service,
    /// Who is let in.
    pub auth: Auth,
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
}

struct Api {
    service: Service,
    auth: Auth,
    metrics: Metrics,
    gauges: Arc<dyn Fn() + Send + Sync>,
    stopping: CancellationToken,
    streams: Arc<Semaphore>,
    run_id: u32,
    requests: AtomicU64,
}

type Shared = Arc<Api>;

/// The whole REST interface.
pub fn router(parts: Parts) -> Router {
    let shared = Arc::new(Api {
        service: parts.service,
        auth: parts.auth,
        metrics: parts.metrics,
        gauges: parts.gauges,
        stopping: parts.stopping,
        streams: Arc::new(Semaphore::new((parts.connections / STREAMS_SHARE).max(1))),
        run_id: parts.run_id,
        requests: AtomicU64::new(0),
    });
    let mut router = Router::new()
        .route("/healthz", get(system::healthz))
        .route("/readyz", get(system::readyz))
        .route("/metrics", get(system::metrics));
    for (path, methods) in resources() {
        if let Some(bare) = path.strip_suffix('/') {
            router = router.route(bare, any(add_slash));
        }
        router = router.route(path, methods);
    }
    router
        .fallback(|| async { Refusal::not_found() })
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn(guard::guard))
        .layer(from_fn_with_state(Arc::clone(&shared), observe::observe))
        .with_state(shared)
}

fn resources() -> Vec<(&'static str, MethodRouter<Shared>)> {
    vec![
        ("/api/queues/", get(pages::list).post(queues::create)),
        (
            "/api/queues/{id}/",
            get(queues::show).delete(queues::delete),
        ),
        ("/api/queues/{id}/explain/", get(queues::explain)),
        ("/api/accounts/", get(accounts::list).post(accounts::add)),
        (
            "/api/accounts/{name}/",
            get(accounts::show)
                .patch(accounts::edit)
                .delete(accounts::remove),
        ),
        ("/api/accounts/{name}/maintenance/", put(accounts::maintain)),
        ("/api/accounts/{name}/test/", post(accounts::test)),
        ("/api/instances/", get(instances::list)),
        ("/api/instances/{id}/", get(instances::show)),
        ("/api/events/", get(events::events)),
        ("/api/gc/", get(gc::look).post(gc::collect)),
        ("/api/status/", get(system::status)),
    ]
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

impl Api {
    /// Asks the service.
    async fn ask(&self, caller: &Caller, request: Request) -> Result<Response, Refusal> {
        self.ask_within(PATIENCE, caller, request).await
    }

    /// Asks the service and waits so long for its answer.
    async fn ask_within(
        &self,
        patience: Duration,
        caller: &Caller,
        request: Request,
    ) -> Result<Response, Refusal> {
        let asked = self.service.handle(caller, request);
        match tokio::time::timeout(patience, asked).await {
            Ok(result) => Ok(result?),
            Err(_elapsed) => Err(WireError::new(
                ErrorCode::Timeout,
                format!(
                    "omsd did not finish this within {} s; it may still do it",
                    patience.as_secs()
                ),
            )
            .into()),
        }
    }
}

/// The service gave another kind of answer than was asked for.
fn unexpected() -> Refusal {
    tracing::error!("the service gave an answer of the wrong kind");
    WireError::new(ErrorCode::Internal, "omsd failed to answer this").into()
}
