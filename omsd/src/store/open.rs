//! Opening: finds out what is there, and makes a database only where nothing is.
//!
//! A new database is laid out under another name and renamed once it is whole, so that a file of
//! the right name was whole once. Whatever is wrong with it later is damage, never a fresh start.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Builder, Database, StorageBackend};

use super::error::{fault, io_fault};
use super::migrate::{Ladder, beside, climb, directory, keep_copy, sync_directory};
use super::{StoreError, StoreOptions, load, meta};
use omsd_domain::world::Rows;

/// Memory for pages of the file. The world is in memory anyway; what is left is the few pages
/// that a commit touches and watchers that read the latest facts.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Only the daemon's own user reads the database, although no secret in it is in clear.
const FILE_MODE: u32 = 0o600;

const DOING: &str = "open";

/// Opens the database in a file.
pub(super) fn at_path(
    path: &Path,
    options: &StoreOptions,
    ladder: &Ladder,
) -> Result<(Database, Rows), StoreError> {
    if !directory(path).is_dir() {
        return Err(StoreError::NoDirectory {
            path: path.to_owned(),
        });
    }
    let db = match existing(path)? {
        Some(db) => db,
        None => create(path, options, ladder)?,
    };
    let format = meta::format(&db, path)?;
    let steps = ladder.steps_from(path, format)?;
    meta::check_key(&db, path, &options.key_check)?;
    let db = if steps.is_empty() {
        db
    } else {
        // The copy is of a file that is closed, so that it is whole.
        db.close().map_err(fault(path, "close"))?;
        keep_copy(path, format)?;
        let db = existing(path)?.ok_or_else(|| damaged(path, "it went away"))?;
        climb(&db, path, steps, ladder.current)?;
        db
    };
    let rows = load::rows(&db, path)?;
    Ok((db, rows))
}

/// Opens the database that is kept in a backend; an empty backend is a fresh database.
pub(super) fn on_backend(
    backend: impl StorageBackend,
    path: &Path,
    options: &StoreOptions,
    ladder: &Ladder,
) -> Result<(Database, Rows), StoreError> {
    let size = backend.len().map_err(io_fault(path, DOING))?;
    let db = open(backend, path)?;
    if size == 0 {
        lay_out(&db, path, options, ladder)?;
    }
    let steps = ladder.steps_from(path, meta::format(&db, path)?)?;
    meta::check_key(&db, path, &options.key_check)?;
    if !steps.is_empty() {
        climb(&db, path, steps, ladder.current)?;
    }
    let rows = load::rows(&db, path)?;
    Ok((db, rows))
}

fn existing(path: &Path) -> Result<Option<Database>, StoreError> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_fault(path, DOING)(error)),
    };
    let metadata = file.metadata().map_err(io_fault(path, DOING))?;
    if !metadata.is_file() {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
        });
    }
    if metadata.len() == 0 {
        // redb would take it for a fresh database.
        return Err(damaged(path, "it is empty"));
    }
    open_file(file, path).map(Some)
}

fn create(path: &Path, options: &StoreOptions, ladder: &Ladder) -> Result<Database, StoreError> {
    let unfinished = beside(path, "new");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(&unfinished)
        .map_err(io_fault(path, "create"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(StoreError::Busy {
                path: path.to_owned(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(io_fault(path, "lock")(error)),
    }
    // Whoever held the lock before may have finished meanwhile.
    if fs::exists(path).map_err(io_fault(path, DOING))? {
        return Err(StoreError::Busy {
            path: path.to_owned(),
        });
    }
    // What an unfinished start left; redb lays out only an empty file.
    file.set_len(0).map_err(io_fault(path, "create"))?;
    let db = open_file(file, path)?;
    lay_out(&db, path, options, ladder)?;
    fs::rename(&unfinished, path).map_err(io_fault(path, "create"))?;
    sync_directory(path).map_err(io_fault(path, "create"))?;
    Ok(db)
}

fn lay_out(
    db: &Database,
    path: &Path,
    options: &StoreOptions,
    ladder: &Ladder,
) -> Result<(), StoreError> {
    let doing = "create";
    let transaction = db.begin_write().map_err(fault(path, doing))?;
    meta::lay_out(&transaction, options, ladder.current).map_err(fault(path, doing))?;
    transaction.commit().map_err(fault(path, doing))
}

fn open_file(file: File, path: &Path) -> Result<Database, StoreError> {
    open(FileBackend::new(file).map_err(fault(path, DOING))?, path)
}

/// Opens with every page checked: a page that changed behind redb's back could make it panic
/// later, in the middle of the daemon's work.
fn open(backend: impl StorageBackend, path: &Path) -> Result<Database, StoreError> {
    Builder::new()
        .set_cache_size(CACHE_BYTES)
        .set_check_integrity_on_open(true)
        .create_with_backend(backend)
        .map_err(fault(path, DOING))
}

fn damaged(path: &Path, what: &str) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        what: what.to_owned(),
    }
}
