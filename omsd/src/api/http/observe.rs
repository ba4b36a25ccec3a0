//! Numbers, times, counts and logs every request, and sends the headers that every answer has.

use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::Shared;
use crate::telemetry::HttpRequest;

/// On every answer that says nothing else: private keys are kept nowhere, and nothing of it is run or
/// framed by a browser.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Passes a request on and looks at the answer.
pub(super) async fn observe(
    State(shared): State<Shared>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let number = shared.requests.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:08x}-{number}", shared.run_id);
    let method = known(request.method());
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let elapsed = begun.elapsed();
    let status = response.status().as_u16();
    shared.metrics.request(&HttpRequest {
        method,
        route: route.as_ref().map_or("none", MatchedPath::as_str),
        status,
        elapsed,
    });
    tracing::debug!(
        request.id = id,
        http.method = method,
        http.path = path,
        http.status = status,
        elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        let said = HeaderValue::from_static(value);
        headers.entry(name).or_insert(said);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    response
}

/// The method as a label; there are endless others.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
