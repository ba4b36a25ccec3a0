//! The catalogue of a token: which endpoint serves what, in one region, at one interface.

use std::collections::BTreeSet;

use oms_proto::spec::Interface;
use reqwest::Url;

use super::address;
use super::wire::{CatalogEndpoint, CatalogService};

/// A service that the client talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Nova.
    Compute,
    /// Glance.
    Image,
    /// Neutron.
    Network,
}

impl Service {
    /// The types under which catalogues list it, best first. Before `compute` meant v2.1, v2.1
    /// had a type of its own beside the old API.
    const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Compute => &["computev21", "compute", "compute_legacy"],
            Self::Image => &["image", "imagev2"],
            Self::Network => &["network", "networkv2"],
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Image => "image",
            Self::Network => "network",
        }
    }
}

/// The endpoints of one region and interface.
#[derive(Debug, Clone)]
pub(super) struct Catalog {
    services: Vec<CatalogService>,
    interface: Interface,
    /// The region that was asked for, or the only one.
    pub(super) region: String,
}

impl Catalog {
    /// Chooses the region.
    ///
    /// # Errors
    /// A sentence that names the regions there are.
    pub(super) fn choose(
        services: Vec<CatalogService>,
        region: Option<&str>,
        interface: Interface,
    ) -> Result<Self, String> {
        let regions = regions(&services);
        let listed = || {
            regions
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let region = match region {
            Some(wanted) if regions.contains(wanted) => wanted.to_owned(),
            Some(wanted) if regions.is_empty() => {
                return Err(format!(
                    "no region {wanted:?}: the catalogue lists no compute service"
                ));
            }
            Some(wanted) => {
                return Err(format!(
                    "no region {wanted:?} in the catalogue; it has: {}",
                    listed()
                ));
            }
            None => match (regions.first(), regions.len()) {
                (Some(only), 1) => only.clone(),
                (None, _) => return Err("the catalogue lists no compute service".to_owned()),
                _ => return Err(format!("region_name must be one of: {}", listed())),
            },
        };
        Ok(Self {
            services,
            interface,
            region,
        })
    }

    /// Where a service is.
    ///
    /// # Errors
    /// A sentence about what the catalogue has instead.
    pub(super) fn endpoint(&self, service: Service) -> Result<Url, String> {
        let here: Vec<(&str, &CatalogEndpoint)> = self
            .services
            .iter()
            .flat_map(|it| {
                it.endpoints
                    .iter()
                    .map(|endpoint| (it.kind.as_str(), endpoint))
            })
            .filter(|(_, endpoint)| in_region(endpoint, &self.region))
            .collect();
        let of_type = |wanted: &str| {
            here.iter()
                .find(|(kind, endpoint)| *kind == wanted && self.is_interface(endpoint))
                .map(|(_, endpoint)| endpoint.url.clone())
        };
        let Some(url) = service.types().iter().find_map(|wanted| of_type(wanted)) else {
            let kinds: BTreeSet<&str> = here.iter().map(|(kind, _)| *kind).collect();
            return Err(format!(
                "no {} endpoint of interface {} in region {:?}; the catalogue has there: {}",
                service.name(),
                self.interface.as_str(),
                self.region,
                kinds.into_iter().collect::<Vec<_>>().join(", "),
            ));
        };
        let url = address::parse(&url).map_err(|error| {
            format!(
                "the catalogue's {} endpoint {url:?}: {error}",
                service.name()
            )
        })?;
        // Nova alone is used at the catalogue's own path, which may carry the project's id.
        Ok(match service {
            Service::Compute if !address::is_versioned(&url) => address::join(&url, &["v2.1"], &[]),
            Service::Compute | Service::Image | Service::Network => url,
        })
    }

    fn is_interface(&self, endpoint: &CatalogEndpoint) -> bool {
        // `publicURL` is how the catalogue of v2 said it; some proxies still do.
        let wanted = self.interface.as_str();
        endpoint
            .interface
            .strip_suffix("URL")
            .unwrap_or(&endpoint.interface)
            == wanted
    }
}

/// The regions in which there is a compute service: those that an account can be in.
fn regions(services: &[CatalogService]) -> BTreeSet<String> {
    services
        .iter()
        .filter(|it| Service::Compute.types().contains(&it.kind.as_str()))
        .flat_map(|it| it.endpoints.iter())
        .filter_map(|it| it.region_id.clone().or_else(|| it.region.clone()))
        .filter(|it| !it.is_empty())
        .collect()
}

fn in_region(endpoint: &CatalogEndpoint, region: &str) -> bool {
    [&endpoint.region_id, &endpoint.region]
        .into_iter()
        .flatten()
        .any(|it| it == region)
}
