//! What stands at the clouds, and whose it is.

use serde::{Deserialize, Serialize};

use crate::grows;
use crate::id::{AttemptId, EntryId};
use crate::time::Time;

/// What stands at the clouds, account by account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// An object at a cloud, or one that should be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectView {
    /// `server` or `keypair`.
    pub kind: String,
    /// The cloud's id; of a key pair, its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Nova's status, of a server.
    pub status: Option<String>,
    /// `stray` (ours, without an owner), `missing` (an instance that the cloud does not show),
    /// `unsettled` (an attempt still looks for it), `owned`, `other_installation` or `alien`.
    pub verdict: String,
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
