//! An answer that says yes, and what can be read of it and of the head of any answer.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;
use oms_proto::Time;
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::bounded::BEYOND;
use super::bounds::{LARGE_BYTES, PARSED_AT_ONCE, REQUEST_ID_CHARS_MAX};
use super::error::{Purpose, failed};
use super::when;
use crate::ports::{CloudError, CloudResult, Message};
use omsd_domain::ground::failure::FailureClass;

/// An answer that says yes. Its headers may have a token, and its body what is nobody's business.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Its place among the large ones, if it is one.
    pub(super) _place: Option<OwnedSemaphorePermit>,
    /// How long it took.
    pub(super) elapsed: Duration,
    pub(super) operation: &'static str,
    pub(super) purpose: Purpose,
    pub(super) status: StatusCode,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// The cloud's request id.
    pub(super) fn request_id(&self) -> Option<String> {
        request_id(&self.headers)
    }

    /// When the cloud answered, by its own clock.
    pub(super) fn date(&self) -> Option<Time> {
        date(&self.headers)
    }

    /// A header, if it is there and is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        text_of(&self.headers, name)
    }

    /// Whether it points to another place. 300 lists what there is here.
    pub(super) fn redirects(&self) -> bool {
        self.status.is_redirection() && self.status != StatusCode::MULTIPLE_CHOICES
    }

    /// Bytes of the body.
    pub(super) fn size(&self) -> usize {
        self.body.len()
    }

    /// The body as what the API promises. A large one is taken apart where nobody else waits.
    ///
    /// # Errors
    /// [`FailureClass::Garbage`] with the place in the body, never with its contents.
    pub(super) async fn json<T>(&self) -> CloudResult<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        if self.body.len() <= LARGE_BYTES {
            return parse(&self.body).map_err(|message| self.garbage(message));
        }
        let place = PARSERS.acquire().await;
        let body = self.body.clone();
        let parsing = tokio::task::spawn_blocking(move || {
            let parsed = parse(&body);
            drop(place);
            parsed
        });
        match parsing.await {
            Ok(parsed) => parsed.map_err(|message| self.garbage(message)),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(self.garbage("the daemon stopped while it read the answer")),
            },
        }
    }

    /// An error about this answer.
    pub(super) fn garbage(&self, message: impl Into<Message>) -> CloudError {
        CloudError {
            http_status: Some(self.status.as_u16()),
            request_id: self.request_id(),
            maybe_done: self.purpose == Purpose::Create,
            ..failed(self.operation, FailureClass::Garbage, message)
        }
    }
}

/// Some that write JSON put it first.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Places for large answers that are taken apart.
static PARSERS: Semaphore = Semaphore::const_new(PARSED_AT_ONCE);

/// The body as what the API promises, or what is wrong with it.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    use serde_json::error::Category;
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let told = error.to_string();
        let what = match error.classify() {
            Category::Eof => "ends too early",
            Category::Syntax | Category::Io => "is not JSON",
            // Our own words; those of others may tell what is in the body.
            Category::Data if told.starts_with(BEYOND) => {
                return format!("the answer {told}");
            }
            Category::Data => "has another shape than the API promises",
        };
        format!("the answer {what} (line {line}, column {column})")
    })
}

pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-openstack-request-id", "x-compute-request-id"]
        .iter()
        .find_map(|name| text_of(headers, name))
        .map(|id| id.chars().take(REQUEST_ID_CHARS_MAX).collect())
}

pub(super) fn date(headers: &HeaderMap) -> Option<Time> {
    text_of(headers, "date").and_then(when::parse_http)
}

pub(super) fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
