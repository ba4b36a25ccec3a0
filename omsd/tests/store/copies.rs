//! Copies that are put back: whose they are.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use omsd::store::{Store, backup};

use crate::{database, options};

/// The user nobody of most systems; no daemon runs as that here.
const ANOTHER: u32 = 65_534;

#[test]
fn what_root_puts_back_belongs_to_whom_the_directory_belongs() {
    let (_there, from) = database();
    drop(Store::open(&from, &options()).unwrap());
    let (home, path) = database();
    match chown(home.path(), Some(ANOTHER), Some(ANOTHER)) {
        Ok(()) => {}
        // Then what is put back can only be one's own.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
        Err(error) => panic!("{error}"),
    }
    backup::restore(&from, &path, None).unwrap();
    let owner = fs::metadata(home.path()).unwrap();
    let file = fs::metadata(&path).unwrap();
    assert_eq!((file.uid(), file.gid()), (owner.uid(), owner.gid()));
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}
