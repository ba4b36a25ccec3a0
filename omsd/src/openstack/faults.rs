//! Why servers of ours are in ERROR, where the list does not say.
//!
//! Up to at least Zed, `GET /servers/detail` shows no fault of a server that never got to a host,
//! the commonest of all, because it looks for faults in the wrong cell; `GET /servers/ID` does
//! (seen on a real Zed, not on 2026.2). So each such server is asked for by itself, a
//! few times at most, and the answer remembered.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures::future::join_all;
use tokio::time::Instant;

use super::OpenStack;
use super::limits::{FAULT_ASKED_MAX, FAULTS_A_LIST, FAULTS_MAX};
use crate::ports::{Listing, ServerSeen};
use omsd_domain::ground::failure::{FailureClass, Fault};

/// What single servers said.
#[derive(Default)]
pub(super) struct Faults {
    told: Mutex<BTreeMap<String, Told>>,
}

/// What one server said, and how often it was asked: Nova writes the fault a moment after the
/// status, and some servers have none.
#[derive(Clone, Default)]
struct Told {
    fault: Option<Fault>,
    asked: u8,
}

impl Faults {
    fn told(&self, id: &str) -> Told {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(id).cloned().unwrap_or_default()
    }

    fn remember(&self, id: &str, fault: Option<Fault>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= FAULTS_MAX && !told.contains_key(id) {
            told.clear();
        }
        let entry = told.entry(id.to_owned()).or_default();
        entry.fault = fault;
        entry.asked = entry.asked.saturating_add(1);
    }

    fn is_worth_asking(&self, id: &str) -> bool {
        let told = self.told(id);
        told.fault.is_none() && told.asked < FAULT_ASKED_MAX
    }
}

impl OpenStack {
    /// Adds what the list left out. A server that cannot be asked stays without; the list is
    /// good all the same.
    pub(super) async fn add_faults(&self, listing: &mut Listing, deadline: Instant) {
        let unexplained =
            |it: &ServerSeen| it.status == "ERROR" && it.fault.is_none() && it.mark.is_some();
        let unknown = listing
            .servers
            .iter()
            .filter(|it| unexplained(it) && self.faults.is_worth_asking(&it.id))
            .take(FAULTS_A_LIST);
        join_all(unknown.map(|it| self.ask_for_fault(&it.id, deadline))).await;
        for server in listing.servers.iter_mut().filter(|it| unexplained(it)) {
            server.fault = self.faults.told(&server.id).fault;
        }
    }

    async fn ask_for_fault(&self, id: &str, deadline: Instant) {
        match self.server(id, deadline).await {
            Ok(server) => self.faults.remember(id, server.fault),
            Err(error) if error.class == FailureClass::NotFound => self.faults.remember(id, None),
            Err(_) => {}
        }
    }
}
