//! One request to a cloud: the only place where bytes leave for it. Here are the deadlines, the
//! caps on what is read, the limit on calls under way, the trace of each call, and the turning of
//! whatever goes wrong into a [`CloudError`].
//!
//! Nothing is repeated here and redirects are not followed: they would carry the token away.

use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use oms_proto::{Secret, Time};
use reqwest::Url;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::error::{Purpose, class_of, failed, leaves_open};
use super::limits::{BODY_BYTES_MAX, CallLimits, ERROR_BODY_BYTES_MAX, IDLE_CONNECTION};
use super::observer::{CallObserver, CallSeen};
use super::pace::Pace;
use super::tls::{TlsSettings, client_config};
use super::{message, transport, when};
use crate::ports::{Clock, CloudError, CloudResult};
use omsd_domain::ground::failure::FailureClass;

/// Makes the HTTP client that accounts with equal TLS settings share.
///
/// # Errors
/// A sentence about a certificate that cannot be used.
pub(super) fn client(tls: &TlsSettings, limits: &CallLimits) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(client_config(tls)?)
        .user_agent(concat!("openmultistack/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(limits.concurrency)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()
        .map_err(|error| format!("no HTTP client: {error}"))
}

/// A request, complete but for the place to send it from.
pub(super) struct Exchange<'a> {
    /// What is being done, for errors.
    pub(super) operation: &'static str,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// HTTP method.
    pub(super) method: Method,
    /// Where.
    pub(super) url: Url,
    /// The token to show.
    pub(super) token: Option<&'a Secret>,
    /// The compute microversion to ask for.
    pub(super) microversion: Option<String>,
    /// JSON to send.
    pub(super) body: Option<Vec<u8>>,
    /// Texts that must not come back in a message.
    pub(super) hide: Vec<&'a str>,
    /// A status besides the successes that is an answer too.
    pub(super) also_accepted: Option<StatusCode>,
}

/// An answer that says yes.
#[derive(Debug)]
pub(super) struct Answer {
    headers: HeaderMap,
    body: Vec<u8>,
    /// How long it took.
    pub(super) elapsed: Duration,
    operation: &'static str,
    purpose: Purpose,
    status: StatusCode,
}

/// One account's way to its cloud.
pub(super) struct Http {
    pub(super) account: String,
    pub(super) client: Arc<reqwest::Client>,
    pub(super) places: Semaphore,
    pub(super) pace: Pace,
    pub(super) limits: CallLimits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn CallObserver>,
}

impl Http {
    /// Sends a request and reads the answer. `deadline` is the operation's; a create that has
    /// been sent gets its own time even beyond it.
    pub(super) async fn send(
        &self,
        exchange: Exchange<'_>,
        deadline: Instant,
    ) -> CloudResult<Answer> {
        let operation = exchange.operation;
        let place = timeout_at(deadline, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            let message = format!(
                "{} calls of this account are still under way",
                self.limits.concurrency
            );
            return Err(failed(operation, FailureClass::Timeout, message));
        };
        if !self.pace.turn(deadline).await {
            let message = format!(
                "more than {} calls a second are asked of this account, and its turn does not \
                 come in time",
                self.limits.rate
            );
            return Err(failed(operation, FailureClass::Timeout, message));
        }
        let begun = Instant::now();
        let until = match exchange.purpose {
            Purpose::Create => begun + self.limits.create.max(self.limits.connect),
            Purpose::SignIn | Purpose::Resolve | Purpose::Import | Purpose::Object => {
                deadline.min(begun + self.limits.read)
            }
        };
        let method = exchange.method.clone();
        let span = tracing::debug_span!(
            "cloud call",
            account = %self.account,
            operation,
            method = %method,
            host = exchange.url.host_str(),
            path = exchange.url.path(),
        );
        let result = self
            .exchange(exchange, begun, until)
            .instrument(span.clone())
            .await;
        self.report(&span, operation, &method, &result, begun.elapsed());
        result
    }

    fn report(
        &self,
        span: &tracing::Span,
        operation: &'static str,
        method: &Method,
        result: &CloudResult<Answer>,
        elapsed: Duration,
    ) {
        let (status, failure, request_id) = match result {
            Ok(answer) => (Some(answer.status.as_u16()), None, answer.request_id()),
            Err(error) => (
                error.http_status,
                Some(error.class),
                error.request_id.clone(),
            ),
        };
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(parent: span, status, millis, request_id, "cloud answered");
        self.observer.called(&CallSeen {
            account: &self.account,
            operation,
            method: method.as_str(),
            status,
            failure,
            elapsed,
        });
    }

    async fn exchange(
        &self,
        exchange: Exchange<'_>,
        begun: Instant,
        until: Instant,
    ) -> CloudResult<Answer> {
        let mut hide = exchange.hide;
        hide.extend(exchange.token.map(Secret::expose));
        let asked = Asked {
            operation: exchange.operation,
            purpose: exchange.purpose,
            host: place_of(&exchange.url),
            hide,
            begun,
            until,
        };
        let headers = headers(exchange.token, exchange.microversion);
        let mut request = self
            .client
            .request(exchange.method, exchange.url)
            .headers(headers);
        if let Some(body) = exchange.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body);
        }
        let response = timeout_at(until, request.send())
            .await
            .map_err(|_| asked.late())?
            .map_err(|error| asked.broken(&error))?;
        let status = response.status();
        if status.is_success() || Some(status) == exchange.also_accepted {
            receive(response, &asked).await
        } else {
            Err(self.refusal(response, &asked).await)
        }
    }

    /// An answer that says no. However its body ends, the status is an answer.
    async fn refusal(&self, mut response: reqwest::Response, asked: &Asked<'_>) -> CloudError {
        let status = response.status();
        let head = response.headers().clone();
        let mut body = Vec::new();
        let read = read_to(&mut response, &mut body, ERROR_BODY_BYTES_MAX);
        drop(timeout_at(asked.until, read).await);
        let now = date(&head).unwrap_or_else(|| self.clock.now());
        let wait = text_of(&head, "retry-after").map(str::to_owned);
        let retry_after = matches!(status.as_u16(), 413 | 429 | 503)
            .then(|| wait.or_else(|| message::retry_after(&body)))
            .flatten()
            .and_then(|text| when::wait(&text, now));
        let mut words = message::from_body(&body, &asked.hide);
        if let (true, Some(to)) = (status.is_redirection(), text_of(&head, "location")) {
            words = format!("redirected to {to}: use the address that serves the API itself");
            words = message::tidy(&words, &asked.hide);
        }
        let class = class_of(
            status.as_u16(),
            asked.purpose,
            &words,
            retry_after.is_some(),
        );
        if words.is_empty() {
            words = format!("HTTP {status} without a word");
        }
        CloudError {
            class,
            operation: asked.operation,
            http_status: Some(status.as_u16()),
            message: words,
            request_id: request_id(&head),
            retry_after,
            maybe_done: asked.is_create() && leaves_open(status.as_u16()),
        }
    }
}

/// What was asked, for whatever comes of it.
struct Asked<'a> {
    operation: &'static str,
    purpose: Purpose,
    host: String,
    hide: Vec<&'a str>,
    begun: Instant,
    until: Instant,
}

impl Asked<'_> {
    fn is_create(&self) -> bool {
        self.purpose == Purpose::Create
    }

    /// Nothing, or not all, came in time. Connecting has a shorter limit of its own, so the
    /// request was sent.
    fn late(&self) -> CloudError {
        let (host, seconds) = (&self.host, self.begun.elapsed().as_secs());
        let message = format!("no complete answer of {host} within {seconds} s");
        CloudError {
            maybe_done: self.is_create(),
            ..failed(self.operation, FailureClass::Timeout, message)
        }
    }

    fn broken(&self, error: &reqwest::Error) -> CloudError {
        let broken = transport::explain(error, &self.host);
        let message = message::tidy(&broken.message, &self.hide);
        CloudError {
            maybe_done: self.is_create() && broken.sent,
            ..failed(self.operation, broken.class, message)
        }
    }
}

/// Reads an answer that says yes.
async fn receive(mut response: reqwest::Response, asked: &Asked<'_>) -> CloudResult<Answer> {
    let status = response.status();
    let head = response.headers().clone();
    let answered = |error: CloudError| CloudError {
        http_status: Some(status.as_u16()),
        request_id: request_id(&head),
        maybe_done: asked.is_create(),
        ..error
    };
    let mut body = Vec::new();
    let is_whole = timeout_at(
        asked.until,
        read_to(&mut response, &mut body, BODY_BYTES_MAX),
    )
    .await
    .map_err(|_| answered(asked.late()))?
    .map_err(|error| answered(asked.broken(&error)))?;
    if !is_whole {
        let message = format!(
            "the answer of {} is larger than {BODY_BYTES_MAX} bytes",
            asked.host
        );
        return Err(answered(failed(
            asked.operation,
            FailureClass::Garbage,
            message,
        )));
    }
    Ok(Answer {
        headers: head,
        body,
        elapsed: asked.begun.elapsed(),
        operation: asked.operation,
        purpose: asked.purpose,
        status,
    })
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

    /// The body as what the API promises.
    ///
    /// # Errors
    /// [`FailureClass::Garbage`] with the place in the body, never with its contents.
    pub(super) fn json<T: DeserializeOwned>(&self) -> CloudResult<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Eof => "ends too early",
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                    "is not JSON"
                }
                serde_json::error::Category::Data => "has another shape than the API promises",
            };
            let (line, column) = (error.line(), error.column());
            self.garbage(format!("the answer {what} (line {line}, column {column})"))
        })
    }

    /// An error about this answer.
    pub(super) fn garbage(&self, message: impl Into<String>) -> CloudError {
        CloudError {
            http_status: Some(self.status.as_u16()),
            request_id: self.request_id(),
            maybe_done: self.purpose == Purpose::Create,
            ..failed(self.operation, FailureClass::Garbage, message)
        }
    }
}

fn headers(token: Option<&Secret>, microversion: Option<String>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    // The session takes no token that is not a header's value.
    if let Some(Ok(mut value)) = token.map(|it| HeaderValue::from_str(it.expose())) {
        value.set_sensitive(true);
        headers.insert("x-auth-token", value);
    }
    // The old header is understood from 2.1 on, the new one from 2.27.
    if let Some(Ok(value)) = microversion.map(HeaderValue::try_from) {
        headers.insert("x-openstack-nova-api-version", value);
    }
    headers
}

/// Appends the body to `into` and tells whether it fitted into `cap` bytes. reqwest unpacks gzip
/// as it reads, a few kilobytes at a time, so the cap holds for what a small body grows into.
async fn read_to(
    response: &mut reqwest::Response,
    into: &mut Vec<u8>,
    cap: usize,
) -> Result<bool, reqwest::Error> {
    while let Some(chunk) = response.chunk().await? {
        let room = cap.saturating_sub(into.len());
        into.extend(chunk.iter().take(room));
        if chunk.len() > room {
            return Ok(false);
        }
    }
    Ok(true)
}

fn place_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-openstack-request-id", "x-compute-request-id"]
        .iter()
        .find_map(|name| text_of(headers, name))
        .map(|id| id.chars().take(128).collect())
}

fn date(headers: &HeaderMap) -> Option<Time> {
    text_of(headers, "date").and_then(when::parse_http)
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
