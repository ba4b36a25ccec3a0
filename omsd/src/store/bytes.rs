//! What one commit changes, as bytes.

use std::sync::Arc;

use oms_proto::{AccountId, EntryId};
use omsd_domain::rows::offering::Offering;
use omsd_domain::rows::{pass, stray};
use redb::{ReadableTable, WriteTransaction};

use super::batch::{Batch, Change, Written};
use super::met::Met;
use super::record::{self, Bad, Progress};
use super::tables::{self, Part};
use super::{ending, meta};

/// A batch as bytes.
pub(super) struct Bytes {
    progress: Vec<u8>,
    journal: Vec<(u64, Vec<u8>)>,
    rows: Vec<Write>,
}

/// One write.
enum Write {
    Lineage(Vec<u8>),
    Account(u64, Option<Vec<u8>>),
    OfAccount(u64, Part, Vec<u8>, Option<Vec<u8>>),
    Entry(EntryId, Part, Vec<u8>),
    Key(EntryId, String, Vec<u8>),
    Ended(Box<ending::Ending>),
    EndedRemoved(EntryId),
    Forgotten(EntryId),
    Returned(EntryId),
    Pass(pass::Id, Option<Vec<u8>>),
}

impl Bytes {
    /// Writes everything down, or says in words what cannot be.
    pub(super) fn of(batch: &Batch) -> Result<Self, String> {
        let progress = Progress {
            seq: batch.seq,
            next: batch.next,
            ended: batch.ended,
        };
        let journal = batch.journal.iter().map(|row| {
            let bytes = record::write_journal(row);
            let bytes = bytes.map_err(|bad| format!("event {}: {bad}", row.seq))?;
            Ok((row.seq, bytes))
        });
        let mut rows = Vec::with_capacity(batch.rows.len());
        for change in &batch.rows {
            write(change, &mut rows)?;
        }
        Ok(Self {
            progress: record::write_progress(progress).map_err(|bad| format!("progress: {bad}"))?,
            journal: journal.collect::<Result<_, String>>()?,
            rows,
        })
    }

    /// How many facts there are.
    pub(super) fn facts(&self) -> usize {
        self.journal.len()
    }

    /// How much there is.
    pub(super) fn written(&self) -> Written {
        let journal = self.journal.iter().map(|(_, bytes)| (1, bytes.len()));
        let rows = self.rows.iter().map(Write::extent);
        let progress = (1, self.progress.len());
        let mut written = Written::default();
        for (rows, bytes) in journal.chain(rows).chain([progress]) {
            written.rows += rows;
            written.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        }
        written
    }

    /// Puts everything into a transaction, and tells what each row found in its place.
    pub(super) fn fill(&self, transaction: &WriteTransaction) -> Result<Vec<Met>, redb::Error> {
        let mut table = transaction.open_table(tables::META)?;
        table.insert(meta::PROGRESS, self.progress.as_slice())?;
        drop(table);
        let met = self.rows.iter().map(|row| row.put(transaction));
        let met = met.collect::<Result<_, redb::Error>>()?;
        let mut journal = transaction.open_table(tables::JOURNAL)?;
        for (seq, bytes) in &self.journal {
            journal.insert(seq, bytes.as_slice())?;
        }
        Ok(met)
    }
}

fn write(change: &Change, rows: &mut Vec<Write>) -> Result<(), String> {
    match change {
        Change::Lineage(lineage) => {
            let bytes = record::write_lineage(lineage);
            rows.push(Write::Lineage(
                bytes.map_err(|bad| format!("lineage: {bad}"))?,
            ));
        }
        Change::Account(id, account) => {
            let bytes = account.as_deref().map(record::write_account).transpose();
            let bytes = bytes.map_err(|bad| format!("account {id}: {bad}"))?;
            rows.push(Write::Account(id.0, bytes));
        }
        Change::Health(id, health) => {
            let bytes = health.as_deref().map(record::write_health);
            rows.extend(known(*id, Part::Health, Vec::new(), bytes));
        }
        Change::Room(id, room) => {
            let bytes = room.as_deref().map(record::write_room);
            rows.extend(known(*id, Part::Room, Vec::new(), bytes));
        }
        Change::Lessons(id, offering, lessons) => {
            let bytes = lessons.as_deref().map(record::write_lessons);
            rows.extend(known(*id, Part::Lessons, offering_key(offering), bytes));
        }
        Change::Stray(id, which, stray) => {
            let bytes = stray.as_deref().map(record::write_stray);
            rows.extend(known(*id, Part::Stray, stray_key(which), bytes));
        }
        Change::Asked(asked) => {
            let bad = |bad: Bad| format!("entry {}: {bad}", asked.id);
            let bytes = record::write_asked(asked).map_err(bad)?;
            rows.push(Write::Entry(asked.id, Part::Asked, bytes));
            if let Some(under) = &asked.idempotency {
                let bytes = record::write_under(asked.id, under.digest).map_err(bad)?;
                rows.push(Write::Key(asked.id, under.key.clone(), bytes));
            }
        }
        Change::Standing(entry) => {
            let bytes = record::write_standing(entry);
            let bytes = bytes.map_err(|bad| format!("entry {}: {bad}", entry.id))?;
            rows.push(Write::Entry(entry.id, Part::Standing, bytes));
        }
        Change::Ended(past, forget) => {
            let ending = ending::Ending::of(past, *forget);
            let ending = ending.map_err(|bad| format!("entry {}: {bad}", past.entry.id))?;
            rows.push(Write::Ended(Box::new(ending)));
        }
        Change::Pass(id, pass) => {
            let bytes = pass.as_deref().map(record::write_pass).transpose();
            let bytes = bytes.map_err(|bad| format!("{}: {bad}", id.name))?;
            rows.push(Write::Pass(id.clone(), bytes));
        }
        Change::EndedRemoved(id) => rows.push(Write::EndedRemoved(*id)),
        Change::Forgotten(id) => rows.push(Write::Forgotten(*id)),
        Change::Returned(id, entry) => {
            rows.push(Write::Returned(*id));
            if let Some(entry) = entry {
                write(&Change::Asked(Arc::clone(&entry.asked)), rows)?;
                write(&Change::Standing(Arc::clone(entry)), rows)?;
            }
        }
    }
    Ok(())
}

/// What is known of an account. A cloud has a say in how large that gets; whatever it says must not
/// keep everything else from being written, so what is too large stays as it was written last.
fn known(
    id: AccountId,
    part: Part,
    which: Vec<u8>,
    bytes: Option<Result<Vec<u8>, Bad>>,
) -> Option<Write> {
    match bytes.transpose() {
        Ok(bytes) => Some(Write::OfAccount(id.0, part, which, bytes)),
        Err(bad) => {
            tracing::error!(
                account.id = id.0,
                ?part,
                error = %bad,
                "cannot write down what is known of an account; after a start it is known as before"
            );
            None
        }
    }
}

/// An offering in a key: the zone, if there is one, and the flavor.
fn offering_key(offering: &Offering) -> Vec<u8> {
    let zone = offering.availability_zone.as_deref();
    let mut key = vec![u8::from(zone.is_some())];
    key.extend(zone.unwrap_or_default().bytes());
    key.push(0);
    key.extend(offering.flavor.bytes());
    key
}

/// An object in a key: its kind and its id.
fn stray_key(id: &stray::Id) -> Vec<u8> {
    let kind = match id.kind {
        stray::Kind::Server => 0,
        stray::Kind::Keypair => 1,
    };
    let mut key = vec![kind];
    key.extend(id.id.bytes());
    key
}

impl Write {
    /// Rows that it writes or removes, and bytes that it writes.
    fn extent(&self) -> (u64, usize) {
        match self {
            Self::Lineage(bytes) | Self::Entry(_, _, bytes) | Self::Key(_, _, bytes) => {
                (1, bytes.len())
            }
            Self::Account(_, bytes) | Self::OfAccount(_, _, _, bytes) | Self::Pass(_, bytes) => {
                (1, bytes.as_ref().map_or(0, Vec::len))
            }
            Self::Ended(ending) => ending.extent(),
            // What is read from the disk to be written anew there is not known here.
            Self::EndedRemoved(_) => (ending::REMOVED_ROWS, 0),
            Self::Forgotten(_) | Self::Returned(_) => (ending::FORGOTTEN_ROWS, 0),
        }
    }

    fn put(&self, transaction: &WriteTransaction) -> Result<Met, redb::Error> {
        Ok(match self {
            Self::Lineage(bytes) => {
                let mut table = transaction.open_table(tables::META)?;
                table.insert(meta::LINEAGE, bytes.as_slice())?;
                Met::Nothing
            }
            Self::Account(id, bytes) => put_account(transaction, *id, bytes.as_deref())?,
            Self::OfAccount(id, part, which, bytes) => {
                let mut accounts = transaction.open_table(tables::ACCOUNTS)?;
                let key = (*id, part.number(), which.as_slice());
                let Some(bytes) = bytes else {
                    accounts.remove(key)?;
                    return Ok(Met::Nothing);
                };
                accounts.insert(key, bytes.as_slice())?;
                let there = accounts.get(account_key(*id))?.is_some();
                let account = AccountId(*id);
                Met::Known { account, there }
            }
            Self::Entry(entry, part, bytes) => {
                let mut entries = transaction.open_table(tables::ENTRIES)?;
                let entry = *entry;
                let key = (entry.0, part.number());
                let before = entries.insert(key, bytes.as_slice())?.is_some();
                if *part == Part::Asked {
                    return Ok(Met::Asked { entry, before });
                }
                let asked = entries.get((entry.0, Part::Asked.number()))?.is_some();
                Met::Standing { entry, asked }
            }
            Self::Key(entry, key, bytes) => {
                let mut keys = transaction.open_table(tables::KEYS)?;
                let before = keys.insert(key.as_str(), bytes.as_slice())?;
                let under = before.map(|bytes| record::read_under(bytes.value()));
                let under = under.transpose().map_err(|bad| corrupted(&bad))?;
                Met::Key {
                    entry: *entry,
                    holder: under.map(|(holder, _)| holder),
                }
            }
            Self::Ended(ending) => ending.put(transaction)?,
            Self::EndedRemoved(id) => ending::set_removed(transaction, *id)?,
            Self::Forgotten(id) => ending::forget(transaction, *id)?,
            Self::Returned(id) => ending::take_back(transaction, *id)?,
            Self::Pass(id, bytes) => {
                let mut passes = transaction.open_table(tables::PASSES)?;
                let key = (tables::pass_number(id.kind), id.name.as_str());
                match bytes {
                    Some(bytes) => drop(passes.insert(key, bytes.as_slice())?),
                    None => drop(passes.remove(key)?),
                }
                Met::Nothing
            }
        })
    }
}

/// Writes the account's own row, or removes it and all that is known of it.
fn put_account(
    transaction: &WriteTransaction,
    id: u64,
    bytes: Option<&[u8]>,
) -> Result<Met, redb::Error> {
    let mut accounts = transaction.open_table(tables::ACCOUNTS)?;
    let before = if let Some(bytes) = bytes {
        accounts.insert(account_key(id), bytes)?.is_some()
    } else {
        let before = accounts.get(account_key(id))?.is_some();
        let all = (id, 0, [].as_slice())..(id + 1, 0, [].as_slice());
        accounts.retain_in(all, |_, _| false)?;
        before
    };
    Ok(Met::Account {
        account: AccountId(id),
        removed: bytes.is_none(),
        before,
    })
}

const fn account_key(id: u64) -> (u64, u8, &'static [u8]) {
    (id, Part::Account.number(), &[])
}

fn corrupted(bad: &Bad) -> redb::Error {
    redb::Error::Corrupted(format!("an idempotency key: {bad}"))
}
