//! How far the database had come when it last said so, kept apart from it. A database that is found
//! behind that has lost commits that somebody was told of: an older file was put in its place, or a
//! damaged page made recovery fall back to the commit before.
//!
//! Beside it stands when the database's inode changed last. A database that something else has written
//! since may be an older one, put back in place together with this file.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::files::{self, Access};

use super::holds;
use super::paths::beside;

/// The end of the file's name.
const SUFFIX: &str = "acknowledged";

/// The longest number.
const DIGITS: usize = 20;

/// What stands there for a time that could not be found out.
const UNTOLD: i128 = 0;

/// The longest sound file: an id, a space, two numbers with a space between, a line feed.
const READ_MAX_BYTES: u64 = 256;

/// What the file said of the database when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// The last event that it had.
    pub(super) seq: u64,
    /// When its inode had changed, in nanoseconds since 1970; `None` if that was not written down.
    pub(super) changed: Option<i128>,
}

/// The open file. When it is closed, which is to be after the database is, it says once more what was
/// written last, as closing a database writes to it.
pub(super) struct Acknowledged {
    file: File,
    database: PathBuf,
    installation: String,
    /// What was written last; nothing before the first commit of a database in doubt.
    seq: Mutex<Option<u64>>,
}

impl Acknowledged {
    /// Opens the file beside a database, and makes it where it is not. Gives what it says, if it says
    /// anything of this installation.
    pub(super) fn open(path: &Path, installation: &str) -> io::Result<(Self, Option<Said>)> {
        let mut file = files::open(&beside(path, SUFFIX), Access::Create)?;
        let mut text = String::new();
        // What is not text says nothing.
        let read = (&mut file).take(READ_MAX_BYTES).read_to_string(&mut text);
        let said = read.ok().and_then(|_| parse(&text, installation));
        let opened = Self {
            file,
            database: path.to_owned(),
            installation: installation.to_owned(),
            seq: Mutex::new(None),
        };
        Ok((opened, said))
    }

    /// The database is as it was left, at that event.
    pub(super) fn confirm(&self, seq: u64) {
        let mut last = self.last();
        holds::of_acknowledged(last.unwrap_or_default(), seq);
        *last = Some(seq);
    }

    /// Writes down how far the database has come. Not synced: after a power failure the file may be
    /// behind, and then says less; it is never ahead of what was durable when it was written.
    pub(super) fn write(&self, seq: u64) -> io::Result<()> {
        self.confirm(seq);
        let changed = changed(&self.database).unwrap_or(UNTOLD);
        let line = format!("{} {seq:0DIGITS$} {changed:0DIGITS$}\n", self.installation);
        holds::of_line(&line, READ_MAX_BYTES);
        self.file.write_all_at(line.as_bytes(), 0)
    }

    /// Forgets what the file beside a database says, as is right when the database is replaced.
    pub(super) fn forget(path: &Path) -> io::Result<()> {
        match std::fs::remove_file(beside(path, SUFFIX)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<u64>> {
        self.seq.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Acknowledged {
    fn drop(&mut self) {
        let last = *self.last();
        if let Some(Err(error)) = last.map(|seq| self.write(seq)) {
            tracing::debug!(%error, "what was acknowledged could not be written down once more");
        }
    }
}

/// When the inode of a file changed last, in nanoseconds since 1970.
pub(super) fn changed(path: &Path) -> Option<i128> {
    let found = std::fs::metadata(path).ok()?;
    Some(i128::from(found.ctime()) * 1_000_000_000 + i128::from(found.ctime_nsec()))
}

fn parse(text: &str, installation: &str) -> Option<Said> {
    let mut words = text.lines().next()?.split(' ');
    let id = words.next()?;
    let number = words.next().filter(|it| it.len() == DIGITS)?;
    let changed = words.next().filter(|it| it.len() == DIGITS);
    (id == installation).then_some(Said {
        seq: number.parse().ok()?,
        changed: changed
            .and_then(|it| it.parse().ok())
            .filter(|changed| *changed != UNTOLD),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_of_another_installation_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        let (file, said) = Acknowledged::open(&path, "mine").unwrap();
        assert_eq!(said, None);
        file.write(9).unwrap();
        file.write(1200).unwrap();
        let read = |installation| Acknowledged::open(&path, installation).unwrap().1;
        let said = |seq, changed| Some(Said { seq, changed });
        assert_eq!(read("mine"), said(1200, None), "there is no database");
        assert_eq!(read("other"), None);
        std::fs::write(&path, "a database").unwrap();
        drop(file);
        assert_eq!(read("mine"), said(1200, changed(&path)));
        let old = format!("mine {:020}\n", 7);
        std::fs::write(beside(&path, SUFFIX), old).unwrap();
        assert_eq!(read("mine"), said(7, None), "as older ones wrote it");
        std::fs::write(beside(&path, SUFFIX), b"\xff\xfe rubbish").unwrap();
        assert_eq!(read("mine"), None);
        Acknowledged::forget(&path).unwrap();
        Acknowledged::forget(&path).unwrap();
    }
}
