//! What a client can ask over the socket: one variant a command.
//!
//! Variants and fields are append-only within a protocol version; golden bytes prove it.

use bincode::{Decode, Encode};

use crate::id::{AttemptId, EntryId};
use crate::spec::{AccountPatch, AccountSpec, EntrySpec, Window};
use crate::view::Status;

/// A request of a client.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Request {
    /// How does the daemon stand?
    Status,
    /// Accept an entry. Answered with [`Response::Entry`](crate::Response::Entry) once durable.
    EntryCreate(Box<EntryCreate>),
    /// List entries.
    EntryList(EntryList),
    /// Show one entry.
    EntryShow(EntryId),
    /// Remove an entry and everything made for it. Answered once the wish is durable.
    EntryDelete(EntryId),
    /// Answer when the entry runs, failed or is being removed, or at the time-out.
    EntryWait(EntryWait),
    /// Every attempt and every account passed over.
    EntryExplain(EntryId),
    /// List instances.
    InstanceList,
    /// Show one instance.
    InstanceShow(AttemptId),
    /// Add an account.
    AccountAdd(Box<AccountSpec>),
    /// List accounts.
    AccountList,
    /// Show one account, by name.
    AccountShow(String),
    /// Change an account.
    AccountEdit(Box<AccountEdit>),
    /// Sign in at the account and look up its defaults; changes nothing, unless an instance is to
    /// be booted as well.
    AccountTest(AccountTest),
    /// Forget an account; refused while anything of ours is there.
    AccountRemove(String),
    /// Read the journal.
    EventList(EventList),
    /// Stream a snapshot and then every event; see [`StreamItem`](crate::StreamItem).
    Subscribe(Subscribe),
    /// Say when no entries are to be placed at an account.
    AccountMaintain(AccountMaintain),
    /// Look at what stands at the clouds, and have what carries our mark and has no owner removed.
    Collect(Collect),
}

/// See [`Request::EntryCreate`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EntryCreate {
    /// What is asked.
    pub spec: EntrySpec,
    /// The same key with the same spec gets the same entry; 1 to 255 visible ASCII characters.
    pub idempotency_key: Option<String>,
}

/// See [`Request::EntryList`]. Entries come in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EntryList {
    /// Only these; empty means all but those being removed.
    pub status: Vec<Status>,
    /// Only ids greater than this.
    pub after: Option<EntryId>,
    /// At most this many; the daemon's own bound applies as well, see
    /// [`Response::Entries`](crate::Response::Entries).
    pub limit: Option<u32>,
}

/// See [`Request::EntryWait`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EntryWait {
    /// The entry.
    pub id: EntryId,
    /// Answer after this long in any case, with the entry as it stands.
    pub timeout_ms: u32,
}

/// See [`Request::AccountEdit`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AccountEdit {
    /// The account.
    pub name: String,
    /// What to change.
    pub patch: AccountPatch,
}

/// See [`Request::AccountTest`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AccountTest {
    /// The account.
    pub name: String,
    /// Once all else has passed, boot an instance there and remove it again.
    pub boot: bool,
}

/// See [`Request::AccountMaintain`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AccountMaintain {
    /// The account.
    pub name: String,
    /// All its windows from now on; past ones are dropped.
    pub windows: Vec<Window>,
    /// What the windows are to be before the change, past ones aside; another list is a conflict.
    /// `None` takes whatever is there.
    pub expected: Option<Vec<Window>>,
}

/// See [`Request::Collect`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Collect {
    /// Only at this account.
    pub account: Option<String>,
    /// Only look.
    pub dry_run: bool,
}

/// See [`Request::EventList`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EventList {
    /// Only events with a greater number; `None` reads the latest ones.
    pub since: Option<u64>,
    /// At most this many; the daemon's own bound applies as well.
    pub limit: u32,
}

/// See [`Request::Subscribe`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Subscribe {
    /// Go on after this event instead of sending a snapshot. If the journal no longer reaches
    /// back so far, or has not got there (it is another daemon's), a snapshot is sent all the same.
    pub since: Option<u64>,
}
