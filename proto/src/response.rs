//! The typed answer to each request, and what a subscription streams. Each holds a struct that may
//! grow; golden bytes prove that it only grows.

use bincode::{Decode, Encode};

use crate::codec::Reading;
use crate::id::EntryId;
use crate::view::{
    AccountTestView, AccountView, AlertView, BackupView, EntryView, EventView, ExplanationView,
    InstanceView, OffersView, PreviewView, StatusView, StraysView, TokenView, UserView,
};
use crate::{choices, grows};

/// An answer to a [`Request`](crate::Request).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Reading")]
pub enum Response {
    /// Done; there is nothing to show.
    Done(Done),
    /// How the daemon stands.
    Status(StatusView),
    /// One entry.
    Entry(Box<EntryView>),
    /// Some entries.
    Entries(EntryPage),
    /// Everything about one entry.
    Explanation(Box<ExplanationView>),
    /// One instance.
    Instance(Box<InstanceView>),
    /// Instances.
    Instances(InstancePage),
    /// One account.
    Account(Box<AccountView>),
    /// Accounts.
    Accounts(AccountPage),
    /// The result of a test of an account.
    AccountTest(AccountTestView),
    /// Events.
    Events(EventPage),
    /// The subscription stands; [`StreamItem`]s follow under the same call id.
    Subscribed(Subscribed),
    /// What stands at the clouds.
    Strays(StraysView),
    /// A copy of the database.
    Backup(BackupView),
    /// Where an entry would be placed now.
    Preview(Box<PreviewView>),
    /// One token.
    Token(TokenView),
    /// Tokens.
    Tokens(TokenPage),
    /// One user.
    User(UserView),
    /// Users.
    Users(UserPage),
    /// What the cloud of an account offers.
    Offers(Box<OffersView>),
}

impl Response {
    /// Done, and nothing to show.
    pub const DONE: Self = Self::Done(Done {});
}

/// See [`Response::Done`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {}

grows! {
    Done {}
}

/// Entries in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<EntryView>,
    /// Whether the bound cut the list; ask again with `after` set to the last id.
    pub more: bool,
    /// How many entries stand as was asked for, those before and after this page included. Of a list
    /// that asks for more than statuses and goes on after an entry: how many were found to fill the
    /// page.
    pub count: u64,
}

grows! {
    EntryPage { entries, more, count }
}

/// Instances in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstancePage {
    /// The instances.
    pub instances: Vec<InstanceView>,
    /// Whether the bound cut the list; ask again with `after` set to the last id.
    pub more: bool,
}

grows! {
    InstancePage { instances, more }
}

/// Accounts in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<AccountView>,
    /// Whether the bound cut the list; ask again with `after` set to the last name.
    pub more: bool,
}

grows! {
    AccountPage { accounts, more }
}

/// Tokens in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenPage {
    /// The tokens.
    pub tokens: Vec<TokenView>,
}

grows! {
    TokenPage { tokens }
}

/// Users in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserPage {
    /// The users.
    pub users: Vec<UserView>,
}

grows! {
    UserPage { users }
}

/// Events in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventPage {
    /// The events.
    pub events: Vec<EventView>,
    /// Where to go on: all events up to this number were looked at. Where few of many are asked for,
    /// a page may be empty and others follow. `None` where there are no more events for now.
    pub reached: Option<u64>,
}

grows! {
    EventPage { events } then { reached }
}

/// See [`Response::Subscribed`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subscribed {}

grows! {
    Subscribed {}
}

choices! {
    /// What a subscription sends. A reader skips what it does not know.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum StreamItem {
        /// A part of the picture. Parts follow one another until one is the last.
        1 Snapshot(Snapshot),
        /// A fact, and how what it changed stands now.
        2 Event(StreamEvent),
        /// The reader was too slow and events were dropped; a new snapshot follows.
        3 Missed(Missed),
        /// How an account stands that the events before this or the time have changed, once for all of
        /// them; or what needs a person, where that has changed.
        4 Changed(Change),
    }
}

impl StreamItem {
    /// Events were dropped.
    pub const MISSED: Self = Self::Missed(Missed {});
}

/// A part of the picture as of event `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// The number of the latest event that the picture contains.
    pub seq: u64,
    /// Some of the accounts.
    pub accounts: Vec<AccountView>,
    /// Some of the entries; those being removed are among them.
    pub entries: Vec<EntryView>,
    /// Whether the picture is complete.
    pub last: bool,
}

grows! {
    Snapshot { seq, accounts, entries, last }
}

/// A fact on its way to a watcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent {
    /// The fact.
    pub event: EventView,
    /// What it changed, if it is anything that clients show.
    pub change: Option<Change>,
}

grows! {
    StreamEvent { event, change }
}

/// See [`StreamItem::Missed`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Missed {}

grows! {
    Missed {}
}

/// See [`Change::Alerts`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alerts {
    /// The most urgent first; at most 100.
    pub alerts: Vec<AlertView>,
}

grows! {
    Alerts { alerts }
}

choices! {
    /// How a thing stands after an event. It is the newest picture, so it may already contain what
    /// later events will tell. A reader skips what it does not know.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Change {
        /// The entry as it stands.
        1 Entry(Box<EntryView>),
        /// The entry is gone.
        2 EntryGone(EntryId),
        /// The account as it stands.
        3 Account(Box<AccountView>),
        /// The account is gone.
        4 AccountGone(String),
        /// What needs a person, all of it: once the picture is whole, and whenever it has changed.
        5 Alerts(Alerts),
    }
}
