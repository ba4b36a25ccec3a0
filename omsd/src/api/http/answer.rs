//! What is sent back: JSON always, refusals included.
//!
//! A refusal is `{"detail": "...", "code": "..."}`. One that concerns fields of the body or of the
//! query is `{"field": ["...", ...], ...}` with status 400 and nothing else, as the 2016 interface
//! had it: a client tells the two apart by `detail`, which is no field of ours.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use oms_proto::{ErrorCode, WireError};
use serde::Serialize;

use crate::service::http_status;

/// What a handler gives.
pub(super) type Answer = Result<Response, Refusal>;

/// How long a client should stay away that was refused for want of room, in seconds.
const RETRY_AFTER_SECONDS: &str = "2";

/// A refusal.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    detail: String,
    fields: BTreeMap<String, Vec<String>>,
    header: Option<(HeaderName, &'static str)>,
}

#[derive(Serialize)]
struct Detail<'a> {
    detail: &'a str,
    code: &'a str,
}

impl Refusal {
    /// A refusal with a code that only HTTP has.
    pub(super) fn http(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            fields: BTreeMap::new(),
            header: None,
        }
    }

    /// Its body, where no field is at fault.
    pub(super) fn body(&self) -> Vec<u8> {
        let detail = Detail {
            detail: &self.detail,
            code: self.code,
        };
        // Two texts always have a JSON form.
        serde_json::to_vec(&detail).unwrap_or_default()
    }

    /// There is nothing here; in the words of the 2016 interface.
    pub(super) fn not_found() -> Self {
        WireError::new(ErrorCode::NotFound, "Not found.").into()
    }

    /// The refusal; what is not there is told in the words of the 2016 interface.
    pub(super) fn not_found_or(error: WireError) -> Self {
        if error.code == ErrorCode::NotFound {
            return Self::not_found();
        }
        error.into()
    }

    /// A field of the body or of the query is at fault.
    pub(super) fn field(name: &str, message: impl Into<String>) -> Self {
        WireError::field(name, message).into()
    }

    /// The request is not what it should be.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        WireError::new(ErrorCode::Invalid, detail).into()
    }

    /// The caller is not known.
    pub(super) fn unauthorized(detail: impl Into<String>, challenge: &'static str) -> Self {
        let mut refusal = Self::from(WireError::new(ErrorCode::Unauthorized, detail));
        refusal.header = Some((WWW_AUTHENTICATE, challenge));
        refusal
    }

    /// The daemon failed at what cannot fail.
    pub(super) fn internal() -> Self {
        WireError::new(ErrorCode::Internal, "omsd failed to answer this").into()
    }

    /// There is no room, or the daemon stops.
    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        WireError::new(ErrorCode::Unavailable, detail).into()
    }
}

impl From<WireError> for Refusal {
    fn from(error: WireError) -> Self {
        let status = StatusCode::from_u16(http_status(error.code));
        let wait = matches!(error.code, ErrorCode::Unavailable);
        Self {
            status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: error.code.as_str(),
            detail: error.detail,
            fields: error.fields,
            header: wait.then_some((RETRY_AFTER, RETRY_AFTER_SECONDS)),
        }
    }
}

/// What was refused, left beside the answer for whoever puts it in another form.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) detail: String,
    pub(super) fields: BTreeMap<String, Vec<String>>,
}

/// A refusal as RFC 9457 has it.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: &'a BTreeMap<String, Vec<String>>,
}

impl Refused {
    /// As RFC 9457 has it, with the headers that the refusal had.
    pub(super) fn problem(&self, mut was: Response) -> Response {
        let problem = Problem {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Refused"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            errors: &self.fields,
        };
        let told = json(self.status, &problem);
        let kind = HeaderValue::from_static("application/problem+json");
        was.headers_mut().insert(CONTENT_TYPE, kind);
        was.headers_mut().remove(CONTENT_LENGTH);
        *was.body_mut() = told.into_body();
        was
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = if self.fields.is_empty() {
            let detail = Detail {
                detail: &self.detail,
                code: self.code,
            };
            json(self.status, &detail)
        } else {
            json(self.status, &self.fields)
        };
        response.extensions_mut().insert(Refused {
            status: self.status,
            code: self.code,
            detail: self.detail,
            fields: self.fields,
        });
        if let Some((name, value)) = self.header {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let bytes = match serde_json::to_vec(value) {
        Ok(bytes) => bytes,
        Err(error) => {
            // Views are plain data with text keys, which always have a JSON form.
            tracing::error!(%error, "failed to write an answer as JSON");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A JSON answer about something that was made, with its place.
pub(super) fn created(place: &str, value: &impl Serialize) -> Response {
    let mut response = json(StatusCode::CREATED, value);
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// An answer without a body.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
