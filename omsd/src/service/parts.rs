//! What a service is made of.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Secret;
use oms_proto::spec::KeyType;

use super::error::Cause;
use crate::domain::sealed::Sealed;
use crate::engine::handle::Handle;
use crate::ports::{Clock, Entropy};
use crate::store::Store;

/// What a service is made of.
pub struct Parts {
    /// The door to the engine.
    pub handle: Handle,
    /// The database, for its journal.
    pub store: Store,
    /// What seals and opens secrets.
    pub vault: Arc<dyn Vault>,
    /// What makes and checks SSH keys.
    pub keys: Arc<dyn Keys>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for error ids.
    pub entropy: Arc<dyn Entropy>,
    /// What the configuration says.
    pub options: ServiceOptions,
}

/// What the configuration says.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// The daemon's version.
    pub version: String,
    /// How long an entry is tried for unless it says otherwise.
    pub default_deadline: Duration,
    /// Launches that may be under way at one account, as the engine has it.
    pub launches_max: u32,
}

/// Seals and opens secrets, each in a context that is authenticated with it.
pub trait Vault: Send + Sync {
    /// Seals.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    fn seal(&self, context: &str, secret: &[u8]) -> Result<Sealed, Cause>;

    /// Opens.
    ///
    /// # Errors
    /// What was sealed with another key or in another context, or was damaged.
    fn open(&self, context: &str, sealed: &Sealed) -> Result<Secret, Cause>;
}

/// Makes and checks SSH keys.
pub trait Keys: Send + Sync {
    /// Makes a key: the public half in OpenSSH form, and the private half. RSA takes seconds.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    fn make(&self, kind: KeyType) -> Result<(String, Secret), Cause>;

    /// Checks a public key that somebody gave, and gives the line to install.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn check_public(&self, line: &str) -> Result<String, String>;
}
