//! Formats: which tables there are and what is in them. A database of an older format is brought
//! up one step a version, in one transaction, after a copy of it was put beside it; so an upgrade
//! that fails or is regretted costs nothing.

use std::fs;
use std::io;
use std::path::Path;

use redb::{Database, WriteTransaction};

use super::error::{StoreError, fault, io_fault};
use super::paths::{beside, sync_directory};
use super::{holds, meta, tables};
use crate::files::{self, Access};

/// Brings a database from one format to the next.
pub(super) type Step = fn(&WriteTransaction) -> Result<(), redb::Error>;

/// The formats that can be opened.
pub(super) struct Ladder {
    /// The newest, which is written.
    pub(super) current: u32,
    /// The last of them leads to `current`, the one before to the format before, and so on.
    pub(super) steps: &'static [Step],
}

/// The formats that this omsd can open. Format 1 is the first that there was.
pub(super) const LADDER: Ladder = Ladder {
    current: 1,
    steps: &[],
};

impl Ladder {
    /// The steps from a format to the current one.
    pub(super) fn steps_from(&self, path: &Path, found: u32) -> Result<&[Step], StoreError> {
        let path = path.to_owned();
        let Some(missing) = self.current.checked_sub(found) else {
            return Err(StoreError::Newer {
                path,
                found,
                known: self.current,
            });
        };
        let steps = usize::try_from(missing)
            .ok()
            .and_then(|missing| self.steps.len().checked_sub(missing))
            .and_then(|first| self.steps.get(first..))
            .ok_or(StoreError::TooOld { path, found })?;
        holds::of_ladder(self.current, found, steps.len());
        Ok(steps)
    }
}

/// Takes the steps and writes down the format reached, all or nothing.
pub(super) fn climb(
    db: &Database,
    path: &Path,
    steps: &[Step],
    current: u32,
) -> Result<(), StoreError> {
    let doing = "upgrade";
    let transaction = db.begin_write().map_err(fault(path, doing))?;
    for step in steps {
        step(&transaction).map_err(fault(path, doing))?;
    }
    write_format(&transaction, current).map_err(fault(path, doing))?;
    transaction.commit().map_err(fault(path, doing))
}

fn write_format(transaction: &WriteTransaction, format: u32) -> Result<(), redb::Error> {
    let mut meta = transaction.open_table(tables::META)?;
    meta.insert(meta::FORMAT, format.to_le_bytes().as_slice())?;
    Ok(())
}

/// Copies a database that nobody has open, durably, to `PATH.format-N` beside it.
pub(super) fn keep_copy(path: &Path, format: u32) -> Result<(), StoreError> {
    let doing = "copy";
    let copy = beside(path, &format!("format-{format}"));
    let unfinished = beside(path, &format!("format-{format}.new"));
    copy_to(path, &unfinished).map_err(io_fault(&unfinished, doing))?;
    fs::rename(&unfinished, &copy).map_err(io_fault(path, doing))?;
    sync_directory(path).map_err(io_fault(path, doing))
}

fn copy_to(path: &Path, copy: &Path) -> io::Result<()> {
    let mut file = files::open(copy, Access::Create)?;
    // What an earlier try has left.
    file.set_len(0)?;
    io::copy(&mut files::open(path, Access::Read)?, &mut file)?;
    file.sync_all()
}
