//! The narrow door to the database: open it and load its [`Rows`](omsd_domain::world::Rows), commit a
//! [`Batch`], read the journal. Only this folder names redb, so that another engine can stand behind the same door.
//!
//! Rows are what the daemon starts from; the journal is what people and watchers read. Both are
//! written in one transaction with one fsync. What is on disk has a *format* (which tables there
//! are, `migrate`) and *records* (what a row looks like, `record`), each with its own version.
//!
//! There is one writer: the engine's. Readers work on a snapshot and never wait for it.

mod acknowledged;
pub mod backup;
mod batch;
mod bytes;
mod door;
mod ending;
mod error;
mod holds;
mod home;
mod journal;
mod load;
mod met;
mod meta;
mod migrate;
mod open;
mod options;
mod past;
mod paths;
mod record;
mod tables;
#[cfg(test)]
mod tests;

pub use self::batch::{Batch, Change, Written};
pub use self::door::Store;
pub use self::error::StoreError;
pub use self::journal::JOURNAL_READ_MAX;
pub use self::options::{JOURNAL_ROWS_KEPT, Machine, StoreOptions};
pub use self::past::PAST_READ_MAX;
