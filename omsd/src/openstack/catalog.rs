//! The catalogue of a token: which endpoint serves what, in one region, at one interface.

use std::collections::{BTreeMap, BTreeSet};

use oms_proto::spec::{Endpoints, Interface};
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

    /// Whether some service goes by that type.
    fn knows(kind: &str) -> bool {
        let mut all = [Self::Compute, Self::Image, Self::Network].into_iter();
        all.any(|service| service.types().contains(&kind))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Image => "image",
            Self::Network => "network",
        }
    }
}

/// The endpoints of one region and interface, and nothing else of a catalogue: it is kept as long as
/// its token.
#[derive(Debug, Clone)]
pub(super) struct Catalog {
    /// The first of each type that we may use; one that is no address is told when it is needed.
    endpoints: BTreeMap<String, Result<Url, String>>,
    /// The types that there are in the region.
    kinds: BTreeSet<String>,
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
        services: &[CatalogService],
        region: Option<&str>,
        interface: Interface,
    ) -> Result<Self, String> {
        let regions = regions(services);
        let listed = || {
            regions
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let region_is_free = region.is_none();
        let region = match region {
            Some(wanted) if regions.contains(wanted) => wanted.to_owned(),
            Some(wanted) if regions.is_empty() && has_compute(services) => {
                return Err(format!(
                    "no region {wanted:?}: the catalogue's compute endpoints are in no region; \
                     leave region_name out"
                ));
            }
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
                // Where no region is asked for, endpoints of none are as good as any.
                (None, _) if has_compute(services) => String::new(),
                (None, _) => return Err("the catalogue lists no compute service".to_owned()),
                _ => return Err(format!("region_name must be one of: {}", listed())),
            },
        };
        let mut chosen = Self {
            endpoints: BTreeMap::new(),
            kinds: BTreeSet::new(),
            interface,
            region,
        };
        for service in services {
            chosen.add(service, region_is_free);
        }
        Ok(chosen)
    }

    /// What there is beside Nova, where the account has an address of Nova's of its own: then the
    /// catalogue need not know it, nor the region.
    pub(super) fn beside_compute(
        services: &[CatalogService],
        region: Option<&str>,
        interface: Interface,
    ) -> Self {
        let mut chosen = Self {
            endpoints: BTreeMap::new(),
            kinds: BTreeSet::new(),
            interface,
            region: region.unwrap_or_default().to_owned(),
        };
        for service in services {
            chosen.add(service, region.is_none());
        }
        chosen
    }

    /// Takes the account's own addresses in the place of the catalogue's.
    ///
    /// # Errors
    /// One of them is no address.
    pub(super) fn overridden(
        mut self,
        endpoints: &Endpoints,
        project: &str,
    ) -> Result<Self, String> {
        for (service, said) in [
            (Service::Compute, &endpoints.compute),
            (Service::Image, &endpoints.image),
            (Service::Network, &endpoints.network),
        ] {
            let Some(said) = said else { continue };
            let url = ["%(project_id)s", "%(tenant_id)s"]
                .iter()
                .fold(said.clone(), |url, sign| url.replace(sign, project));
            let url = address::parse(&url)
                .map_err(|error| format!("the {} address {url:?}: {error}", service.name()))?;
            for kind in service.types() {
                self.endpoints.remove(*kind);
            }
            if let Some(best) = service.types().first() {
                self.endpoints.insert((*best).to_owned(), Ok(url));
            }
        }
        Ok(self)
    }

    /// Takes what may be used of a service.
    fn add(&mut self, service: &CatalogService, region_is_free: bool) {
        // Where Nova is in no region, no region keeps another service away.
        let any = region_is_free && self.region.is_empty();
        let here = || {
            let all = service.endpoints.iter();
            let named = all.clone().filter(|it| in_region(it, &self.region));
            let of_none = all.filter(move |it| any || region_is_free && names_no_region(it));
            named.chain(of_none)
        };
        let wanted = self.interface.as_str();
        let endpoint = here().find(|it| is_interface(it, wanted));
        let endpoint = endpoint.map(|it| it.url.to_string());
        let is_here = here().next().is_some();
        let kind = service.kind.to_string();
        if is_here {
            self.kinds.insert(kind.clone());
        }
        if let Some(url) = endpoint.filter(|_| Service::knows(&kind)) {
            let url = address::parse(&url)
                .map_err(|error| format!("{:?}: {error}", address::shown(&url)));
            self.endpoints.entry(kind).or_insert(url);
        }
    }

    /// Where a service is.
    ///
    /// # Errors
    /// A sentence about what the catalogue has instead.
    pub(super) fn endpoint(&self, service: Service) -> Result<Url, String> {
        let mut types = service.types().iter();
        let Some(url) = types.find_map(|wanted| self.endpoints.get(*wanted)) else {
            let kinds: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
            return Err(format!(
                "no {} endpoint of interface {} in {}; the catalogue has there: {}",
                service.name(),
                self.interface.as_str(),
                place(&self.region),
                kinds.join(", "),
            ));
        };
        let url = url
            .clone()
            .map_err(|error| format!("the catalogue's {} endpoint {error}", service.name()))?;
        // Nova alone is used at the catalogue's own path, which may carry the project's id.
        Ok(match service {
            Service::Compute if !address::is_versioned(&url) => address::join(&url, &["v2.1"], &[]),
            Service::Compute | Service::Image | Service::Network => url,
        })
    }
}

fn is_interface(endpoint: &CatalogEndpoint, wanted: &str) -> bool {
    // `publicURL` is how the catalogue of v2 said it; some proxies still do.
    let interface = &*endpoint.interface;
    interface.strip_suffix("URL").unwrap_or(interface) == wanted
}

/// The regions in which there is a compute service: those that an account can be in.
fn regions(services: &[CatalogService]) -> BTreeSet<String> {
    services
        .iter()
        .filter(|it| Service::Compute.types().contains(&&*it.kind))
        .flat_map(|it| it.endpoints.iter())
        .filter_map(|it| it.region_id.as_deref().or(it.region.as_deref()))
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether there is a compute service anywhere.
fn has_compute(services: &[CatalogService]) -> bool {
    let is_compute = |it: &&CatalogService| Service::Compute.types().contains(&&*it.kind);
    let mut compute = services.iter().filter(is_compute);
    compute.any(|it| it.endpoints.iter().next().is_some())
}

fn place(region: &str) -> String {
    if region.is_empty() {
        "no region".to_owned()
    } else {
        format!("region {region:?}")
    }
}

fn names_no_region(endpoint: &CatalogEndpoint) -> bool {
    let mut named = [&endpoint.region_id, &endpoint.region]
        .into_iter()
        .flatten();
    named.all(|it| it.is_empty())
}

fn in_region(endpoint: &CatalogEndpoint, region: &str) -> bool {
    [&endpoint.region_id, &endpoint.region]
        .into_iter()
        .flatten()
        .any(|it| &**it == region)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A catalogue of endpoints: type, region and path.
    fn catalogue(endpoints: &[(&str, Option<&str>, &str)]) -> Vec<CatalogService> {
        let service = |(kind, region, path): &(&str, Option<&str>, &str)| {
            let json = serde_json::json!({"type": kind, "endpoints": [{
                "interface": "public", "region": region, "region_id": region,
                "url": format!("http://h/{path}"),
            }]});
            serde_json::from_value(json).unwrap()
        };
        endpoints.iter().map(service).collect()
    }

    fn choose(services: &[CatalogService], region: Option<&str>) -> Result<Catalog, String> {
        Catalog::choose(services, region, Interface::Public)
    }

    #[test]
    fn a_catalogue_need_not_know_what_the_account_says_itself() {
        let own = Endpoints {
            compute: Some("http://own/v2.1".into()),
            ..Endpoints::default()
        };
        for (services, region) in [
            (catalogue(&[]), None),
            (catalogue(&[("image", Some("R"), "i")]), Some("R")),
            (catalogue(&[("compute", Some("Q"), "c")]), Some("R")),
        ] {
            assert!(choose(&services, region).is_err());
            let chosen = Catalog::beside_compute(&services, region, Interface::Public);
            let chosen = chosen.overridden(&own, "p").unwrap();
            let compute = chosen.endpoint(Service::Compute).unwrap();
            assert_eq!(compute.as_str(), "http://own/v2.1");
        }
    }

    #[test]
    fn an_endpoint_of_no_region_serves_who_asks_for_none() {
        for none in [None, Some("")] {
            let services = catalogue(&[("compute", none, "c/v2.1"), ("image", Some("R"), "i")]);
            let chosen = choose(&services, None).unwrap();
            assert_eq!(chosen.region, "");
            let compute = chosen.endpoint(Service::Compute).unwrap();
            assert_eq!(compute.as_str(), "http://h/c/v2.1");
            let image = chosen.endpoint(Service::Image).unwrap();
            assert_eq!(image.as_str(), "http://h/i");
            let words = choose(&services, Some("R")).unwrap_err();
            assert!(words.contains("in no region"), "{words}");
        }
    }

    #[test]
    fn an_endpoint_with_a_password_is_refused_without_it() {
        let json = serde_json::json!([{"type": "compute", "endpoints": [{
            "interface": "public", "region": "R", "region_id": "R",
            "url": "http://me:hunter2@h:8774/v2.1",
        }]}]);
        let services: Vec<CatalogService> = serde_json::from_value(json).unwrap();
        let chosen = choose(&services, None).unwrap();
        let words = chosen.endpoint(Service::Compute).unwrap_err();
        assert!(words.contains("http://...@h:8774/v2.1"), "{words}");
        assert!(!words.contains("hunter2"), "{words}");
    }

    #[test]
    fn an_endpoint_of_the_region_goes_before_one_of_none() {
        let services = catalogue(&[
            ("compute", Some("R"), "c/v2.1"),
            ("image", None, "i"),
            ("network", None, "other"),
            ("network", Some("R"), "n"),
        ]);
        let chosen = choose(&services, None).unwrap();
        assert_eq!(chosen.region, "R");
        let at = |service| chosen.endpoint(service).unwrap().to_string();
        assert_eq!(at(Service::Image), "http://h/i");
        // Who asks for a region gets what is in it, and words about the rest.
        let asked = choose(&services, Some("R")).unwrap();
        let words = asked.endpoint(Service::Image).unwrap_err();
        assert!(words.contains("region \"R\""), "{words}");
        assert_eq!(
            asked.endpoint(Service::Network).unwrap().as_str(),
            "http://h/n"
        );
    }

    #[test]
    fn a_catalogue_without_compute_says_so_whatever_is_asked_for() {
        let services = catalogue(&[("image", None, "i")]);
        for region in [None, Some("R")] {
            let words = choose(&services, region).unwrap_err();
            assert!(words.contains("lists no compute service"), "{words}");
        }
    }
}
