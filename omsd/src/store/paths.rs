//! What stands beside a database: the names of its companions, and its directory.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::holds;

/// `PATH.SUFFIX`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    holds::of_companion(path, suffix);
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a rename in the file's directory durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory(path))?.sync_all()
}

/// The directory of a file; the current one for a bare name.
pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Whether a file is not there, or the directory that it was in.
pub(super) fn is_missing(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::NotFound | K::NotADirectory)
}
