//! Why a certificate cannot be used, in words for the person who put it there.

use std::io;
use std::path::PathBuf;

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error(
        "cannot read {} ({setting}); it must be there, and the user that omsd runs as must be able \
         to read it",
        path.display()
    )]
    Read {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is a directory, a pipe or the like.
    #[error("{} ({setting}) is no file", path.display())]
    NotAFile {
        /// The setting that names it.
        setting: &'static str,
        /// What is no file.
        path: PathBuf,
    },
    /// The file is too large.
    #[error(
        "{} ({setting}) has more than {max_bytes} bytes, so it is hardly one in PEM",
        path.display()
    )]
    TooLarge {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The bound.
        max_bytes: u64,
    },
    /// Somebody else owns the key.
    #[error(
        "the key {} belongs to uid {uid}, neither to root nor to the user that omsd runs as, so \
         somebody else knows it: have a new one made, and give its file to root",
        path.display()
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// Others may read the key, or its group may change it.
    #[error(
        "the key {} has mode {mode:04o}, so that others can read it or put another in its place: \
         'chmod 640' it, with the group that omsd runs as",
        path.display()
    )]
    Lax {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// There is no certificate in the file.
    #[error(
        "{} holds no certificate in PEM, which begins with '-----BEGIN CERTIFICATE-----'",
        path.display()
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no key in the file.
    #[error(
        "{} holds no key in PEM that omsd can use: one that begins with '-----BEGIN PRIVATE \
         KEY-----', or RSA or EC before PRIVATE, and has no password",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key is of a kind that TLS has no use for.
    #[error(
        "the key {} cannot be used for TLS; take RSA with 2048 bits or more, ECDSA on P-256, P-384 \
         or P-521, or Ed25519",
        path.display()
    )]
    BadKey {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
    /// What is in the file is no certificate.
    #[error("the first certificate of {} cannot be read", path.display())]
    BadCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The two do not belong together.
    #[error(
        "the key {} is not that of the certificate {}, whose own comes first in its file; put the \
         two there that were made together",
        key.display(),
        certificate.display()
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's.
        key: PathBuf,
    },
    /// TLS itself cannot be set up.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}
