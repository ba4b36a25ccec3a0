//! Reads a request's body as JSON: bounded in size and time, and precise about what is wrong.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use oms_proto::{ErrorCode, WireError};
use serde::de::DeserializeOwned;

use super::answer::Refusal;

/// The largest body in bytes: an entry's user data has at most 49,149, an account's certificates
/// some ten thousand, so this is plenty, and small enough for every connection to send one.
pub(super) const BODY_MAX_BYTES: usize = 1024 * 1024;

/// How long the whole body may take. At 1 MiB that is a slow line of today; a sender that
/// trickles must not hold its connection for ever.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A body in JSON; an empty one is `None`.
pub(super) struct JsonBody<T>(pub(super) Option<T>);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let Some(bytes) = read(request).await? else {
            return Ok(Self(None));
        };
        parse(&bytes, b'{', "object").map(|value| Self(Some(value)))
    }
}

/// A body that is a list in JSON.
pub(super) struct JsonList<T>(pub(super) Vec<T>);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for JsonList<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        match read(request).await? {
            Some(bytes) => parse(&bytes, b'[', "list").map(Self),
            None => Err(Refusal::invalid("the body is empty; send a JSON list")),
        }
    }
}

/// The body, unless it is empty.
async fn read(request: Request) -> Result<Option<Bytes>, Refusal> {
    let (parts, body) = request.into_parts();
    // What is announced too large is not waited for.
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > BODY_MAX_BYTES {
        return Err(too_large());
    }
    let body = Limited::new(body, BODY_MAX_BYTES);
    let bytes = match tokio::time::timeout(BODY_TIMEOUT, body.collect()).await {
        Ok(Ok(collected)) => collected.to_bytes(),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            return Err(too_large());
        }
        Ok(Err(_)) => return Err(Refusal::invalid("the body broke off or is malformed")),
        Err(_elapsed) => {
            return Err(Refusal::http(
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                format!(
                    "the body did not arrive within {} s",
                    BODY_TIMEOUT.as_secs()
                ),
            ));
        }
    };
    if bytes.is_empty() {
        return Ok(None);
    }
    check_type(&parts.headers)?;
    Ok(Some(bytes))
}

fn too_large() -> Refusal {
    let detail = format!("the body is larger than {BODY_MAX_BYTES} bytes");
    WireError::new(ErrorCode::TooLarge, detail).into()
}

impl<T> JsonBody<T> {
    /// The value, where an empty body makes no sense.
    pub(super) fn required(self) -> Result<T, Refusal> {
        self.0
            .ok_or_else(|| Refusal::invalid("the body is empty; send a JSON object"))
    }
}

/// Only JSON, and not compressed. Other types are not only of no use: they are what a foreign web
/// page could send without asking the browser.
fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let unsupported = |detail| {
        Refusal::http(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            detail,
        )
    };
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text(CONTENT_ENCODING) {
        None | Some("identity") => {}
        Some(other) => {
            return Err(unsupported(format!(
                "the encoding {other:?} is not understood"
            )));
        }
    }
    let given = text(CONTENT_TYPE).unwrap_or("none");
    let essence = given.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(unsupported(format!(
            "the body has the type {given:?}; send JSON with the header 'Content-Type: \
             application/json'"
        )));
    }
    Ok(())
}

/// Reads JSON that begins with `open`.
fn parse<T: DeserializeOwned>(bytes: &Bytes, open: u8, form: &str) -> Result<T, Refusal> {
    // A list would be taken for the fields of an object in their order.
    let fits = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&open);
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let malformed =
        |error: &serde_json::Error| Refusal::invalid(format!("malformed JSON: {error}"));
    if !fits {
        return Err(
            match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
                Ok(_) => Refusal::invalid(format!("the body is no JSON {form}")),
                Err(error) => malformed(&error),
            },
        );
    }
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.inner();
        if !inner.is_data() {
            return malformed(inner);
        }
        let message = inner.to_string();
        match missing(&message) {
            Some(field) if path == "." => Refusal::field(field, &*message),
            Some(field) => Refusal::field(&format!("{path}.{field}"), &*message),
            None if path == "." => Refusal::invalid(message),
            None => Refusal::field(&path, message),
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// The field that serde misses, if that is what its message says.
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}
