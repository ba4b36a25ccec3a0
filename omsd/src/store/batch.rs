//! What one commit changes, as rows of the world.

use std::sync::Arc;

use oms_proto::{AccountId, EntryId, Time};
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::{Asked, Entry, Past};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::lineage::Lineage;
use omsd_domain::rows::offering::{Lessons, Offering};
use omsd_domain::rows::pass::{self, Pass};
use omsd_domain::rows::room::Room;
use omsd_domain::rows::stray::{self, Stray};
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::{Ended, NextIds};

/// What one commit changes.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The number of the latest event once this is committed.
    pub seq: u64,
    /// The next free ids once this is committed.
    pub next: NextIds,
    /// How many entries have ended once this is committed.
    pub ended: Ended,
    /// Facts, in order.
    pub journal: Vec<JournalRow>,
    /// Rows that are new, changed or gone.
    pub rows: Vec<Change>,
}

/// A row that is new or changed, or gone where it is `None`.
#[derive(Debug, Clone)]
pub enum Change {
    /// Which daemons have written the database.
    Lineage(Arc<Lineage>),
    /// An account; with it goes all that is known of it.
    Account(AccountId, Option<Arc<Account>>),
    /// How an account fares.
    Health(AccountId, Option<Arc<Health>>),
    /// What an account has room for.
    Room(AccountId, Option<Arc<Room>>),
    /// What launches of an offering have taught.
    Lessons(AccountId, Offering, Option<Arc<Lessons>>),
    /// An object of ours without an owner.
    Stray(AccountId, stray::Id, Option<Arc<Stray>>),
    /// What an entry asks.
    Asked(Arc<Asked>),
    /// How an entry stands.
    Standing(Arc<Entry>),
    /// An entry has ended, and is to be forgotten at that time.
    Ended(Arc<Past>, Time),
    /// An entry that had failed and ended was removed.
    EndedRemoved(EntryId),
    /// An entry that had ended is forgotten.
    Forgotten(EntryId),
    /// A token or a user.
    Pass(pass::Id, Option<Arc<Pass>>),
    /// An entry that had ended is looked after again, unless it has ended again since.
    Returned(EntryId, Option<Arc<Entry>>),
}

/// How much a commit has written: what an event costs the disk before the pages around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Rows that were written or removed.
    pub rows: u64,
    /// Bytes of those that were written, without their keys.
    pub bytes: u64,
}
