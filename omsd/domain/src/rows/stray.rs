//! Strays: objects at a cloud that carry this installation's mark and have no owner here, such as
//! the twin of a server whose create was carried out twice. They are seen twice and left for a
//! grace time before they are removed, because what a look shows may be about to find its owner.
//! Those that this database has not given out are left alone until a person says otherwise.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::{AttemptId, EntryId, EventKind, Time};

use crate::ground::cloud::Mark;
use crate::ground::failure::Failure;
use crate::rows::lineage::Kin;
use crate::rows::removing::Removing;

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A server, known by its metadata.
    Server,
    /// A key pair, known by its name.
    Keypair,
}

impl Kind {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Keypair => "keypair",
        }
    }
}

/// What a stray is known by within its account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// Its kind.
    pub kind: Kind,
    /// The cloud's id; of a key pair, its name.
    pub id: String,
}

/// An object of ours without an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// Which.
    pub id: Id,
    /// The incarnation, the entry and the attempt that its mark names.
    pub incarnation: String,
    /// See `incarnation`.
    pub entry: EntryId,
    /// See `incarnation`.
    pub attempt: AttemptId,
    /// Who made it.
    pub kin: Kin,
    /// Whether a person has asked for its removal.
    pub ordered: bool,
    /// When the cloud says it was made, or when it was first seen.
    pub since: Time,
    /// Looks that showed it.
    pub seen: u32,
    /// Whether the cloud took the wish to remove it.
    pub asked: bool,
    /// How its removal fares.
    pub removal: Removing,
}

/// What can happen to a stray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A look showed it, for the first time or again.
    Seen(Box<Stray>),
    /// It is gone, or has found an owner.
    Gone {
        /// Whether it was removed by us.
        removed: bool,
    },
    /// A person asked for its removal, whoever made it.
    Ordered,
    /// The cloud took the wish to remove it.
    RemovalAsked {
        /// When to ask again, should it still be there.
        next: Time,
    },
    /// Its removal failed.
    RemovalFailed {
        /// What happened.
        failure: Arc<Failure>,
        /// When to try again.
        next: Time,
    },
}

impl Change {
    /// What kind of fact it makes.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Seen(_) => EventKind::StraySeen,
            Self::Gone { .. } => EventKind::StrayGone,
            Self::Ordered => EventKind::StrayOrdered,
            Self::RemovalAsked { .. } => EventKind::StrayRemovalAsked,
            Self::RemovalFailed { .. } => EventKind::StrayRemovalFailed,
        }
    }
}

/// Looks that must have shown a stray before it is removed.
pub const SEEN_ENOUGH: u32 = 2;

impl Stray {
    /// How a stray stands after a change; `None` when there is none any more.
    #[must_use]
    pub fn after(known: Option<&Self>, change: &Change) -> Option<Self> {
        let mut stray = known.cloned();
        match (change, &mut stray) {
            (Change::Seen(_), Some(known)) => known.seen = known.seen.saturating_add(1),
            (Change::Seen(seen), None) => stray = Some((**seen).clone()),
            (Change::Gone { .. }, _) => stray = None,
            (Change::Ordered, Some(known)) => {
                known.ordered = true;
                known.removal = Removing::default();
            }
            (Change::RemovalAsked { next }, Some(known)) => {
                known.asked = true;
                known.removal.next = *next;
            }
            (Change::RemovalFailed { failure, next }, Some(known)) => {
                known.removal.failed(failure, *next);
            }
            (
                Change::Ordered | Change::RemovalAsked { .. } | Change::RemovalFailed { .. },
                None,
            ) => {}
        }
        stray
    }

    /// When it may be removed: `grace` after it was made, once it was seen often enough. What this
    /// database did not give out may be somebody's machine, and is removed only if a person asks.
    pub fn due(&self, grace: Duration) -> Option<Time> {
        if self.ordered {
            return Some(self.removal.next);
        }
        let ripe = self.since.plus(grace);
        (self.kin == Kin::Known && self.seen >= SEEN_ENOUGH).then(|| ripe.max(self.removal.next))
    }

    /// The mark that it carries.
    pub fn mark(&self, installation: &str) -> Mark {
        Mark {
            installation: installation.to_owned(),
            incarnation: self.incarnation.clone(),
            entry: self.entry,
            attempt: self.attempt,
        }
    }
}
