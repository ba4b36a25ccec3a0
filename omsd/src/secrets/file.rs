//! Files that only their owner may use, made whole or not at all.

use std::fmt::Write as _;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::SecretsError;
use crate::files::{self, Access};
use crate::ports::Entropy;

/// The permissions of a file that is made.
const MODE: u32 = 0o600;

/// The permissions that a file may not have.
const MODE_OF_OTHERS: u32 = 0o077;

/// What came of making a file.
pub(super) enum Created {
    /// It was made.
    New,
    /// Somebody else was quicker; this is what is in theirs.
    Existing(Zeroizing<Vec<u8>>),
}

/// Reads a file that only its owner may use; `None` if there is none. Reads at most one byte more
/// than `size`.
pub(super) fn read_private(
    path: &Path,
    size: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
    read(path, size, Trust::OwnFile)
}

/// As [`read_private`], whoever may use the file, and wherever a link leads.
pub(super) fn read_credential(
    path: &Path,
    size: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
    read(path, size, Trust::Directory)
}

/// What vouches for what is in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The file's own owner and mode.
    OwnFile,
    /// Whoever looks after its directory.
    Directory,
}

fn read(
    path: &Path,
    size: usize,
    trust: Trust,
) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
    let opened = match trust {
        Trust::OwnFile => files::open(path, Access::Read),
        Trust::Directory => files::open_through_links(path, Access::Read),
    };
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if files::is_link(&error) => {
            return Err(SecretsError::Link {
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(failed(path, "open", error)),
    };
    // Of the open file, so that nobody can put another one there in between.
    let metadata = file
        .metadata()
        .map_err(|error| failed(path, "look at", error))?;
    if !metadata.is_file() {
        return Err(SecretsError::NotAFile {
            path: path.to_owned(),
        });
    }
    if trust == Trust::OwnFile {
        check(path, &metadata)?;
    }
    let most = size.saturating_add(1);
    // With room from the start, because a vector that grows leaves copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    file.take(u64::try_from(most).unwrap_or(u64::MAX))
        .read_to_end(&mut bytes)
        .map_err(|error| failed(path, "read", error))?;
    Ok(Some(bytes))
}

/// Whether nobody else can know what is in a file, or have put it there.
fn check(path: &Path, metadata: &Metadata) -> Result<(), SecretsError> {
    if !files::is_ours(metadata) {
        return Err(SecretsError::NotOurs {
            path: path.to_owned(),
            uid: metadata.uid(),
        });
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & MODE_OF_OTHERS != 0 {
        return Err(SecretsError::Lax {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

/// Makes a file with the right permissions from the start. It appears under its name whole and on
/// disk; a file that is there already stays.
pub(super) fn create_private(
    path: &Path,
    content: &[u8],
    entropy: &dyn Entropy,
) -> Result<Created, SecretsError> {
    let unfinished = unfinished_name(path, entropy);
    let written = write_new(&unfinished, content)
        // Unlike a rename, a link never replaces what another daemon has just made.
        .and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return match read_private(path, content.len())? {
                Some(bytes) => Ok(Created::Existing(bytes)),
                None => Err(failed(path, "create", error)),
            };
        }
        Err(error) => return Err(failed(path, "create", error)),
    }
    removed
        .and_then(|()| sync_directory(path))
        .map_err(|error| failed(path, "create", error))?;
    Ok(Created::New)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn unfinished_name(path: &Path, entropy: &dyn Entropy) -> PathBuf {
    let mut random = [0; 8];
    entropy.fill(&mut random);
    let mut suffix = String::from(".new-");
    for byte in random {
        // Writing to a string cannot fail.
        write!(suffix, "{byte:02x}").unwrap_or_default();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

fn failed(path: &Path, doing: &'static str, source: io::Error) -> SecretsError {
    SecretsError::Io {
        path: path.to_owned(),
        doing,
        source,
    }
}
