//! Addresses, networks and names of machines in settings.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::from_text;

/// Where HTTP is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Listen(SocketAddr);

impl Listen {
    /// The address; port 0 lets the kernel choose.
    pub const fn address(self) -> SocketAddr {
        self.0
    }

    pub(super) const fn of(address: SocketAddr) -> Self {
        Self(address)
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = text.parse().map_err(|_| {
            format!("{text:?} is no address, expected IP:PORT such as 127.0.0.1:8780")
        });
        address.map(Self)
    }
}

/// A network, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Network {
    /// Whether an address is in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address.to_canonical()),
            Err(_) => text.parse().map_err(|_| {
                format!(
                    "{text:?} is no network, expected an address or a network such as 10.0.0.5, \
                     10.0.0.0/8 or fd00::/8"
                )
            })?,
        };
        if network.prefix_len() == 0 {
            return Err(format!(
                "{text:?} is every address there is, so everybody would be believed; name the \
                 network of the proxies"
            ));
        }
        Ok(Self(network.trunc()))
    }
}

/// A name or an address by which callers know this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostName(String);

/// The longest name of a machine.
const HOST_NAME_MAX: usize = 253;

impl HostName {
    /// The name in small letters, or the address without brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self(address.to_string()));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let whole = text.split('.').all(|label| !label.is_empty());
        if text.len() > HOST_NAME_MAX || !whole || !text.chars().all(fits) {
            return Err(format!(
                "{text:?} is no name of a machine, expected one without scheme and port such as \
                 oms.example.org"
            ));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

from_text!(Listen, "a text with IP:PORT, such as \"127.0.0.1:8780\"");
