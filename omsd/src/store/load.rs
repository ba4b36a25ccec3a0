//! Rows to the world. Each row is checked by `record`; what only all rows together can tell is
//! checked here, so that a damaged database cannot make an id or a name be given twice.

use std::collections::BTreeSet;
use std::path::Path;

use redb::{AccessGuard, Database, ReadTransaction, ReadableDatabase, ReadableTable, StorageError};

use super::error::fault;
use super::record::{Bad, Shared};
use super::{StoreError, meta, record, tables};
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::Entry;
use omsd_domain::world::{NextIds, World};

const DOING: &str = "read";

/// Everything that is in the database.
pub(super) fn world(db: &Database, path: &Path) -> Result<World, StoreError> {
    let installation = meta::installation(db, path)?;
    let (seq, next) = meta::progress(db, path)?;
    let transaction = db.begin_read().map_err(fault(path, DOING))?;
    check_journal(&transaction, path, seq)?;
    let mut shared = Shared::default();

    let rows = transaction
        .open_table(tables::ACCOUNTS)
        .map_err(fault(path, DOING))?;
    let mut names = BTreeSet::new();
    let accounts = rows.iter().map_err(fault(path, DOING))?.map(|row| {
        taken(path, "accounts", row, |id, bytes| {
            let account = record::read_account(id, bytes, &mut shared)?;
            check_account(&account, next, &mut names)?;
            Ok(account)
        })
    });
    let accounts: Vec<_> = accounts.collect::<Result<_, StoreError>>()?;

    let rows = transaction
        .open_table(tables::ENTRIES)
        .map_err(fault(path, DOING))?;
    let mut failure = None;
    // Straight into the world, so that memory never holds the entries twice.
    let entries = rows.iter().map_err(fault(path, DOING))?.map_while(|row| {
        let entry = taken(path, "entries", row, |id, bytes| {
            let entry = record::read_entry(id, bytes, &mut shared)?;
            check_entry(&entry, next)?;
            Ok(entry)
        });
        entry.map_err(|error| failure = Some(error)).ok()
    });
    let world = World::from_rows(&installation, seq, next, accounts, entries);
    failure.map_or(Ok(world), Err)
}

fn check_account(
    account: &Account,
    next: NextIds,
    names: &mut BTreeSet<String>,
) -> Result<(), Bad> {
    if account.id.0 >= next.account {
        return Err(ahead(next.account));
    }
    if !names.insert(account.name.clone()) {
        return Err(Bad(format!("another account is named '{}'", account.name)));
    }
    Ok(())
}

fn check_entry(entry: &Entry, next: NextIds) -> Result<(), Bad> {
    if entry.id.0 >= next.entry {
        return Err(ahead(next.entry));
    }
    match entry.attempts.last() {
        Some(attempt) if attempt.id.0 >= next.attempt => Err(Bad(format!(
            "attempt {}: {}",
            attempt.id,
            ahead(next.attempt)
        ))),
        _ => Ok(()),
    }
}

fn ahead(next: u64) -> Bad {
    Bad(format!("the next id to be given is {next}"))
}

fn check_journal(transaction: &ReadTransaction, path: &Path, seq: u64) -> Result<(), StoreError> {
    let journal = transaction
        .open_table(tables::JOURNAL)
        .map_err(fault(path, DOING))?;
    let last = journal.last().map_err(fault(path, DOING))?;
    match last.map(|(last, _)| last.value()) {
        Some(last) if last > seq => Err(StoreError::BadRow {
            path: path.to_owned(),
            table: "journal",
            key: last.to_string(),
            what: format!("the last event was {seq}"),
        }),
        _ => Ok(()),
    }
}

/// A row's key and bytes, as redb lends them.
type Row<'a> = (AccessGuard<'a, u64>, AccessGuard<'a, &'static [u8]>);

fn taken<T>(
    path: &Path,
    table: &'static str,
    row: Result<Row<'_>, StorageError>,
    take: impl FnOnce(u64, &[u8]) -> Result<T, Bad>,
) -> Result<T, StoreError> {
    let (key, bytes) = row.map_err(fault(path, DOING))?;
    take(key.value(), bytes.value()).map_err(|bad| StoreError::BadRow {
        path: path.to_owned(),
        table,
        key: key.value().to_string(),
        what: bad.to_string(),
    })
}
