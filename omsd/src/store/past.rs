//! Entries that have ended: moved out of the way of those that have not, read when somebody asks for
//! them, and forgotten in time.

use std::ops::Bound;

use oms_proto::{EntryId, Time};
use omsd_domain::rows::entry::{Past, Status};
use redb::{ReadTransaction, ReadableDatabase, ReadableTable, WriteTransaction};

use super::error::{fault, guarded};
use super::record::{self, Bad, Shared};
use super::tables::{self, Part};
use super::{Store, StoreError};

const READ: &str = "read";

/// Entries that one reading gives at most; who wants more reads on from the last one.
pub const PAST_READ_MAX: usize = 1000;

/// Rows that [`set_removed`] writes or removes.
pub(super) const REMOVED_ROWS: u64 = 3;

/// Rows that [`forget`] removes, but for the idempotency key that few have.
pub(super) const FORGOTTEN_ROWS: u64 = 2;

/// How an entry ended, as it stands in keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Failed,
    Removed,
}

impl How {
    const ALL: [Self; 2] = [Self::Failed, Self::Removed];

    const fn number(self) -> u8 {
        match self {
            Self::Failed => 0,
            Self::Removed => 1,
        }
    }

    const fn of(status: Status) -> Self {
        match status {
            Status::Failed => Self::Failed,
            Status::Request | Status::Recive | Status::Boot | Status::Run | Status::Destroy => {
                Self::Removed
            }
        }
    }

    const fn status(self) -> Status {
        match self {
            Self::Failed => Status::Failed,
            Self::Removed => Status::Destroy,
        }
    }
}

/// The end of an entry as bytes.
pub(super) struct Ending {
    id: EntryId,
    how: How,
    forget: Time,
    bytes: Vec<u8>,
}

impl Ending {
    pub(super) fn of(past: &Past, forget: Time) -> Result<Self, Bad> {
        Ok(Self {
            id: past.entry.id,
            how: How::of(past.entry.status),
            forget,
            bytes: record::write_past(past, forget)?,
        })
    }

    /// Rows that it writes or removes, and bytes that it writes.
    pub(super) fn extent(&self) -> (u64, usize) {
        (4, self.bytes.len())
    }

    /// Moves an entry from those that are under way to those that have ended.
    pub(super) fn put(&self, transaction: &WriteTransaction) -> Result<(), redb::Error> {
        let mut entries = transaction.open_table(tables::ENTRIES)?;
        for part in [Part::Asked, Part::Standing] {
            entries.remove((self.id.0, part.number()))?;
        }
        let mut ended = transaction.open_table(tables::ENDED)?;
        ended.insert((self.how.number(), self.id.0), self.bytes.as_slice())?;
        let mut forget = transaction.open_table(tables::FORGET)?;
        forget.insert((self.forget.0, self.id.0), self.how.number())?;
        Ok(())
    }
}

/// An entry that had failed and ended was removed: it stands among the removed ones from now on.
pub(super) fn set_removed(transaction: &WriteTransaction, id: EntryId) -> Result<(), redb::Error> {
    let mut ended = transaction.open_table(tables::ENDED)?;
    let failed = ended.remove((How::Failed.number(), id.0))?;
    let failed = failed.map(|bytes| bytes.value().to_vec());
    let Some((mut past, at)) = failed.map(|bytes| read(id, &bytes)).transpose()? else {
        return Ok(());
    };
    past.entry.status = Status::Destroy;
    let bytes = record::write_past(&past, at).map_err(|bad| corrupted(&bad))?;
    ended.insert((How::Removed.number(), id.0), bytes.as_slice())?;
    let mut forget = transaction.open_table(tables::FORGET)?;
    forget.insert((at.0, id.0), How::Removed.number())?;
    Ok(())
}

/// An entry that had ended is forgotten, its idempotency key with it.
pub(super) fn forget(transaction: &WriteTransaction, id: EntryId) -> Result<(), redb::Error> {
    let mut ended = transaction.open_table(tables::ENDED)?;
    for how in How::ALL {
        let bytes = ended.remove((how.number(), id.0))?;
        let bytes = bytes.map(|bytes| bytes.value().to_vec());
        if let Some((past, at)) = bytes.map(|bytes| read(id, &bytes)).transpose()? {
            let mut forget = transaction.open_table(tables::FORGET)?;
            forget.remove((at.0, id.0))?;
            if let Some(idempotency) = &past.entry.asked.idempotency {
                let mut keys = transaction.open_table(tables::KEYS)?;
                keys.remove(idempotency.key.as_str())?;
            }
        }
    }
    Ok(())
}

fn read(id: EntryId, bytes: &[u8]) -> Result<(Past, Time), redb::Error> {
    record::read_past(id.0, bytes, &mut Shared::default()).map_err(|bad| corrupted(&bad))
}

fn corrupted(bad: &Bad) -> redb::Error {
    redb::Error::Corrupted(format!("an entry that has ended: {bad}"))
}

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

    /// How an entry that has ended stands.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be read.
    pub fn past_status(&self, id: EntryId) -> Result<Option<Status>, StoreError> {
        Ok(self.past(id)?.map(|past| past.entry.status))
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

    pub(super) fn reading<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        guarded(self.path(), || {
            let transaction = self.0.db.begin_read().map_err(fault(self.path(), READ))?;
            work(&transaction)
        })
    }
}
