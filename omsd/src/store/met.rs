//! What a commit meets where it writes, so that it can be judged before it is committed.

use oms_proto::{AccountId, EntryId};

/// What a write found in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// Nothing that matters.
    Nothing,
    /// What an entry asks was written, and whether it had been before.
    Asked { entry: EntryId, before: bool },
    /// How an entry stands was written, and whether what it asks is there.
    Standing { entry: EntryId, asked: bool },
    /// An entry's idempotency key was written, and whose it was before.
    Key {
        entry: EntryId,
        holder: Option<EntryId>,
    },
    /// An account was written, or was removed, and whether it had been there.
    Account {
        account: AccountId,
        removed: bool,
        before: bool,
    },
    /// Something known of an account was written, and whether the account is there.
    Known { account: AccountId, there: bool },
    /// An entry ended, and whether it had ended before.
    Ended { entry: EntryId, before: bool },
    /// An entry that had failed was removed, and whether it was among those that failed.
    Removed { entry: EntryId, failed: bool },
    /// An entry was forgotten: how many rows it had, and whose its idempotency key was.
    Forgotten {
        entry: EntryId,
        rows: u32,
        holder: Option<EntryId>,
    },
}
