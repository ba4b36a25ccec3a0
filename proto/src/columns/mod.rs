//! The lists of entries, instances, accounts and events as data: which columns there are, what
//! stands in them, what they sort by, what a condition says of them.
//!
//! Whoever shows a list draws it from here, so that a column has one name, one order and one meaning
//! in commands, in the dashboard and on pages. How a value looks is theirs: the width of the screen,
//! colours, signs, how an age is written.

mod accounts;
mod condition;
mod entries;
mod events;
mod instances;
mod table;
mod value;

#[cfg(test)]
mod tests;

pub use self::accounts::{ACCOUNTS, account_blocks, account_reason, account_word};
pub use self::condition::{Condition, ConditionError, span_seconds};
pub use self::entries::{ENTRIES, entry_tone, status_tone};
pub use self::events::EVENTS;
pub use self::instances::{INSTANCES, server_word};
pub use self::table::{Column, Table, Width};
pub use self::value::{Kind, Share, Tone, Value};
