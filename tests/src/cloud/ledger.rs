//! What was asked of a cloud and what came of it, for tests and for the oracle.

use std::collections::BTreeMap;

use oms_proto::Time;
use omsd::ports::Mark;

use super::call::CallKind;

/// A server that was made, whatever became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// When.
    pub at: Time,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The account of the cloud.
    pub account: String,
    /// Whose it is.
    pub mark: Option<Mark>,
}

/// A server that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveServer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The account of the cloud.
    pub account: String,
    /// Nova's status in capitals.
    pub status: &'static str,
    /// Whether a delete is under way.
    pub deleting: bool,
    /// Whose it is.
    pub mark: Option<Mark>,
    /// Its key pair.
    pub key_name: Option<String>,
    /// What its guest was handed, in base64.
    pub user_data: Option<String>,
    /// Its metadata.
    pub metadata: BTreeMap<String, String>,
}

/// Counts of one cloud since its start.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    pub(super) calls: BTreeMap<CallKind, u64>,
    pub(super) creations: Vec<Creation>,
    /// Ids of servers that were asked to be deleted and were there, in order.
    pub(super) deletions: Vec<String>,
    pub(super) in_flight: usize,
    pub(super) peak: usize,
}

impl Ledger {
    pub(super) fn arrived(&mut self, kind: CallKind) {
        *self.calls.entry(kind).or_default() += 1;
        self.in_flight += 1;
        self.peak = self.peak.max(self.in_flight);
    }

    pub(super) fn left(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }
}
