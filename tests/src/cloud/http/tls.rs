//! Certificates for the TLS face, made anew at each start and valid for 127.0.0.1 and localhost.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// What a server presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsKind {
    /// A certificate that vouches for itself.
    SelfSigned,
    /// A certificate that an authority of its own vouches for.
    OwnAuthority,
}

/// The certificates of a TLS face.
#[derive(Clone)]
pub struct Certificates {
    /// The authority (PEM), if there is one.
    pub ca_pem: Option<String>,
    /// The server's certificate (PEM).
    pub cert_pem: String,
    config: Arc<ServerConfig>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates")
            .field("ca_pem", &self.ca_pem)
            .field("cert_pem", &self.cert_pem)
            .finish_non_exhaustive()
    }
}

impl Certificates {
    pub(super) fn make(kind: TlsKind) -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "simulated cloud");
        let (cert, ca_pem) = match kind {
            TlsKind::SelfSigned => (params.self_signed(&key)?, None),
            TlsKind::OwnAuthority => {
                let ca_key = KeyPair::generate()?;
                let mut ca = CertificateParams::new(Vec::new())?;
                ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
                ca.distinguished_name
                    .push(DnType::CommonName, "authority of the simulated cloud");
                let ca_pem = ca.self_signed(&ca_key)?.pem();
                let issuer = Issuer::new(ca, ca_key);
                (params.signed_by(&key, &issuer)?, Some(ca_pem))
            }
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain: Vec<CertificateDer<'static>> = vec![cert.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self {
            ca_pem,
            cert_pem: cert.pem(),
            config: Arc::new(config),
        })
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}
