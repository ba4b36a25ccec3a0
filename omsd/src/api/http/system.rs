//! How the daemon stands: for people, for service managers, for Prometheus.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response as HttpResponse};
use oms_proto::Actor;
use oms_proto::actor::HttpUser;
use oms_proto::request::{EventList, StatusShow, TakeOver};
use serde::Serialize;

use super::Shared;
use super::accept::Accept;
use super::answer::{Answer, Refusal, json, no_content};
use super::auth::Known;
use crate::service::{Caller, Role};

/// The media type of the text that Prometheus asks for.
const OPEN_METRICS: &str = "application/openmetrics-text";

/// The same with its version.
const OPEN_METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The older text, for whoever does not ask for the newer one.
const PLAIN_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

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
    let prober = Caller::standing(Role::Viewer, Actor::Http(HttpUser::default()));
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
pub(super) async fn metrics(State(shared): State<Shared>, headers: HeaderMap) -> Answer {
    (shared.gauges)();
    let text = shared.metrics.render().map_err(|_| Refusal::internal())?;
    if Accept::of(&headers).names(OPEN_METRICS) {
        return Ok(([(CONTENT_TYPE, OPEN_METRICS_TYPE)], text).into_response());
    }
    Ok(([(CONTENT_TYPE, PLAIN_TYPE)], plain(&text)).into_response())
}

/// The older text says of a counter what the newer one says of its name without `_total`, and knows
/// neither units nor an end.
fn plain(text: &str) -> String {
    let counters: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut plain = String::with_capacity(text.len());
    for line in text.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let about = ["# HELP ", "# TYPE "].into_iter().find_map(|about| {
            let (name, rest) = line.strip_prefix(about)?.split_once(' ')?;
            counters.contains(name).then_some((about, name, rest))
        });
        match about {
            Some((about, name, rest)) => {
                plain.extend([about, name, "_total ", rest]);
            }
            None => plain.push_str(line),
        }
        plain.push('\n');
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_have_their_whole_name_in_the_older_text() {
        let open = "# HELP a Things.\n# TYPE a counter\n# UNIT a bytes\na_total 1\n# HELP b B.\n\
                    # TYPE b gauge\nb 2\n# EOF\n";
        let told = "# HELP a_total Things.\n# TYPE a_total counter\na_total 1\n# HELP b B.\n\
                    # TYPE b gauge\nb 2\n";
        assert_eq!(plain(open), told);
    }
}
