//! What a block keeps entries from, and a block: something that placement keeps away from for a
//! time.

use std::fmt;
use std::sync::Arc;

use oms_proto::{AttemptId, EntryId, Time};

use crate::ground::cloud::{Part, Wanted};
use crate::ground::failure::{Failure, FailureClass};
use crate::ground::limits::BLOCK_LONGEST;
use crate::rows::offering::Offering;

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
    /// Whatever asks for one image, flavor, network, group or zone, because that is refused.
    Named(Part, String),
    /// One entry, because what it brings along may be what is refused.
    Entry(EntryId),
}

/// The kinds of [`Scope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeKind {
    /// See [`Scope::Account`].
    Account,
    /// See [`Scope::Quota`].
    Quota,
    /// See [`Scope::Launch`].
    Launch,
    /// See [`Scope::Offering`].
    Offering,
    /// See [`Scope::Request`].
    Request,
    /// See [`Scope::Named`].
    Image,
    /// See [`Scope::Named`].
    Flavor,
    /// See [`Scope::Named`].
    Network,
    /// See [`Scope::Named`].
    SecurityGroup,
    /// See [`Scope::Named`].
    Zone,
    /// See [`Scope::Entry`].
    Entry,
}

impl ScopeKind {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Quota => "quota",
            Self::Launch => "launch",
            Self::Offering => "offering",
            Self::Request => "request",
            Self::Image => Part::Image.as_str(),
            Self::Flavor => Part::Flavor.as_str(),
            Self::Network => Part::Network.as_str(),
            Self::SecurityGroup => Part::SecurityGroup.as_str(),
            Self::Zone => Part::Zone.as_str(),
            Self::Entry => "entry",
        }
    }
}

impl Scope {
    /// The kind, without data.
    pub const fn kind(&self) -> ScopeKind {
        match self {
            Self::Account => ScopeKind::Account,
            Self::Quota => ScopeKind::Quota,
            Self::Launch => ScopeKind::Launch,
            Self::Offering(_) => ScopeKind::Offering,
            Self::Request(_) => ScopeKind::Request,
            Self::Named(Part::Image, _) => ScopeKind::Image,
            Self::Named(Part::Flavor, _) => ScopeKind::Flavor,
            Self::Named(Part::Network, _) => ScopeKind::Network,
            Self::Named(Part::SecurityGroup, _) => ScopeKind::SecurityGroup,
            Self::Named(Part::Zone, _) => ScopeKind::Zone,
            Self::Entry(_) => ScopeKind::Entry,
        }
    }

    /// Whether only those come under it that ask for something which others need not ask for.
    pub const fn is_of_wish(&self) -> bool {
        match self {
            Self::Account | Self::Quota | Self::Launch => false,
            Self::Offering(_) | Self::Request(_) | Self::Named(..) | Self::Entry(_) => true,
        }
    }

    /// Whether a launch of `wanted` for an entry falls under it.
    pub fn covers(&self, entry: EntryId, wanted: &Wanted) -> bool {
        match self {
            Self::Account | Self::Quota | Self::Launch => true,
            Self::Offering(offering) => *offering == wanted.offering(),
            Self::Request(blocked) => **blocked == *wanted,
            Self::Named(part, name) => wanted.each(*part).contains(name),
            Self::Entry(blocked) => *blocked == entry,
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
            Self::Named(part, name) => write!(f, "{} {name}", part.as_str()),
            Self::Entry(entry) => write!(f, "entry {entry}"),
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
    /// Whether it was told that its time is over.
    pub over: bool,
}

impl Block {
    /// Whether nothing must be called while it lasts: the account asked for that, or its credentials are
    /// refused and have never been good, or not for so long that it is no trouble that passes.
    pub fn closes(&self) -> bool {
        let class = self.failure.class;
        let is_lasting = self.until.since(self.failure.at) > BLOCK_LONGEST;
        class.closes() && (class != FailureClass::Unauthorized || is_lasting)
    }
}
