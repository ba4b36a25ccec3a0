//! The bearer token of the administrator: a file for people and scripts to read, of which the
//! daemon keeps only the digest.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::SecretsError;
use super::file;
use crate::ports::Entropy;

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// The longest file in bytes that is read as a token: one line in base64, and white space that an
/// editor may have left.
const FILE_MAX_BYTES: usize = 64;

/// Knows the administrator's token when it sees it.
pub struct AdminToken {
    digest: [u8; 32],
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

impl AdminToken {
    /// Reads the token's file, or makes one with a new token that only its owner may read.
    ///
    /// # Errors
    /// [`SecretsError`], in words for the person who set up the file.
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, SecretsError> {
        if let Some(bytes) = file::read_private(path, FILE_MAX_BYTES)? {
            return Self::of_file(path, &bytes);
        }
        let mut random = Zeroizing::new([0; TOKEN_BYTES]);
        entropy.fill(random.as_mut_slice());
        let mut line = Zeroizing::new(String::with_capacity(FILE_MAX_BYTES));
        URL_SAFE_NO_PAD.encode_string(random.as_slice(), &mut line);
        line.push('\n');
        match file::create_private(path, line.as_bytes(), entropy)? {
            file::Created::New => Self::of_file(path, line.as_bytes()),
            file::Created::Existing(bytes) => Self::of_file(path, &bytes),
        }
    }

    fn of_file(path: &Path, bytes: &[u8]) -> Result<Self, SecretsError> {
        let text = bytes.trim_ascii();
        let random = URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new);
        let whole = random.is_ok_and(|random| random.len() == TOKEN_BYTES);
        if bytes.len() > FILE_MAX_BYTES || !whole {
            return Err(SecretsError::NotAToken {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            digest: digest(text),
        })
    }

    /// Whether this is the token, in a time that does not tell how much of it was right.
    pub fn matches(&self, presented: &str) -> bool {
        same(&self.digest, &digest(presented.as_bytes()))
    }
}

fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub(super) fn same(left: &[u8], right: &[u8]) -> bool {
    let differ = left.iter().zip(right).fold(0, |differ, (left, right)| {
        std::hint::black_box(differ | (left ^ right))
    });
    left.len() == right.len() && differ == 0
}
