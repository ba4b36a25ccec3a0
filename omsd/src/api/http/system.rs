//! How the daemon stands: for people, for service managers, for Prometheus.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response as HttpResponse};
use oms_proto::actor::HttpUser;
use oms_proto::request::{EventList, StatusShow};
use oms_proto::{Actor, Request, Response};
use serde::Serialize;

use super::answer::{Answer, Refusal, json};
use super::auth::Known;
use super::{Shared, unexpected};
use crate::service::{Caller, Role};

/// The media type of the text that Prometheus reads.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

fn well() -> HttpResponse {
    json(StatusCode::OK, &Health { status: "ok" })
}

/// `GET /healthz`: the process is up. Open to everybody, and tells nothing else.
pub(super) async fn healthz() -> HttpResponse {
    well()
}

/// `GET /readyz`: the daemon takes work; it is not stopping and reads its database. Open to
/// everybody, and tells nothing else.
pub(super) async fn readyz(State(shared): State<Shared>) -> Answer {
    if shared.stopping.is_cancelled() {
        return Err(Refusal::unavailable("omsd is stopping"));
    }
    let prober = Caller {
        role: Role::Viewer,
        actor: Actor::Http(HttpUser { token: None }),
    };
    let latest = EventList {
        since: None,
        limit: 1,
    };
    match shared.ask(&prober, Request::EventList(latest)).await {
        Ok(_) => Ok(well()),
        Err(_) => Err(Refusal::unavailable("omsd cannot read its database")),
    }
}

/// `GET /api/status/`
pub(super) async fn status(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    match shared
        .ask(&caller, Request::StatusShow(StatusShow {}))
        .await?
    {
        Response::Status(mut status) => {
            status.draining |= shared.stopping.is_cancelled();
            Ok(json(StatusCode::OK, &status))
        }
        _ => Err(unexpected()),
    }
}

/// `GET /metrics`
pub(super) async fn metrics(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    caller.check(&Request::StatusShow(StatusShow {}))?;
    let text = shared.metrics.render().map_err(|_| unexpected())?;
    Ok(([(CONTENT_TYPE, METRICS_TYPE)], text).into_response())
}
