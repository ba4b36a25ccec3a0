//! Where the services of one cloud are, in the two shapes of a catalogue.

use crate::cloud::call::Service;
use crate::cloud::scenario::Shape;

/// The addresses of one cloud.
#[derive(Debug)]
pub(in crate::cloud) struct Addresses {
    shape: Shape,
    /// Roots without a slash at the end.
    identity: String,
    compute: String,
    network: String,
    image: String,
}

impl Addresses {
    /// `places` are hosts with ports in the order identity, compute, network, image, or just one.
    pub(in crate::cloud) fn new(shape: Shape, tls: bool, places: &[String]) -> Self {
        let scheme = if tls { "https" } else { "http" };
        let root = |place: usize, path: &str| {
            let address = match shape {
                Shape::PortEach => places.get(place),
                Shape::PathEach => places.first(),
            };
            let address = address.map(String::as_str).unwrap_or_default();
            match shape {
                Shape::PortEach => format!("{scheme}://{address}"),
                Shape::PathEach => format!("{scheme}://{address}/{path}"),
            }
        };
        Self {
            shape,
            identity: root(0, "identity"),
            compute: root(1, "compute"),
            network: root(2, "networking"),
            image: root(3, "image"),
        }
    }

    /// The service that a first path segment leads to.
    pub(super) fn mounted(segment: &str) -> Option<Service> {
        match segment {
            "identity" => Some(Service::Identity),
            "compute" => Some(Service::Compute),
            "networking" => Some(Service::Network),
            "image" => Some(Service::Image),
            _ => None,
        }
    }

    pub(super) fn root(&self, service: Service) -> &str {
        match service {
            Service::Identity => &self.identity,
            Service::Compute => &self.compute,
            Service::Network => &self.network,
            Service::Image => &self.image,
        }
    }

    pub(in crate::cloud) fn auth_url(&self) -> String {
        format!("{}/v3", self.identity)
    }

    /// The endpoint as the catalogue has it.
    pub(super) fn endpoint(&self, service: Service, project_id: &str) -> String {
        let root = self.root(service);
        match (self.shape, service) {
            (Shape::PortEach, Service::Identity) => format!("{root}/v3"),
            (Shape::PortEach, Service::Compute) => format!("{root}/v2.1/{project_id}"),
            (Shape::PathEach, Service::Compute) => format!("{root}/v2.1"),
            _ => root.to_owned(),
        }
    }

    /// Nova's addresses of bookmarks, which have no version.
    pub(super) fn bookmark(&self, project_id: &str) -> String {
        match self.shape {
            Shape::PortEach => format!("{}/{project_id}", self.compute),
            Shape::PathEach => self.compute.clone(),
        }
    }
}
