//! Answers before they go onto the wire, and the ways to spoil them.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame as BodyFrame;
use oms_proto::Time;
use serde::Serialize;
use serde_json::{Value, json};

use super::hostile::hostile;
use super::render::Frame;
use crate::cloud::faults::Garbage;

/// The body type of all answers.
pub(in crate::cloud) type Payload = UnsyncBoxBody<Bytes, io::Error>;

/// How much a huge answer is: chunks of this size, so many of them (256 MiB in all).
const HUGE_CHUNK: usize = 256 * 1024;
const HUGE_CHUNKS: usize = 1_024;

/// An answer.
#[derive(Debug)]
pub(in crate::cloud) struct Response {
    pub(super) status: u16,
    headers: HeaderMap,
    body: Bytes,
    tail: Tail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tail {
    Whole,
    Half,
    Huge,
}

impl Response {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            status,
            headers,
            body: body.into(),
            tail: Tail::Whole,
        }
    }

    pub(super) fn json(status: u16, body: &impl Serialize) -> Self {
        // Fails for keys that are no texts alone, of which there are none.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self::new(status, "application/json", body)
    }

    pub(super) fn text(status: u16, words: &str) -> Self {
        Self::new(status, "text/plain; charset=UTF-8", words.to_owned())
    }

    /// An answer without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self::new(status, "application/json", Bytes::new())
    }

    /// Adds a header; a value that cannot be one is left out.
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Adds what every answer carries.
    pub(super) fn stamped(self, frame: &Frame<'_>, request_id: &str, date: Time) -> Self {
        let date = jiff::Timestamp::from_microsecond(date.0).unwrap_or_default();
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let response = self
            .with("x-openstack-request-id", request_id)
            .with("date", &date);
        if frame.is_compute() {
            let minor = frame.minor;
            return response
                .with("x-compute-request-id", request_id)
                .with("openstack-api-version", &format!("compute 2.{minor}"))
                .with("x-openstack-nova-api-version", &format!("2.{minor}"))
                .with("vary", "X-OpenStack-Nova-API-Version");
        }
        response
    }

    pub(in crate::cloud) fn into_http(self) -> http::Response<Payload> {
        let mut response = http::Response::new(match self.tail {
            Tail::Whole => Full::new(self.body.clone())
                .map_err(|never| match never {})
                .boxed_unsync(),
            Tail::Half => half(&self.body),
            Tail::Huge => huge(),
        });
        *response.status_mut() = http::StatusCode::from_u16(self.status)
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        if self.tail == Tail::Half {
            let length = HeaderValue::from(self.body.len());
            response.headers_mut().insert(CONTENT_LENGTH, length);
        }
        response
    }
}

/// Spoils a good answer.
pub(super) fn spoil(mut response: Response, how: Garbage) -> Response {
    match how {
        Garbage::Html => Response::new(
            200,
            "text/html; charset=UTF-8",
            "<!doctype html>\n<title>It works!</title>\n<h1>It works!</h1>\n",
        ),
        Garbage::Truncated => {
            response.body.truncate(response.body.len() / 2);
            response
        }
        Garbage::HalfBody => Response {
            tail: Tail::Half,
            ..response
        },
        Garbage::WrongTypes => {
            let value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            response.body = twisted(value).to_string().into();
            response
        }
        Garbage::Huge => Response {
            tail: Tail::Huge,
            ..response
        },
        Garbage::Empty => {
            response.body.clear();
            response
        }
        Garbage::LongTexts
        | Garbage::Crowded
        | Garbage::ManyAddresses
        | Garbage::Endless
        | Garbage::Padded => {
            // What has no body keeps none.
            if !response.body.is_empty() {
                response.body = hostile(&response.body, how).into();
            }
            response
        }
    }
}

/// Every text a number, every list an object, every number a text.
fn twisted(value: Value) -> Value {
    match value {
        Value::String(text) => json!(text.len()),
        Value::Number(number) => json!(number.to_string()),
        Value::Array(items) => {
            let numbered = items.into_iter().enumerate();
            numbered
                .map(|(place, item)| (place.to_string(), twisted(item)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, field)| (name, twisted(field)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

fn half(body: &Bytes) -> Payload {
    let first = body.slice(..body.len() / 2);
    let begun = stream::iter([Ok(BodyFrame::data(first))]);
    // The pause lets the half get onto the wire before the connection goes.
    let broken = stream::once(async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Err(io::ErrorKind::ConnectionAborted.into())
    });
    StreamBody::new(begun.chain(broken)).boxed_unsync()
}

fn huge() -> Payload {
    let chunk = Bytes::from(vec![b' '; HUGE_CHUNK]);
    let chunks = stream::repeat(chunk).take(HUGE_CHUNKS);
    StreamBody::new(chunks.map(|chunk| Ok(BodyFrame::data(chunk)))).boxed_unsync()
}
