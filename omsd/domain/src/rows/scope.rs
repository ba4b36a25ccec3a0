//! What a block keeps entries from, and a block: something that placement keeps away from for a
//! time.

use std::fmt;
use std::sync::Arc;

use oms_proto::{AttemptId, Time};

use crate::ground::cloud::Wanted;
use crate::ground::failure::Failure;
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
        }
    }

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
