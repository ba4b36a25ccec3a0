//! The HTTP face: the model as Keystone, Nova, Neutron and Glance speak, on loopback sockets, for
//! the real client, for the demo, and for curl.
//!
//! Faults of the wire are real: a refused connection is a closed listener (for a rule that covers
//! the whole cloud; one that covers some calls only cuts their connections before anything is
//! done), silence is an accepted request without an answer, a reset is a reset.

mod address;
mod body;
mod connection;
mod document;
mod error;
mod hostile;
mod listener;
mod objects;
mod parse;
mod render;
mod route;
mod server;
mod site;
mod tls;

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Context as _;
use omsd::ports::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::call::Service;
use super::scenario::{Scenario, Shape};
use super::sim::SimCloud;
pub(in crate::cloud) use address::Addresses;
pub(in crate::cloud) use body::Payload;
use listener::Listener;
pub(in crate::cloud) use site::{Outcome, Site};
pub use tls::{Certificates, TlsKind};

/// Ports set aside for a cloud when they are numbered from a base.
const PORTS_A_CLOUD: u16 = 10;

/// A cloud that listens. Dropping it closes everything at once; [`HttpCloud::stop`] waits.
#[derive(Debug)]
pub struct HttpCloud {
    sim: SimCloud,
    addresses: Arc<Addresses>,
    certificates: Option<Certificates>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl HttpCloud {
    /// Starts to listen on free ports of 127.0.0.1, or from `first_port` on if that is not 0.
    /// `tls` wins over what the scenario says.
    ///
    /// # Errors
    /// When a port is taken.
    pub async fn listen(
        sim: SimCloud,
        first_port: u16,
        tls: Option<TlsKind>,
    ) -> anyhow::Result<Self> {
        let spec = sim.spec();
        let tls = tls.or_else(|| spec.tls.then_some(TlsKind::SelfSigned));
        let certificates = tls.map(Certificates::make).transpose()?;
        let mounts: &[Option<Service>] = match spec.shape {
            Shape::PortEach => &[
                Some(Service::Identity),
                Some(Service::Compute),
                Some(Service::Network),
                Some(Service::Image),
            ],
            Shape::PathEach => &[None],
        };
        let mut listeners = Vec::new();
        for (place, mount) in mounts.iter().enumerate() {
            let offset = u16::try_from(place).unwrap_or_default();
            let port = if first_port == 0 {
                0
            } else {
                first_port.saturating_add(offset)
            };
            let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
            let bound = bound.with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
            listeners.push((*mount, bound.local_addr()?, bound));
        }
        let places: Vec<String> = listeners.iter().map(|(_, at, _)| at.to_string()).collect();
        let addresses = Arc::new(Addresses::new(spec.shape, certificates.is_some(), &places));
        sim.set_auth_url(addresses.auth_url());
        let this = Self {
            sim: sim.clone(),
            addresses: Arc::clone(&addresses),
            certificates,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        for (mount, address, bound) in listeners {
            let listener = Listener {
                sim: sim.clone(),
                mount,
                address,
                addresses: Arc::clone(&addresses),
                tls: this.certificates.as_ref().map(Certificates::acceptor),
                stop: this.stop.clone(),
                tasks: this.tasks.clone(),
            };
            this.tasks.spawn(listener.run(bound));
        }
        Ok(this)
    }

    /// The cloud behind it.
    pub const fn sim(&self) -> &SimCloud {
        &self.sim
    }

    /// Keystone's address.
    pub fn auth_url(&self) -> String {
        self.addresses.auth_url()
    }

    /// What it presents, if it speaks TLS.
    pub const fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// Closes all listeners and connections and waits until they are closed.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for HttpCloud {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts all clouds of a scenario, each from its own block of ten ports if `port_base` is not 0.
///
/// # Errors
/// When a port is taken.
pub async fn listen_all(
    scenario: &Scenario,
    clock: &Arc<dyn Clock>,
    port_base: u16,
) -> anyhow::Result<Vec<HttpCloud>> {
    let mut clouds = Vec::new();
    for (place, spec) in scenario.clouds.iter().enumerate() {
        let sim = SimCloud::start(spec.clone(), scenario.seed, Arc::clone(clock));
        let block = u16::try_from(place)
            .unwrap_or(u16::MAX)
            .saturating_mul(PORTS_A_CLOUD);
        let first = if port_base == 0 {
            0
        } else {
            port_base.saturating_add(block)
        };
        clouds.push(HttpCloud::listen(sim, first, None).await?);
    }
    Ok(clouds)
}

#[cfg(test)]
mod tests;
