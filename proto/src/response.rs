//! The typed answer to each request, and what a subscription streams.

use bincode::{Decode, Encode};

use crate::id::EntryId;
use crate::view::{
    AccountTestView, AccountView, CollectionView, EntryView, EventView, ExplanationView,
    InstanceView, StatusView,
};

/// An answer to a [`Request`](crate::Request).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Response {
    /// Done; there is nothing to show.
    Done,
    /// How the daemon stands.
    Status(StatusView),
    /// One entry.
    Entry(Box<EntryView>),
    /// Entries in the order of their ids. `more` says that the bound cut the list; ask again with
    /// `after` set to the last id.
    Entries {
        /// The entries.
        entries: Vec<EntryView>,
        /// Whether there are more.
        more: bool,
    },
    /// Everything about one entry.
    Explanation(Box<ExplanationView>),
    /// One instance.
    Instance(Box<InstanceView>),
    /// All instances.
    Instances(Vec<InstanceView>),
    /// One account.
    Account(Box<AccountView>),
    /// All accounts.
    Accounts(Vec<AccountView>),
    /// The result of a test of an account.
    AccountTest(AccountTestView),
    /// Events in the order of their numbers.
    Events(Vec<EventView>),
    /// The subscription stands; [`StreamItem`]s follow under the same call id.
    Subscribed,
    /// What stands at the clouds.
    Collection(CollectionView),
}

/// What a subscription sends.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum StreamItem {
    /// A part of the picture as of event `seq`. Parts follow one another until one is `last`.
    Snapshot {
        /// The number of the latest event that the picture contains.
        seq: u64,
        /// All accounts, in the first part.
        accounts: Vec<AccountView>,
        /// Some of the entries; those being removed are among them.
        entries: Vec<EntryView>,
        /// Whether the picture is complete.
        last: bool,
    },
    /// A fact, and how what it changed stands now.
    Event {
        /// The fact.
        event: EventView,
        /// What it changed, if it is anything that clients show.
        change: Option<Change>,
    },
    /// The reader was too slow and events were dropped; a new snapshot follows.
    Missed,
    /// How an account stands that the events before this have changed; once for all of them.
    Changed(Change),
}

/// How a thing stands after an event. It is the newest picture, so it may already contain what
/// later events will tell.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    /// The entry as it stands.
    Entry(Box<EntryView>),
    /// The entry is gone.
    EntryGone(EntryId),
    /// The account as it stands.
    Account(Box<AccountView>),
    /// The account is gone.
    AccountGone(String),
}
