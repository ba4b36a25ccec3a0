//! Facts that happened: the only way in which the world changes.

use std::sync::Arc;

use oms_proto::{AccountId, Actor, AttemptId, EntryId, EventKind, Time};

use super::account::{Account, Block, Scope};
use super::attempt::{Attempt, Change};
use super::entry::Entry;
use super::ledger::Room;
use super::maintenance::Window;
use super::stray;

/// An event with its time. Its number is its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When.
    pub at: Time,
    /// Who caused it.
    pub by: Actor,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An account was added.
    AccountAdded(Box<Account>),
    /// An account was changed by a person; what was blocked there is forgotten.
    AccountEdited(Box<Account>),
    /// An account was removed.
    AccountRemoved(AccountId),
    /// Something at an account is kept away from for a time.
    Blocked {
        /// Where.
        account: AccountId,
        /// What, until when, why.
        block: Box<Block>,
    },
    /// Something at an account has proved well.
    Unblocked {
        /// Where.
        account: AccountId,
        /// What.
        scope: Scope,
    },
    /// What an account has room for has changed.
    Surveyed {
        /// Where.
        account: AccountId,
        /// For what.
        room: Box<Room>,
    },
    /// A person has said when no entries are to be placed at an account.
    MaintenanceSet {
        /// Where.
        account: AccountId,
        /// All windows from now on.
        windows: Vec<Window>,
    },
    /// Something happened to an object of ours that has no owner.
    Stray {
        /// Where.
        account: AccountId,
        /// Which.
        id: stray::Id,
        /// What.
        change: stray::Change,
    },
    /// An entry was accepted.
    EntryAccepted(Box<Entry>),
    /// An entry waits for an account.
    EntryWaiting {
        /// Which.
        entry: EntryId,
        /// What for.
        reason: Arc<str>,
    },
    /// An entry is no longer wanted by its owner.
    EntryUnwanted(EntryId),
    /// An entry's deadline or attempts are used up.
    EntryGaveUp {
        /// Which.
        entry: EntryId,
        /// Which of the two, and what went wrong last.
        reason: Arc<str>,
    },
    /// An entry's instance vanished, and another is to take its place.
    EntryReplaced {
        /// Which.
        entry: EntryId,
        /// When it gives up unless it runs again.
        deadline: Time,
    },
    /// A final entry has nothing left at any cloud.
    EntryEnded(EntryId),
    /// A final entry's time in the database is over.
    EntryForgotten(EntryId),
    /// The intent to try an entry at an account.
    AttemptStarted {
        /// Which entry.
        entry: EntryId,
        /// The attempt.
        attempt: Box<Attempt>,
    },
    /// Something happened to an attempt.
    Attempt {
        /// Whose.
        entry: EntryId,
        /// Which.
        attempt: AttemptId,
        /// What.
        change: Change,
    },
}

impl Event {
    /// What kind it is.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::AccountAdded(_) => EventKind::AccountAdded,
            Self::AccountEdited(_) => EventKind::AccountEdited,
            Self::AccountRemoved(_) => EventKind::AccountRemoved,
            Self::Blocked { .. } => EventKind::Blocked,
            Self::Unblocked { .. } => EventKind::Unblocked,
            Self::Surveyed { .. } => EventKind::AccountSurveyed,
            Self::MaintenanceSet { .. } => EventKind::MaintenanceSet,
            Self::Stray { change, .. } => change.kind(),
            Self::EntryReplaced { .. } => EventKind::EntryReplaced,
            Self::EntryAccepted(_) => EventKind::EntryAccepted,
            Self::EntryWaiting { .. } => EventKind::EntryWaiting,
            Self::EntryUnwanted(_) => EventKind::EntryUnwanted,
            Self::EntryGaveUp { .. } => EventKind::EntryFailed,
            Self::EntryEnded(_) => EventKind::EntryEnded,
            Self::EntryForgotten(_) => EventKind::EntryForgotten,
            Self::AttemptStarted { .. } => EventKind::AttemptStarted,
            Self::Attempt { change, .. } => change.kind(),
        }
    }

    /// The entry concerned.
    pub fn entry(&self) -> Option<EntryId> {
        match self {
            Self::EntryAccepted(entry) => Some(entry.id),
            Self::EntryWaiting { entry, .. }
            | Self::EntryGaveUp { entry, .. }
            | Self::EntryReplaced { entry, .. }
            | Self::EntryUnwanted(entry)
            | Self::EntryEnded(entry)
            | Self::EntryForgotten(entry)
            | Self::AttemptStarted { entry, .. }
            | Self::Attempt { entry, .. } => Some(*entry),
            _ => None,
        }
    }

    /// The account concerned, where the event itself names it.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::AccountAdded(account) | Self::AccountEdited(account) => Some(account.id),
            Self::AccountRemoved(account)
            | Self::Blocked { account, .. }
            | Self::Unblocked { account, .. }
            | Self::Surveyed { account, .. }
            | Self::MaintenanceSet { account, .. }
            | Self::Stray { account, .. } => Some(*account),
            Self::AttemptStarted { attempt, .. } => Some(attempt.account),
            _ => None,
        }
    }

    /// The attempt concerned.
    pub fn attempt(&self) -> Option<AttemptId> {
        match self {
            Self::AttemptStarted { attempt, .. } => Some(attempt.id),
            Self::Attempt { attempt, .. } => Some(*attempt),
            _ => None,
        }
    }
}
