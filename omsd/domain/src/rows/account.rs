//! An account: where entries can be placed, how it has fared, and what is blocked there.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::{AccountDefaults, Interface};
use oms_proto::{AccountId, Time};

use crate::ground::failure::Failure;
use crate::ground::limits::{BLOCKS_MAX, OFFERINGS_MAX, STRAYS_MAX};
use crate::ground::maintenance::Window;
use crate::ground::sealed::Sealed;
use crate::rows::offering::{Lessons, Offering};
use crate::rows::room::Room;
use crate::rows::scope::{Block, Scope};
use crate::rows::stray::{self, Stray};

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

    /// Something happened to a stray. Where there are more than [`STRAYS_MAX`], the others have
    /// their turn once these are gone.
    pub fn change_stray(&mut self, id: &stray::Id, change: &stray::Change) {
        let at = self.strays.binary_search_by(|stray| stray.id.cmp(id));
        let known = at.ok().and_then(|at| self.strays.get_mut(at));
        match (change, known) {
            (stray::Change::Seen(_), Some(known)) => known.seen = known.seen.saturating_add(1),
            (stray::Change::Seen(stray), None) => {
                if let Err(at) = at
                    && self.strays.len() < STRAYS_MAX
                {
                    self.strays.insert(at, (**stray).clone());
                }
            }
            (stray::Change::Gone { .. }, _) => self.strays.retain(|stray| stray.id != *id),
            (stray::Change::RemovalAsked { next }, Some(known)) => {
                known.asked = true;
                known.removal.next = *next;
            }
            (stray::Change::RemovalFailed { failure, next }, Some(known)) => {
                known.removal.failed(failure, *next);
            }
            (_, None) => {}
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

    /// Until when it must not be called, for what its own block says.
    pub fn closed_until(&self, now: Time) -> Option<Time> {
        let block = self.block(&Scope::Account)?;
        (block.failure.class.closes() && block.until > now).then_some(block.until)
    }
}
