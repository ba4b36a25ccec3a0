//! What a machine is to be, in the same words wherever somebody says it: in a request for one and in
//! the defaults of an account.

use serde::{Deserialize, Serialize};

use crate::{grows, words};

words! {
    /// The kinds of addresses that a server may have; Nova's `OS-EXT-IPS:type`.
    ///
    /// Source: <https://docs.openstack.org/api-ref/compute/#show-server-details>.
    pub enum AddressType: strict {
        /// One that leads to a fixed one from outside.
        1 Floating = "floating",
        /// The server's own.
        2 Fixed = "fixed",
    }
}

words! {
    /// The families of addresses.
    pub enum AddressFamily: strict {
        /// RFC 791.
        1 Ipv4 = "ipv4",
        /// RFC 8200.
        2 Ipv6 = "ipv6",
    }
}

/// What a machine is to be. Every field is optional: what one layer leaves open, the next one says.
///
/// Source: <https://docs.openstack.org/api-ref/compute/#create-server>.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct MachineSpec {
    /// Image, by name or id.
    pub image: Option<String>,
    /// Flavor, by name or id.
    pub flavor: Option<String>,
    /// Networks to attach, by name or id, in order; none lets Nova choose.
    pub networks: Option<Vec<String>>,
    /// Security groups, by name; none means the project's `default`.
    pub security_groups: Option<Vec<String>>,
    /// Availability zone.
    pub availability_zone: Option<String>,
    /// Which kind of its addresses it is reached at, where it has both; floating ones unless said.
    pub address_type: Option<AddressType>,
    /// Which family of its addresses it is reached at, where it has both; IPv4 unless said.
    pub address_family: Option<AddressFamily>,
}

grows! {
    MachineSpec {
        image, flavor, networks, security_groups, availability_zone,
    } then {
        address_type, address_family,
    }
}

/// What is said in one field of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// One text, where it is said.
    One(Option<&'a str>),
    /// Texts in order, where they are said; none may be said, too.
    Many(Option<&'a [String]>),
}

impl MachineSpec {
    /// Every field under the name that it has in JSON, for whoever treats them alike: a check, a list, a
    /// page.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, Said<'_>)> {
        let Self {
            image,
            flavor,
            networks,
            security_groups,
            availability_zone,
            address_type,
            address_family,
        } = self;
        [
            ("image", Said::One(image.as_deref())),
            ("flavor", Said::One(flavor.as_deref())),
            ("networks", Said::Many(networks.as_deref())),
            ("security_groups", Said::Many(security_groups.as_deref())),
            ("availability_zone", Said::One(availability_zone.as_deref())),
            (
                "address_type",
                Said::One(address_type.map(AddressType::as_str)),
            ),
            (
                "address_family",
                Said::One(address_family.map(AddressFamily::as_str)),
            ),
        ]
        .into_iter()
    }
}

impl Said<'_> {
    /// As one text, where something is said.
    pub fn joined(self) -> Option<String> {
        match self {
            Self::One(text) => text.map(str::to_owned),
            Self::Many(texts) => texts.map(|texts| texts.join(", ")),
        }
    }
}
