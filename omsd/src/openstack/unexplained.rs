//! Why servers of ours are in ERROR, where the list does not say.
//!
//! Up to at least Zed, `GET /servers/detail` shows no fault of a server that never got to a host,
//! the commonest of all, because it looks for faults in the wrong cell; `GET /servers/ID` does
//! (seen on a real Zed, not on 2026.2). So each such server is asked for by itself, a
//! few times at most, and the answer remembered.

use futures::future::join_all;
use omsd_domain::ground::failure::FailureClass;
use tokio::time::Instant;

use super::client::OpenStack;
use super::limits::FAULTS_A_LIST;
use crate::ports::{Listing, ServerSeen};

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
