//! What a page is sent as: its own content security policy, and a page for what cannot be shown.

use askama::Template;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use oms_proto::{ErrorCode, WireError};

use super::shell::Shell;
use super::stop::{Stop, redirect};
use crate::service::http_status;

/// Nothing from elsewhere, nothing inline, no frames.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    shell: Shell,
    title: String,
    text: String,
}

/// A page.
pub(super) fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// A page with a status.
pub(super) fn page_with(status: StatusCode, template: &impl Template) -> Response {
    let html = match template.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "failed to write a page");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = html.into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// A page that says why something is not shown.
pub(super) fn refused(shell: Shell, stop: Stop) -> Response {
    let error = match stop {
        Stop::Elsewhere(response) => return *response,
        Stop::Refused(error) => error,
    };
    let (title, text) = match error.code {
        ErrorCode::NotFound => (
            shell.l.not_found.to_owned(),
            shell.l.not_found_hint.to_owned(),
        ),
        ErrorCode::Forbidden => {
            let text = format!("{} {}", shell.l.forbidden_hint, error.detail);
            (shell.l.forbidden.to_owned(), text)
        }
        _ => (shell.l.failed.to_owned(), error.detail),
    };
    let status = StatusCode::from_u16(http_status(error.code));
    let message = Message { shell, title, text };
    page_with(
        status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        &message,
    )
}

/// The status that goes with a refusal of what a form has sent.
pub(super) fn status_of(error: Option<&WireError>) -> StatusCode {
    let status = error.map(|error| http_status(error.code));
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    status.unwrap_or(StatusCode::OK)
}

/// Sends the browser to a place, to be told there what was done.
pub(super) fn done(place: &str, what: &str, name: impl std::fmt::Display) -> Response {
    let name: String = form_urlencoded::byte_serialize(name.to_string().as_bytes()).collect();
    redirect(&format!("{place}?done={what}&n={name}"))
}
