//! The tables, and nothing else. Keys are plain and values are bytes of our own (`record`), so
//! that neither a new redb nor a new record shape changes what a table is.
//!
//! What belongs to one account or one entry has keys beside one another, so that a commit touches
//! few pages.

use omsd_domain::rows::pass;
use redb::TableDefinition;

/// What the database is: see [`super::meta`].
pub(super) const META: TableDefinition<'static, &'static str, &'static [u8]> =
    TableDefinition::new("meta");

/// A row of an account: its id, what of it (a [`Part`]), and which of several.
pub(super) type AccountKey = (u64, u8, &'static [u8]);

/// Accounts and what is known of them.
pub(super) const ACCOUNTS: TableDefinition<'static, AccountKey, &'static [u8]> =
    TableDefinition::new("accounts");

/// A row of an entry: its id, and what of it (a [`Part`]).
pub(super) type EntryKey = (u64, u8);

/// Entries that are under way or run.
pub(super) const ENTRIES: TableDefinition<'static, EntryKey, &'static [u8]> =
    TableDefinition::new("entries");

/// Entries that have ended: how they ended (0 failed, 1 removed), and the id.
pub(super) const ENDED: TableDefinition<'static, (u8, u64), &'static [u8]> =
    TableDefinition::new("ended");

/// When entries that have ended are to be forgotten (microseconds since 1970), and the id.
pub(super) const FORGET: TableDefinition<'static, (i64, u64), u8> = TableDefinition::new("forget");

/// Entries by idempotency key.
pub(super) const KEYS: TableDefinition<'static, &'static str, &'static [u8]> =
    TableDefinition::new("keys");

/// Tokens and users: the number of the kind, and the name. It came after the first release, so that a
/// database may be without it.
pub(super) const PASSES: TableDefinition<'static, (u8, &'static str), &'static [u8]> =
    TableDefinition::new("passes");

/// The number of a kind of pass in keys.
pub(super) const fn pass_number(kind: pass::Kind) -> u8 {
    match kind {
        pass::Kind::Token => 0,
        pass::Kind::User => 1,
    }
}

/// The kind of pass of a number.
pub(super) const fn pass_kind(number: u8) -> Option<pass::Kind> {
    match number {
        0 => Some(pass::Kind::Token),
        1 => Some(pass::Kind::User),
        _ => None,
    }
}

/// Rendered facts by sequence number.
pub(super) const JOURNAL: TableDefinition<'static, u64, &'static [u8]> =
    TableDefinition::new("journal");

/// What of an account or an entry a row is. The numbers are in every database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Part {
    /// The account as a person has set it.
    Account = 0,
    /// How it fares.
    Health = 1,
    /// What it has room for.
    Room = 2,
    /// What launches of one offering have taught.
    Lessons = 3,
    /// An object without an owner.
    Stray = 4,
    /// What an entry asks.
    Asked = 16,
    /// How it stands.
    Standing = 17,
}

const _: () = {
    // Rows are read in the order of their keys.
    assert!(
        Part::Account.number() == 0,
        "an account's own row is its first"
    );
    assert!(
        Part::Asked.number() < Part::Standing.number(),
        "how an entry stands is read after what it asks"
    );
};

impl Part {
    /// The number in keys.
    #[expect(clippy::as_conversions, reason = "the representation is u8")]
    pub(super) const fn number(self) -> u8 {
        self as u8
    }

    /// The part of a row of an account.
    pub(super) fn of_account(number: u8) -> Option<Self> {
        [
            Self::Account,
            Self::Health,
            Self::Room,
            Self::Lessons,
            Self::Stray,
        ]
        .into_iter()
        .find(|part| part.number() == number)
    }
}
