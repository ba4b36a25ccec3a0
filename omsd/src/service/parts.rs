//! What a service is made of.

use std::sync::Arc;

use omsd_domain::rules::policy::Policy;

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
    /// What the configuration says, as the engine has it.
    pub policy: Policy,
    /// The daemon's version.
    pub version: String,
}
