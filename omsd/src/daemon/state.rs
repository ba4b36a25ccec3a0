//! Opens what outlives the daemon: the state directory, the key, the admin token, the database.

use std::fs::{self, DirBuilder, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use uuid::Builder;

use super::error::DaemonError;
use omsd_domain::world::Rows;

use crate::config::Config;
use crate::files::{self, Access};
use crate::ports::Entropy;
use crate::secrets::{AdminToken, MissingKey, Vault};
use crate::store::{Machine, Store, StoreOptions};

/// The database's file in the state directory.
pub const DATABASE_FILE: &str = "oms.redb";

/// The key's file in the state directory.
pub const KEY_FILE: &str = "oms.key";

/// The admin token's file in the state directory.
pub const TOKEN_FILE: &str = "admin.token";

/// What the firmware calls this machine: the UUID of its system (SMBIOS, DMTF DSP0134, 7.2). Root alone
/// may read it.
const PRODUCT_ID: &str = "/sys/class/dmi/id/product_uuid";

/// Which boot it is, see `proc_sys_kernel(5)`.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The longest id of a machine: 32 digits and a line feed, with room for other habits.
const MACHINE_ID_MAX_BYTES: u64 = 256;

/// The permissions of a state directory that is made.
const DIR_MODE: u32 = 0o700;

/// What outlives the daemon.
pub(super) struct State {
    pub(super) vault: Vault,
    pub(super) token: AdminToken,
    pub(super) store: Store,
    pub(super) rows: Rows,
}

impl State {
    /// Opens everything, and makes what is not there yet. Blocks on the disk.
    pub(super) fn open(config: &Config, entropy: &Arc<dyn Entropy>) -> Result<Self, DaemonError> {
        let dir = config.state_dir.as_path();
        prepare(dir)?;
        let database = dir.join(DATABASE_FILE);
        // A new key opens nothing that is sealed already.
        let missing = match foundation(dir, &database)? {
            Foundation::Whole => MissingKey::Refuse,
            Foundation::Fresh => MissingKey::Make,
        };
        let vault = match Vault::from_systemd(Arc::clone(entropy))? {
            Some(vault) => vault,
            None => Vault::load_or_create(&dir.join(KEY_FILE), missing, Arc::clone(entropy))?,
        };
        let token = AdminToken::load_or_create(&dir.join(TOKEN_FILE), &**entropy)?;
        let mut random = [0; 16];
        entropy.fill(&mut random);
        let installation = Builder::from_random_bytes(random).into_uuid();
        let mut options = StoreOptions::new(installation.to_string(), vault.check_value());
        options.journal_rows_kept = config.engine.journal_rows.get().into();
        options.machine = machine(config.machine_id.as_path());
        let (store, rows) = Store::open(&database, &options)?;
        Ok(Self {
            vault,
            token,
            store,
            rows,
        })
    }
}

/// What tells this machine from others.
fn machine(id: &Path) -> Machine {
    Machine {
        id: read_id(id),
        product: read_id(Path::new(PRODUCT_ID)),
        boot: read_id(Path::new(BOOT_ID)),
    }
}

/// An id of this machine; empty where it has none, as in some containers. It is no secret of ours and
/// decides nothing alone, so whatever keeps it from being read is no reason not to start.
fn read_id(path: &Path) -> String {
    let mut id = String::new();
    let read = files::open_through_links(path, Access::Read)
        .and_then(|file| file.take(MACHINE_ID_MAX_BYTES).read_to_string(&mut id));
    if let Err(error) = read {
        tracing::debug!(path = %path.display(), %error, "no such id of this machine can be read");
        id.clear();
    }
    id
}

/// What a start finds.
enum Foundation {
    /// A database, whatever is wrong with it.
    Whole,
    /// Nothing, or what a first start has left that did not get to its end.
    Fresh,
}

/// Finds out whether this is a first start. One that only looks like it, because the database is
/// not where it was, would forget every server that was made.
fn foundation(dir: &Path, database: &Path) -> Result<Foundation, DaemonError> {
    let looked = |path: &Path| {
        files::is_there(path).map_err(|source| DaemonError::StateDir {
            doing: "look into",
            path: path.to_owned(),
            source,
        })
    };
    let mut made = None;
    for file in [KEY_FILE, TOKEN_FILE] {
        let path = dir.join(file);
        if looked(&path)? {
            made = Some(path);
        }
    }
    if looked(database)? {
        return Ok(Foundation::Whole);
    }
    let Some(made) = made else {
        Store::begin(database)?;
        return Ok(Foundation::Fresh);
    };
    if Store::is_begun(database)? {
        return Ok(Foundation::Fresh);
    }
    // Another daemon may just have finished its first start.
    if looked(database)? {
        return Ok(Foundation::Whole);
    }
    Err(DaemonError::NoDatabase {
        database: database.to_owned(),
        made,
    })
}

/// Makes the directory if it is not there.
fn prepare(dir: &Path) -> Result<(), DaemonError> {
    let refused = |doing| {
        move |source| DaemonError::StateDir {
            doing,
            path: dir.to_owned(),
            source,
        }
    };
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent).map_err(refused("make"))?;
    }
    match DirBuilder::new().mode(DIR_MODE).create(dir) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(refused("make")(error)),
    }
    let named = fs::symlink_metadata(dir).map_err(refused("look at"))?;
    let opened = files::open_through_links(dir, Access::Read)
        .and_then(|opened| opened.metadata())
        .map_err(refused("look at"))?;
    if !opened.is_dir() {
        return Err(refused("use")(io::ErrorKind::NotADirectory.into()));
    }
    owned(dir, &named)?;
    owned(dir, &opened)?;
    let mode = opened.permissions().mode();
    if mode & 0o077 != 0 {
        // The files in it are closed to others all the same.
        tracing::warn!(
            state_dir = %dir.display(),
            mode = format_args!("{:04o}", mode & 0o7777),
            "others may look into the state directory; `chmod 700` closes it"
        );
    }
    Ok(())
}

/// Whether nobody else can put files there, or lead the name elsewhere.
fn owned(dir: &Path, found: &Metadata) -> Result<(), DaemonError> {
    if files::is_ours(found) {
        return Ok(());
    }
    Err(DaemonError::NotOurs {
        path: dir.to_owned(),
        uid: found.uid(),
    })
}
