//! What comes of what people ask: an answer or a refusal, and what the database knows of it before.

use std::sync::Arc;

use oms_proto::{AccountId, EntryId};

use crate::ground::limits::{
    ACCOUNTS_MAX, BROUGHT_BYTES_MAX, ENTRIES_MAX, PASSES_MAX, WINDOWS_MAX,
};
use crate::rows::entry::{Past, Status};
use crate::rows::pass;

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The entry was accepted, or had been under the same idempotency key.
    Entry(EntryId),
    /// The account was added or changed.
    Account(AccountId),
    /// Done.
    Done,
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such entry, or it is being removed.
    #[error("there is no entry {0}")]
    NoEntry(EntryId),
    /// The entry has not failed.
    #[error("entry {entry} is {status}; only one that is FAILED can be tried again")]
    NotFailed {
        /// Which.
        entry: EntryId,
        /// How it stands.
        status: Status,
    },
    /// The entry has failed, and so there is nothing to be held.
    #[error("entry {0} is FAILED; only what is under way or runs can be held")]
    NothingToHold(EntryId),
    /// The entry is held.
    #[error("entry {0} is held; release it first with: omsctl queue release {0}")]
    EntryHeld(EntryId),
    /// There is such a token or user.
    #[error("there is a {} '{}' already", .0.kind.as_str(), .0.name)]
    PassTaken(pass::Id),
    /// There is no such token or user.
    #[error("there is no {} '{}'", .0.kind.as_str(), .0.name)]
    NoPass(pass::Id),
    /// There are too many tokens and users.
    #[error("there are {PASSES_MAX} tokens and users already; revoke or remove some first")]
    TooManyPasses,
    /// The private key was shown before, or there is none any more.
    #[error("the private key of entry {0} was shown before")]
    KeyShown(EntryId),
    /// Nothing is blocked under that name.
    #[error("'{scope}' is not blocked at account '{name}'; {blocked}")]
    NotBlocked {
        /// The account.
        name: String,
        /// What was named.
        scope: String,
        /// What is blocked there, in words.
        blocked: String,
    },
    /// No such account.
    #[error("there is no such account")]
    NoAccount,
    /// No such object without an owner.
    #[error(
        "no such object is known there that carries our mark and has no owner; it is known once a \
         look has shown it, see: omsctl gc --dry-run"
    )]
    NoStray,
    /// The name is in use.
    #[error("an account named '{0}' exists already")]
    NameTaken(String),
    /// Something of ours is at the account.
    #[error(
        "account '{name}' still has {objects} of our servers or key pairs, which OMS would lose \
         sight of; remove their entries first, or disable the account to keep new entries away"
    )]
    AccountInUse {
        /// Which.
        name: String,
        /// How many.
        objects: u32,
    },
    /// Something of ours is at the account, and nobody has seen where the new credentials lead.
    #[error(
        "account '{name}' still has {objects} of our servers or key pairs, and it is not known \
         whether the new credentials show them"
    )]
    Unproven {
        /// Which.
        name: String,
        /// How many.
        objects: u32,
    },
    /// Somebody else changed the account meanwhile.
    #[error("the account was changed meanwhile; look at it again and repeat the change")]
    Stale,
    /// The idempotency key was used with another body.
    #[error("the idempotency key was used before with another request, for entry {0}")]
    KeyReused(EntryId),
    /// There are too many maintenance windows.
    #[error("an account has at most {WINDOWS_MAX} maintenance windows; end some first")]
    TooManyWindows,
    /// There are too many accounts.
    #[error("there are {ACCOUNTS_MAX} accounts already, as many as OMS takes")]
    TooManyAccounts,
    /// There are too many entries.
    #[error("{ENTRIES_MAX} entries are under way or run already; remove some first")]
    Full,
    /// What entries bring is too much.
    #[error(
        "the user data and metadata of all entries would be more than {} MiB; remove some first, or \
         bring less",
        BROUGHT_BYTES_MAX / 1024 / 1024
    )]
    FullOfData,
}

/// What the database knows of an entry that has ended and that a command names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recall {
    /// The entry that the command names.
    pub past: Option<Arc<Past>>,
    /// The entry that was accepted under an idempotency key, and the digest of what it asked.
    pub key: Option<(EntryId, [u8; 32])>,
}
