//! Reading the journal: numbered facts, oldest first. A reader takes a snapshot, so it neither
//! waits for the writer nor makes it wait.

use std::ops::Bound;

use redb::{ReadOnlyTable, ReadableTable};

use super::door::Store;
use super::error::{StoreError, fault};
use super::{record, tables};
use omsd_domain::tell::journal::JournalRow;

/// The most facts that one reading gives, so that no caller can make the daemon hold the whole
/// journal in memory; who wants more reads on from the last one.
pub const JOURNAL_READ_MAX: usize = 10_000;

impl Store {
    /// Facts after number `since`, oldest first; at most `limit` and at most
    /// [`JOURNAL_READ_MAX`] of them.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn journal(&self, since: u64, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        self.read(|table| {
            let after = (Bound::Excluded(since), Bound::Unbounded);
            let range = table
                .range::<u64>(after)
                .map_err(fault(self.path(), READ))?;
            range
                .take(limit.min(JOURNAL_READ_MAX))
                .map(|row| self.fact(row))
                .collect()
        })
    }

    /// The latest facts before number `before`, oldest first; at most `limit` and at most
    /// [`JOURNAL_READ_MAX`] of them.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn journal_before(&self, before: u64, limit: usize) -> Result<Vec<JournalRow>, StoreError> {
        self.read(|table| {
            let range = table
                .range::<u64>(..before)
                .map_err(fault(self.path(), READ))?;
            let rows = range.rev().take(limit.min(JOURNAL_READ_MAX));
            let mut rows: Vec<_> = rows
                .map(|row| self.fact(row))
                .collect::<Result<_, StoreError>>()?;
            rows.reverse();
            Ok(rows)
        })
    }

    /// The number of the oldest fact that is still there.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn journal_first(&self) -> Result<Option<u64>, StoreError> {
        self.read(|table| {
            let first = table.first().map_err(fault(self.path(), READ))?;
            Ok(first.map(|(seq, _)| seq.value()))
        })
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&ReadOnlyTable<u64, &'static [u8]>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.reading(|transaction| {
            let table = transaction
                .open_table(tables::JOURNAL)
                .map_err(fault(self.path(), READ))?;
            work(&table)
        })
    }

    fn fact(&self, row: Result<Row<'_>, redb::StorageError>) -> Result<JournalRow, StoreError> {
        let (seq, bytes) = row.map_err(fault(self.path(), READ))?;
        let seq = seq.value();
        record::read_journal(seq, bytes.value()).map_err(|bad| StoreError::BadRow {
            path: self.path().to_owned(),
            table: "journal",
            key: seq.to_string(),
            what: bad.to_string(),
        })
    }
}

const READ: &str = "read";

type Row<'a> = (
    redb::AccessGuard<'a, u64>,
    redb::AccessGuard<'a, &'static [u8]>,
);
