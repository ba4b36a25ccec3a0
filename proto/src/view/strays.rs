//! What stands at the clouds, and whose it is.

use serde::{Deserialize, Serialize};

use crate::id::{AttemptId, EntryId};
use crate::time::Time;
use crate::{grows, words};

/// What stands at the clouds, account by account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StraysView {
    /// Whether nothing was to be removed.
    pub dry_run: bool,
    /// The accounts that were looked at, by name.
    pub accounts: Vec<StraysAtView>,
}

grows! {
    StraysView { dry_run, accounts }
}

/// What stands at one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StraysAtView {
    /// The account.
    pub account: String,
    /// Why it could not be looked at, if so.
    pub error: Option<String>,
    /// What stands there, what needs attention first.
    pub objects: Vec<ObjectView>,
    /// Objects beyond what fits an answer.
    pub left_out: u32,
}

grows! {
    StraysAtView { account, error, objects, left_out }
}

words! {
    /// What kind of object stands at a cloud.
    pub enum ObjectKind {
        /// A server.
        1 Server = "server",
        /// A key pair.
        2 Keypair = "keypair",
    }
}

words! {
    /// What an object at a cloud is to us, what matters most first.
    pub enum Verdict {
        /// It carries our mark and has no owner.
        1 Stray = "stray",
        /// An instance of ours that the cloud does not show.
        2 Missing = "missing",
        /// An attempt may yet find or remove it.
        3 Unsettled = "unsettled",
        /// An attempt has it.
        4 Owned = "owned",
        /// It carries the mark of another installation.
        5 OtherInstallation = "other_installation",
        /// It carries no mark.
        6 Alien = "alien",
        /// It carries our mark with ids that this database has not given out: it was made after the
        /// database was copied.
        7 FromAhead = "from_ahead",
        /// It carries our mark, and this database has never heard of the daemon that made it.
        8 Stranger = "stranger",
    }
}

impl Verdict {
    /// Whether a person may want to look at it: neither as it should be nor somebody else's.
    pub const fn is_telling(self) -> bool {
        match self {
            Self::Stray
            | Self::FromAhead
            | Self::Stranger
            | Self::Missing
            | Self::Unsettled
            | Self::Unknown => true,
            Self::Owned | Self::OtherInstallation | Self::Alien => false,
        }
    }
}

/// An object at a cloud, or one that should be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ObjectView {
    /// What it is.
    pub kind: ObjectKind,
    /// The cloud's id; of a key pair, its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Nova's status, of a server.
    pub status: Option<String>,
    /// What it is to us.
    pub verdict: Verdict,
    /// The entry that its mark names.
    pub entry: Option<EntryId>,
    /// The attempt that its mark names.
    pub attempt: Option<AttemptId>,
    /// Of a stray: how often the scheduler has seen it.
    pub seen: Option<u32>,
    /// Of a stray: when it may be removed, once it was seen twice.
    pub removable: Option<Time>,
    /// Of a stray: what becomes of it, unless nothing was to be removed.
    pub fate: Option<String>,
}

grows! {
    ObjectView { kind, id, name, status, verdict, entry, attempt, seen, removable, fate }
}
