//! Domain to record and back. A record is a version byte and the frozen shape of that version;
//! nothing read back is taken on trust.

mod account;
mod bad;
mod cause;
mod entry;
mod lineage;
mod parts;
mod pass;
mod placed;
mod shared;
pub(super) mod v1;
mod why;

use std::sync::Arc;

use bincode::{Decode, Encode};
use oms_proto::codec::{self, Reading};
use oms_proto::{AccountId, AttemptId, EntryId, Time};
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::{Asked, Entry, Past, Status};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::lineage::Lineage;
use omsd_domain::rows::offering::Lessons;
use omsd_domain::rows::pass::{self as passes, Pass};
use omsd_domain::rows::room::Room;
use omsd_domain::rows::stray::Stray;
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::{Ended, NextIds};

pub(super) use self::bad::Bad;
pub(super) use self::shared::Shared;
use super::home::Home;

/// The numbers that every commit moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Progress {
    /// The number of the latest event.
    pub(super) seq: u64,
    /// The next free ids.
    pub(super) next: NextIds,
    /// How many entries have ended.
    pub(super) ended: Ended,
}

/// The version of the records that are written.
const VERSION: u8 = 1;

/// The largest record in bytes. The largest honest one is an account with all the certificates that
/// a request may bring: about 1 MiB. What is larger than this is not written, so that nothing is
/// written that decoding would refuse to claim memory for.
pub(super) const RECORD_MAX_BYTES: usize = 8 * 1024 * 1024;

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

/// The row of an account as a person has set it.
pub(super) fn write_account(account: &Account) -> Result<Vec<u8>, Bad> {
    pack(&v1::Account::from(account))
}

/// The account of a row.
pub(super) fn read_account(id: u64, bytes: &[u8]) -> Result<Account, Bad> {
    Ok(unpack::<v1::Account>(bytes)?.into_domain(AccountId(id)))
}

/// The row that says how an account fares.
pub(super) fn write_health(health: &Health) -> Result<Vec<u8>, Bad> {
    pack(&v1::Health::from(health))
}

/// How an account fares, of a row.
pub(super) fn read_health(bytes: &[u8], shared: &mut Shared) -> Result<Health, Bad> {
    unpack::<v1::Health>(bytes)?.into_domain(shared)
}

/// The row that says which daemons have written the database.
pub(super) fn write_lineage(lineage: &Lineage) -> Result<Vec<u8>, Bad> {
    pack(&v1::Lineage::from(lineage))
}

/// Which daemons have written the database, of a row.
pub(super) fn read_lineage(bytes: &[u8]) -> Result<Lineage, Bad> {
    Ok(unpack::<v1::Lineage>(bytes)?.into())
}

/// The row that says where the database stands.
pub(super) fn write_home(home: &Home) -> Result<Vec<u8>, Bad> {
    pack(&v1::Home::from(home))
}

/// Where the database stands, of a row.
pub(super) fn read_home(bytes: &[u8]) -> Result<Home, Bad> {
    Ok(unpack::<v1::Home>(bytes)?.into())
}

/// The row of what an account has room for.
pub(super) fn write_room(room: &Room) -> Result<Vec<u8>, Bad> {
    pack(&v1::Room::from(room))
}

/// What an account has room for, of a row.
pub(super) fn read_room(bytes: &[u8]) -> Result<Room, Bad> {
    Ok(unpack::<v1::Room>(bytes)?.into())
}

/// The row of what launches of an offering have taught.
pub(super) fn write_lessons(lessons: &Lessons) -> Result<Vec<u8>, Bad> {
    pack(&v1::Lessons::from(lessons))
}

/// What launches of an offering have taught, of a row.
pub(super) fn read_lessons(bytes: &[u8]) -> Result<Lessons, Bad> {
    unpack::<v1::Lessons>(bytes)?.try_into()
}

/// The row of an object of ours without an owner.
pub(super) fn write_stray(stray: &Stray) -> Result<Vec<u8>, Bad> {
    pack(&v1::Stray::from(stray))
}

/// The object of ours without an owner, of a row.
pub(super) fn read_stray(bytes: &[u8], shared: &mut Shared) -> Result<Stray, Bad> {
    unpack::<v1::Stray>(bytes)?.into_domain(shared)
}

/// The row of a token or a user.
pub(super) fn write_pass(pass: &Pass) -> Result<Vec<u8>, Bad> {
    pack(&v1::Pass::from(pass))
}

/// The token or user of a row.
pub(super) fn read_pass(id: passes::Id, bytes: &[u8]) -> Result<Pass, Bad> {
    unpack::<v1::Pass>(bytes)?.into_domain(id)
}

/// The row of what an entry asks.
pub(super) fn write_asked(asked: &Asked) -> Result<Vec<u8>, Bad> {
    pack(&v1::Asked::from(asked))
}

/// What an entry asks, of a row.
pub(super) fn read_asked(id: u64, bytes: &[u8], shared: &mut Shared) -> Result<Asked, Bad> {
    unpack::<v1::Asked>(bytes)?.into_domain(EntryId(id), shared)
}

/// The row that says how an entry stands.
pub(super) fn write_standing(entry: &Entry) -> Result<Vec<u8>, Bad> {
    pack(&v1::Standing::from(entry))
}

/// The entry as it stands, of a row.
pub(super) fn read_standing(
    bytes: &[u8],
    asked: Arc<Asked>,
    shared: &mut Shared,
) -> Result<Entry, Bad> {
    unpack::<v1::Standing>(bytes)?.into_domain(asked, shared)
}

/// The row of an entry that has ended, and is to be forgotten at that time. What only an instance
/// needs goes with an entry that was removed; one that failed may be tried again.
pub(super) fn write_past(past: &Past, forget: Time) -> Result<Vec<u8>, Bad> {
    let mut asked = v1::Asked::from(&*past.entry.asked);
    match past.entry.status {
        Status::Failed => {}
        Status::Request | Status::Recive | Status::Boot | Status::Run | Status::Destroy => {
            asked.private_key = None;
            asked.user_data = None;
            asked.spec.user_data = None;
        }
    }
    pack(&v1::Past {
        asked,
        standing: (&past.entry).into(),
        ended: past.ended.0,
        forget: forget.0,
    })
}

/// The entry that has ended, of a row, and when it is to be forgotten.
pub(super) fn read_past(id: u64, bytes: &[u8], shared: &mut Shared) -> Result<(Past, Time), Bad> {
    let record = unpack::<v1::Past>(bytes)?;
    let asked = Arc::new(record.asked.into_domain(EntryId(id), shared)?);
    let past = Past {
        entry: record.standing.into_domain(asked, shared)?,
        ended: Time(record.ended),
    };
    Ok((past, Time(record.forget)))
}

/// The row of an idempotency key.
pub(super) fn write_under(entry: EntryId, digest: [u8; 32]) -> Result<Vec<u8>, Bad> {
    let entry = entry.0;
    pack(&v1::Under { entry, digest })
}

/// The entry that was accepted under an idempotency key, and the digest of what it asked.
pub(super) fn read_under(bytes: &[u8]) -> Result<(EntryId, [u8; 32]), Bad> {
    let record = unpack::<v1::Under>(bytes)?;
    Ok((EntryId(record.entry), record.digest))
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
pub(super) fn write_progress(progress: Progress) -> Result<Vec<u8>, Bad> {
    let Progress { seq, next, ended } = progress;
    pack(&v1::Progress {
        seq,
        next_account: next.account,
        next_entry: next.entry,
        next_attempt: next.attempt,
        ended_failed: ended.failed,
        ended_removed: ended.removed,
    })
}

/// The numbers that every commit moves on.
pub(super) fn read_progress(bytes: &[u8]) -> Result<Progress, Bad> {
    let record: v1::Progress = unpack(bytes)?;
    Ok(Progress {
        seq: record.seq,
        next: NextIds {
            account: record.next_account,
            entry: record.next_entry,
            attempt: record.next_attempt,
        },
        ended: Ended {
            failed: record.ended_failed,
            removed: record.ended_removed,
        },
    })
}

#[cfg(test)]
mod tests;
