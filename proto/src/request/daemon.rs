//! What is asked about instances, events, strays and the daemon itself.

use crate::event::EventKind;
use crate::grows;
use crate::id::{EntryId, InstanceId};
use crate::time::Time;
use crate::view::ObjectKind;

/// See [`Request::StatusShow`](crate::Request::StatusShow).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusShow {}

grows! {
    StatusShow {}
}

/// See [`Request::InstanceList`](crate::Request::InstanceList). Instances come in the order of their
/// ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstanceList {
    /// Only ids greater than this.
    pub after: Option<InstanceId>,
    /// At most this many; the daemon's own bound applies as well.
    pub limit: Option<u32>,
    /// Only those at this account.
    pub account: Option<String>,
    /// Only servers of this name; a `*` stands for any characters.
    pub name: Option<String>,
}

grows! {
    InstanceList { after, limit } then { account, name }
}

/// See [`Request::InstanceShow`](crate::Request::InstanceShow).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceShow {
    /// The instance.
    pub id: InstanceId,
}

grows! {
    InstanceShow { id }
}

/// See [`Request::EventList`](crate::Request::EventList).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventList {
    /// Only events with a greater number; `None` reads the latest ones.
    pub since: Option<u64>,
    /// At most this many; the daemon's own bound applies as well.
    pub limit: u32,
    /// Only those about this entry.
    pub entry: Option<EntryId>,
    /// Only those about this account.
    pub account: Option<String>,
    /// Only those of these kinds; none means all.
    pub kinds: Vec<EventKind>,
    /// Only those since then.
    pub from: Option<Time>,
    /// Only those caused by somebody in whose text this is, as [`Actor`](crate::Actor) has it.
    pub actor: Option<String>,
}

grows! {
    EventList { since, limit } then { entry, account, kinds, from, actor }
}

/// See [`Request::Subscribe`](crate::Request::Subscribe).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subscribe {
    /// Go on after this event instead of sending a snapshot. If the journal no longer reaches
    /// back so far, or has not got there (it is another daemon's), a snapshot is sent all the same.
    pub since: Option<u64>,
}

grows! {
    Subscribe { since }
}

/// See [`Request::Strays`](crate::Request::Strays).
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

/// See [`Request::StrayRemove`](crate::Request::StrayRemove).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayRemove {
    /// The account where it stands, by name.
    pub account: String,
    /// What kind of object.
    pub kind: ObjectKind,
    /// The cloud's id of it; of a key pair, its name.
    pub id: String,
}

grows! {
    StrayRemove { account, kind, id }
}

/// See [`Request::TakeOver`](crate::Request::TakeOver).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TakeOver {}

grows! {
    TakeOver {}
}

/// See [`Request::Backup`](crate::Request::Backup).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backup {}

grows! {
    Backup {}
}
