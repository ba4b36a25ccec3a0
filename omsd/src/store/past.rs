//! Entries that have ended, read when somebody asks for them.

use std::ops::Bound;

use oms_proto::{EntryId, Time};
use omsd_domain::rows::entry::{Past, Status};
use redb::ReadableTable;

use super::door::Store;
use super::ending::How;
use super::error::{StoreError, fault};
use super::record::{self, Shared};
use super::tables;

const READ: &str = "read";

/// Entries that one reading gives at most; who wants more reads on from the last one.
pub const PAST_READ_MAX: usize = 1000;

impl Store {
    /// An entry that has ended.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn past(&self, id: EntryId) -> Result<Option<Past>, StoreError> {
        self.reading(|transaction| {
            let ended = transaction
                .open_table(tables::ENDED)
                .map_err(fault(self.path(), READ))?;
            for how in How::ALL {
                let key = (how.number(), id.0);
                if let Some(bytes) = ended.get(key).map_err(fault(self.path(), READ))? {
                    return self
                        .row(id, bytes.value(), &mut Shared::default())
                        .map(Some);
                }
            }
            Ok(None)
        })
    }

    /// Entries that failed and have ended, with a greater id, in the order of ids; at most `limit`
    /// and at most [`PAST_READ_MAX`] of them.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn failed(&self, after: Option<EntryId>, limit: usize) -> Result<Vec<Past>, StoreError> {
        let mut shared = Shared::default();
        self.failed_rows(after, limit.min(PAST_READ_MAX), |id, bytes| {
            self.row(id, bytes, &mut shared)
        })
    }

    /// The ids of the same entries, of as many as are asked for.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn failed_ids(
        &self,
        after: Option<EntryId>,
        limit: usize,
    ) -> Result<Vec<EntryId>, StoreError> {
        self.failed_rows(after, limit, |id, _| Ok(id))
    }

    fn failed_rows<T>(
        &self,
        after: Option<EntryId>,
        limit: usize,
        mut read: impl FnMut(EntryId, &[u8]) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.reading(|transaction| {
            let ended = transaction
                .open_table(tables::ENDED)
                .map_err(fault(self.path(), READ))?;
            let how = How::Failed.number();
            let from = match after {
                Some(after) => Bound::Excluded((how, after.0)),
                None => Bound::Included((how, 0)),
            };
            let range = (from, Bound::Included((how, u64::MAX)));
            let range = ended.range(range).map_err(fault(self.path(), READ))?;
            range
                .take(limit)
                .map(|row| {
                    let (key, bytes) = row.map_err(fault(self.path(), READ))?;
                    read(EntryId(key.value().1), bytes.value())
                })
                .collect()
        })
    }

    /// The latest entries that failed and have ended, in the order of ids; at most `limit` and at most
    /// [`PAST_READ_MAX`] of them.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn failed_last(&self, limit: usize) -> Result<Vec<Past>, StoreError> {
        self.reading(|transaction| {
            let ended = transaction
                .open_table(tables::ENDED)
                .map_err(fault(self.path(), READ))?;
            let how = How::Failed.number();
            let range = ended
                .range((how, 0)..=(how, u64::MAX))
                .map_err(fault(self.path(), READ))?;
            let mut shared = Shared::default();
            let last = range.rev().take(limit.min(PAST_READ_MAX)).map(|row| {
                let (key, bytes) = row.map_err(fault(self.path(), READ))?;
                self.row(EntryId(key.value().1), bytes.value(), &mut shared)
            });
            let mut last = last.collect::<Result<Vec<_>, StoreError>>()?;
            last.reverse();
            Ok(last)
        })
    }

    /// The entry that was accepted under an idempotency key, and the digest of what it asked.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn under(&self, key: &str) -> Result<Option<(EntryId, [u8; 32])>, StoreError> {
        self.reading(|transaction| {
            let keys = transaction
                .open_table(tables::KEYS)
                .map_err(fault(self.path(), READ))?;
            let bytes = keys.get(key).map_err(fault(self.path(), READ))?;
            let under = bytes.map(|bytes| record::read_under(bytes.value()));
            under.transpose().map_err(|bad| StoreError::BadRow {
                path: self.path().to_owned(),
                table: "keys",
                key: key.to_owned(),
                what: bad.to_string(),
            })
        })
    }

    /// The entries that are to be forgotten first, with how they ended and when that is.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn forgettable(&self, limit: usize) -> Result<Vec<(Time, EntryId, Status)>, StoreError> {
        self.reading(|transaction| {
            let forget = transaction
                .open_table(tables::FORGET)
                .map_err(fault(self.path(), READ))?;
            let rows = forget.iter().map_err(fault(self.path(), READ))?;
            rows.take(limit)
                .map(|row| {
                    let (key, how) = row.map_err(fault(self.path(), READ))?;
                    let (at, id) = key.value();
                    let how = How::ALL.into_iter().find(|it| it.number() == how.value());
                    let status = how.map_or(Status::Destroy, How::status);
                    Ok((Time(at), EntryId(id), status))
                })
                .collect()
        })
    }

    fn row(&self, id: EntryId, bytes: &[u8], shared: &mut Shared) -> Result<Past, StoreError> {
        let past = record::read_past(id.0, bytes, shared);
        let past = past.map_err(|bad| StoreError::BadRow {
            path: self.path().to_owned(),
            table: "ended",
            key: id.to_string(),
            what: bad.to_string(),
        });
        Ok(past?.0)
    }
}
