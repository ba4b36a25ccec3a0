//! The in-process face: simulated clouds below the daemon's own client, at its wire. Time passes by
//! `tokio::time::sleep` alone, so that under a paused clock a whole day takes a moment.

mod carrier;
mod kept;
pub mod tripwire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use omsd::openstack::{CallLimits, OpenStackClouds};
use omsd::ports::Clock;

use super::call::Service;
use super::http::{Addresses, Site};
use super::scenario::{CloudSpec, Scenario, Shape};
use super::sim::SimCloud;
use kept::Kept;
use tripwire::Tripwire;

/// The services of a cloud that has an address for each, and their ports; the first is at the usual
/// one, with TLS or without.
const PORTS: [(Service, Option<u16>); 4] = [
    (Service::Identity, None),
    (Service::Compute, Some(8774)),
    (Service::Network, Some(9696)),
    (Service::Image, Some(9292)),
];

/// The clouds of a scenario. They outlive any engine on top.
#[derive(Clone, Default)]
pub struct SimClouds {
    /// By host and port.
    sites: Arc<BTreeMap<(String, u16), Site>>,
    order: Arc<Vec<SimCloud>>,
    wire: Tripwire,
    lack: Arc<AtomicBool>,
    kept: Arc<Kept>,
    limits: CallLimits,
}

impl SimClouds {
    /// Starts all clouds of a scenario.
    pub fn start(scenario: &Scenario, clock: &Arc<dyn Clock>) -> Self {
        let clouds = scenario.clouds.iter();
        Self::new(
            clouds
                .map(|spec| SimCloud::start(spec.clone(), scenario.seed, Arc::clone(clock)))
                .collect(),
        )
    }

    /// Takes clouds that are started already, and gives each an address of its own.
    pub fn new(clouds: Vec<SimCloud>) -> Self {
        let mut sites = BTreeMap::new();
        for cloud in &clouds {
            let host = format!("{}.sim", cloud.name().to_lowercase());
            let CloudSpec { shape, tls, .. } = cloud.spec();
            let usual = if tls { 443 } else { 80 };
            let places = PORTS.map(|(_, port)| match port {
                None => host.clone(),
                Some(port) => format!("{host}:{port}"),
            });
            let addresses = Arc::new(Addresses::new(shape, tls, &places));
            cloud.set_auth_url(addresses.auth_url());
            let mounts = PORTS.map(|(service, port)| match shape {
                Shape::PortEach => (Some(service), port.unwrap_or(usual)),
                Shape::PathEach => (None, usual),
            });
            sites.extend(mounts.map(|(mount, port)| {
                let site = Site {
                    sim: cloud.clone(),
                    mount,
                    addresses: Arc::clone(&addresses),
                };
                ((host.clone(), port), site)
            }));
        }
        Self {
            sites: Arc::new(sites),
            order: Arc::new(clouds),
            ..Self::default()
        }
    }

    /// The same clouds, called within other limits than those of a daemon that nobody has configured.
    #[must_use]
    pub fn called_within(self, limits: CallLimits) -> Self {
        Self { limits, ..self }
    }

    /// The daemon's own client on these clouds, as it is when it starts.
    pub fn client(&self, clock: Arc<dyn Clock>) -> OpenStackClouds {
        OpenStackClouds::new(clock, self.limits).over(Arc::new(self.clone()))
    }

    /// Whether the machine that calls these clouds has no open files left, so that no call is made.
    pub fn set_lack(&self, lack: bool) {
        self.lack.store(lack, Ordering::Relaxed);
    }

    /// Whether clouds close a connection that is kept just when the next request is on its way.
    pub fn set_closes_kept(&self, closes: bool) {
        self.kept.set_closes(closes);
    }

    /// What all calls to these clouds go over.
    pub const fn wire(&self) -> &Tripwire {
        &self.wire
    }

    /// All clouds in the order of the scenario.
    pub fn all(&self) -> &[SimCloud] {
        &self.order
    }

    /// A cloud by name.
    pub fn get(&self, name: &str) -> Option<&SimCloud> {
        self.order.iter().find(|cloud| cloud.name() == name)
    }
}
