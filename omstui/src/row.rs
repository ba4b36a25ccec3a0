//! The names of rows: what the cursor stays on while rows come, go and change places.

use oms_proto::EntryId;

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
