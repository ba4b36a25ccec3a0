//! The shapes of record version 1. Frozen: every database that this version wrote must open for
//! ever. A struct is a block that may grow, see [`grows!`]: a new field goes to the end of its list
//! behind `then`, and rows that were written before read as its default. Enums get new variants at
//! their ends. Nothing else is edited; what cannot be said so is a new version beside this one.
//!
//! These are mirrors and not the domain's own types, so that the domain may change freely; what
//! people hand in (specs, defaults, maintenance windows) stands in its wire form, which obeys the
//! same freeze. They are ordered so that equal parts of different rows can be found and shared when
//! loading.

mod account;
mod entry;
mod lineage;
mod parts;
mod pass;

use oms_proto::{Actor, EventKind, grows};

pub(in crate::store) use self::account::*;
pub(in crate::store) use self::entry::*;
pub(in crate::store) use self::lineage::*;
pub(in crate::store) use self::parts::*;
pub(in crate::store) use self::pass::*;

/// Numbers that every commit moves on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Progress {
    pub(in crate::store) seq: u64,
    pub(in crate::store) next_account: u64,
    pub(in crate::store) next_entry: u64,
    pub(in crate::store) next_attempt: u64,
    pub(in crate::store) ended_failed: u64,
    pub(in crate::store) ended_removed: u64,
}

grows! {
    Progress { seq, next_account, next_entry, next_attempt, ended_failed, ended_removed }
}

/// A fact; its number is the row's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct JournalRow {
    pub(in crate::store) at: Time,
    pub(in crate::store) kind: EventKind,
    pub(in crate::store) entry: Option<u64>,
    pub(in crate::store) attempt: Option<u64>,
    pub(in crate::store) account: Option<String>,
    pub(in crate::store) message: String,
    pub(in crate::store) by: Actor,
}

grows! {
    JournalRow { at, kind, entry, attempt, account, message, by }
}
