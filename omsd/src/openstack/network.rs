//! Neutron: the ids of networks and security groups.

use http::Method;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::bounds::PAGE_NAMES;
use super::catalog::Service;
use super::client::OpenStack;
use super::error::Purpose;
use super::lookup::{Kind, RESOLVE, is_uuid, not_there, only, pick, with_ids};
use super::session::{Request, Target};
use super::wire::{Named, NetworksBody, SecurityGroupsBody};
use crate::ports::CloudResult;

impl OpenStack {
    /// The id of a network, by name or id.
    pub(super) async fn network(&self, wanted: &str, deadline: Instant) -> CloudResult<String> {
        let account = self.account();
        if wanted.is_empty() {
            return Err(not_there(Kind::Network, account, wanted, &[]));
        }
        let fetch = || self.find_network(wanted, deadline);
        let found = self
            .lookups
            .candidates(Kind::Network, wanted, self.ttl(), fetch)
            .await?;
        pick(Kind::Network, wanted, &found)?
            .ok_or_else(|| not_there(Kind::Network, account, wanted, &[]))
    }

    async fn find_network(&self, wanted: &str, deadline: Instant) -> CloudResult<Vec<Named>> {
        let account = self.account();
        if is_uuid(wanted) {
            let by_id = self.networks(&[("id", wanted)], deadline).await?;
            if by_id.iter().any(|it| &*it.id == wanted) {
                return Ok(only(wanted, by_id));
            }
        }
        let named = self.networks(&[("name", wanted)], deadline).await?;
        if let Some(id) = pick(Kind::Network, wanted, &named)? {
            return Ok(only(&id, named));
        }
        // Only to say what there is; if that fails too, it goes unsaid.
        let limit = PAGE_NAMES.to_string();
        let existing = self.networks(&[("limit", limit.as_str())], deadline).await;
        Err(not_there(
            Kind::Network,
            account,
            wanted,
            &existing.unwrap_or_default(),
        ))
    }

    pub(super) async fn networks(
        &self,
        filter: &[(&str, &str)],
        deadline: Instant,
    ) -> CloudResult<Vec<Named>> {
        let body: NetworksBody = self.named("networks", filter, deadline).await?;
        Ok(with_ids(body.networks.into_inner()).collect())
    }

    /// The id of a security group, by name or id.
    pub(super) async fn group(&self, wanted: &str, deadline: Instant) -> CloudResult<String> {
        let by = if is_uuid(wanted) { "id" } else { "name" };
        let found = self.groups(&[(by, wanted)], deadline).await?;
        // Nova refuses a name that several have.
        if let Some(id) = pick(Kind::SecurityGroup, wanted, &found)? {
            return Ok(id);
        }
        // Only to say what there is; if that fails too, it goes unsaid.
        let existing = self.groups(&[], deadline).await.unwrap_or_default();
        Err(not_there(
            Kind::SecurityGroup,
            self.account(),
            wanted,
            &existing,
        ))
    }

    pub(super) async fn groups(
        &self,
        filter: &[(&str, &str)],
        deadline: Instant,
    ) -> CloudResult<Vec<Named>> {
        let body: SecurityGroupsBody = self.named("security-groups", filter, deadline).await?;
        Ok(with_ids(body.security_groups.into_inner()).collect())
    }

    /// Ids and names of what Neutron has of a kind.
    async fn named<T: DeserializeOwned + Send + 'static>(
        &self,
        kind: &str,
        filter: &[(&str, &str)],
        deadline: Instant,
    ) -> CloudResult<T> {
        self.listed(kind, &["id", "name"], filter, deadline).await
    }

    /// These fields of what Neutron has of a kind.
    pub(super) async fn listed<T: DeserializeOwned + Send + 'static>(
        &self,
        kind: &str,
        fields: &[&str],
        filter: &[(&str, &str)],
        deadline: Instant,
    ) -> CloudResult<T> {
        let mut query: Vec<_> = fields.iter().map(|field| ("fields", *field)).collect();
        query.extend(filter);
        let request = Request {
            operation: RESOLVE,
            purpose: Purpose::Resolve,
            service: Service::Network,
            method: Method::GET,
            target: Target::Root(&["v2.0", kind], &query),
            microversion: None,
            body: None,
            hide: Vec::new(),
        };
        self.session.send(request, deadline).await?.json().await
    }
}
