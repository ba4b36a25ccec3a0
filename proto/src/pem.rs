//! Certificates and keys in PEM (RFC 7468), as people hand them in.
//!
//! Byte order marks, which joined files have in their middle too, would hide the line that a
//! certificate begins with; they are passed over.

use std::borrow::Cow;

use rustls_pki_types::pem::{Error, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Every certificate in a text, in order; other objects are passed over.
///
/// # Errors
/// What is no PEM.
pub fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    CertificateDer::pem_slice_iter(unmarked(text).as_bytes()).collect()
}

/// The first private key in a text.
///
/// # Errors
/// What is no PEM, and a text without a key.
pub fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(unmarked(text).as_bytes())
}

/// The certificates of a text, as text. What else stands there is left out: files often hold the
/// private key as well, which is to be sealed.
pub fn certificates_alone(text: &str) -> String {
    let mut alone = String::new();
    let mut rest = text;
    while let Some((found, behind)) = part(rest, CERTIFICATE) {
        alone.push_str(found);
        alone.push('\n');
        rest = behind;
    }
    alone
}

/// The first private key of a text, as text; nothing where there is none.
pub fn private_key_alone(text: &str) -> &str {
    part(text, PRIVATE_KEY).map_or("", |(found, _)| found)
}

/// Whether there is a private key in a text.
pub fn has_private_key(text: &str) -> bool {
    part(text, PRIVATE_KEY).is_some()
}

/// How the first line of a certificate ends.
const CERTIFICATE: &str = "CERTIFICATE-----";

/// How the first line of a private key ends, of whatever kind.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// The first part of a text whose first line ends so, and what stands behind it.
fn part<'a>(text: &'a str, ending: &str) -> Option<(&'a str, &'a str)> {
    let mut rest = text;
    loop {
        let (_, from) = rest.split_at_checked(rest.find("-----BEGIN ")?)?;
        let end = from.find("-----END ")?;
        let line = from.get(end..)?.find(['\r', '\n']);
        let (whole, behind) = from.split_at_checked(line.map_or(from.len(), |line| end + line))?;
        if whole.lines().next()?.trim_end().ends_with(ending) {
            return Some((whole, behind));
        }
        rest = behind;
    }
}

fn unmarked(text: &str) -> Cow<'_, str> {
    const BYTE_ORDER_MARK: char = '\u{feff}';
    if text.contains(BYTE_ORDER_MARK) {
        Cow::Owned(text.replace(BYTE_ORDER_MARK, ""))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_and_keys_of_one_file_are_told_apart() {
        let of =
            |label: &str| format!("-----BEGIN {label}-----\r\nMIIB\r\n-----END {label}-----\r\n");
        let both = [
            "CERTIFICATE",
            "EC PARAMETERS",
            "EC PRIVATE KEY",
            "CERTIFICATE",
        ]
        .map(of);
        let both = format!("\u{feff}{}", both.concat());
        let alone = certificates_alone(&both);
        assert_eq!(certificates(&alone).unwrap().len(), 2);
        assert!(!has_private_key(&alone));
        assert!(has_private_key(&both));
        let key = private_key_alone(&both);
        assert!(key.starts_with("-----BEGIN EC PRIVATE KEY"), "{key}");
        assert!(key.ends_with("-----END EC PRIVATE KEY-----"), "{key}");
        for none in [
            "",
            "-----BEGIN ",
            "-----BEGIN PRIVATE KEY-----",
            "-----END X",
        ] {
            assert_eq!(
                (certificates_alone(none).as_str(), private_key_alone(none)),
                ("", "")
            );
        }
    }
}
