//! Facts as the journal keeps them and watchers see them.

use oms_proto::{Actor, AttemptId, EntryId, EventKind, Time};

/// A fact, rendered. The journal tells people what happened; the rows tell the daemon how things
/// stand, so nothing is ever parsed out of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its number; consecutive.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What kind.
    pub kind: EventKind,
    /// The entry concerned.
    pub entry: Option<EntryId>,
    /// The attempt concerned.
    pub attempt: Option<AttemptId>,
    /// The account concerned, by name.
    pub account: Option<String>,
    /// The fact in words.
    pub message: String,
    /// Who caused it.
    pub by: Actor,
}
