//! How far the database had come when it last said so, kept apart from it. A database that is found
//! behind that has lost commits that somebody was told of: an older file was put in its place, or a
//! damaged page made recovery fall back to the commit before.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::files::{self, Access};

use super::holds;
use super::paths::beside;

/// The end of the file's name.
const SUFFIX: &str = "acknowledged";

/// The longest number.
const DIGITS: usize = 20;

/// The longest sound file: an id, a space, a number, a line feed.
const READ_MAX_BYTES: u64 = 256;

/// The open file.
pub(super) struct Acknowledged {
    file: File,
    installation: String,
}

impl Acknowledged {
    /// Opens the file beside a database, and makes it where it is not. Gives what it says, if it says
    /// anything of this installation.
    pub(super) fn open(path: &Path, installation: &str) -> io::Result<(Self, Option<u64>)> {
        let mut file = files::open(&beside(path, SUFFIX), Access::Create)?;
        let mut text = String::new();
        // What is not text says nothing.
        let read = (&mut file).take(READ_MAX_BYTES).read_to_string(&mut text);
        let said = read.ok().and_then(|_| parse(&text, installation));
        let installation = installation.to_owned();
        Ok((Self { file, installation }, said))
    }

    /// Writes down how far the database has come. Not synced: after a power failure the file may be
    /// behind, and then says less; it is never ahead of what was durable when it was written.
    pub(super) fn write(&self, seq: u64) -> io::Result<()> {
        let line = format!("{} {seq:0DIGITS$}\n", self.installation);
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
}

fn parse(text: &str, installation: &str) -> Option<u64> {
    let (id, number) = text.lines().next()?.split_once(' ')?;
    (id == installation && number.len() == DIGITS)
        .then(|| number.parse().ok())
        .flatten()
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
        assert_eq!(Acknowledged::open(&path, "mine").unwrap().1, Some(1200));
        assert_eq!(Acknowledged::open(&path, "other").unwrap().1, None);
        std::fs::write(beside(&path, SUFFIX), b"\xff\xfe rubbish").unwrap();
        assert_eq!(Acknowledged::open(&path, "mine").unwrap().1, None);
        Acknowledged::forget(&path).unwrap();
        Acknowledged::forget(&path).unwrap();
    }
}
