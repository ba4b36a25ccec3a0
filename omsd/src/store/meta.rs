//! What a database says of itself: whose it is, of which format, and how far it has come.
//!
//! The first two rows keep their shape for ever, because every omsd must be able to read them in
//! the files of every other.

use std::path::Path;

use omsd_domain::rows::lineage::Lineage;
use redb::{Database, ReadOnlyTable, ReadableDatabase, WriteTransaction};

use super::error::{StoreError, fault};
use super::home::Home;
use super::options::StoreOptions;
use super::record::Progress;
use super::{holds, record, tables};

/// Whose database it is: [`OURS`].
const APPLICATION: &str = "application";
/// The format: four bytes, little-endian.
pub(super) const FORMAT: &str = "format";
/// The installation's id.
const INSTALLATION: &str = "installation";
/// The version of the omsd that made it; for people.
const CREATED_BY: &str = "created_by";
/// What only the right key gives.
const KEY_CHECK: &str = "key_check";
/// The last event's number and the next free ids.
pub(super) const PROGRESS: &str = "progress";
/// Where it was written last; missing until the first commit.
const HOME: &str = "home";
/// Which daemons have written it.
pub(super) const LINEAGE: &str = "lineage";

const OURS: &[u8] = b"openmultistack";
const DOING: &str = "read";

type MetaTable = ReadOnlyTable<&'static str, &'static [u8]>;

/// Writes a fresh database's tables.
pub(super) fn lay_out(
    transaction: &WriteTransaction,
    options: &StoreOptions,
    format: u32,
) -> Result<(), redb::Error> {
    holds::of_options(&options.new_installation, &options.key_check);
    let mut meta = transaction.open_table(tables::META)?;
    meta.insert(APPLICATION, OURS)?;
    meta.insert(FORMAT, format.to_le_bytes().as_slice())?;
    meta.insert(INSTALLATION, options.new_installation.as_bytes())?;
    meta.insert(CREATED_BY, env!("CARGO_PKG_VERSION").as_bytes())?;
    meta.insert(KEY_CHECK, options.key_check.as_slice())?;
    let progress = record::write_progress(Progress::default())
        .map_err(|bad| redb::Error::Corrupted(bad.to_string()))?;
    meta.insert(PROGRESS, progress.as_slice())?;
    let lineage = record::write_lineage(&Lineage::default())
        .map_err(|bad| redb::Error::Corrupted(bad.to_string()))?;
    meta.insert(LINEAGE, lineage.as_slice())?;
    transaction.open_table(tables::ACCOUNTS)?;
    transaction.open_table(tables::ENTRIES)?;
    transaction.open_table(tables::ENDED)?;
    transaction.open_table(tables::FORGET)?;
    transaction.open_table(tables::KEYS)?;
    transaction.open_table(tables::JOURNAL)?;
    Ok(())
}

/// The format of a database, once it is known to be ours.
pub(super) fn format(db: &Database, path: &Path) -> Result<u32, StoreError> {
    let meta = table(db, path)?;
    if value(&meta, path, APPLICATION)?.as_deref() != Some(OURS) {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
        });
    }
    let bytes = required(&meta, path, FORMAT)?;
    let bytes = <[u8; 4]>::try_from(bytes.as_slice()).map_err(|_| {
        let what = format!("{} bytes instead of 4", bytes.len());
        bad_row(path, FORMAT, what)
    })?;
    Ok(u32::from_le_bytes(bytes))
}

/// Whether the caller has the key that the database was made with.
pub(super) fn check_key(db: &Database, path: &Path, key_check: &[u8]) -> Result<(), StoreError> {
    let kept = required(&table(db, path)?, path, KEY_CHECK)?;
    if kept != key_check {
        return Err(StoreError::WrongKey {
            path: path.to_owned(),
        });
    }
    Ok(())
}

/// The installation's id.
pub(super) fn installation(db: &Database, path: &Path) -> Result<String, StoreError> {
    let bytes = required(&table(db, path)?, path, INSTALLATION)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| bad_row(path, INSTALLATION, "it is not text".to_owned()))?;
    if text.is_empty() {
        return Err(bad_row(path, INSTALLATION, "it is empty".to_owned()));
    }
    Ok(text)
}

/// The last event's number, the next free ids and the count of what has ended.
pub(super) fn progress(db: &Database, path: &Path) -> Result<Progress, StoreError> {
    let bytes = required(&table(db, path)?, path, PROGRESS)?;
    record::read_progress(&bytes).map_err(|bad| bad_row(path, PROGRESS, bad.to_string()))
}

/// Which daemons have written the database.
pub(super) fn lineage(db: &Database, path: &Path) -> Result<Lineage, StoreError> {
    let bytes = required(&table(db, path)?, path, LINEAGE)?;
    record::read_lineage(&bytes).map_err(|bad| bad_row(path, LINEAGE, bad.to_string()))
}

/// Where the database was written last.
pub(super) fn home(db: &Database, path: &Path) -> Result<Option<Home>, StoreError> {
    let bytes = value(&table(db, path)?, path, HOME)?;
    let home = bytes.map(|bytes| record::read_home(&bytes)).transpose();
    home.map_err(|bad| bad_row(path, HOME, bad.to_string()))
}

/// Writes down where the database stands.
pub(super) fn put_home(transaction: &WriteTransaction, home: &Home) -> Result<(), redb::Error> {
    holds::of_home(&home.path, [&home.machine, &home.product]);
    let bytes = record::write_home(home);
    let bytes = bytes.map_err(|bad| redb::Error::Corrupted(bad.to_string()))?;
    let mut meta = transaction.open_table(tables::META)?;
    meta.insert(HOME, bytes.as_slice())?;
    Ok(())
}

/// The same, in a durable commit of its own.
pub(super) fn set_home(db: &Database, path: &Path, home: &Home) -> Result<(), StoreError> {
    let doing = "write to";
    let transaction = db.begin_write().map_err(fault(path, doing))?;
    put_home(&transaction, home).map_err(fault(path, doing))?;
    transaction.commit().map_err(fault(path, doing))
}

fn table(db: &Database, path: &Path) -> Result<MetaTable, StoreError> {
    let transaction = db.begin_read().map_err(fault(path, DOING))?;
    transaction
        .open_table(tables::META)
        .map_err(fault(path, DOING))
}

fn value(meta: &MetaTable, path: &Path, key: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
    let value = meta.get(key).map_err(fault(path, DOING))?;
    Ok(value.map(|bytes| bytes.value().to_vec()))
}

fn required(meta: &MetaTable, path: &Path, key: &'static str) -> Result<Vec<u8>, StoreError> {
    value(meta, path, key)?.ok_or_else(|| bad_row(path, key, "it is missing".to_owned()))
}

fn bad_row(path: &Path, key: &'static str, what: String) -> StoreError {
    StoreError::BadRow {
        path: path.to_owned(),
        table: "meta",
        key: key.to_owned(),
        what,
    }
}
