//! Why the store cannot be opened, read or written, always with what to do about it.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::files;

/// What to do about a database that cannot be trusted.
const RESTORE: &str = "restore a backup of it; omsd does not start without its records, \
    because it would forget the servers that it made";

/// Why the store cannot be opened, read or written. Each of them stops the daemon.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory is not there.
    #[error("the directory of {path} does not exist; create it or correct `state_dir`")]
    NoDirectory {
        /// The database.
        path: PathBuf,
    },
    /// The file or its directory may not be used.
    #[error("may not open {path}; it must belong to the user that omsd runs as")]
    NoAccess {
        /// The database.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is somebody else's, who may have put it there.
    #[error(
        "{path} belongs to uid {uid}, neither to root nor to the user that omsd runs as; move it \
         away, or give it to that user if it is yours"
    )]
    NotOurs {
        /// The database.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// The name leads elsewhere.
    #[error("{path} is a link, and omsd follows none; put the database itself in its place")]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The file that is open is no longer the one of that name.
    #[error(
        "{path} is no longer the database that omsd has open: it was moved, removed or replaced, \
         or its volume was unmounted; omsd stops, because nobody would find again what it accepts. \
         Put the state directory back and start omsd again"
    )]
    Gone {
        /// The database.
        path: PathBuf,
    },
    /// The file system takes no writes.
    #[error("{path} is on a read-only file system; mount it for writing")]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// Another daemon has the database open.
    #[error(
        "another omsd uses this database: {path}; stop it, or give this one its own `state_dir`"
    )]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// The file is something else, or of another program.
    #[error("{path} is not a database of omsd; correct `state_dir` or move the file away")]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// A newer omsd has written the file.
    #[error(
        "{path} has format {found} and this omsd knows formats up to {known}; upgrade omsd, \
         or restore the copy that the upgrade made beside it"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The file has a format that no step leads from.
    #[error("{path} has format {found}, which this omsd cannot upgrade; use an older omsd first")]
    TooOld {
        /// The database.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The file is damaged.
    #[error("{path} is damaged ({what}); {RESTORE}")]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A row cannot be what it should be.
    #[error("{path} is damaged (table {table}, row {key}: {what}); {RESTORE}")]
    BadRow {
        /// The database.
        path: PathBuf,
        /// The table.
        table: &'static str,
        /// The row.
        key: String,
        /// What was found.
        what: String,
    },
    /// The secrets in it are sealed with another key.
    #[error(
        "the key does not belong to this database: {path}; put back the key file or the \
         credential that it was created with"
    )]
    WrongKey {
        /// The database.
        path: PathBuf,
    },
    /// No room is left.
    #[error("no room is left for {path}; make room and start omsd again")]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("cannot {doing} {path}")]
    Io {
        /// The database.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// An earlier commit failed; what is in memory may be ahead of what is on disk.
    #[error("an earlier commit to {path} failed; start omsd again")]
    Stopped {
        /// The database.
        path: PathBuf,
    },
    /// A batch that could not be read back, or that does not follow the last one: a mistake of
    /// the program, found before anything is written.
    #[error("refused to write to {path}: {what}")]
    BadBatch {
        /// The database.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// Makes errors of the system and of redb into ours.
pub(super) fn fault<E: Into<redb::Error>>(
    path: &Path,
    doing: &'static str,
) -> impl FnOnce(E) -> StoreError {
    move |error| translate(path, doing, error.into())
}

/// As [`fault`], for calls that redb has no part in.
pub(super) fn io_fault(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> StoreError {
    move |source| of_io(path, doing, source)
}

/// Runs what reads or writes the file. redb checks what it reads, yet a damaged file has made it
/// panic before; that must be an error like any other.
pub(super) fn guarded<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        Err(StoreError::Damaged {
            path: path.to_owned(),
            what: words(payload.as_ref()),
        })
    })
}

fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("it cannot be read")
        .to_owned()
}

fn translate(path: &Path, doing: &'static str, error: redb::Error) -> StoreError {
    use redb::Error as E;
    let path_buf = path.to_owned();
    match error {
        E::DatabaseAlreadyOpen | E::LockProtocolMismatch => StoreError::Busy { path: path_buf },
        E::Io(source) => of_io(path, doing, source),
        E::PreviousIo | E::DatabaseClosed | E::LockPoisoned(_) | E::TransactionPoisoned => {
            StoreError::Stopped { path: path_buf }
        }
        E::TableDoesNotExist(_)
        | E::TableTypeMismatch { .. }
        | E::TableIsMultimap(_)
        | E::TypeDefinitionChanged { .. }
        | E::UpgradeRequired(_) => StoreError::Foreign { path: path_buf },
        E::Corrupted(what) => StoreError::Damaged {
            path: path_buf,
            what,
        },
        other => StoreError::Io {
            path: path_buf,
            doing,
            source: io::Error::other(other.to_string()),
        },
    }
}

fn of_io(path: &Path, doing: &'static str, source: io::Error) -> StoreError {
    use io::ErrorKind as K;
    let path = path.to_owned();
    if files::is_link(&source) {
        return StoreError::Link { path };
    }
    match source.kind() {
        K::PermissionDenied => StoreError::NoAccess { path, source },
        K::ReadOnlyFilesystem => StoreError::ReadOnly { path },
        K::StorageFull | K::QuotaExceeded | K::FileTooLarge => StoreError::DiskFull { path },
        // The latter is what redb says of a file that does not begin as its files do.
        K::IsADirectory | K::InvalidData => StoreError::Foreign { path },
        K::UnexpectedEof => StoreError::Damaged {
            path,
            what: "it ends too early".to_owned(),
        },
        _ => StoreError::Io {
            path,
            doing,
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: io::ErrorKind) -> String {
        of_io(Path::new("/s/omsd.redb"), "write", kind.into()).to_string()
    }

    #[test]
    fn what_the_system_says_becomes_what_to_do() {
        let cases = [
            (io::ErrorKind::StorageFull, "make room"),
            (io::ErrorKind::QuotaExceeded, "make room"),
            (io::ErrorKind::ReadOnlyFilesystem, "mount it for writing"),
            (io::ErrorKind::PermissionDenied, "must belong to the user"),
            (io::ErrorKind::InvalidData, "not a database of omsd"),
            (io::ErrorKind::UnexpectedEof, "restore a backup"),
            (io::ErrorKind::TimedOut, "cannot write /s/omsd.redb"),
        ];
        for (kind, says) in cases {
            assert!(told(kind).contains(says), "{kind:?}: {}", told(kind));
        }
    }

    #[test]
    fn a_panic_of_the_library_is_an_error_with_its_words() {
        let error = guarded::<()>(Path::new("db"), || panic!("page {} is odd", 7)).unwrap_err();
        assert!(error.to_string().contains("page 7 is odd"), "{error}");
    }
}
