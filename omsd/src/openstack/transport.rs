//! What it means that no answer came: the one place where errors of the HTTP library become
//! classes, with the one question that matters for a create: was the request sent? And the one that
//! comes before it: was it the cloud's trouble at all?

use std::error::Error;
use std::io;

use reqwest::Url;

use super::tls;
use crate::ports::Lack;
use omsd_domain::ground::failure::FailureClass;

/// A request without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What it means.
    pub class: FailureClass,
    /// For people.
    pub message: String,
    /// Whether the request, or a part of it, has left us.
    pub sent: bool,
    /// Whether the other side closed the connection instead of answering, as it may have done
    /// before it saw the request.
    pub closed: bool,
    /// Whether the name of the host could not be resolved.
    pub unnamed: bool,
    /// What of our own there was too little of, as far as the error itself tells.
    pub lack: Option<Lack>,
}

impl Broken {
    /// A request that never left.
    pub fn unsent(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            sent: false,
            closed: false,
            unnamed: false,
            lack: None,
        }
    }

    /// A request that left, and no answer, or half of one, came back.
    pub fn sent(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            sent: true,
            ..Self::unsent(class, message)
        }
    }

    /// The same, with what stands between us and the cloud, where the fault may be as well.
    pub(super) fn behind(self, between: &str) -> Self {
        Self {
            message: format!("{} (by way of {between})", self.message),
            ..self
        }
    }

    /// A request whose connection was closed.
    pub fn closed(message: impl Into<String>) -> Self {
        Self {
            closed: true,
            ..Self::sent(FailureClass::Garbage, message)
        }
    }
}

/// Explains an error of the HTTP library while talking to `host`.
pub(super) fn explain(error: &reqwest::Error, host: &str) -> Broken {
    let sent = !error.is_connect() && !error.is_builder();
    let mut closed = false;
    let (class, message) = if let Some(tls) = cause::<rustls::Error>(error) {
        (FailureClass::Tls, tls::explain(tls, host))
    } else if error.is_builder() {
        (
            FailureClass::Configuration,
            format!("not a request that can be sent: {}", innermost(error)),
        )
    } else if error.is_connect() {
        (FailureClass::Unreachable, unreachable(error, host))
    } else if error.is_timeout() {
        (
            FailureClass::Timeout,
            format!("{host} did not answer in time"),
        )
    } else if cause::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        (
            FailureClass::Garbage,
            format!("{host} does not answer in HTTP: {}", innermost(error)),
        )
    } else if error.is_body() || error.is_decode() {
        (
            FailureClass::Garbage,
            format!("the answer of {host} broke off: {}", innermost(error)),
        )
    } else {
        // As one that broke off: somebody was there, and may well be again in a moment.
        closed = true;
        (
            FailureClass::Garbage,
            format!(
                "{host} closed the connection without an answer: {}",
                innermost(error)
            ),
        )
    };
    Broken {
        class,
        message,
        sent,
        closed,
        unnamed: error.is_dns(),
        lack: causes(error)
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .find_map(Lack::of),
    }
}

/// Host and port of an address, for people.
pub(super) fn place_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn unreachable(error: &reqwest::Error, host: &str) -> String {
    if error.is_timeout() {
        return format!("no connection (TCP, and TLS where it is https) to {host} in time");
    }
    if error.is_dns() {
        return format!(
            "the name in {host} cannot be resolved: {}",
            innermost(error)
        );
    }
    format!("no connection to {host}: {}", innermost(error))
}

fn innermost(error: &reqwest::Error) -> String {
    let mut last: &dyn Error = error;
    while let Some(next) = deeper(last) {
        last = next;
    }
    last.to_string()
}

fn cause<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// All that is behind an error, from the outside in.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |current| deeper(*current))
}

/// The next error inward. An `io::Error` hands out the source of what it wraps, not what it
/// wraps, so that is asked for first.
fn deeper<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(io) = error.downcast_ref::<std::io::Error>()
        && let Some(inner) = io.get_ref()
    {
        return Some(inner);
    }
    error.source()
}
