//! What it means that no answer came: the one place where errors of the HTTP library become
//! classes, with the one question that matters for a create: was the request sent?

use std::error::Error;

use super::tls;
use omsd_domain::ground::failure::FailureClass;

/// A request without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// What it means.
    pub(super) class: FailureClass,
    /// For people.
    pub(super) message: String,
    /// Whether the request, or a part of it, has left us.
    pub(super) sent: bool,
}

/// Explains an error of the HTTP library while talking to `host`.
pub(super) fn explain(error: &reqwest::Error, host: &str) -> Broken {
    let sent = !error.is_connect() && !error.is_builder();
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
        (
            FailureClass::Timeout,
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
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(current) = next {
        if let Some(found) = current.downcast_ref::<T>() {
            return Some(found);
        }
        next = deeper(current);
    }
    None
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
