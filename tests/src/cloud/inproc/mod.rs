//! The in-process face: simulated clouds behind the daemon's own ports. Time passes by
//! `tokio::time::sleep` alone, so that under a paused clock a whole day takes a moment.

mod classify;
mod client;
mod convert;
pub mod tripwire;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use omsd::ports::{Clock, Cloud, CloudResult, Clouds, OpenAccount};

use super::scenario::Scenario;
use super::sim::SimCloud;
use client::Client;
use tripwire::Tripwire;

/// How long the client waits for an answer. The same as the real client's.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// For anything but a create.
    pub read: Duration,
    /// For a create: Nova asks others before it answers.
    pub create: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            read: Duration::from_secs(30),
            create: Duration::from_secs(60),
        }
    }
}

/// The clouds of a scenario by the address of their Keystone. It outlives any engine on top.
#[derive(Debug, Clone, Default)]
pub struct SimClouds {
    clouds: Arc<BTreeMap<String, SimCloud>>,
    order: Arc<Vec<SimCloud>>,
    deadlines: Deadlines,
    wire: Tripwire,
    lack: Arc<AtomicBool>,
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

    /// Takes clouds that are started already.
    pub fn new(clouds: Vec<SimCloud>) -> Self {
        let by_address = clouds
            .iter()
            .map(|cloud| (normal(&cloud.auth_url()), cloud.clone()))
            .collect();
        Self {
            clouds: Arc::new(by_address),
            order: Arc::new(clouds),
            deadlines: Deadlines::default(),
            wire: Tripwire::default(),
            lack: Arc::default(),
        }
    }

    /// Whether the machine that calls these clouds has no open files left, so that no call is made.
    pub fn set_lack(&self, lack: bool) {
        self.lack.store(lack, Ordering::Relaxed);
    }

    /// The same clouds with other deadlines.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
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

impl Clouds for SimClouds {
    fn open(&self, account: &OpenAccount) -> CloudResult<Arc<dyn Cloud>> {
        let cloud = self.clouds.get(&normal(&account.auth_url)).cloned();
        Ok(Arc::new(Client::new(
            cloud,
            account.clone(),
            self.deadlines,
            self.wire.clone(),
            Arc::clone(&self.lack),
        )))
    }
}

/// An address without what people leave off.
fn normal(auth_url: &str) -> String {
    let bare = auth_url.trim_end_matches('/');
    let bare = bare.strip_suffix("/v3").unwrap_or(bare);
    bare.trim_end_matches('/').to_owned()
}
