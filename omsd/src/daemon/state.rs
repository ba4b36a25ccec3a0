//! Opens what outlives the daemon: the state directory, the key, the admin token, the database.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use uuid::Builder;

use super::error::DaemonError;
use omsd_domain::world::Rows;

use crate::config::Config;
use crate::ports::Entropy;
use crate::secrets::{AdminToken, MissingKey, Vault};
use crate::store::{Store, StoreOptions};

/// The database's file in the state directory.
pub const DATABASE_FILE: &str = "oms.redb";

/// The key's file in the state directory.
pub const KEY_FILE: &str = "oms.key";

/// The admin token's file in the state directory.
pub const TOKEN_FILE: &str = "admin.token";

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
        let missing = if exists(&database)? {
            MissingKey::Refuse
        } else {
            MissingKey::Make
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
        let (store, rows) = Store::open(&database, &options)?;
        Ok(Self {
            vault,
            token,
            store,
            rows,
        })
    }
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
    let mode = fs::metadata(dir)
        .map_err(refused("look at"))?
        .permissions()
        .mode();
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

fn exists(path: &Path) -> Result<bool, DaemonError> {
    path.try_exists().map_err(|source| DaemonError::StateDir {
        doing: "look into",
        path: path.to_owned(),
        source,
    })
}
