//! What a project may have and has: Nova's limits, the user's key pairs, the sizes of flavors,
//! and Neutron's quotas; each where it is told. Operators restrict these calls, and launches go on
//! without.
//!
//! Sources: <https://docs.openstack.org/api-ref/compute/#limits-limits>,
//! <https://docs.openstack.org/api-ref/network/v2/#quota-details-extension-quota-details>.

use futures::FutureExt as _;
use http::Method;
use tokio::time::Instant;

use super::bounded::Amount;
use super::bounds::{FLAVORS_MAX, PAGE_NAMES};
use super::catalog::Service;
use super::client::OpenStack;
use super::compute::nova;
use super::error::Purpose;
use super::pages::{Next, Pages};
use super::session::{Request, Target};
use super::wire::{AbsoluteLimits, FlavorSizesBody, LimitsBody, NetworkQuotaBody, QuotaDetail};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::ground::resource::{FlavorSize, Identity, Quota, Resource, Survey};

use crate::ports::CloudResult;

/// What a survey is called in errors.
const SURVEY: &str = "survey";

impl OpenStack {
    pub(super) async fn take_survey(&self) -> CloudResult<Survey> {
        let deadline = self.session.deadline();
        let (limits, keypairs, flavors, ports) = futures::try_join!(
            self.nova_limits(deadline).map(told),
            self.keypairs().map(told),
            self.flavor_sizes(deadline).map(told),
            self.network_quotas(deadline),
        )?;
        let in_use = keypairs.map(|names| u64::try_from(names.len()).unwrap_or(u64::MAX));
        let mut quotas = compute_quotas(&limits.unwrap_or_default(), in_use);
        quotas.extend(ports);
        let scope = self.session.scope(deadline).await?;
        let identity = Identity {
            project: scope.project.id.to_string(),
            user: scope.user_id.clone(),
        };
        Ok(Survey {
            quotas,
            flavors: flavors.unwrap_or_default(),
            identity: Some(identity),
            project_name: Some(scope.project.name.to_string()).filter(|name| !name.is_empty()),
        })
    }

    async fn nova_limits(&self, deadline: Instant) -> CloudResult<AbsoluteLimits> {
        let request = nova(SURVEY, Method::GET, Target::Endpoint(&["limits"], &[]));
        let answer = self.nova(request, deadline).await?;
        Ok(answer.json::<LimitsBody>().await?.limits.absolute)
    }

    async fn flavor_sizes(&self, deadline: Instant) -> CloudResult<Vec<FlavorSize>> {
        let limit = PAGE_NAMES.to_string();
        let mut flavors = Vec::new();
        let mut pages = Pages::new(PAGE_NAMES, FLAVORS_MAX);
        let mut marker: Option<String> = None;
        loop {
            let mut query = vec![("limit", limit.as_str())];
            query.extend(marker.as_deref().map(|marker| ("marker", marker)));
            let target = Target::Endpoint(&["flavors", "detail"], &query);
            let answer = self
                .nova(nova(SURVEY, Method::GET, target), deadline)
                .await?;
            let page: FlavorSizesBody = answer.json().await?;
            let ids = page.flavors.iter().map(|it| &*it.id);
            let (fresh, next) = pages.take(ids, &page.flavors_links, answer.size());
            let page = page.flavors.into_inner().into_iter().zip(fresh);
            let fresh = page.filter(|(it, fresh)| *fresh && !it.id.is_empty());
            flavors.extend(fresh.map(|(it, _)| FlavorSize {
                id: it.id.into(),
                name: it.name.into(),
                vcpus: it.vcpus.0,
                ram_mib: it.ram.0,
                disk_gb: it.disk.0,
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
    async fn network_quotas(&self, deadline: Instant) -> CloudResult<Vec<Quota>> {
        match self.network_quota(deadline).await {
            Ok(body) => {
                let port = quota(Resource::Ports, body.quota.port);
                let floating = quota(Resource::FloatingIps, body.quota.floatingip);
                Ok(port.into_iter().chain(floating).collect())
            }
            Err(error) if error.lack.is_some() => Err(error),
            Err(error) => {
                tracing::debug!(%error, "the network service does not tell its quotas");
                Ok(Vec::new())
            }
        }
    }

    async fn network_quota(&self, deadline: Instant) -> CloudResult<NetworkQuotaBody> {
        let project = self.session.scope(deadline).await?.project.id.to_string();
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
        self.session.send(request, deadline).await?.json().await
    }
}

/// What was told; nothing where this user is not to know it.
fn told<T>(answer: CloudResult<T>) -> CloudResult<Option<T>> {
    match answer {
        Ok(told) => Ok(Some(told)),
        Err(error) if is_untold(error.class) => {
            tracing::debug!(%error, "the compute service does not tell all");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether an answer says that something is not told, rather than that there is trouble.
const fn is_untold(class: FailureClass) -> bool {
    matches!(class, FailureClass::Forbidden | FailureClass::NotFound)
}

/// What Nova limits; `keypairs` is how many the user has, which Nova's limits do not tell.
fn compute_quotas(told: &AbsoluteLimits, keypairs: Option<u64>) -> Vec<Quota> {
    let used = |told: Option<Amount>| u64::try_from(told.unwrap_or_default().0).unwrap_or(0);
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
        (
            Resource::Keypairs,
            told.max_total_keypairs.filter(|_| keypairs.is_some()),
            keypairs.unwrap_or_default(),
        ),
    ];
    all.into_iter()
        .filter_map(|(resource, max, used)| {
            Some(Quota {
                resource,
                // -1 is as much as one likes.
                max: u64::try_from(max?.0).ok(),
                used,
            })
        })
        .collect()
}

fn quota(resource: Resource, told: Option<QuotaDetail>) -> Option<Quota> {
    let told = told?;
    let used = told.used.0.saturating_add(told.reserved.0);
    Some(Quota {
        resource,
        max: u64::try_from(told.limit.0).ok(),
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
        let quotas = compute_quotas(&told.unwrap(), Some(5));
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
            limit: Amount(-1),
            used: Amount(3),
            reserved: Amount(2),
        };
        let port = quota(Resource::Ports, Some(told)).unwrap();
        assert_eq!((port.max, port.used), (None, 5));
    }
}
