//! How the removal of something fares: of what an attempt made, or of a stray.

use std::sync::Arc;

use oms_proto::Time;

use crate::ground::failure::Failure;

/// Tries to remove what an attempt made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removing {
    /// Failures in a row.
    pub failures: u32,
    /// Not to be tried before this.
    pub next: Time,
    /// The last failure.
    pub failure: Option<Arc<Failure>>,
    /// Whether it was told that this takes long.
    pub alerted: bool,
}

impl Removing {
    /// A try failed; the next is not to come before `next`.
    pub fn failed(&mut self, failure: &Arc<Failure>, next: Time) {
        self.failures = self.failures.saturating_add(1);
        self.next = next;
        self.failure = Some(Arc::clone(failure));
    }
}
