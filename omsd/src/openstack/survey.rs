//! What a project may have and has: Nova's limits, the user's key pairs, the sizes of flavors,
//! and Neutron's quotas where it tells them.
//!
//! Sources: <https://docs.openstack.org/api-ref/compute/#limits-limits>,
//! <https://docs.openstack.org/api-ref/network/v2/#quota-details-extension-quota-details>.

use http::Method;
use tokio::time::Instant;

use super::OpenStack;
use super::catalog::Service;
use super::compute::nova;
use super::error::Purpose;
use super::limits::PAGE_NAMES;
use super::pages::{Next, Pages};
use super::session::{Request, Target};
use super::wire::{AbsoluteLimits, FlavorSizesBody, LimitsBody, NetworkQuotaBody, QuotaDetail};
use omsd_domain::ground::resource::{FlavorSize, Identity, Quota, Resource, Survey};

use crate::ports::CloudResult;

/// What a survey is called in errors.
const SURVEY: &str = "survey";

impl OpenStack {
    pub(super) async fn take_survey(&self) -> CloudResult<Survey> {
        let deadline = self.session.deadline();
        let (limits, keypairs, flavors, ports) = futures::try_join!(
            self.nova_limits(deadline),
            self.keypairs(),
            self.flavor_sizes(deadline),
            async { Ok(self.network_quotas(deadline).await) },
        )?;
        let in_use = u64::try_from(keypairs.len()).unwrap_or(u64::MAX);
        let mut quotas = compute_quotas(&limits, in_use);
        quotas.extend(ports);
        let scope = self.session.scope(deadline).await?;
        let identity = Identity {
            project: scope.project.id.clone(),
            user: scope.user_id.clone(),
        };
        Ok(Survey {
            quotas,
            flavors,
            identity: Some(identity),
        })
    }

    async fn nova_limits(&self, deadline: Instant) -> CloudResult<AbsoluteLimits> {
        let request = nova(SURVEY, Method::GET, Target::Endpoint(&["limits"], &[]));
        let answer = self.nova(request, deadline).await?;
        Ok(answer.json::<LimitsBody>()?.limits.absolute)
    }

    async fn flavor_sizes(&self, deadline: Instant) -> CloudResult<Vec<FlavorSize>> {
        let limit = PAGE_NAMES.to_string();
        let mut flavors = Vec::new();
        let mut pages = Pages::default();
        let mut marker: Option<String> = None;
        loop {
            let mut query = vec![("limit", limit.as_str())];
            query.extend(marker.as_deref().map(|marker| ("marker", marker)));
            let target = Target::Endpoint(&["flavors", "detail"], &query);
            let answer = self
                .nova(nova(SURVEY, Method::GET, target), deadline)
                .await?;
            let page: FlavorSizesBody = answer.json()?;
            let ids = page.flavors.iter().map(|it| it.id.as_str());
            let (fresh, next) = pages.take(ids, &page.flavors_links, PAGE_NAMES);
            let fresh = page.flavors.into_iter().zip(fresh).filter(|(_, new)| *new);
            flavors.extend(fresh.map(|(it, _)| FlavorSize {
                id: it.id,
                name: it.name,
                vcpus: it.vcpus,
                ram_mib: it.ram,
                disk_gb: it.disk,
            }));
            match next {
                Next::Done => return Ok(flavors),
                Next::After(last) => marker = Some(last),
                Next::Endless(message) => return Err(answer.garbage(message)),
            }
        }
    }

    /// The quotas of Neutron; none where it does not tell them, which old and restricted ones do
    /// not. Launches go on without.
    async fn network_quotas(&self, deadline: Instant) -> Vec<Quota> {
        match self.network_quota(deadline).await {
            Ok(body) => {
                let port = quota(Resource::Ports, body.quota.port);
                let floating = quota(Resource::FloatingIps, body.quota.floatingip);
                port.into_iter().chain(floating).collect()
            }
            Err(error) => {
                tracing::debug!(%error, "the network service does not tell its quotas");
                Vec::new()
            }
        }
    }

    async fn network_quota(&self, deadline: Instant) -> CloudResult<NetworkQuotaBody> {
        let project = self.session.scope(deadline).await?.project.id.clone();
        let request = Request {
            operation: SURVEY,
            purpose: Purpose::Resolve,
            service: Service::Network,
            method: Method::GET,
            target: Target::Root(&["v2.0", "quotas", &project, "details.json"], &[]),
            microversion: None,
            body: None,
            hide: Vec::new(),
        };
        self.session.send(request, deadline).await?.json()
    }
}

/// What Nova limits; `keypairs` is how many the user has, which Nova's limits do not tell.
fn compute_quotas(told: &AbsoluteLimits, keypairs: u64) -> Vec<Quota> {
    let used = |told: Option<i64>| u64::try_from(told.unwrap_or(0)).unwrap_or(0);
    let all = [
        (
            Resource::Instances,
            told.max_total_instances,
            used(told.total_instances_used),
        ),
        (
            Resource::Cores,
            told.max_total_cores,
            used(told.total_cores_used),
        ),
        (
            Resource::RamMib,
            told.max_total_ram_size,
            used(told.total_ram_used),
        ),
        (Resource::Keypairs, told.max_total_keypairs, keypairs),
    ];
    all.into_iter()
        .filter_map(|(resource, max, used)| {
            Some(Quota {
                resource,
                // -1 is as much as one likes.
                max: u64::try_from(max?).ok(),
                used,
            })
        })
        .collect()
}

fn quota(resource: Resource, told: Option<QuotaDetail>) -> Option<Quota> {
    let told = told?;
    let used = told.used.saturating_add(told.reserved);
    Some(Quota {
        resource,
        max: u64::try_from(told.limit).ok(),
        used: u64::try_from(used).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_without_bound_and_limits_untold_are_two_things() {
        let told = serde_json::from_value(serde_json::json!({
            "maxTotalInstances": 10, "totalInstancesUsed": 3, "maxTotalCores": -1,
            "totalCoresUsed": -7,
        }));
        let quotas = compute_quotas(&told.unwrap(), 5);
        let plain: Vec<_> = quotas
            .iter()
            .map(|it| (it.resource, it.max, it.used))
            .collect();
        assert_eq!(
            plain,
            [
                (Resource::Instances, Some(10), 3),
                (Resource::Cores, None, 0)
            ]
        );
    }

    #[test]
    fn what_neutron_has_reserved_counts_as_used() {
        for text in [
            include_str!("fixtures/alpha/network_quota.json"),
            include_str!("fixtures/beta/network_quota.json"),
        ] {
            let body: NetworkQuotaBody = serde_json::from_str(text).unwrap();
            let port = quota(Resource::Ports, body.quota.port).unwrap();
            assert_eq!((port.max, port.used), (Some(500), 1));
        }
        let told = QuotaDetail {
            limit: -1,
            used: 3,
            reserved: 2,
        };
        let port = quota(Resource::Ports, Some(told)).unwrap();
        assert_eq!((port.max, port.used), (None, 5));
    }
}
