//! An account: where entries can be placed, how it has fared, and what is blocked there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::{AccountDefaults, Interface};
use oms_proto::{AccountId, AttemptId, Time};

use super::cloud::Wanted;
use super::failure::Failure;
use super::limits::{BLOCKS_MAX, BOOTS_MAX};
use super::sealed::Sealed;

/// Credentials for one project in one region of a provider, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// For records.
    pub id: AccountId,
    /// For people; unique.
    pub name: String,
    /// The provider's name.
    pub provider: String,
    /// Keystone's address.
    pub auth_url: String,
    /// Region.
    pub region_name: Option<String>,
    /// Which endpoints of the catalogue.
    pub interface: Interface,
    /// How to sign in, without the secret.
    pub auth: Auth,
    /// The password, or the application credential's secret.
    pub secret: Sealed,
    /// What entries get here unless they say otherwise.
    pub defaults: AccountDefaults,
    /// Authorities to trust.
    pub ca_pem: Option<String>,
    /// The one certificate to accept.
    pub pinned_cert_pem: Option<String>,
    /// Preference; higher first.
    pub priority: i32,
    /// Whether a person has switched it on.
    pub enabled: bool,
    /// Goes up with every edit, so that the engine knows when to open its client anew.
    pub revision: u64,
    /// What is blocked, in the order of scopes.
    pub blocks: Vec<Block>,
    /// The latest times from intent to usable, the newest last.
    pub boots: Vec<Duration>,
    /// When the cloud last made us a server.
    pub last_success: Option<Time>,
    /// The last failure.
    pub last_failure: Option<Arc<Failure>>,
}

/// How to sign in at Keystone, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// A user's password.
    Password {
        /// User.
        username: String,
        /// Domain of the user.
        user_domain: Domain,
        /// Project by name.
        tenant_name: Option<String>,
        /// Project by id; wins.
        tenant_id: Option<String>,
        /// Domain of the project.
        project_domain: Domain,
    },
    /// An application credential.
    ApplicationCredential {
        /// By id.
        id: Option<String>,
        /// By name, with its user.
        name: Option<String>,
        /// The user.
        username: Option<String>,
        /// Domain of the user.
        user_domain: Domain,
    },
}

/// A Keystone domain by name or id; both empty means the default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Domain {
    /// By name.
    pub name: Option<String>,
    /// By id; wins.
    pub id: Option<String>,
}

/// What a block keeps entries from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything at the account.
    Account,
    /// Launches, because the project has no room.
    Quota,
    /// Launches, because policy forbids them.
    Launch,
    /// One flavor in one zone, because no host takes it.
    Offering {
        /// The zone; `None` where Nova chooses.
        availability_zone: Option<String>,
        /// The flavor.
        flavor: String,
    },
    /// One combination of image, flavor, networks, groups and zone, because the account does not
    /// have it.
    Request(Arc<Wanted>),
}

impl Scope {
    /// Whether a launch of `wanted` falls under it.
    pub fn covers(&self, wanted: &Wanted) -> bool {
        match self {
            Self::Account | Self::Quota | Self::Launch => true,
            Self::Offering {
                availability_zone,
                flavor,
            } => *availability_zone == wanted.availability_zone && *flavor == wanted.flavor,
            Self::Request(blocked) => **blocked == *wanted,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Quota => f.write_str("quota"),
            Self::Launch => f.write_str("launch"),
            Self::Offering {
                availability_zone,
                flavor,
            } => {
                write!(
                    f,
                    "offering {}/{flavor}",
                    availability_zone.as_deref().unwrap_or("any")
                )
            }
            Self::Request(wanted) => write!(f, "request {} on {}", wanted.image, wanted.flavor),
        }
    }
}

/// Something that placement keeps away from until a time, and then tries with one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What.
    pub scope: Scope,
    /// Until when.
    pub until: Time,
    /// Failures in a row.
    pub failures: u32,
    /// The failure that set it.
    pub failure: Arc<Failure>,
    /// The attempt that probes it, once `until` has passed.
    pub probe: Option<AttemptId>,
}

impl Account {
    /// The block of exactly that scope.
    pub fn block(&self, scope: &Scope) -> Option<&Block> {
        self.blocks.iter().find(|block| block.scope == *scope)
    }

    /// Sets or renews a block; the one that ends first makes room when there are too many.
    pub fn set_block(&mut self, block: Block) {
        self.blocks.retain(|old| old.scope != block.scope);
        if self.blocks.len() >= BLOCKS_MAX {
            let first = self.blocks.iter().map(|old| old.until).min();
            if let Some(at) = self.blocks.iter().position(|old| Some(old.until) == first) {
                self.blocks.remove(at);
            }
        }
        self.last_failure = Some(Arc::clone(&block.failure));
        self.blocks.push(block);
        self.blocks.sort_by(|a, b| a.scope.cmp(&b.scope));
    }

    /// Remembers a boot time.
    pub fn record_boot(&mut self, boot: Duration, at: Time) {
        if self.boots.len() >= BOOTS_MAX {
            self.boots.remove(0);
        }
        self.boots.push(boot);
        self.last_success = Some(at);
    }

    /// The median of the remembered boot times.
    pub fn median_boot(&self) -> Option<Duration> {
        let mut boots = self.boots.clone();
        boots.sort_unstable();
        boots.get(boots.len() / 2).copied()
    }

    /// The earliest end of a block that is still ahead.
    pub fn next_unblock(&self, now: Time) -> Option<Time> {
        self.blocks
            .iter()
            .map(|block| block.until)
            .filter(|until| *until > now)
            .min()
    }
}
