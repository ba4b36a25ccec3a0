//! How the daemon stands: for people, for service managers, for Prometheus.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response as HttpResponse};
use oms_proto::Actor;
use oms_proto::actor::HttpUser;
use oms_proto::request::{EventList, StatusShow, TakeOver};
use serde::Serialize;

use super::Shared;
use super::answer::{Answer, Refusal, json, no_content};
use super::auth::Known;
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

/// `GET /readyz`: the daemon takes work; it is not stopping, and its database is where it was and can
/// be read. Open to everybody, and tells nothing else.
pub(super) async fn readyz(State(shared): State<Shared>) -> Answer {
    if shared.stopping.is_cancelled() {
        return Err(Refusal::unavailable("omsd is stopping"));
    }
    if !shared.service.health().is_ready() {
        return Err(Refusal::unavailable("omsd has lost its database"));
    }
    let prober = Caller {
        role: Role::Viewer,
        actor: Actor::Http(HttpUser { token: None }),
    };
    let latest = EventList {
        since: None,
        limit: 1,
        ..EventList::default()
    };
    match shared.service.ask(&prober, latest).await {
        Ok(_) => Ok(well()),
        Err(_) => Err(Refusal::unavailable("omsd cannot read its database")),
    }
}

/// `GET /api/status/`
pub(super) async fn status(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    let mut status = shared.service.ask(&caller, StatusShow {}).await?;
    status.draining |= shared.stopping.is_cancelled();
    Ok(json(StatusCode::OK, &status))
}

/// `POST /api/takeover/`
pub(super) async fn take_over(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    shared.service.ask(&caller, TakeOver {}).await?;
    Ok(no_content())
}

/// `GET /metrics`
pub(super) async fn metrics(State(shared): State<Shared>) -> Answer {
    (shared.gauges)();
    let text = shared.metrics.render().map_err(|_| Refusal::internal())?;
    Ok(([(CONTENT_TYPE, METRICS_TYPE)], text).into_response())
}
