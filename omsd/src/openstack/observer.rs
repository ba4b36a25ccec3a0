//! A place to count calls from, for metrics that know nothing of HTTP.

use std::time::Duration;

use omsd_domain::ground::failure::FailureClass;

/// Is told of every call to a cloud once it is over. A call that was abandoned in the middle is
/// not told of.
pub trait CallObserver: Send + Sync {
    /// A call is over. Must not block.
    fn called(&self, call: &CallSeen<'_>);
}

/// A call that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallSeen<'a> {
    /// The account's name.
    pub account: &'a str,
    /// What was done, such as `create server`.
    pub operation: &'static str,
    /// HTTP method.
    pub method: &'a str,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// How it failed, if it did.
    pub failure: Option<FailureClass>,
    /// From the connection to the last byte; waiting for a place is not in it.
    pub elapsed: Duration,
}

/// Looks away.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unobserved;

impl CallObserver for Unobserved {
    fn called(&self, _call: &CallSeen<'_>) {}
}
