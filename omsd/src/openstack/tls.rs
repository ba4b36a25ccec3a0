//! Whom we trust over TLS: the system's authorities, those of the account, or one certificate
//! pinned to the byte; and what a refusal means, in words that say what to do about it.
//!
//! rustls is stricter than OpenSSL: it refuses a self-signed certificate that is an authority's
//! (which `openssl req -x509` makes) and certificates of version 1. Pinning is the way out of the
//! first, and better than trusting anything.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, OtherError,
    RootCertStore, SignatureScheme,
};
use rustls_native_certs::ErrorKind;
use sha2::{Digest, Sha256};

use crate::ports::Lack;
use oms_proto::Secret;
use oms_proto::pem;

/// What an account says about TLS; accounts that say the same share a client.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_field_names, reason = "the form that each comes in")]
pub(super) struct TlsSettings {
    /// Authorities to trust besides the system's.
    pub(super) ca_pem: Option<String>,
    /// The one certificate to accept.
    pub(super) pinned_cert_pem: Option<String>,
    /// The certificate by which we prove who we are, with its chain.
    pub(super) client_cert_pem: Option<String>,
    /// That certificate's key.
    pub(super) client_key_pem: Option<Secret>,
}

/// Makes rustls' configuration. The cryptography is handed in, not installed for the process, so
/// nothing depends on who was first.
///
/// # Errors
/// [`NoConfig`]
pub(super) fn client_config(settings: &TlsSettings) -> Result<ClientConfig, NoConfig> {
    let provider = Arc::new(ring::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(Arc::<CryptoProvider>::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let builder = match &settings.pinned_cert_pem {
        Some(pem) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned::read(pem, algorithms)?)),
        None => builder.with_root_certificates(roots(settings.ca_pem.as_deref())?),
    };
    match (&settings.client_cert_pem, &settings.client_key_pem) {
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate, "client_cert_pem")?;
            let key = pem::private_key(key.expose())
                .map_err(|error| format!("client_key_pem holds no usable key: {error}"))?;
            let config = builder.with_client_auth_cert(chain, key).map_err(|error| {
                format!("client_cert_pem and client_key_pem cannot be used together: {error}")
            })?;
            Ok(config)
        }
        (None, None) => Ok(builder.with_no_client_auth()),
        _ => Err(NoConfig::Setting(
            "client_cert_pem and client_key_pem go together".to_owned(),
        )),
    }
}

/// Why there is no configuration.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoConfig {
    /// A certificate of the account cannot be used, in words.
    Setting(String),
    /// The system's authorities could not all be read for want of this. With some of them missing
    /// good clouds would be refused.
    Lack(Lack),
}

impl From<String> for NoConfig {
    fn from(words: String) -> Self {
        Self::Setting(words)
    }
}

fn roots(ca_pem: Option<&str>) -> Result<RootCertStore, NoConfig> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        if let ErrorKind::Io { inner, .. } = &error.kind
            && let Some(lack) = Lack::of(inner)
        {
            return Err(NoConfig::Lack(lack));
        }
        tracing::debug!(%error, "a certificate of the system cannot be read");
    }
    // A system without authorities is no error: an account may bring its own or use http.
    roots.add_parsable_certificates(system.certs);
    if let Some(pem) = ca_pem {
        for certificate in certificates(pem, "ca_pem")? {
            roots
                .add(certificate)
                .map_err(|error| format!("ca_pem holds no usable certificate: {error}"))?;
        }
    }
    Ok(roots)
}

fn certificates(text: &str, field: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = pem::certificates(text).map_err(|error| format!("{field} is not PEM: {error}"))?;
    if found.is_empty() {
        return Err(format!(
            "{field} holds no certificate (-----BEGIN CERTIFICATE-----)"
        ));
    }
    Ok(found)
}

/// Accepts one certificate, compared byte by byte, and no other: not its name, its dates or its
/// issuer count, because the person who pinned it has vouched for it. That the server has the
/// certificate's key is checked as always.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn read(pem: &str, algorithms: WebPkiSupportedAlgorithms) -> Result<Self, String> {
        let mut found = certificates(pem, "pinned_cert_pem")?;
        let certificate = match (found.pop(), found.len()) {
            (Some(only), 0) => only,
            (_, others) => {
                return Err(format!(
                    "pinned_cert_pem holds {} certificates; give the server's own alone",
                    others + 1
                ));
            }
        };
        ParsedCertificate::try_from(&certificate)
            .map_err(|error| format!("pinned_cert_pem cannot be used: {}", reason(&error)))?;
        Ok(Self {
            certificate,
            algorithms,
        })
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            return Ok(ServerCertVerified::assertion());
        }
        let mismatch = PinMismatch {
            shown: fingerprint(end_entity),
            pinned: fingerprint(&self.certificate),
        };
        Err(CertificateError::Other(OtherError(Arc::new(mismatch))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The server showed another certificate than the pinned one.
#[derive(Debug)]
struct PinMismatch {
    shown: String,
    pinned: String,
}

impl fmt::Display for PinMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the server shows the certificate with SHA-256 {}, pinned is {}",
            self.shown, self.pinned
        )
    }
}

impl std::error::Error for PinMismatch {}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let digest = Sha256::digest(certificate);
    hex(digest.as_ref())
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend(
            [byte >> 4, byte & 15]
                .map(|nibble| char::from_digit(u32::from(nibble), 16).unwrap_or_default()),
        );
    }
    text
}

/// Says what is wrong with a connection to `host` and what to do about it.
pub(super) fn explain(error: &rustls::Error, host: &str) -> String {
    use rustls::Error as E;
    match error {
        E::InvalidCertificate(problem) => {
            format!("TLS to {host} refused: {}", explain_certificate(problem))
        }
        E::InvalidMessage(_) | E::InappropriateMessage { .. } => {
            format!("{host} does not speak TLS at this port ({error}); is its address http://?")
        }
        E::AlertReceived(AlertDescription::CertificateRequired) => format!(
            "{host} wants to know who we are by a certificate; give client_cert_pem and \
             client_key_pem"
        ),
        E::PeerIncompatible(_) | E::AlertReceived(_) => format!(
            "{host} does not agree on TLS 1.2 or 1.3 with us: {error}; it may offer nothing newer \
             than TLS 1.1, or only a certificate with a key that OMS cannot check: P-521, Ed448 or \
             DSA instead of RSA, P-256, P-384 or Ed25519"
        ),
        other => format!("TLS to {host} failed: {other}"),
    }
}

fn explain_certificate(problem: &CertificateError) -> String {
    use CertificateError as C;
    match problem {
        C::UnknownIssuer => "its certificate is signed by an authority that is not trusted here; \
             give that authority as ca_pem, or the server's own certificate as pinned_cert_pem"
            .to_owned(),
        C::Expired | C::ExpiredContext { .. } => {
            "its certificate has expired; have it renewed (or the clock here is wrong)".to_owned()
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            "its certificate is not valid yet; the clock here or there is wrong".to_owned()
        }
        C::NotValidForName | C::NotValidForNameContext { .. } => format!(
            "its certificate is for another name ({problem}); use that name in auth_url, or pin \
             the certificate as pinned_cert_pem"
        ),
        C::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id,
            ..
        } => unchecked(&format!("with {}", algorithm(signature_algorithm_id))),
        C::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id,
            public_key_algorithm_id,
        } => unchecked(&format!(
            "with a {} key and {}",
            algorithm(public_key_algorithm_id),
            algorithm(signature_algorithm_id)
        )),
        C::Other(OtherError(other)) => explain_other(&other.to_string()),
        other => format!("its certificate is not acceptable ({other})"),
    }
}

/// A signature of a kind that is not in our cryptography. Pinning does not look at signatures of
/// certificates.
fn unchecked(how: &str) -> String {
    format!(
        "its certificate is signed {how}, which OMS cannot check; pin the server's own certificate \
         (--pin-cert-file, pinned_cert_pem), or have it signed with RSA, P-256, P-384 or Ed25519 and \
         SHA-256 or better"
    )
}

/// Keys and signatures that certificates are met with, by an object identifier within theirs, as
/// its bytes in DER; curves come before what has them.
const ALGORITHMS: &[(&[u8], &str)] = &[
    (&[0x2b, 0x81, 0x04, 0x00, 0x21], "P-224"),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], "P-256"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], "P-384"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], "P-521"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x0a], "secp256k1"),
    (
        &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01],
        "Brainpool",
    ),
    (&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d], "SM2"),
    (
        &[0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75],
        "SM2 and SM3",
    ),
    (&[0x2b, 0x65, 0x70], "Ed25519"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
        "ECDSA and SHA-1",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x01],
        "ECDSA and SHA-224",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
        "ECDSA and SHA-256",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03],
        "ECDSA and SHA-384",
    ),
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04],
        "ECDSA and SHA-512 (as keys of P-521 do it)",
    ),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04], "DSA"),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03],
        "DSA, ML-DSA or another of NIST's",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
        "RSA",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
        "RSA and MD5",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
        "RSA and SHA-1",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a],
        "RSA-PSS",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
        "RSA and SHA-256",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c],
        "RSA and SHA-384",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d],
        "RSA and SHA-512",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0e],
        "RSA and SHA-224",
    ),
];

/// What an algorithm's identifier in DER is called; its bytes where it has no name here.
fn algorithm(der: &[u8]) -> String {
    let in_it = |oid: &[u8]| der.windows(oid.len()).any(|it| it == oid);
    let named = ALGORITHMS.iter().find(|(oid, _)| in_it(oid));
    match named {
        Some((_, name)) => (*name).to_owned(),
        None => format!("an algorithm of the identifier {}", hex(der)),
    }
}

/// webpki's own errors come wrapped, and are told apart by their names alone.
fn explain_other(name: &str) -> String {
    if name.contains("CaUsedAsEndEntity") {
        "its certificate is a self-signed authority's own (CaUsedAsEndEntity); pin it as \
         pinned_cert_pem"
            .to_owned()
    } else if name.contains("UnsupportedCertVersion") {
        "its certificate is of X.509 version 1 (UnsupportedCertVersion); have a version 3 \
         certificate with a subjectAltName made for the server"
            .to_owned()
    } else {
        format!("its certificate is not acceptable: {name}")
    }
}

fn reason(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(problem) => explain_certificate(problem),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_told_by_their_names_or_else_by_their_bytes() {
        let ec = |curve: &[u8]| {
            let head: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06];
            let length = u8::try_from(curve.len()).unwrap();
            algorithm(&[head, &[length], curve].concat())
        };
        assert_eq!(ec(&[0x2b, 0x81, 0x04, 0x00, 0x23]), "P-521");
        assert_eq!(ec(&[0x2b, 0x81, 0x04, 0x00, 0x0a]), "secp256k1");
        assert_eq!(algorithm(&[0x06, 0x03, 0x2b, 0x65, 0x71]), "Ed448");
        let sha1 = [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0];
        assert_eq!(algorithm(&sha1), "RSA and SHA-1");
        assert_eq!(
            algorithm(&[0x06, 0x01, 0x7f]),
            "an algorithm of the identifier 06017f"
        );
    }
}
