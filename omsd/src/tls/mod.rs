//! TLS of the HTTP port: a certificate from files, and a newer one as soon as there is one.
//!
//! What is presented is looked up with every handshake, so a new certificate needs no restart and
//! ends no connection. Files that cannot be used change nothing but what people are told: the
//! certificate that was good goes on to be presented.

mod error;
mod pair;
mod watch;

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

pub use error::TlsError;
pub use pair::{Files, Pair, ends};
pub use watch::Watch;

/// What is spoken within TLS, the best first.
const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];

/// HTTP/2 in the words of the handshake.
pub const HTTP2: &[u8] = b"h2";

/// The certificate that is presented now; cheap to copy.
#[derive(Clone)]
pub struct Presented(Arc<ArcSwap<CertifiedKey>>);

impl Presented {
    fn new(pair: &Pair) -> Self {
        Self(Arc::new(ArcSwap::new(Arc::clone(&pair.certified))))
    }

    /// The certificate with its chain.
    pub fn now(&self) -> Arc<CertifiedKey> {
        self.0.load_full()
    }

    fn change(&self, pair: &Pair) {
        self.0.store(Arc::clone(&pair.certified));
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(..)")
    }
}

impl ResolvesServerCert for Presented {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

/// What takes TLS connections.
#[derive(Clone)]
pub struct Tls {
    presented: Presented,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Presents a certificate: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1. The cryptography is handed in, not
    /// installed for the process, so nothing depends on who was first.
    ///
    /// # Errors
    /// [`TlsError::Setup`]
    pub fn new(pair: &Pair) -> Result<Self, TlsError> {
        let presented = Presented::new(pair);
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(presented.clone()));
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self {
            presented,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// What is presented.
    pub const fn presented(&self) -> &Presented {
        &self.presented
    }

    /// What takes a connection.
    pub const fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}
