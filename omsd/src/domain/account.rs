//! An account: where entries can be placed, how it has fared, and what is blocked there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::{AccountDefaults, Interface};
use oms_proto::{AccountId, AttemptId, Time};

use super::cloud::Wanted;
use super::failure::Failure;
use super::ledger::Room;
use super::limits::{BLOCKS_MAX, OFFERINGS_MAX, STRAYS_MAX};
use super::maintenance::Window;
use super::offering::{Lessons, Offering};
use super::sealed::Sealed;
use super::stray::{self, Stray};

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
    /// Times in which no entries are to be placed.
    pub maintenance: Vec<Window>,
    /// What is blocked, in the order of scopes.
    pub blocks: Vec<Block>,
    /// What launches have taught, in the order of offerings.
    pub lessons: Vec<Lessons>,
    /// What there is room for, once that was told.
    pub room: Option<Room>,
    /// Objects of ours there that have no owner, in the order of their ids.
    pub strays: Vec<Stray>,
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
    Offering(Offering),
    /// One combination of image, flavor, networks, groups and zone, because the account does not
    /// have it.
    Request(Arc<Wanted>),
}

impl Scope {
    /// Whether a launch of `wanted` falls under it.
    pub fn covers(&self, wanted: &Wanted) -> bool {
        match self {
            Self::Account | Self::Quota | Self::Launch => true,
            Self::Offering(offering) => *offering == wanted.offering(),
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
            Self::Offering(offering) => write!(f, "offering {offering}"),
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

    /// What launches of an offering have taught.
    pub fn lessons(&self, offering: &Offering) -> Option<&Lessons> {
        let at = self.lesson_at(offering).ok()?;
        self.lessons.get(at)
    }

    /// Learns something of an offering; the one that taught nothing for the longest time makes
    /// room when there are too many.
    pub fn learn(&mut self, offering: &Offering, learn: impl FnOnce(&mut Lessons)) {
        if self.lesson_at(offering).is_err() && self.lessons.len() >= OFFERINGS_MAX {
            let oldest = self.lessons.iter().map(|lessons| lessons.learned).min();
            self.lessons
                .retain(|lessons| Some(lessons.learned) != oldest);
        }
        let at = match self.lesson_at(offering) {
            Ok(at) => at,
            Err(at) => {
                self.lessons.insert(at, Lessons::of(offering.clone()));
                at
            }
        };
        if let Some(lessons) = self.lessons.get_mut(at) {
            learn(lessons);
        }
    }

    fn lesson_at(&self, offering: &Offering) -> Result<usize, usize> {
        self.lessons
            .binary_search_by(|lessons| lessons.offering.cmp(offering))
    }

    /// The stray of that id.
    pub fn stray(&self, id: &stray::Id) -> Option<&Stray> {
        let at = self
            .strays
            .binary_search_by(|stray| stray.id.cmp(id))
            .ok()?;
        self.strays.get(at)
    }

    pub(super) fn stray_mut(&mut self, id: &stray::Id) -> Option<&mut Stray> {
        let at = self
            .strays
            .binary_search_by(|stray| stray.id.cmp(id))
            .ok()?;
        self.strays.get_mut(at)
    }

    /// A look showed a stray, for the first time or again. More than [`STRAYS_MAX`] wait for
    /// their turn until others are gone.
    pub fn see_stray(&mut self, seen: &Stray) {
        match self.strays.binary_search_by(|stray| stray.id.cmp(&seen.id)) {
            Ok(at) => {
                if let Some(stray) = self.strays.get_mut(at) {
                    stray.seen = stray.seen.saturating_add(1);
                }
            }
            Err(at) if self.strays.len() < STRAYS_MAX => self.strays.insert(at, seen.clone()),
            Err(_) => {}
        }
    }

    /// The median of the remembered boot times.
    pub fn median_boot(&self) -> Option<Duration> {
        let boots = self.lessons.iter().flat_map(|lessons| &lessons.boots);
        let mut boots: Vec<_> = boots.copied().collect();
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
