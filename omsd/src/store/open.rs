//! Opening: finds out what is there, and makes a database only where nothing is.
//!
//! A new database is laid out under another name and renamed once it is whole, so that a file of
//! the right name was whole once. Whatever is wrong with it later is damage, never a fresh start.
//! The unfinished one is put there before anything else of a first start, see [`begin`].

use std::fs::{self, File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Builder, Database, StorageBackend};

use super::error::{StoreError, fault, io_fault};
use super::migrate::{Ladder, climb, keep_copy};
use super::options::StoreOptions;
use super::paths::{beside, directory, sync_directory};
use super::{load, meta};
use crate::files::{self, Access, Identity};
use omsd_domain::world::Rows;

/// Memory for pages of the file. The world is in memory anyway; what is left is the few pages
/// that a commit touches and watchers that read the latest facts.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// The end of the name of a database that is not whole yet.
const UNFINISHED: &str = "new";

const DOING: &str = "open";

/// Opens the database in a file.
pub(super) fn at_path(
    path: &Path,
    options: &StoreOptions,
    ladder: &Ladder,
) -> Result<(Database, Identity, Rows), StoreError> {
    if !directory(path).is_dir() {
        return Err(StoreError::NoDirectory {
            path: path.to_owned(),
        });
    }
    let (db, identity) = match existing(path)? {
        Some(opened) => opened,
        None => create(path, options, ladder)?,
    };
    let format = meta::format(&db, path)?;
    let steps = ladder.steps_from(path, format)?;
    meta::check_key(&db, path, &options.key_check)?;
    let (db, identity) = if steps.is_empty() {
        (db, identity)
    } else {
        // The copy is of a file that is closed, so that it is whole.
        db.close().map_err(fault(path, "close"))?;
        keep_copy(path, format)?;
        let (db, identity) = existing(path)?.ok_or_else(|| damaged(path, "it went away"))?;
        climb(&db, path, steps, ladder.current)?;
        (db, identity)
    };
    let rows = load::rows(&db, path)?;
    Ok((db, identity, rows))
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

/// Begins a first start: lays down the unfinished database, empty. Whoever finds it knows that what
/// else is there already belongs to a start that did not get to its end.
pub(super) fn begin(path: &Path) -> Result<(), StoreError> {
    let unfinished = beside(path, UNFINISHED);
    let file = files::open(&unfinished, Access::Create);
    let file = file.map_err(io_fault(&unfinished, "create"))?;
    let metadata = file.metadata().map_err(io_fault(&unfinished, DOING))?;
    check(&unfinished, &metadata)?;
    file.sync_all()
        .and_then(|()| sync_directory(path))
        .map_err(io_fault(&unfinished, "create"))
}

/// Whether a first start has begun that has not come to its end.
pub(super) fn is_begun(path: &Path) -> Result<bool, StoreError> {
    let unfinished = beside(path, UNFINISHED);
    files::is_there(&unfinished).map_err(io_fault(&unfinished, "look at"))
}

pub(super) fn existing(path: &Path) -> Result<Option<(Database, Identity)>, StoreError> {
    let file = match files::open(path, Access::Write) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_fault(path, DOING)(error)),
    };
    let metadata = file.metadata().map_err(io_fault(path, DOING))?;
    check(path, &metadata)?;
    if metadata.len() == 0 {
        // redb would take it for a fresh database.
        return Err(damaged(path, "it is empty"));
    }
    let db = open_file(file, path)?;
    Ok(Some((db, Identity::of(&metadata))))
}

/// Whether a file can be a database of ours.
fn check(path: &Path, metadata: &Metadata) -> Result<(), StoreError> {
    let path = path.to_owned();
    if !metadata.is_file() {
        return Err(StoreError::Foreign { path });
    }
    if !files::is_ours(metadata) {
        let uid = metadata.uid();
        return Err(StoreError::NotOurs { path, uid });
    }
    Ok(())
}

fn create(
    path: &Path,
    options: &StoreOptions,
    ladder: &Ladder,
) -> Result<(Database, Identity), StoreError> {
    let unfinished = beside(path, UNFINISHED);
    let file = files::open(&unfinished, Access::Create);
    let file = file.map_err(io_fault(&unfinished, "create"))?;
    let metadata = file.metadata().map_err(io_fault(&unfinished, DOING))?;
    check(&unfinished, &metadata)?;
    // Under another name it may be something that somebody wants to keep.
    if metadata.nlink() > 1 {
        return Err(StoreError::Foreign { path: unfinished });
    }
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
    if files::is_there(path).map_err(io_fault(path, DOING))? {
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
    Ok((db, Identity::of(&metadata)))
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

pub(super) fn open_file(file: File, path: &Path) -> Result<Database, StoreError> {
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
