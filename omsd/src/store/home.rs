//! Where a database stands, and whether it is the one that stood there before.
//!
//! A file system has many ways to give a daemon an older database or a second one: a backup put back, a
//! directory copied, a virtual machine cloned. So a database knows the machine and the file that it was
//! written in. One that finds itself elsewhere is a copy, and what it does not know is nobody's to
//! remove, see [`Doubt`]. And a machine that has booted since may have gone back with all its disks,
//! which nothing on them tells.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use omsd_domain::rows::lineage::Doubt;
use sha2::{Digest, Sha256};

use super::options::Machine;

/// What is known of a file and its machine. What cannot be found out is empty or 0, and then says
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Home {
    /// What tells the machine from others; a digest, because machine ids are not to be given away.
    pub(super) machine: String,
    /// What its hardware, or whoever makes that up, calls it: a clone has another. A digest too.
    pub(super) product: String,
    /// Which of its boots it is.
    pub(super) boot: String,
    /// The file, absolute.
    pub(super) path: String,
    /// The device that it is on; 0 for one that is made up at each mount, as those of networks are.
    pub(super) device: u64,
    /// Its inode.
    pub(super) inode: u64,
    /// When it was made, in nanoseconds since 1970.
    pub(super) born: u64,
}

impl Home {
    /// Where a file stands.
    pub(super) fn of(path: &Path, file: &Metadata, machine: &Machine) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let born = file.created().ok();
        let born = born.and_then(|it| it.duration_since(UNIX_EPOCH).ok());
        Self {
            machine: digest(machine.id.trim()),
            product: digest(machine.product.trim()),
            boot: machine.boot.trim().to_owned(),
            device: Some(file.dev())
                .filter(|device| rustix::fs::major(*device) != 0)
                .unwrap_or_default(),
            path: path.display().to_string(),
            inode: file.ino(),
            born: born.map_or(0, |it| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX)),
        }
    }

    /// Nowhere: what a database says that was put back from a copy.
    pub(super) fn nowhere() -> Self {
        Self::default()
    }

    /// Why a database that was written at `self` may not be the newest or not the only one, now that
    /// it is found at `here`.
    pub(super) fn doubt(&self, here: &Self) -> Option<Doubt> {
        let differs = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
        if differs(&self.machine, &here.machine) || differs(&self.product, &here.product) {
            return Some(Doubt::Copied);
        }
        if self.is_same_file(here) {
            let booted = differs(&self.boot, &here.boot);
            let same_boot = !booted && !self.boot.is_empty() && !here.boot.is_empty();
            let moved = self.device != 0 && here.device != 0 && self.device != here.device;
            // The device is numbered anew at a boot.
            return match (booted, same_boot && moved) {
                (true, _) => Some(Doubt::Rebooted),
                (false, true) => Some(Doubt::Copied),
                (false, false) => None,
            };
        }
        Some(if self.is_in_use() {
            Doubt::Copied
        } else {
            Doubt::Restored
        })
    }

    fn is_same_file(&self, other: &Self) -> bool {
        let dated = self.born != 0 && other.born != 0;
        self.inode == other.inode && (!dated || self.born == other.born)
    }

    /// Whether a daemon has the file open that stands where the database was written.
    fn is_in_use(&self) -> bool {
        let Ok(file) = File::open(&self.path) else {
            return false;
        };
        let Ok(found) = file.metadata() else {
            return false;
        };
        let there = Self::of(Path::new(&self.path), &found, &Machine::default());
        // A lock that was had goes with the file.
        self.is_same_file(&there) && file.try_lock().is_err()
    }
}

/// Empty for no id.
fn digest(machine: &str) -> String {
    if machine.is_empty() {
        return String::new();
    }
    let digest = Sha256::digest(format!("openmultistack {machine}"));
    let digits = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(dir: &Path, name: &str, machine: &str) -> Home {
        let path = dir.join(name);
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        let machine = Machine {
            id: machine.to_owned(),
            ..Machine::default()
        };
        Home::of(&path, &file.metadata().unwrap(), &machine)
    }

    #[test]
    fn a_database_that_stayed_where_it_was_is_not_doubted() {
        let dir = tempfile::tempdir().unwrap();
        let home = at(dir.path(), "one", "m1");
        assert_eq!(home.doubt(&at(dir.path(), "one", "m1\n")), None);
        // Renamed, or the machine's id could not be read.
        std::fs::rename(dir.path().join("one"), dir.path().join("two")).unwrap();
        assert_eq!(home.doubt(&at(dir.path(), "two", "")), None);
    }

    #[test]
    fn another_file_is_a_copy_and_one_of_another_machine_or_beside_an_open_one_is_held() {
        let dir = tempfile::tempdir().unwrap();
        let home = at(dir.path(), "one", "m1");
        let copy = at(dir.path(), "two", "m1");
        assert_eq!(home.doubt(&copy), Some(Doubt::Restored));
        let open = File::open(dir.path().join("one")).unwrap();
        open.lock().unwrap();
        assert_eq!(home.doubt(&copy), Some(Doubt::Copied));
        drop(open);
        assert_eq!(home.doubt(&copy), Some(Doubt::Restored));
        let clone = at(dir.path(), "one", "m2");
        assert_eq!(home.doubt(&clone), Some(Doubt::Copied));
        // An order to put a copy back is a person's word that the machine may be another.
        assert_eq!(Home::nowhere().doubt(&clone), Some(Doubt::Restored));
    }

    #[test]
    fn a_clone_is_known_by_its_hardware_or_its_disk_and_a_boot_is_reason_to_look() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home {
            product: "p1".to_owned(),
            boot: "b1".to_owned(),
            device: 7,
            ..at(dir.path(), "one", "m1")
        };
        let other = |change: fn(&mut Home)| {
            let mut here = home.clone();
            change(&mut here);
            home.doubt(&here)
        };
        assert_eq!(other(|_| ()), None);
        assert_eq!(other(|it| it.product = "p2".into()), Some(Doubt::Copied));
        assert_eq!(other(|it| it.device = 8), Some(Doubt::Copied));
        assert_eq!(other(|it| it.boot = "b2".into()), Some(Doubt::Rebooted));
        // What is not known says nothing, nor does the number of a device after a boot.
        assert_eq!(other(|it| it.product.clear()), None);
        assert_eq!(other(|it| it.device = 0), None);
        assert_eq!(other(|it| it.boot.clear()), None);
        let moved = other(|it| (it.device, it.boot) = (8, "b2".into()));
        assert_eq!(moved, Some(Doubt::Rebooted));
    }
}
