//! Domain to record and back. A record is a version byte and the frozen shape of that version;
//! nothing read back is taken on trust.

mod account;
mod entry;
mod parts;
mod placed;
mod shared;
pub(super) mod v1;

use bincode::{Decode, Encode};
use oms_proto::codec::{self, CodecError, Reading};
use oms_proto::{AccountId, AttemptId, EntryId, Time};

pub(super) use self::shared::Shared;
use crate::domain::account::Account;
use crate::domain::entry::Entry;
use crate::domain::journal::JournalRow;
use crate::domain::world::NextIds;

/// The version of the records that are written.
const VERSION: u8 = 1;

/// The largest record in bytes. The largest honest one is an entry whose twenty attempts each
/// passed over two hundred accounts that had all failed anew: about 2 MiB. What is larger than
/// this is not written, so that nothing is written that decoding would refuse to claim memory
/// for.
pub(super) const RECORD_MAX_BYTES: usize = 8 * 1024 * 1024;

/// What is wrong with a record, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Bad(pub(super) String);

impl From<CodecError> for Bad {
    fn from(error: CodecError) -> Self {
        Self(error.to_string())
    }
}

fn pack(record: &impl Encode) -> Result<Vec<u8>, Bad> {
    let mut bytes = vec![VERSION];
    bytes.extend(codec::encode(record)?);
    if bytes.len() > RECORD_MAX_BYTES {
        return Err(Bad(format!(
            "{} bytes are more than the {RECORD_MAX_BYTES} that a row may have",
            bytes.len()
        )));
    }
    Ok(bytes)
}

fn unpack<T: Decode<Reading>>(bytes: &[u8]) -> Result<T, Bad> {
    match bytes.split_first() {
        None => Err(Bad("it is empty".to_owned())),
        Some((&VERSION, payload)) => Ok(codec::decode_record(payload)?),
        Some((version, _)) => Err(Bad(format!("record version {version} is not known"))),
    }
}

/// An account's row.
pub(super) fn write_account(account: &Account) -> Result<Vec<u8>, Bad> {
    pack(&v1::Account::from(account))
}

/// The account of a row.
pub(super) fn read_account(id: u64, bytes: &[u8], shared: &mut Shared) -> Result<Account, Bad> {
    unpack::<v1::Account>(bytes)?.into_domain(AccountId(id), shared)
}

/// An entry's row.
pub(super) fn write_entry(entry: &Entry) -> Result<Vec<u8>, Bad> {
    pack(&v1::Entry::from(entry))
}

/// The entry of a row.
pub(super) fn read_entry(id: u64, bytes: &[u8], shared: &mut Shared) -> Result<Entry, Bad> {
    unpack::<v1::Entry>(bytes)?.into_domain(EntryId(id), shared)
}

/// A fact's row.
pub(super) fn write_journal(row: &JournalRow) -> Result<Vec<u8>, Bad> {
    pack(&v1::JournalRow {
        at: row.at.0,
        kind: row.kind,
        entry: row.entry.map(|id| id.0),
        attempt: row.attempt.map(|id| id.0),
        account: row.account.clone(),
        message: row.message.clone(),
        by: row.by.clone(),
    })
}

/// The fact of a row.
pub(super) fn read_journal(seq: u64, bytes: &[u8]) -> Result<JournalRow, Bad> {
    let row: v1::JournalRow = unpack(bytes)?;
    Ok(JournalRow {
        seq,
        at: Time(row.at),
        kind: row.kind,
        entry: row.entry.map(EntryId),
        attempt: row.attempt.map(AttemptId),
        account: row.account,
        message: row.message,
        by: row.by,
    })
}

/// The row of the numbers that every commit moves on.
pub(super) fn write_progress(seq: u64, next: NextIds) -> Result<Vec<u8>, Bad> {
    pack(&v1::Progress {
        seq,
        next_account: next.account,
        next_entry: next.entry,
        next_attempt: next.attempt,
    })
}

/// The numbers that every commit moves on.
pub(super) fn read_progress(bytes: &[u8]) -> Result<(u64, NextIds), Bad> {
    let progress: v1::Progress = unpack(bytes)?;
    let next = NextIds {
        account: progress.next_account,
        entry: progress.next_entry,
        attempt: progress.next_attempt,
    };
    Ok((progress.seq, next))
}

#[cfg(test)]
mod tests {
    use oms_proto::{Actor, EventKind};

    use super::*;

    #[test]
    fn a_record_of_an_unknown_version_is_refused() {
        let mut bytes = write_progress(1, NextIds::default()).unwrap();
        bytes[0] = 9;
        let error = read_progress(&bytes).unwrap_err();
        assert_eq!(error.to_string(), "record version 9 is not known");
        assert_eq!(read_progress(&[]).unwrap_err().to_string(), "it is empty");
    }

    #[test]
    fn a_record_that_is_too_large_is_not_written() {
        let row = JournalRow {
            seq: 1,
            at: Time(0),
            kind: EventKind::EntryWaiting,
            entry: None,
            attempt: None,
            account: None,
            message: "x".repeat(RECORD_MAX_BYTES),
            by: Actor::Scheduler,
        };
        assert!(write_journal(&row).is_err());
    }
}
