//! What is asked about entries.

use crate::grows;
use crate::id::EntryId;
use crate::spec::EntrySpec;
use crate::time::Time;
use crate::view::Status;

/// See [`Request::EntryCreate`](crate::Request::EntryCreate).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryCreate {
    /// What is asked.
    pub spec: EntrySpec,
    /// The same key with the same spec gets the same entry; 1 to 255 visible ASCII characters.
    pub idempotency_key: Option<String>,
}

grows! {
    EntryCreate { spec, idempotency_key }
}

/// See [`Request::EntryList`](crate::Request::EntryList). Entries come in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryList {
    /// Only these; empty means all but those being removed.
    pub status: Vec<Status>,
    /// Only ids greater than this.
    pub after: Option<EntryId>,
    /// At most this many; the daemon's own bound applies as well, see
    /// [`EntryPage`](crate::response::EntryPage).
    pub limit: Option<u32>,
    /// So many are passed over first.
    pub skip: u32,
    /// Only those whose attempt under way or whose instance is at this account.
    pub account: Option<String>,
    /// Only those of this name; a `*` stands for any characters.
    pub name: Option<String>,
    /// Only those that have all of this metadata, each as `KEY` or `KEY=VALUE`.
    pub metadata: Vec<String>,
    /// Only those accepted since then.
    pub since: Option<Time>,
}

grows! {
    EntryList { status, after, limit, skip } then { account, name, metadata, since }
}

/// See [`Request::EntryShow`](crate::Request::EntryShow).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryShow {
    /// The entry.
    pub id: EntryId,
}

grows! {
    EntryShow { id }
}

/// See [`Request::EntryRemove`](crate::Request::EntryRemove).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRemove {
    /// The entry.
    pub id: EntryId,
}

grows! {
    EntryRemove { id }
}

/// See [`Request::EntryWait`](crate::Request::EntryWait).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryWait {
    /// The entry.
    pub id: EntryId,
    /// Answer after this long in any case, with the entry as it stands.
    pub timeout_ms: u32,
    /// Wait until nothing of it is left at any cloud instead; the answer then shows it as DESTROY or
    /// FAILED.
    pub gone: bool,
}

grows! {
    EntryWait { id, timeout_ms } then { gone }
}

/// See [`Request::EntryPreview`](crate::Request::EntryPreview).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryPreview {
    /// What would be asked.
    pub spec: EntrySpec,
}

grows! {
    EntryPreview { spec }
}

/// See [`Request::EntryRetry`](crate::Request::EntryRetry).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRetry {
    /// The entry.
    pub id: EntryId,
}

grows! {
    EntryRetry { id }
}

/// See [`Request::EntryHold`](crate::Request::EntryHold).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryHold {
    /// The entry.
    pub id: EntryId,
    /// Whether it is to be held, or released.
    pub held: bool,
}

grows! {
    EntryHold { id, held }
}

/// See [`Request::EntryExplain`](crate::Request::EntryExplain).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryExplain {
    /// The entry.
    pub id: EntryId,
}

grows! {
    EntryExplain { id }
}
