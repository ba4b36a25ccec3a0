//! `omsd backup` and `omsd restore`: a copy of the database made while the daemon runs or does not, and
//! one put back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oms_proto::client::{Client, ClientError};
use oms_proto::request::Backup;
use tokio::runtime::Builder;

use crate::clock::SystemEntropy;
use crate::config::Config;
use crate::daemon::{DATABASE_FILE, KEY_FILE};
use crate::exit;
use crate::files::{self, Access, Identity};
use crate::secrets::{MissingKey, SecretsError, Vault};
use crate::store::StoreError;
use crate::store::backup::{self, Contents};

/// Why a copy cannot be made or put back. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopiesError {
    /// A backup never replaces a file.
    #[error("{path} is there already; give a name that is free")]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing to copy.
    #[error("no database is at {path}; --set state_dir=DIR or --config FILE says where it is")]
    NoDatabase {
        /// Where it would be.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("cannot {doing} {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The daemon must not run while its database is replaced.
    #[error("omsd runs on {path}; stop it first (`systemctl stop omsd`), then restore")]
    Runs {
        /// The database.
        path: PathBuf,
    },
    /// The daemon has the database open, and does not answer.
    #[error("omsd runs, and cannot be asked for a copy at {socket}")]
    Silent {
        /// The socket.
        socket: PathBuf,
        /// What went wrong.
        #[source]
        source: Box<ClientError>,
    },
    /// The database is to be put in its own place.
    #[error("{path} is the database itself; give a copy that `omsd backup` has made")]
    Itself {
        /// The database.
        path: PathBuf,
    },
    /// What is to be put back is no whole copy.
    #[error("{path} cannot be put back: {what}; nothing was changed, give another backup")]
    BadCopy {
        /// What was given.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The secrets in the copy are sealed with another key.
    #[error(
        "{path} was made with another key; put back the key file or the credential that goes with \
         it, then restore again; nothing was changed"
    )]
    OtherKey {
        /// What was given.
        path: PathBuf,
    },
    /// No room is left.
    #[error("no room is left for {path}; make room and try again; nothing was changed")]
    NoRoom {
        /// The copy.
        path: PathBuf,
    },
    /// The key cannot be read.
    #[error(transparent)]
    Key(#[from] SecretsError),
    /// The database, or the copy, cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no runtime to ask the daemon with.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl CopiesError {
    /// The exit code that it ends `omsd` with.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Taken { .. } | Self::Itself { .. } => exit::USAGE,
            Self::NoDatabase { .. }
            | Self::Runs { .. }
            | Self::BadCopy { .. }
            | Self::OtherKey { .. }
            | Self::Key(_)
            | Self::Store(_) => exit::STATE,
            Self::Io { .. } | Self::NoRoom { .. } | Self::Silent { .. } | Self::Runtime(_) => {
                exit::FAILED
            }
        }
    }
}

/// Makes a copy at `to`, and says what it holds and what to do with it.
///
/// # Errors
/// [`CopiesError`]
pub(crate) fn back_up(config: &Config, to: &Path) -> Result<String, CopiesError> {
    let database = config.state_dir.as_path().join(DATABASE_FILE);
    let failed = |doing| {
        move |source| CopiesError::Io {
            path: to.to_owned(),
            doing,
            source,
        }
    };
    if files::is_there(to).map_err(failed("look at"))? {
        return Err(CopiesError::Taken {
            path: to.to_owned(),
        });
    }
    if !files::is_there(&database).map_err(failed("look at"))? {
        return Err(CopiesError::NoDatabase { path: database });
    }
    let key = key_check(config)?;
    match backup::copy_closed(&database, to, key.as_deref()) {
        Ok(()) => {}
        Err(StoreError::Busy { .. }) => {
            let made = ask(config)?;
            let moved = move_to(&made, to).map_err(failed("write"));
            if moved.is_err() {
                drop(fs::remove_file(&made));
            }
            moved?;
        }
        Err(error) => {
            drop(fs::remove_file(to));
            return Err(match error {
                StoreError::DiskFull { .. } => CopiesError::NoRoom {
                    path: to.to_owned(),
                },
                other => other.into(),
            });
        }
    }
    // Whoever trusts a copy wants to know that it can be read.
    let contents = backup::inspect(to, key.as_deref())?;
    let key_file = config.state_dir.as_path().join(KEY_FILE);
    Ok(format!(
        "Wrote {} ({}).\n\
         The secrets in it are sealed: keep a copy of the key too, in another place ({}, or the \
         credential that systemd gives to omsd). Without the key, a backup opens for nobody.\n\
         `omsd restore {}` puts it back.\n",
        to.display(),
        told(&contents),
        key_file.display(),
        to.display(),
    ))
}

/// Puts a copy in the place of the database, and says what that means.
///
/// # Errors
/// [`CopiesError`]
pub(crate) fn restore(config: &Config, from: &Path) -> Result<String, CopiesError> {
    let database = config.state_dir.as_path().join(DATABASE_FILE);
    if is_same(from, &database) {
        return Err(CopiesError::Itself { path: database });
    }
    let key = key_check(config)?;
    let restored = backup::restore(from, &database, key.as_deref());
    let restored = restored.map_err(|error| refused(error, from))?;
    let mut said = vec![format!(
        "Put back {} ({}) as {}.\n",
        from.display(),
        told(&restored.contents),
        database.display(),
    )];
    if let Some(aside) = restored.aside {
        said.push(format!(
            "The database that stood there is kept as {}.\n",
            aside.display()
        ));
    }
    if key.is_none() {
        said.push(
            "Whether the key belongs to it was not checked, for the key is not here; omsd checks it \
             when it starts.\n"
                .to_owned(),
        );
    }
    said.push(
        "No other omsd may run on the database that this is a copy of. Start omsd now. It is a new \
         incarnation: it lists every account before it gives out ids, and it leaves alone what was made \
         after the backup. `omsctl status` warns of such machines, `omsctl gc` shows them as from_ahead \
         or stranger; `omsctl gc --account NAME --remove ID` removes what nobody needs.\n"
            .to_owned(),
    );
    Ok(said.concat())
}

/// Whether two names lead to one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|it| Identity::of(&it)).ok();
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// Why a copy is not put back, in words about what was given: it is looked at under another name.
fn refused(error: StoreError, from: &Path) -> CopiesError {
    let path = from.to_owned();
    let what = match error {
        StoreError::Busy { path } => return CopiesError::Runs { path },
        StoreError::WrongKey { .. } => return CopiesError::OtherKey { path },
        StoreError::DiskFull { path } => return CopiesError::NoRoom { path },
        StoreError::Foreign { .. } => "it is not a database of omsd".to_owned(),
        StoreError::Damaged { what, .. } => format!("it is damaged ({what})"),
        StoreError::BadRow {
            table, key, what, ..
        } => format!("it is damaged (table {table}, row {key}: {what})"),
        other => return other.into(),
    };
    CopiesError::BadCopy { path, what }
}

fn told(contents: &Contents) -> String {
    let accounts = counted(contents.accounts, "account", "accounts");
    let entries = counted(contents.entries, "entry", "entries");
    format!(
        "installation {}, event {}, {accounts}, {entries}",
        contents.installation, contents.seq
    )
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// What tells the right key from others; `None` where the key is not in the state directory, because
/// systemd gives it to the daemon alone.
fn key_check(config: &Config) -> Result<Option<Vec<u8>>, CopiesError> {
    let entropy = Arc::new(SystemEntropy);
    let file = config.state_dir.as_path().join(KEY_FILE);
    match Vault::load_or_create(&file, MissingKey::Refuse, entropy) {
        Ok(vault) => Ok(Some(vault.check_value())),
        Err(SecretsError::NoKey { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Has the running daemon make a copy, and says where it is.
fn ask(config: &Config) -> Result<PathBuf, CopiesError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(CopiesError::Runtime)?;
    let socket = config.socket.as_path();
    let asked = runtime.block_on(async {
        let client = Client::connect(socket).await?;
        client.ask(Backup {}).await
    });
    match asked {
        Ok(backup) => Ok(backup.file.into()),
        Err(source) => Err(CopiesError::Silent {
            socket: socket.to_owned(),
            source: Box::new(source),
        }),
    }
}

/// Moves a file, to another file system too, and makes it durable.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    let source = files::open(from, Access::Read)?;
    let target = files::create_new(to)?;
    io::copy(&mut &source, &mut &target)?;
    target.sync_all()?;
    fs::remove_file(from)
}
