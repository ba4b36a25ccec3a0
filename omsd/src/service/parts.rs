//! What a service is made of.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::handle::Handle;
use crate::ports::{Clock, Entropy};
use crate::secrets::Vault;
use crate::store::Store;
use crate::telemetry::Health;

/// What a service is made of.
pub struct Parts {
    /// The door to the engine.
    pub handle: Handle,
    /// The database, for its journal.
    pub store: Store,
    /// What seals and opens secrets.
    pub vault: Arc<Vault>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for keys and error ids.
    pub entropy: Arc<dyn Entropy>,
    /// What is wrong with the daemon itself.
    pub health: Health,
    /// What the configuration says.
    pub options: ServiceOptions,
}

/// What the configuration says.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// The daemon's version.
    pub version: String,
    /// How long an entry is tried for unless it says otherwise; half an hour by default.
    pub default_deadline: Duration,
    /// Launches that may be under way at one account, as the engine has it.
    pub launches_max: u32,
    /// How long an object without an owner is left before it is removed, as the engine has it.
    pub stray_grace: Duration,
}
