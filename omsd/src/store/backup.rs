//! Copies of a database: one made while the daemon runs, and one put back.
//!
//! A copy is a database of its own that says that it was written nowhere, see [`Home`]; so whoever
//! opens it, by [`restore`] or by moving it into place, knows that it may not be the newest.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use omsd_domain::world::Rows;
use redb::{
    Database, Durability, Key, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    TableHandle, Value,
};

use super::acknowledged::Acknowledged;
use super::error::{StoreError, fault, guarded, io_fault};
use super::home::Home;
use super::migrate::LADDER;
use super::paths::{beside, directory, sync_directory};
use super::{holds, load, meta, open, tables};
use crate::files::{self, Access};

/// Rows that are copied in one transaction, so that a copy of a large database does not take its size
/// in memory.
const CHUNK_ROWS: usize = 10_000;

/// Databases that were set aside by earlier restores, at most.
const ASIDE_MAX: u32 = 1000;

/// The begin of the name of a copy that is on its way to somebody.
const ON_ITS_WAY: &str = "backup-";

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The installation that it is of.
    pub installation: String,
    /// The number of its last event.
    pub seq: u64,
    /// Its accounts.
    pub accounts: usize,
    /// Its entries that have not ended.
    pub entries: usize,
}

impl From<&Rows> for Contents {
    fn from(rows: &Rows) -> Self {
        Self {
            installation: rows.installation.clone(),
            seq: rows.seq,
            accounts: rows.accounts.len(),
            entries: rows.entries.len(),
        }
    }
}

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What is there now.
    pub contents: Contents,
    /// Where the database is that stood there before, if there was one.
    pub aside: Option<PathBuf>,
}

/// Where a copy is put that is on its way to somebody.
pub(super) fn on_its_way(path: &Path, number: u32) -> PathBuf {
    beside(path, &format!("{ON_ITS_WAY}{number:08x}"))
}

/// Removes copies that nobody came for.
pub(super) fn sweep(path: &Path) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Ok(());
    };
    let begin = format!("{}.{ON_ITS_WAY}", name.to_string_lossy());
    holds::of_swept(&begin, ON_ITS_WAY);
    for found in fs::read_dir(directory(path))? {
        let found = found?;
        if found.file_name().to_string_lossy().starts_with(&begin) {
            fs::remove_file(found.path())?;
        }
    }
    Ok(())
}

/// Writes a consistent copy of a database to a new file, durably. Commits go on meanwhile. Where it
/// fails, nothing is left of it.
pub(super) fn copy(db: &Database, path: &Path, to: &Path) -> Result<(), StoreError> {
    let copied = copy_rows(db, path, to);
    if copied.is_err() {
        // What went wrong is the thing to tell.
        drop(fs::remove_file(to));
    }
    copied
}

fn copy_rows(db: &Database, path: &Path, to: &Path) -> Result<(), StoreError> {
    holds::of_copy(path, to);
    let transaction = db.begin_read().map_err(fault(path, "read"))?;
    let file = files::open(to, Access::Create).map_err(io_fault(to, "create"))?;
    file.set_len(0).map_err(io_fault(to, "create"))?;
    let copied = open::open_file(file, to)?;
    let copy = Copy {
        from: &transaction,
        from_path: path,
        to: &copied,
        to_path: to,
    };
    copy.table(tables::META)?;
    copy.table(tables::ACCOUNTS)?;
    copy.table(tables::ENTRIES)?;
    copy.table(tables::ENDED)?;
    copy.table(tables::FORGET)?;
    copy.table(tables::KEYS)?;
    copy.table(tables::JOURNAL)?;
    if has_passes(&transaction).map_err(fault(path, "read"))? {
        copy.table(tables::PASSES)?;
    }
    meta::set_home(&copied, to, &Home::nowhere())?;
    copied.close().map_err(fault(to, "close"))?;
    sync_directory(to).map_err(io_fault(to, "create"))
}

/// Whether there is the table of tokens and users, which came after the first release.
fn has_passes(transaction: &ReadTransaction) -> Result<bool, redb::Error> {
    let name = tables::PASSES.name();
    Ok(transaction.list_tables()?.any(|it| it.name() == name))
}

/// A copy under way.
struct Copy<'a> {
    from: &'a ReadTransaction,
    from_path: &'a Path,
    to: &'a Database,
    to_path: &'a Path,
}

impl Copy<'_> {
    fn table<K, V>(&self, table: TableDefinition<'static, K, V>) -> Result<(), StoreError>
    where
        K: Key + 'static,
        V: Value + 'static,
    {
        let from = |error: redb::Error| fault(self.from_path, "read")(error);
        let to = |error: redb::Error| fault(self.to_path, "write to")(error);
        let source = self.from.open_table(table).map_err(|it| from(it.into()))?;
        let mut rows = source.iter().map_err(|it| from(it.into()))?;
        loop {
            let mut writing = self.to.begin_write().map_err(|it| to(it.into()))?;
            // The last write of all, of the home, is the one that makes everything durable.
            writing
                .set_durability(Durability::None)
                .map_err(|it| to(it.into()))?;
            let mut target = writing.open_table(table).map_err(|it| to(it.into()))?;
            let mut count = 0;
            for row in rows.by_ref().take(CHUNK_ROWS) {
                let (key, value) = row.map_err(|it| from(it.into()))?;
                target
                    .insert(key.value(), value.value())
                    .map_err(|it| to(it.into()))?;
                count += 1;
            }
            drop(target);
            writing.commit().map_err(|it| to(it.into()))?;
            if count < CHUNK_ROWS {
                return Ok(());
            }
        }
    }
}

/// Copies a database that no daemon has open to a new file.
///
/// # Errors
/// [`StoreError`]; [`StoreError::Busy`] where a daemon has it open.
pub fn copy_closed(path: &Path, to: &Path, key_check: Option<&[u8]>) -> Result<(), StoreError> {
    guarded(path, || copy_unused(path, to, key_check))
}

fn copy_unused(path: &Path, to: &Path, key_check: Option<&[u8]>) -> Result<(), StoreError> {
    let (db, _) = open::existing(path)?.ok_or_else(|| missing(path))?;
    meta::format(&db, path)?;
    check_key(&db, path, key_check)?;
    copy(&db, path, to)
}

/// Reads a database whole, every page and every row, and says what is in it.
///
/// # Errors
/// [`StoreError`] for anything but a sound database of this or an older format.
pub fn inspect(path: &Path, key_check: Option<&[u8]>) -> Result<Contents, StoreError> {
    guarded(path, || read_whole(path, key_check))
}

fn read_whole(path: &Path, key_check: Option<&[u8]>) -> Result<Contents, StoreError> {
    let (db, _) = open::existing(path)?.ok_or_else(|| missing(path))?;
    let format = meta::format(&db, path)?;
    let steps = LADDER.steps_from(path, format)?;
    check_key(&db, path, key_check)?;
    if steps.is_empty() {
        return Ok((&load::rows(&db, path)?).into());
    }
    // Its rows are checked once they are brought up, at the next start.
    Ok(Contents {
        installation: meta::installation(&db, path)?,
        seq: 0,
        accounts: 0,
        entries: 0,
    })
}

/// Puts a copy of `from` in the place of the database at `path`, which is set aside.
///
/// # Errors
/// [`StoreError`]; [`StoreError::Busy`] where a daemon has the database open. What stood there stands
/// there still.
pub fn restore(from: &Path, path: &Path, key_check: Option<&[u8]>) -> Result<Restored, StoreError> {
    if !directory(path).is_dir() {
        return Err(StoreError::NoDirectory {
            path: path.to_owned(),
        });
    }
    let held = hold(path)?;
    let unfinished = beside(path, "restore");
    copy_file(from, &unfinished)?;
    let done = inspect(&unfinished, key_check).and_then(|contents| {
        let (db, _) = open::existing(&unfinished)?.ok_or_else(|| missing(&unfinished))?;
        meta::set_home(&db, &unfinished, &Home::nowhere())?;
        db.close().map_err(fault(&unfinished, "close"))?;
        hand_over(&unfinished, path)?;
        Ok(contents)
    });
    let contents = match done {
        Ok(contents) => contents,
        Err(error) => {
            drop(fs::remove_file(&unfinished));
            return Err(error);
        }
    };
    let aside = match &held {
        Some(_) => Some(keep_aside(path)?),
        None => None,
    };
    if let Some(aside) = &aside {
        holds::of_aside(path, aside);
    }
    Acknowledged::forget(path).map_err(io_fault(path, "restore"))?;
    fs::rename(&unfinished, path).map_err(io_fault(path, "restore"))?;
    sync_directory(path).map_err(io_fault(path, "restore"))?;
    Ok(Restored { contents, aside })
}

/// Gives a file to whom the directory of the database belongs: where root puts a copy back, another
/// user's daemon is to open it.
fn hand_over(file: &Path, path: &Path) -> Result<(), StoreError> {
    let owner = fs::metadata(directory(path)).map_err(io_fault(path, "restore"))?;
    let now = fs::metadata(file).map_err(io_fault(file, "look at"))?;
    if now.uid() == owner.uid() {
        return Ok(());
    }
    chown(file, Some(owner.uid()), Some(owner.gid())).map_err(io_fault(file, "hand over"))
}

/// Keeps daemons off a database, if there is one.
fn hold(path: &Path) -> Result<Option<File>, StoreError> {
    let file = match files::open(path, Access::Write) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_fault(path, "open")(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::Busy {
            path: path.to_owned(),
        }),
        Err(fs::TryLockError::Error(error)) => Err(io_fault(path, "lock")(error)),
    }
}

/// Copies bytes; whoever may read the source, the copy is its owner's alone.
fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let source = files::open_through_links(from, Access::Read).map_err(io_fault(from, "open"))?;
    if !source.metadata().map_err(io_fault(from, "open"))?.is_file() {
        return Err(StoreError::Foreign {
            path: from.to_owned(),
        });
    }
    let target = files::open(to, Access::Create).map_err(io_fault(to, "create"))?;
    target.set_len(0).map_err(io_fault(to, "create"))?;
    io::copy(&mut &source, &mut &target)
        .and_then(|_| target.sync_all())
        .map_err(io_fault(to, "write to"))
}

/// Gives the database a second name, the first free `PATH.before-restore-N`, so that there is a whole
/// one under the first name at every moment.
fn keep_aside(path: &Path) -> Result<PathBuf, StoreError> {
    for number in 1..=ASIDE_MAX {
        let aside = beside(path, &format!("before-restore-{number}"));
        match fs::hard_link(path, &aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io_fault(path, "set aside")(error)),
        }
    }
    let full = io::Error::other(format!(
        "{ASIDE_MAX} databases were set aside already; remove those that nobody needs"
    ));
    Err(io_fault(path, "set aside")(full))
}

/// Where the key is not at hand, whoever starts the daemon finds out.
fn check_key(db: &Database, path: &Path, key_check: Option<&[u8]>) -> Result<(), StoreError> {
    key_check.map_or(Ok(()), |key| meta::check_key(db, path, key))
}

fn missing(path: &Path) -> StoreError {
    io_fault(path, "open")(io::ErrorKind::NotFound.into())
}
