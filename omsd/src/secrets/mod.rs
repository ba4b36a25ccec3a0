//! Secrets at rest: everything secret is sealed before it reaches the database, and the key is
//! kept apart from it, in a file of the daemon's own or in a systemd credential.
//!
//! Sealing is XChaCha20-Poly1305 with a random nonce, long enough never to repeat, and binds the
//! bytes to what they belong to, so that a secret moved to another row does not open.

mod error;
mod file;
mod token;

use std::fmt;

use std::path::Path;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use oms_proto::Secret;
use omsd_domain::ground::sealed::Sealed;

use crate::ports::Entropy;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

pub use self::error::SecretsError;
pub use self::token::AdminToken;

use self::token::same;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Bytes of a nonce: enough to draw each at random.
const NONCE_BYTES: usize = 24;

/// The first byte of what is sealed, so that another way of sealing can come later.
const VERSION: u8 = 1;

/// The name of the systemd credential that holds the key.
pub const CREDENTIAL_NAME: &str = "oms-key";

/// The variable in which systemd names the directory of credentials.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// What to do where there is no key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingKey {
    /// Make one: there is no database yet.
    Make,
    /// Refuse: there is a database, and a new key would not open what is in it.
    Refuse,
}

/// Seals secrets and opens them again. Holds the key; `Debug` does not show it and it is wiped
/// when the vault is dropped.
pub struct Vault {
    cipher: XChaCha20Poly1305,
    check: [u8; KEY_BYTES],
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// Takes the key from a file that only its owner may use: 32 bytes, made at random if there
    /// is none and `missing` allows it.
    ///
    /// # Errors
    /// [`SecretsError`], in words for the person who set up the file.
    pub fn load_or_create(
        path: &Path,
        missing: MissingKey,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, SecretsError> {
        if let Some(bytes) = file::read_private(path, KEY_BYTES)? {
            return Self::of_file(path, &bytes, entropy);
        }
        if missing == MissingKey::Refuse {
            return Err(SecretsError::NoKey {
                path: path.to_owned(),
            });
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        entropy.fill(key.as_mut_slice());
        match file::create_private(path, key.as_slice(), entropy.as_ref())? {
            file::Created::New => Ok(Self::new(&key, entropy)),
            file::Created::Existing(bytes) => Self::of_file(path, &bytes, entropy),
        }
    }

    /// Takes the key from systemd, if the service was given the credential [`CREDENTIAL_NAME`].
    ///
    /// # Errors
    /// [`SecretsError`] if there is such a credential and it is not a key.
    pub fn from_systemd(entropy: Arc<dyn Entropy>) -> Result<Option<Self>, SecretsError> {
        match std::env::var_os(CREDENTIALS_DIRECTORY) {
            Some(directory) => Self::from_credential(Path::new(&directory), entropy),
            None => Ok(None),
        }
    }

    /// Takes the key from a directory of credentials, if it is there. systemd looks after who may
    /// read the directory, and the bits of the files say nothing about that.
    ///
    /// # Errors
    /// As [`Vault::from_systemd`].
    pub fn from_credential(
        directory: &Path,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Option<Self>, SecretsError> {
        let path = directory.join(CREDENTIAL_NAME);
        let bytes = file::read_credential(&path, KEY_BYTES)?;
        bytes
            .map(|bytes| Self::of_file(&path, &bytes, entropy))
            .transpose()
    }

    fn of_file(path: &Path, bytes: &[u8], entropy: Arc<dyn Entropy>) -> Result<Self, SecretsError> {
        let key = <[u8; KEY_BYTES]>::try_from(bytes).map_err(|_| SecretsError::NotAKey {
            path: path.to_owned(),
            found: bytes.len(),
        })?;
        Ok(Self::new(&Zeroizing::new(key), entropy))
    }

    fn new(key: &[u8; KEY_BYTES], entropy: Arc<dyn Entropy>) -> Self {
        let check = Sha256::new()
            .chain_update(b"oms key check 1\0")
            .chain_update(key)
            .finalize();
        let mut cipher_key = Key::from(*key);
        let cipher = XChaCha20Poly1305::new(&cipher_key);
        cipher_key.as_mut_slice().zeroize();
        Self {
            cipher,
            check: check.into(),
            entropy,
        }
    }

    /// What only this key gives and what tells nothing of it; a database keeps it so that a wrong
    /// key is told at start.
    pub fn check_value(&self) -> Vec<u8> {
        self.check.to_vec()
    }

    /// Whether a check value is this key's.
    pub fn verifies(&self, check_value: &[u8]) -> bool {
        same(&self.check, check_value)
    }

    /// Seals a secret for `context`: what it belongs to, such as `account/acme`. It opens for
    /// that context alone.
    pub fn seal(&self, context: &str, plaintext: &[u8]) -> Sealed {
        let mut nonce = [0; NONCE_BYTES];
        self.entropy.fill(&mut nonce);
        let payload = Payload {
            msg: plaintext,
            aad: context.as_bytes(),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .unwrap_or_else(|_| unreachable!("it refuses only more than 256 GiB"));
        let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        bytes.push(VERSION);
        bytes.extend(nonce);
        bytes.extend(sealed);
        Sealed(bytes)
    }

    /// Opens what was sealed for `context`.
    ///
    /// # Errors
    /// [`SecretsError::DoesNotOpen`] for anything else.
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<Secret, SecretsError> {
        self.try_open(context, &sealed.0)
            .ok_or_else(|| SecretsError::DoesNotOpen {
                context: context.to_owned(),
            })
    }

    fn try_open(&self, context: &str, sealed: &[u8]) -> Option<Secret> {
        let (&VERSION, rest) = sealed.split_first()? else {
            return None;
        };
        let (nonce, msg) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg,
            aad: context.as_bytes(),
        };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
        match String::from_utf8(opened) {
            Ok(text) => Some(Secret::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
