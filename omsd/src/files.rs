//! Files that must be ours. They are opened without following a link and without waiting for
//! whoever is at the other end of a pipe, and it is the open file that is asked whose it is: a name
//! can come to mean another file at any moment.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// Only its owner may use a file that is made.
const MODE: u32 = 0o600;

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read it.
    Read,
    /// To read and write it.
    Write,
    /// To read and write it; it is made, empty and for its owner alone, if it is not there.
    Create,
}

/// What tells a file from every other, whatever its name: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity(u64, u64);

impl Identity {
    /// The identity of what was looked at.
    pub fn of(found: &Metadata) -> Self {
        Self(found.dev(), found.ino())
    }
}

/// Opens a file. A name that is a link is refused, see [`is_link`].
///
/// # Errors
/// What the system says.
pub fn open(path: &Path, access: Access) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options(access, flags)?.open(path)
}

/// As [`open`], wherever a link leads.
///
/// # Errors
/// What the system says.
pub fn open_through_links(path: &Path, access: Access) -> io::Result<File> {
    options(access, OFlags::NONBLOCK)?.open(path)
}

/// Makes a file for its owner alone, where nothing of that name is.
///
/// # Errors
/// What the system says.
pub fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(MODE).open(path)
}

fn options(access: Access, flags: OFlags) -> io::Result<OpenOptions> {
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(access != Access::Read)
        .create(access == Access::Create)
        .mode(MODE)
        .custom_flags(flags);
    Ok(options)
}

/// Whether a file was not opened because its name is a link.
pub fn is_link(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::LOOP)
}

/// Whether a file belongs to root or to the user that we run as. Nobody else can have put
/// something of theirs there, or can change it later.
pub fn is_ours(found: &Metadata) -> bool {
    found.uid() == 0 || found.uid() == rustix::process::geteuid().as_raw()
}

/// Whether there is anything of that name, a link that leads nowhere included.
///
/// # Errors
/// What the system says.
pub fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
