//! The door itself: an open database, and the one way to commit to it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use omsd_domain::rows::lineage::Doubt;
use omsd_domain::world::{NextIds, Rows};
use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTableMetadata, StorageBackend,
    WriteTransaction,
};

use super::acknowledged::{self, Acknowledged};
use super::batch::{Batch, Written};
use super::bytes::Bytes;
use super::error::{StoreError, fault, guarded, io_fault};
use super::holds;
use super::home::Home;
use super::migrate::LADDER;
use super::options::StoreOptions;
use super::paths::is_missing;
use super::{backup, meta, open, tables};
use crate::files::Identity;

/// Old facts that one commit removes beyond as many as it adds, so that the journal shrinks to
/// its bound and no commit takes long.
const PRUNE_EXTRA: usize = 64;

/// An open database; copies are the same database.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    db: Database,
    /// For messages, and for the file's size if there is a file.
    path: PathBuf,
    place: Place,
    journal_rows_kept: u64,
    /// Why it may not be the newest database, or not the only one.
    doubt: Option<Doubt>,
    /// How far it has come, kept apart. Below the database, so that it is closed after that.
    acknowledged: Option<Acknowledged>,
    writer: Mutex<Writer>,
}

#[derive(Clone, Copy)]
enum Place {
    /// The file that is open.
    File(Identity),
    Backend,
}

/// What the one writer must know.
struct Writer {
    /// The number of the last event committed.
    seq: u64,
    /// The next free ids of that commit.
    next: NextIds,
    /// Where the database stands, until it was written down. That goes with the first commit, which
    /// is of the doubt as well: a stop before it finds the same doubt again.
    home: Option<Home>,
    /// Whether a commit failed. It may or may not have happened, so nothing may follow it.
    failed: bool,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.0.path).finish()
    }
}

impl Store {
    /// Opens the database at `path`, or makes it if nothing is there, and loads its rows. Takes
    /// a time that grows with the file: every page is checked.
    ///
    /// # Errors
    /// [`StoreError`] for anything but a sound database of this or an older format. The file is
    /// then as it was; nothing is ever started afresh over it.
    pub fn open(path: &Path, options: &StoreOptions) -> Result<(Self, Rows), StoreError> {
        let changed = acknowledged::changed(path);
        let (db, identity, rows) = guarded(path, || open::at_path(path, options, &LADDER))?;
        let file = std::fs::metadata(path).map_err(io_fault(path, "look at"))?;
        let here = Home::of(path, &file, &options.machine);
        let acknowledged = Acknowledged::open(path, &rows.installation);
        let (acknowledged, said) = acknowledged.map_err(io_fault(path, "open"))?;
        backup::sweep(path).map_err(io_fault(path, "remove old copies of"))?;
        let there = meta::home(&db, path)?;
        let moved = there.as_ref().and_then(|there| there.doubt(&here));
        let went_back = said.filter(|said| said.seq > rows.seq);
        let went_back = went_back.map(|said| Doubt::WentBack {
            from: said.seq,
            to: rows.seq,
        });
        let is_touched = said
            .and_then(|said| said.changed)
            .is_some_and(|left| changed != Some(left));
        let doubt = moved
            .or(went_back)
            .or_else(|| is_touched.then_some(Doubt::Restored));
        if doubt.is_none() && said.is_some() {
            acknowledged.confirm(rows.seq);
        }
        let inner = Inner {
            doubt,
            acknowledged: Some(acknowledged),
            ..Self::opened(db, path, Place::File(identity), options, &rows)
        };
        lock(&inner.writer).home = (there.as_ref() != Some(&here)).then_some(here);
        Ok((Self(Arc::new(inner)), rows))
    }

    /// Why the database may not be the newest, or not the only one, as it was found when it was
    /// opened.
    pub fn doubt(&self) -> Option<&Doubt> {
        self.0.doubt.as_ref()
    }

    /// Where a copy is put that is on its way to somebody.
    pub fn copy_path(&self, number: u32) -> PathBuf {
        backup::on_its_way(self.path(), number)
    }

    /// Writes a consistent copy to a new file while commits go on. Takes a time that grows with the
    /// database.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        guarded(to, || backup::copy(&self.0.db, self.path(), to))
    }

    /// Leaves a sign that a first start has begun, before anything else of it is made. Where it is
    /// found and the database is not, what is there was made by that start and is of no use to
    /// anybody; it goes once the database is whole.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn begin(path: &Path) -> Result<(), StoreError> {
        open::begin(path)
    }

    /// Whether there is such a sign.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn is_begun(path: &Path) -> Result<bool, StoreError> {
        open::is_begun(path)
    }

    /// Opens a database that is kept elsewhere than in a file, for tests that let it fail.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(
        backend: impl StorageBackend,
        options: &StoreOptions,
    ) -> Result<(Self, Rows), StoreError> {
        let path = Path::new("(memory)");
        let (db, rows) = guarded(path, || open::on_backend(backend, path, options, &LADDER))?;
        let inner = Self::opened(db, path, Place::Backend, options, &rows);
        Ok((Self(Arc::new(inner)), rows))
    }

    fn opened(
        db: Database,
        path: &Path,
        place: Place,
        options: &StoreOptions,
        rows: &Rows,
    ) -> Inner {
        holds::of_bound(options.journal_rows_kept);
        Inner {
            db,
            path: path.to_owned(),
            place,
            journal_rows_kept: options.journal_rows_kept,
            doubt: None,
            acknowledged: None,
            writer: Mutex::new(Writer {
                seq: rows.seq,
                next: rows.next,
                home: None,
                failed: false,
            }),
        }
    }

    /// Whether the database is still to be found where it was opened. What is written to a file that
    /// nobody finds again is lost however well it was written.
    ///
    /// # Errors
    /// [`StoreError::Gone`], and whatever else keeps the file from being looked at.
    pub fn check_place(&self) -> Result<(), StoreError> {
        let path = &self.0.path;
        let Place::File(open) = self.0.place else {
            return Ok(());
        };
        match std::fs::symlink_metadata(path) {
            Ok(found) if Identity::of(&found) == open => Ok(()),
            Err(error) if !is_missing(&error) => Err(io_fault(path, "look at")(error)),
            Ok(_) | Err(_) => Err(StoreError::Gone { path: path.clone() }),
        }
    }

    /// Writes a batch, all or nothing; durable, and in the place where it is looked for, when it
    /// returns, and tells how much that was. Blocks for an fsync.
    ///
    /// # Errors
    /// [`StoreError`]. Whether the batch was written is then not known until the database is
    /// opened again, so every later commit is refused with [`StoreError::Stopped`].
    pub fn commit(&self, batch: &Batch) -> Result<Written, StoreError> {
        let path = &self.0.path;
        let mut writer = lock(&self.0.writer);
        if writer.failed {
            return Err(StoreError::Stopped { path: path.clone() });
        }
        // Until it is known to be done, whether by an error or by something that does not hold.
        writer.failed = true;
        let bytes = check_order(batch, writer.seq).and_then(|()| {
            holds::of_batch(batch, writer.seq, &writer.next);
            Bytes::of(batch)
        });
        let done = match bytes {
            Ok(bytes) => self
                .write(&bytes, &writer)
                .and_then(|()| self.check_place())
                .and_then(|()| self.acknowledge(writer.seq, batch.seq))
                .map(|()| bytes.written()),
            Err(what) => Err(StoreError::BadBatch {
                path: path.clone(),
                what,
            }),
        };
        if done.is_ok() {
            writer.seq = batch.seq;
            writer.next = batch.next;
            writer.home = None;
            writer.failed = false;
        }
        done
    }

    /// The folder of the database file; `None` where there is no file.
    pub fn folder(&self) -> Option<&Path> {
        match self.0.place {
            Place::Backend => None,
            Place::File(_) => self.0.path.parent(),
        }
    }

    /// The size of the database file in bytes; 0 where there is no file.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the file cannot be looked at.
    pub fn size_bytes(&self) -> Result<u64, StoreError> {
        let path = &self.0.path;
        match self.0.place {
            Place::Backend => Ok(0),
            Place::File(_) => std::fs::metadata(path)
                .map(|metadata| metadata.len())
                .map_err(io_fault(path, "look at")),
        }
    }

    fn acknowledge(&self, before: u64, seq: u64) -> Result<(), StoreError> {
        holds::of_acknowledged(before, seq);
        match &self.0.acknowledged {
            Some(file) => file
                .write(seq)
                .map_err(io_fault(self.path(), "acknowledge")),
            None => Ok(()),
        }
    }

    fn write(&self, bytes: &Bytes, writer: &Writer) -> Result<(), StoreError> {
        let path = &self.0.path;
        let doing = "write to";
        let (transaction, met, pruned) = guarded(path, || {
            let transaction = self.0.db.begin_write().map_err(fault(path, doing))?;
            let met = bytes.fill(&transaction).map_err(fault(path, doing))?;
            if let Some(home) = &writer.home {
                meta::put_home(&transaction, home).map_err(fault(path, doing))?;
            }
            let pruned = self.prune(&transaction, bytes.facts());
            Ok((transaction, met, pruned.map_err(fault(path, doing))?))
        })?;
        // Here and not within, where a panic is taken for a damaged file.
        met.iter().for_each(holds::of_met);
        holds::of_pruned(pruned, writer.seq);
        guarded(path, || {
            transaction.commit().map_err(fault(path, "commit to"))
        })
    }

    /// Removes the oldest facts beyond the bound, and tells the number of the last one removed.
    fn prune(
        &self,
        transaction: &WriteTransaction,
        added: usize,
    ) -> Result<Option<u64>, redb::Error> {
        let mut journal = transaction.open_table(tables::JOURNAL)?;
        let surplus = journal.len()?.saturating_sub(self.0.journal_rows_kept);
        let surplus = usize::try_from(surplus).unwrap_or(usize::MAX);
        let mut last = None;
        for _ in 0..surplus.min(added.saturating_add(PRUNE_EXTRA)) {
            last = journal.pop_first()?.map(|(seq, _)| seq.value());
        }
        Ok(last)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Has something read of a snapshot, which waits for no commit.
    pub(super) fn reading<T>(
        &self,
        work: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        guarded(self.path(), || {
            let transaction = self.0.db.begin_read().map_err(fault(self.path(), "read"))?;
            work(&transaction)
        })
    }
}

fn lock(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a batch follows what was committed last, so that a number is never given twice.
fn check_order(batch: &Batch, seq: u64) -> Result<(), String> {
    let mut last = seq;
    for row in &batch.journal {
        if row.seq <= last {
            return Err(format!("event {} follows event {last}", row.seq));
        }
        last = row.seq;
    }
    if batch.seq < last {
        return Err(format!(
            "a batch up to event {} follows event {last}",
            batch.seq
        ));
    }
    Ok(())
}
