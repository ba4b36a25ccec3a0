//! One account at one cloud: what every call of it shares.

use std::time::Duration;

use super::discovery::Negotiated;
use super::faults::Faults;
use super::fetch::Fetch;
use super::lookup::Lookups;
use super::session::Session;

/// One account at one cloud.
pub(super) struct OpenStack {
    pub(super) session: Session,
    pub(super) compute: Fetch<Negotiated>,
    pub(super) lookups: Lookups,
    pub(super) faults: Faults,
}

impl OpenStack {
    pub(super) fn account(&self) -> &str {
        &self.session.http.account
    }

    pub(super) fn ttl(&self) -> Duration {
        self.session.http.limits.cache
    }
}
