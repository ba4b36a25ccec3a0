//! Certificates and keys in PEM (RFC 7468), as people hand them in.
//!
//! Byte order marks, which joined files have in their middle too, would hide the line that a
//! certificate begins with; they are passed over.

use std::borrow::Cow;

use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Every certificate in a text, in order; other objects are passed over.
///
/// # Errors
/// What is no PEM.
pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_slice_iter(unmarked(text).as_bytes()).collect()
}

/// The first private key in a text.
///
/// # Errors
/// What is no PEM, and a text without a key.
pub(crate) fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(unmarked(text).as_bytes())
}

fn unmarked(text: &str) -> Cow<'_, str> {
    const BYTE_ORDER_MARK: char = '\u{feff}';
    if text.contains(BYTE_ORDER_MARK) {
        Cow::Owned(text.replace(BYTE_ORDER_MARK, ""))
    } else {
        Cow::Borrowed(text)
    }
}
