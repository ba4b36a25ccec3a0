//! The tables, and nothing else. Keys are plain and values are bytes of our own (`record`), so
//! that neither a new redb nor a new record shape changes what a table is.

use redb::TableDefinition;

/// Rows by number.
pub(super) type Rows = TableDefinition<'static, u64, &'static [u8]>;

/// What the database is: see [`super::meta`].
pub(super) const META: TableDefinition<'static, &'static str, &'static [u8]> =
    TableDefinition::new("meta");

/// Accounts by id.
pub(super) const ACCOUNTS: Rows = TableDefinition::new("accounts");

/// Entries, their attempts included, by id.
pub(super) const ENTRIES: Rows = TableDefinition::new("entries");

/// Rendered facts by sequence number.
pub(super) const JOURNAL: Rows = TableDefinition::new("journal");
