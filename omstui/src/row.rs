//! The names of rows: what the cursor stays on while rows come, go and change places. And the one
//! kind of row that only this program has.

use oms_proto::{EntryId, Time};

use crate::theme::Tone;

/// Names a row: what the cursor stays on while rows come, go and change places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    /// An entry.
    Entry(EntryId),
    /// The instance of an entry.
    Instance(EntryId),
    /// An account, by name.
    Account(String),
    /// An event, by number.
    Event(u64),
    /// Something that is wrong now.
    Cause(Box<CauseKey>),
}

/// Names a cause while it lasts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CauseKey {
    /// What kind of thing it is.
    pub kind: String,
    /// The account concerned.
    pub account: Option<String>,
    /// The entry concerned, the first of them where there are several.
    pub entry: Option<EntryId>,
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Its name.
    pub key: CauseKey,
    /// How bad it is.
    pub tone: Tone,
    /// How often: failures in a row, or entries.
    pub count: u64,
    /// What it is and why, in words.
    pub message: String,
    /// Since when.
    pub since: Option<Time>,
    /// When it is tried again, or gives up.
    pub until: Option<Time>,
}
