//! What a client can ask over the socket: one variant a command, each with a struct that may grow.
//!
//! Variants are only ever appended, fields as [`grows!`] says; golden bytes prove it.

use bincode::{Decode, Encode};

use crate::codec::Reading;
use crate::grows;
use crate::id::{EntryId, InstanceId};
use crate::spec::{AccountPatch, AccountSpec, EntrySpec, Window};
use crate::view::Status;

/// A request of a client.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Reading")]
pub enum Request {
    /// How does the daemon stand?
    StatusShow(StatusShow),
    /// Accept an entry. Answered with [`Response::Entry`](crate::Response::Entry) once durable.
    EntryCreate(Box<EntryCreate>),
    /// List entries.
    EntryList(EntryList),
    /// Show one entry.
    EntryShow(EntryShow),
    /// Remove an entry and everything made for it. Answered once the wish is durable.
    EntryRemove(EntryRemove),
    /// Answer when the entry runs, failed or is being removed, or at the time-out.
    EntryWait(EntryWait),
    /// Every attempt and every account passed over.
    EntryExplain(EntryExplain),
    /// List instances.
    InstanceList(InstanceList),
    /// Show one instance.
    InstanceShow(InstanceShow),
    /// Add an account.
    AccountAdd(Box<AccountAdd>),
    /// List accounts.
    AccountList(AccountList),
    /// Show one account.
    AccountShow(AccountShow),
    /// Change an account.
    AccountEdit(Box<AccountEdit>),
    /// Sign in at the account and look up its defaults; changes nothing, unless an instance is to
    /// be booted as well.
    AccountTest(AccountTest),
    /// Forget an account; refused while anything of ours is there.
    AccountRemove(AccountRemove),
    /// Say when no entries are to be placed at an account.
    AccountMaintain(AccountMaintain),
    /// Read the journal.
    EventList(EventList),
    /// Stream a snapshot and then every event; see [`StreamItem`](crate::StreamItem).
    Subscribe(Subscribe),
    /// Look at what stands at the clouds, and have what carries our mark and has no owner removed.
    Strays(Strays),
}

/// See [`Request::StatusShow`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusShow {}

grows! {
    StatusShow {}
}

/// See [`Request::EntryCreate`].
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

/// See [`Request::EntryList`]. Entries come in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryList {
    /// Only these; empty means all but those being removed.
    pub status: Vec<Status>,
    /// Only ids greater than this.
    pub after: Option<EntryId>,
    /// At most this many; the daemon's own bound applies as well, see
    /// [`EntryPage`](crate::response::EntryPage).
    pub limit: Option<u32>,
}

grows! {
    EntryList { status, after, limit }
}

/// See [`Request::EntryShow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryShow {
    /// The entry.
    pub id: EntryId,
}

grows! {
    EntryShow { id }
}

/// See [`Request::EntryRemove`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRemove {
    /// The entry.
    pub id: EntryId,
}

grows! {
    EntryRemove { id }
}

/// See [`Request::EntryWait`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryWait {
    /// The entry.
    pub id: EntryId,
    /// Answer after this long in any case, with the entry as it stands.
    pub timeout_ms: u32,
}

grows! {
    EntryWait { id, timeout_ms }
}

/// See [`Request::EntryExplain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryExplain {
    /// The entry.
    pub id: EntryId,
}

grows! {
    EntryExplain { id }
}

/// See [`Request::InstanceList`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstanceList {}

grows! {
    InstanceList {}
}

/// See [`Request::InstanceShow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceShow {
    /// The instance.
    pub id: InstanceId,
}

grows! {
    InstanceShow { id }
}

/// See [`Request::AccountAdd`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAdd {
    /// The account.
    pub spec: AccountSpec,
}

grows! {
    AccountAdd { spec }
}

/// See [`Request::AccountList`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountList {}

grows! {
    AccountList {}
}

/// See [`Request::AccountShow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountShow {
    /// The account.
    pub name: String,
}

grows! {
    AccountShow { name }
}

/// See [`Request::AccountEdit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEdit {
    /// The account.
    pub name: String,
    /// What to change.
    pub patch: AccountPatch,
}

grows! {
    AccountEdit { name, patch }
}

/// See [`Request::AccountTest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTest {
    /// The account.
    pub name: String,
    /// Once all else has passed, boot an instance there and remove it again.
    pub boot: bool,
}

grows! {
    AccountTest { name, boot }
}

/// See [`Request::AccountRemove`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRemove {
    /// The account.
    pub name: String,
}

grows! {
    AccountRemove { name }
}

/// See [`Request::AccountMaintain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountMaintain {
    /// The account.
    pub name: String,
    /// All its windows from now on; past ones are dropped.
    pub windows: Vec<Window>,
    /// What the windows are to be before the change, past ones aside; another list is a conflict.
    /// `None` takes whatever is there.
    pub expected: Option<Vec<Window>>,
}

grows! {
    AccountMaintain { name, windows, expected }
}

/// See [`Request::EventList`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventList {
    /// Only events with a greater number; `None` reads the latest ones.
    pub since: Option<u64>,
    /// At most this many; the daemon's own bound applies as well.
    pub limit: u32,
}

grows! {
    EventList { since, limit }
}

/// See [`Request::Subscribe`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subscribe {
    /// Go on after this event instead of sending a snapshot. If the journal no longer reaches
    /// back so far, or has not got there (it is another daemon's), a snapshot is sent all the same.
    pub since: Option<u64>,
}

grows! {
    Subscribe { since }
}

/// See [`Request::Strays`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strays {
    /// Only at this account.
    pub account: Option<String>,
    /// Only look.
    pub dry_run: bool,
}

grows! {
    Strays { account, dry_run }
}
