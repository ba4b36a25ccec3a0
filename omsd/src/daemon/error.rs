//! Why the daemon does not start or does not go on, and the exit code for it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::api::socket::BindError;
use crate::config::ConfigError;
use crate::engine::EngineError;
use crate::exit;
use crate::secrets::SecretsError;
use crate::store::StoreError;
use crate::tls::TlsError;

/// Why the daemon does not start or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The state directory cannot be used.
    #[error(
        "cannot {doing} the state directory {}; it must belong to the user that omsd runs as",
        path.display()
    )]
    StateDir {
        /// What was being done.
        doing: &'static str,
        /// The directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The state directory is somebody else's, who can put there what they like.
    #[error(
        "the state directory {} belongs to uid {uid}, neither to root nor to the user that omsd \
         runs as; choose another, or give it to that user if it is yours",
        path.display()
    )]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// There was a database, and there is none.
    #[error(
        "the database {} is missing although {} is there: it was moved or removed, or its volume \
         is not mounted. Put it back, or restore a backup of it; without it omsd would forget the \
         servers that it made. To begin anew with nothing, move {} and what is beside it away",
        database.display(),
        made.display(),
        made.display()
    )]
    NoDatabase {
        /// Where it should be.
        database: PathBuf,
        /// What tells that it was there.
        made: PathBuf,
    },
    /// The key or the admin token cannot be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The socket cannot be listened on.
    #[error(transparent)]
    Socket(#[from] BindError),
    /// The HTTP address cannot be listened on.
    #[error("cannot listen on http://{address}; stop what uses it, or set another `http.listen`")]
    Http {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The settings do not allow what they are to be used for.
    #[error(transparent)]
    Settings(ConfigError),
    /// What systemd has opened for the daemon cannot be served.
    #[error("cannot serve what was passed to this process")]
    Passed(#[source] io::Error),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine ended without a word: a mistake of this program.
    #[error("the scheduler ended unexpectedly")]
    EngineGone,
    /// The engine did not stop in time.
    #[error("the scheduler did not stop in time; what was under way is settled at the next start")]
    EngineStuck,
    /// The system refused something that every program gets.
    #[error("cannot {doing}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl DaemonError {
    /// The code that the program ends with.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::StateDir { .. }
            | Self::NotOurs { .. }
            | Self::NoDatabase { .. }
            | Self::Secrets(_)
            | Self::Store(_)
            | Self::Engine(EngineError::Store(_)) => exit::STATE,
            Self::Tls(_) | Self::Settings(_) => exit::USAGE,
            Self::Socket(_) | Self::Http { .. } | Self::Passed(_) => exit::LISTEN,
            Self::Engine(EngineError::Misfit { .. } | EngineError::Broken { .. })
            | Self::EngineGone
            | Self::EngineStuck
            | Self::System { .. } => exit::FAILED,
        }
    }
}
