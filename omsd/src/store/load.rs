//! Bytes to rows. Each row is checked by `record`; what only all rows together can tell is checked
//! here, so that a damaged database cannot make an id or a name be given twice.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use oms_proto::{AccountId, EntryId};
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::{Asked, Entry};
use omsd_domain::rows::pass;
use omsd_domain::world::Rows;
use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableError};

use super::error::{StoreError, fault};
use super::meta;
use super::record::{self, Bad, Shared};
use super::tables::{self, Part};

const DOING: &str = "read";

/// Every row but those of entries that have ended.
pub(super) fn rows(db: &Database, path: &Path) -> Result<Rows, StoreError> {
    let progress = meta::progress(db, path)?;
    let mut rows = Rows {
        installation: meta::installation(db, path)?,
        seq: progress.seq,
        next: progress.next,
        ended: progress.ended,
        lineage: meta::lineage(db, path)?,
        ..Rows::default()
    };
    let transaction = db.begin_read().map_err(fault(path, DOING))?;
    check_journal(&transaction, path, rows.seq)?;
    let mut shared = Shared::default();
    accounts(&transaction, path, &mut rows, &mut shared)?;
    entries(&transaction, path, &mut rows, &mut shared)?;
    passes(&transaction, path, &mut rows)?;
    Ok(rows)
}

fn passes(transaction: &ReadTransaction, path: &Path, rows: &mut Rows) -> Result<(), StoreError> {
    let table = match transaction.open_table(tables::PASSES) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(fault(path, DOING)(error)),
    };
    for row in table.iter().map_err(fault(path, DOING))? {
        let (key, bytes) = row.map_err(fault(path, DOING))?;
        let (number, name) = key.value();
        let bad = bad_row(path, "passes", format!("{number}/{name}"));
        let read = tables::pass_kind(number)
            .ok_or_else(|| Bad("no such kind is known".to_owned()))
            .and_then(|kind| {
                let name = name.to_owned();
                record::read_pass(pass::Id { kind, name }, bytes.value())
            });
        rows.passes.push(read.map_err(bad)?);
    }
    Ok(())
}

fn accounts(
    transaction: &ReadTransaction,
    path: &Path,
    rows: &mut Rows,
    shared: &mut Shared,
) -> Result<(), StoreError> {
    let table = transaction
        .open_table(tables::ACCOUNTS)
        .map_err(fault(path, DOING))?;
    let mut names = BTreeSet::new();
    for row in table.iter().map_err(fault(path, DOING))? {
        let (key, bytes) = row.map_err(fault(path, DOING))?;
        let (id, part, _) = key.value();
        take_account(rows, (id, part), bytes.value(), &mut names, shared).map_err(bad_row(
            path,
            "accounts",
            format!("{id}/{part}"),
        ))?;
    }
    Ok(())
}

fn take_account(
    rows: &mut Rows,
    (id, part): (u64, u8),
    bytes: &[u8],
    names: &mut BTreeSet<String>,
    shared: &mut Shared,
) -> Result<(), Bad> {
    let part = Part::of_account(part).ok_or_else(|| Bad("no such part is known".to_owned()))?;
    // The account's own row is the first of its rows.
    let here = AccountId(id);
    if part != Part::Account && rows.accounts.last().map(|account| account.id) != Some(here) {
        return Err(Bad("it is of an account that is not there".to_owned()));
    }
    match part {
        Part::Account => {
            let account = record::read_account(id, bytes)?;
            check_account(&account, rows.next.account, names)?;
            rows.accounts.push(account);
        }
        Part::Health => rows
            .healths
            .push((here, record::read_health(bytes, shared)?)),
        Part::Room => rows.rooms.push((here, record::read_room(bytes)?)),
        Part::Lessons => rows.lessons.push((here, record::read_lessons(bytes)?)),
        Part::Stray => rows.strays.push((here, record::read_stray(bytes, shared)?)),
        Part::Asked | Part::Standing => {}
    }
    Ok(())
}

fn entries(
    transaction: &ReadTransaction,
    path: &Path,
    rows: &mut Rows,
    shared: &mut Shared,
) -> Result<(), StoreError> {
    let table = transaction
        .open_table(tables::ENTRIES)
        .map_err(fault(path, DOING))?;
    let mut asked: Option<Arc<Asked>> = None;
    for row in table.iter().map_err(fault(path, DOING))? {
        let (key, bytes) = row.map_err(fault(path, DOING))?;
        let (id, part) = key.value();
        take_entry(rows, &mut asked, (id, part), bytes.value(), shared).map_err(bad_row(
            path,
            "entries",
            format!("{id}/{part}"),
        ))?;
    }
    rows.entries.extend(asked.map(Entry::new));
    Ok(())
}

/// `asked` is what the entry asks whose row came last and whose standing is not yet known.
fn take_entry(
    rows: &mut Rows,
    asked: &mut Option<Arc<Asked>>,
    (id, part): (u64, u8),
    bytes: &[u8],
    shared: &mut Shared,
) -> Result<(), Bad> {
    if part == Part::Asked.number() {
        // The one before stands as it was accepted.
        rows.entries.extend(asked.take().map(Entry::new));
        if id >= rows.next.entry {
            return Err(ahead(rows.next.entry));
        }
        *asked = Some(Arc::new(record::read_asked(id, bytes, shared)?));
    } else if part == Part::Standing.number() {
        let asked = asked.take().filter(|asked| asked.id == EntryId(id));
        let asked = asked.ok_or_else(|| Bad("it is of an entry that is not there".to_owned()))?;
        let entry = record::read_standing(bytes, asked, shared)?;
        check_entry(&entry, rows)?;
        rows.entries.push(entry);
    } else {
        return Err(Bad("no such part is known".to_owned()));
    }
    Ok(())
}

fn check_account(account: &Account, next: u64, names: &mut BTreeSet<String>) -> Result<(), Bad> {
    if account.id.0 >= next {
        return Err(ahead(next));
    }
    if !names.insert(account.name.clone()) {
        return Err(Bad(format!("another account is named '{}'", account.name)));
    }
    Ok(())
}

fn check_entry(entry: &Entry, rows: &Rows) -> Result<(), Bad> {
    match entry.attempts().next_back() {
        Some(attempt) if attempt.id.0 >= rows.next.attempt => Err(Bad(format!(
            "attempt {}: {}",
            attempt.id,
            ahead(rows.next.attempt)
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

fn bad_row(path: &Path, table: &'static str, key: String) -> impl FnOnce(Bad) -> StoreError {
    let path = path.to_owned();
    move |bad| StoreError::BadRow {
        path,
        table,
        key,
        what: bad.to_string(),
    }
}
