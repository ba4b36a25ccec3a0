//! A certificate with its key, read from files and checked. Links are followed, for certbot keeps the
//! newest under one; what counts is whose the file behind is and who may read it.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oms_proto::{Time, pem};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use zeroize::Zeroizing;

use super::error::TlsError;
use crate::files::{self, Access};

/// The largest file that is read: a chain has some ten kilobytes.
const FILE_MAX_BYTES: u64 = 256 * 1024;

/// What nobody else may do with a key: read it, or its group change it. systemd gives credentials to
/// the group alone.
const MODE_OF_OTHERS: u32 = 0o027;

const CERTIFICATE: &str = "http.tls.certificate";
const KEY: &str = "http.tls.key";

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

/// What is in the files, not yet understood.
pub(super) struct Content {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What TLS makes use of.
    pub(super) certified: Arc<CertifiedKey>,
    /// From when on it counts.
    pub(super) begins: Time,
    /// When it ends.
    pub(super) ends: Time,
}

impl Files {
    /// Reads and checks the pair.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn load(&self) -> Result<Pair, TlsError> {
        self.pair(&self.read()?)
    }

    /// Reads both files, and checks who may read the key.
    pub(super) fn read(&self) -> Result<Content, TlsError> {
        let certificate = open(&self.certificate, CERTIFICATE)?;
        let certificate = whole(certificate, &self.certificate, CERTIFICATE)?.to_vec();
        let key = open(&self.key, KEY)?;
        check_private(&key, &self.key)?;
        let key = whole(key, &self.key, KEY)?;
        Ok(Content { certificate, key })
    }

    /// Makes the pair of what the files hold.
    pub(super) fn pair(&self, content: &Content) -> Result<Pair, TlsError> {
        let chain = chain(&content.certificate).ok_or_else(|| TlsError::NoCertificate {
            path: self.certificate.clone(),
        })?;
        let key = private_key(&content.key).ok_or_else(|| TlsError::NoKey {
            path: self.key.clone(),
        })?;
        let (begins, ends) = validity(&chain).ok_or_else(|| TlsError::BadCertificate {
            path: self.certificate.clone(),
        })?;
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider());
        let certified = certified.map_err(|source| match source {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch {
                certificate: self.certificate.clone(),
                key: self.key.clone(),
            },
            source => TlsError::BadKey {
                path: self.key.clone(),
                source,
            },
        })?;
        Ok(Pair {
            certified: Arc::new(certified),
            begins,
            ends,
        })
    }
}

impl Content {
    /// What tells it from every other.
    pub(super) fn digest(&self) -> [u8; 32] {
        let certificate = Sha256::digest(&self.certificate);
        Sha256::new_with_prefix(certificate)
            .chain_update(&*self.key)
            .finalize()
            .into()
    }
}

impl Pair {
    /// When it ends.
    pub const fn ends(&self) -> Time {
        self.ends
    }
}

fn open(path: &Path, setting: &'static str) -> Result<File, TlsError> {
    let opened = files::open_through_links(path, Access::Read);
    let file = opened.map_err(|source| unread(path, setting, source))?;
    let metadata = file.metadata();
    if !metadata.is_ok_and(|metadata| metadata.is_file()) {
        let path = path.to_owned();
        return Err(TlsError::NotAFile { setting, path });
    }
    Ok(file)
}

/// Of the open file, so that nobody can put another one there in between.
fn check_private(file: &File, path: &Path) -> Result<(), TlsError> {
    let metadata = file.metadata();
    let metadata = metadata.map_err(|source| unread(path, KEY, source))?;
    if !files::is_ours(&metadata) {
        return Err(TlsError::NotOurs {
            path: path.to_owned(),
            uid: metadata.uid(),
        });
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & MODE_OF_OTHERS != 0 {
        let path = path.to_owned();
        return Err(TlsError::Lax { path, mode });
    }
    Ok(())
}

fn whole(file: File, path: &Path, setting: &'static str) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let most = FILE_MAX_BYTES + 1;
    // With room from the start, because a vector that grows leaves copies of the key behind.
    let room = usize::try_from(most).unwrap_or(usize::MAX);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let read = file.take(most).read_to_end(&mut bytes);
    read.map_err(|source| unread(path, setting, source))?;
    if bytes.len() >= room {
        return Err(TlsError::TooLarge {
            setting,
            path: path.to_owned(),
            max_bytes: FILE_MAX_BYTES,
        });
    }
    Ok(bytes)
}

fn unread(path: &Path, setting: &'static str, source: io::Error) -> TlsError {
    TlsError::Read {
        setting,
        path: path.to_owned(),
        source,
    }
}

/// The certificates of a file; none where one of them is no PEM.
fn chain(bytes: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let chain = pem::certificates(std::str::from_utf8(bytes).ok()?).ok()?;
    Some(chain).filter(|chain| !chain.is_empty())
}

fn private_key(bytes: &[u8]) -> Option<PrivateKeyDer<'static>> {
    pem::private_key(std::str::from_utf8(bytes).ok()?).ok()
}

/// When each of some certificates ends, in their order.
pub fn ends(text: &str) -> impl Iterator<Item = Time> {
    let certificates = pem::certificates(text).unwrap_or_default();
    certificates.into_iter().filter_map(|certificate| {
        let (_, parsed) = X509Certificate::from_der(&certificate).ok()?;
        Some(time(parsed.validity().not_after.timestamp()))
    })
}

const fn time(seconds: i64) -> Time {
    Time(seconds.saturating_mul(1_000_000))
}

/// From when until when the first certificate counts, if it is one.
fn validity(chain: &[CertificateDer<'_>]) -> Option<(Time, Time)> {
    let first = chain.first()?;
    // What rustls cannot read would be found out with every connection.
    ParsedCertificate::try_from(first).ok()?;
    let (_, certificate) = X509Certificate::from_der(first).ok()?;
    let validity = certificate.validity();
    Some((
        time(validity.not_before.timestamp()),
        time(validity.not_after.timestamp()),
    ))
}
