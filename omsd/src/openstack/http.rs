//! One request to a cloud: the only place where bytes leave for it. Here are the deadlines, the
//! caps on what is read, the limit on calls under way, the trace of each call, and the turning of
//! whatever goes wrong into a [`CloudError`].
//!
//! Nothing is repeated here but what met a closed connection, and redirects are not followed: they
//! would carry the token away.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use oms_proto::Secret;
use reqwest::Url;
use rustls::ClientConfig;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::Instrument;

use super::answer::{Answer, date, request_id, text_of};
use super::bounds::{BODY_BYTES_MAX, ERROR_BODY_BYTES_MAX, LARGE_BYTES};
use super::carrier::{Arrived, Carrier, Chunks, Connections, Outgoing, Via};
use super::error::{Purpose, class_of, failed, leaves_open};
use super::lacks::Lacks;
use super::limits::{CallLimits, HOSTS_MAX, IDLE_CONNECTION, IDLE_SHARE, PLACE_PATIENCE};
use super::observer::{CallObserver, CallSeen};
use super::pace::Pace;
use super::proxy::Between;
use super::tls::{NoConfig, TlsSettings, client_config};
use super::transport::{Broken, place_of};
use super::{message, when, whose};
use crate::ports::{Clock, CloudError, CloudResult, Lack};
use omsd_domain::ground::failure::FailureClass;

/// Makes the connections that accounts with equal TLS settings share.
///
/// # Errors
/// [`NoConfig`]
pub(super) fn client(
    tls: &TlsSettings,
    proxies: &[reqwest::Proxy],
    between: Between,
    limits: &CallLimits,
) -> Result<Connections, NoConfig> {
    let config = client_config(tls)?;
    let idle = limits.concurrency.min(limits.calls / IDLE_SHARE);
    Ok(Connections {
        keeping: keeping(idle, config.clone(), proxies, limits)?,
        fresh: keeping(0, config, proxies, limits)?,
        between,
    })
}

/// An HTTP client that keeps so many connections to each host while they are idle.
fn keeping(
    idle: usize,
    config: ClientConfig,
    proxies: &[reqwest::Proxy],
    limits: &CallLimits,
) -> Result<reqwest::Client, NoConfig> {
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .user_agent(concat!("openmultistack/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(idle)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy();
    proxies
        .iter()
        .cloned()
        .fold(builder, reqwest::ClientBuilder::proxy)
        .build()
        .map_err(|error| NoConfig::Setting(format!("no HTTP client: {error}")))
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
    /// Which statuses besides the successes are answers too.
    pub(super) also_accepted: Option<fn(StatusCode) -> bool>,
}

/// One account's way to its cloud.
pub(super) struct Http {
    pub(super) account: String,
    pub(super) carrier: Arc<dyn Carrier>,
    pub(super) places: Semaphore,
    /// Places for large answers.
    pub(super) large: Arc<Semaphore>,
    /// Places for the calls of all accounts.
    pub(super) calls: Arc<Semaphore>,
    /// What of our own was lacking lately.
    pub(super) lacks: Arc<Lacks>,
    /// Hosts that have answered.
    pub(super) answered: Mutex<BTreeSet<String>>,
    pub(super) pace: Pace,
    pub(super) limits: CallLimits,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn CallObserver>,
    pub(super) heard: Mutex<Option<Instant>>,
}

impl Http {
    /// How long ago the cloud last answered anything.
    pub(super) fn heard(&self) -> Option<Duration> {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.map(|at| at.elapsed())
    }

    fn hear(&self) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        *heard = Some(Instant::now());
    }

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
        let place = timeout(PLACE_PATIENCE, self.calls.acquire()).await;
        let Ok(Ok(_call)) = place else {
            self.observer.lacked(Lack::Places);
            return Err(CloudError::lacking(Lack::Places, operation));
        };
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
        if let Err(CloudError {
            lack: Some(lack), ..
        }) = &result
        {
            self.observer.lacked(*lack);
        } else {
            self.report(&span, operation, &method, &result, begun.elapsed());
        }
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
            url: exchange.url.clone(),
            hide,
            begun,
            until,
        };
        let mut headers = headers(exchange.token, exchange.microversion);
        if exchange.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        let request = Outgoing {
            method: exchange.method,
            url: exchange.url,
            headers,
            body: exchange.body.map(Bytes::from),
        };
        let response = timeout_at(until, self.carry(request, &asked))
            .await
            .map_err(|_| asked.late())?
            .map_err(|broken| self.unanswered(&asked, &broken))?;
        self.hear();
        self.has_answered(&asked.host);
        let status = response.status;
        if status.is_success() || exchange.also_accepted.is_some_and(|it| it(status)) {
            self.receive(response, &asked).await
        } else {
            Err(self.refusal(response, &asked).await)
        }
    }

    /// Carries a request there. The other side may close a connection that is kept just when a
    /// request is on its way, which says nothing of it: what is safe to repeat is repeated at once,
    /// over a new one. A create is not, so it has a new one from the beginning.
    async fn carry(&self, request: Outgoing, asked: &Asked<'_>) -> Result<Arrived, Broken> {
        if asked.is_create() {
            return self.carrier.carry(request, Via::Fresh).await;
        }
        match self.carrier.carry(request.clone(), Via::Any).await {
            Err(broken) if broken.closed => self.carrier.carry(request, Via::Fresh).await,
            other => other,
        }
    }

    /// What it means that no answer came.
    fn unanswered(&self, asked: &Asked<'_>, broken: &Broken) -> CloudError {
        let lack = match broken.lack {
            // A create that has left us must be looked for, whatever went wrong.
            _ if asked.is_create() && broken.sent => None,
            // An address that this machine cannot reach at all says the same.
            Some(Lack::Ports) if !self.hosts().contains(&asked.host) => None,
            None if broken.unnamed => self.lacks.behind_a_name(),
            told => told,
        };
        match lack {
            Some(lack) => {
                self.lacks.met(lack);
                CloudError::lacking(lack, asked.operation)
            }
            None => asked.broken(broken),
        }
    }

    fn has_answered(&self, host: &str) {
        let mut hosts = self.hosts();
        if !hosts.contains(host) {
            if hosts.len() >= HOSTS_MAX {
                hosts.clear();
            }
            hosts.insert(host.to_owned());
        }
    }

    fn hosts(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads an answer that says yes.
    async fn receive(&self, response: Arrived, asked: &Asked<'_>) -> CloudResult<Answer> {
        let (status, head, mut rest) = (response.status, response.headers, response.body);
        let answered = |error: CloudError| CloudError {
            http_status: Some(status.as_u16()),
            request_id: request_id(&head),
            maybe_done: asked.is_create(),
            ..error
        };
        let mut body = Vec::new();
        let reading = async {
            let mut is_whole = read_to(&mut *rest, &mut body, LARGE_BYTES).await?;
            let mut place = None;
            if !is_whole {
                // Never closed.
                place = Arc::clone(&self.large).acquire_owned().await.ok();
                is_whole = read_to(&mut *rest, &mut body, BODY_BYTES_MAX).await?;
            }
            Ok((is_whole, place))
        };
        let (is_whole, place) = timeout_at(asked.until, reading)
            .await
            .map_err(|_| answered(asked.late()))?
            .map_err(|broken| answered(asked.broken(&broken)))?;
        if !is_whole {
            let message = format!(
                "the answer of {} is larger than {BODY_BYTES_MAX} bytes",
                asked.host
            );
            let class = FailureClass::Garbage;
            return Err(answered(failed(asked.operation, class, message)));
        }
        if status.is_success() && whose::is_page(&body) {
            let words = message::from_body(&body, &asked.hide);
            let host = &asked.host;
            let told = format!("the answer of {host} is not JSON but a page for people: {words}");
            let message = message::tidy(&told, &asked.hide);
            return Err(answered(failed(
                asked.operation,
                FailureClass::Garbage,
                message,
            )));
        }
        Ok(Answer {
            headers: head,
            body: body.into(),
            _place: place,
            elapsed: asked.begun.elapsed(),
            operation: asked.operation,
            purpose: asked.purpose,
            status,
        })
    }

    /// An answer that says no. However its body ends, the status is an answer.
    async fn refusal(&self, response: Arrived, asked: &Asked<'_>) -> CloudError {
        let (status, head, mut rest) = (response.status, response.headers, response.body);
        let mut body = Vec::new();
        let read = read_to(&mut *rest, &mut body, ERROR_BODY_BYTES_MAX);
        drop(timeout_at(asked.until, read).await);
        let now = date(&head).unwrap_or_else(|| self.clock.now());
        let wait = text_of(&head, "retry-after").map(str::to_owned);
        let retry_after = matches!(status.as_u16(), 413 | 429 | 503)
            .then(|| wait.or_else(|| message::retry_after(&body)))
            .flatten()
            .and_then(|text| when::wait(&text, now));
        let mut words = message::from_body(&body, &asked.hide);
        let mut class = class_of(
            status.as_u16(),
            asked.purpose,
            &words,
            retry_after.is_some(),
        );
        if let (true, Some(to)) = (status.is_redirection(), text_of(&head, "location")) {
            let told = format!("redirected to {to}: use the address that serves the API itself");
            words = message::tidy(&told, &asked.hide);
        }
        if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let told = "the proxy on the way wants a user and a password that it knows (HTTP 407): \
                        give http://USER:PASSWORD@HOST as the account's proxy (--proxy-file)";
            words = told.into();
        }
        if words.is_empty() {
            words = format!("HTTP {status} without a word").into();
        }
        if !whose::is_own(status, &head, &body, asked.purpose)
            || whose::leads_away(status.as_u16(), &asked.url, &head)
        {
            class = FailureClass::ServerError;
            let told = format!("what stands before the service answered HTTP {status}: {words}");
            words = message::tidy(&told, &asked.hide);
        }
        CloudError {
            http_status: Some(status.as_u16()),
            request_id: request_id(&head),
            retry_after,
            maybe_done: asked.is_create() && leaves_open(status.as_u16()),
            ..failed(asked.operation, class, words)
        }
    }
}

/// What was asked, for whatever comes of it.
struct Asked<'a> {
    operation: &'static str,
    purpose: Purpose,
    host: String,
    url: Url,
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

    fn broken(&self, broken: &Broken) -> CloudError {
        let message = message::tidy(&broken.message, &self.hide);
        CloudError {
            maybe_done: self.is_create() && broken.sent,
            ..failed(self.operation, broken.class, message)
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

/// Appends the body to `into` until it has more than `cap` bytes, and tells whether it fitted.
async fn read_to(body: &mut dyn Chunks, into: &mut Vec<u8>, cap: usize) -> Result<bool, Broken> {
    while into.len() <= cap {
        match body.next().await? {
            Some(chunk) => into.extend_from_slice(&chunk),
            None => return Ok(true),
        }
    }
    Ok(false)
}
