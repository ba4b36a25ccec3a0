//! The end of an entry: it is moved out of the way of those that have not ended, and forgotten in time.

use oms_proto::{EntryId, Time};
use omsd_domain::rows::entry::{Past, Status};
use redb::WriteTransaction;

use super::met::Met;
use super::record::{self, Bad, Shared};
use super::tables::{self, Part};

/// Rows that [`set_removed`] writes or removes.
pub(super) const REMOVED_ROWS: u64 = 3;

/// Rows that [`forget`] removes, but for the idempotency key that few have.
pub(super) const FORGOTTEN_ROWS: u64 = 2;

/// How an entry ended, as it stands in keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Failed,
    Removed,
}

impl How {
    pub(super) const ALL: [Self; 2] = [Self::Failed, Self::Removed];

    pub(super) const fn number(self) -> u8 {
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

    pub(super) const fn status(self) -> Status {
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
    pub(super) fn put(&self, transaction: &WriteTransaction) -> Result<Met, redb::Error> {
        let mut entries = transaction.open_table(tables::ENTRIES)?;
        for part in [Part::Asked, Part::Standing] {
            entries.remove((self.id.0, part.number()))?;
        }
        let mut ended = transaction.open_table(tables::ENDED)?;
        let before = ended.insert((self.how.number(), self.id.0), self.bytes.as_slice())?;
        let before = before.is_some();
        let mut forget = transaction.open_table(tables::FORGET)?;
        forget.insert((self.forget.0, self.id.0), self.how.number())?;
        Ok(Met::Ended {
            entry: self.id,
            before,
        })
    }
}

/// An entry that had failed and ended was removed: it stands among the removed ones from now on.
pub(super) fn set_removed(
    transaction: &WriteTransaction,
    entry: EntryId,
) -> Result<Met, redb::Error> {
    let mut ended = transaction.open_table(tables::ENDED)?;
    let bytes = ended.remove((How::Failed.number(), entry.0))?;
    let bytes = bytes.map(|bytes| bytes.value().to_vec());
    let failed = bytes.is_some();
    if let Some((mut past, at)) = bytes.map(|bytes| read(entry, &bytes)).transpose()? {
        past.entry.status = Status::Destroy;
        let bytes = record::write_past(&past, at).map_err(|bad| corrupted(&bad))?;
        ended.insert((How::Removed.number(), entry.0), bytes.as_slice())?;
        let mut forget = transaction.open_table(tables::FORGET)?;
        forget.insert((at.0, entry.0), How::Removed.number())?;
    }
    Ok(Met::Removed { entry, failed })
}

/// An entry that had ended is forgotten, its idempotency key with it.
pub(super) fn forget(transaction: &WriteTransaction, entry: EntryId) -> Result<Met, redb::Error> {
    let mut ended = transaction.open_table(tables::ENDED)?;
    let mut rows = 0;
    let mut holder = None;
    for how in How::ALL {
        let bytes = ended.remove((how.number(), entry.0))?;
        let bytes = bytes.map(|bytes| bytes.value().to_vec());
        if let Some((past, at)) = bytes.map(|bytes| read(entry, &bytes)).transpose()? {
            rows += 1;
            let mut forget = transaction.open_table(tables::FORGET)?;
            forget.remove((at.0, entry.0))?;
            if let Some(idempotency) = &past.entry.asked.idempotency {
                let mut keys = transaction.open_table(tables::KEYS)?;
                let under = keys.remove(idempotency.key.as_str())?;
                let under = under.map(|bytes| record::read_under(bytes.value()));
                holder = under.transpose().map_err(|bad| corrupted(&bad))?;
            }
        }
    }
    Ok(Met::Forgotten {
        entry,
        rows,
        holder: holder.map(|(holder, _)| holder),
    })
}

/// An entry that had ended is looked after again: nothing of its end is left, and its rows are written
/// anew. It may have ended and come back within one commit.
pub(super) fn take_back(
    transaction: &WriteTransaction,
    entry: EntryId,
) -> Result<Met, redb::Error> {
    let mut entries = transaction.open_table(tables::ENTRIES)?;
    for part in [Part::Asked, Part::Standing] {
        entries.remove((entry.0, part.number()))?;
    }
    let mut ended = transaction.open_table(tables::ENDED)?;
    for how in How::ALL {
        let bytes = ended.remove((how.number(), entry.0))?;
        let bytes = bytes.map(|bytes| bytes.value().to_vec());
        if let Some((_, at)) = bytes.map(|bytes| read(entry, &bytes)).transpose()? {
            let mut forget = transaction.open_table(tables::FORGET)?;
            forget.remove((at.0, entry.0))?;
        }
    }
    Ok(Met::Nothing)
}

fn read(id: EntryId, bytes: &[u8]) -> Result<(Past, Time), redb::Error> {
    record::read_past(id.0, bytes, &mut Shared::default()).map_err(|bad| corrupted(&bad))
}

fn corrupted(bad: &Bad) -> redb::Error {
    redb::Error::Corrupted(format!("an entry that has ended: {bad}"))
}
