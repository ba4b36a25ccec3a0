//! The settings of the REST interface and of the page, and which of them go together.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::list::List;
use super::net::{HostName, Listen, Network};
use super::value::OptionalPath;

/// The REST interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Http {
    /// Where it listens.
    pub listen: Listen,
    /// By which names callers know it, besides the loopback's, the certificate's and the address that
    /// they reach.
    pub names: List<HostName>,
    /// The reverse proxies that are believed when they say for whom they ask.
    pub trusted_proxies: List<Network>,
    /// What a caller without a token may do.
    pub anonymous: Anonymous,
    /// Encryption.
    pub tls: Tls,
}

/// Encryption of HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Tls {
    /// The file with the certificate and those between it and its authority.
    pub certificate: OptionalPath,
    /// The file with the certificate's key.
    pub key: OptionalPath,
}

/// What a caller without a token may do over HTTP. Safe to grant only where nobody but this machine's
/// own users reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Anonymous {
    /// Nothing.
    #[default]
    None,
    /// All that an operator may: the open door of the 2016 interface.
    Operator,
}

impl Tls {
    /// The certificate's file and its key's, where there is to be TLS.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        Some((self.certificate.as_path()?, self.key.as_path()?))
    }
}

impl Http {
    /// Whether the settings go together.
    pub(super) fn check(&self) -> Result<(), String> {
        let Tls { certificate, key } = &self.tls;
        match (certificate.as_path(), key.as_path()) {
            (Some(_), None) => Err("http.tls.certificate wants its key, http.tls.key".to_owned()),
            (None, Some(_)) => {
                Err("http.tls.key wants its certificate, http.tls.certificate".to_owned())
            }
            _ => self.may_listen(self.listen.address()),
        }
    }

    /// Whether these settings allow to serve at an address, be it theirs or one that systemd has
    /// opened.
    ///
    /// # Errors
    /// What is missing, or must not be.
    pub fn may_listen(&self, address: SocketAddr) -> Result<(), String> {
        let is_open = !address.ip().to_canonical().is_loopback();
        let is_proxied = !self.trusted_proxies.is_empty();
        if is_open && !is_proxied && self.tls.files().is_none() {
            return Err(format!(
                "http.listen: {address} can be reached from other machines, so it wants TLS \
                 (http.tls.certificate and http.tls.key) or reverse proxies that do it \
                 (http.trusted_proxies); without, listen on the loopback, such as 127.0.0.1:8780"
            ));
        }
        if self.anonymous == Anonymous::Operator && (is_open || is_proxied) {
            return Err(format!(
                "http.anonymous = \"operator\" lets in whoever reaches HTTP, and at {address} {}; \
                 have callers show tokens (http.anonymous = \"none\")",
                if is_open {
                    "other machines do"
                } else {
                    "those do for whom http.trusted_proxies ask"
                }
            ));
        }
        Ok(())
    }
}

impl Default for Http {
    fn default() -> Self {
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8780);
        Self {
            listen: Listen::of(SocketAddr::V4(address)),
            names: List::default(),
            trusted_proxies: List::default(),
            anonymous: Anonymous::None,
            tls: Tls::default(),
        }
    }
}
