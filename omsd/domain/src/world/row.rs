//! The rows of the database, by name. An event changes one of them, and a commit writes those that
//! events have changed.

use oms_proto::{AccountId, EntryId};

use crate::rows::offering::Offering;
use crate::rows::{pass, stray};

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// Which daemons have written the database.
    Lineage,
    /// An account as a person has set it. Where it is gone, so is every row of the account.
    Account(AccountId),
    /// How an account fares.
    Health(AccountId),
    /// What an account has room for.
    Room(AccountId),
    /// What launches of an offering have taught.
    Lessons(AccountId, Offering),
    /// An object of ours without an owner.
    Stray(AccountId, stray::Id),
    /// An entry that had ended and is looked after again: what it asks and how it stands. It comes first
    /// of its entry's, for the others change what it writes.
    Returned(EntryId),
    /// What an entry asks.
    Asked(EntryId),
    /// How an entry stands, and its attempts.
    Standing(EntryId),
    /// An entry that has ended.
    Ended(EntryId),
    /// A token or a user.
    Pass(pass::Id),
    /// None: what happened is in the journal alone.
    Journal,
}

impl Row {
    /// The account whose row it is.
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(id)
            | Self::Health(id)
            | Self::Room(id)
            | Self::Lessons(id, _)
            | Self::Stray(id, _) => Some(*id),
            Self::Lineage
            | Self::Asked(_)
            | Self::Standing(_)
            | Self::Ended(_)
            | Self::Returned(_)
            | Self::Pass(_)
            | Self::Journal => None,
        }
    }

    /// The entry whose row it is.
    pub const fn entry(&self) -> Option<EntryId> {
        match self {
            Self::Asked(id) | Self::Standing(id) | Self::Ended(id) | Self::Returned(id) => {
                Some(*id)
            }
            Self::Lineage
            | Self::Account(_)
            | Self::Health(_)
            | Self::Room(_)
            | Self::Lessons(..)
            | Self::Stray(..)
            | Self::Pass(_)
            | Self::Journal => None,
        }
    }
}
