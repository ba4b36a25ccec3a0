//! Why a secret, or the key to all of them, cannot be had.

use std::io;
use std::path::PathBuf;

/// Why a secret, or the key to all of them, cannot be had. Carries nothing secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file cannot be read or made.
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
    /// Others than its owner may use the file.
    #[error(
        "{path} may be used by others than its owner (mode {mode:04o}); run `chmod 600` on it, \
         and replace what is in it if somebody may have read it"
    )]
    Lax {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is somebody else's, who may have put it there.
    #[error(
        "{path} belongs to uid {uid}, neither to root nor to the user that omsd runs as; somebody \
         else may know what is in it, so remove it and put back what is yours"
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// The name leads elsewhere.
    #[error("{path} is a link, and omsd follows none; put the file itself in its place")]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The name is taken by something else.
    #[error("{path} is not a file; move it away")]
    NotAFile {
        /// What should be a file.
        path: PathBuf,
    },
    /// The file does not hold a key.
    #[error("{path} is not a key: it has {found} bytes instead of 32; put the right key back")]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// How many bytes there are, as far as they were counted.
        found: usize,
    },
    /// The file does not hold a token.
    #[error("{path} does not hold a token; remove it, and omsd makes a new one when it starts")]
    NotAToken {
        /// The file.
        path: PathBuf,
    },
    /// The key is missing although there are secrets sealed with it.
    #[error(
        "the key file {path} is missing; put it back, because nothing else opens the secrets \
         in the database that is there"
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// A sealed secret does not open.
    #[error(
        "the secret of {context} does not open: it is damaged, or was sealed with another key or \
         for something else"
    )]
    DoesNotOpen {
        /// What it should belong to.
        context: String,
    },
}
