//! The flags that say what a machine is to be, for a request and for the defaults of an account.

use clap::{Args, ValueEnum};
use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};

use super::value::some_names;

/// What a machine is to be.
#[derive(Debug, Default, Args)]
pub(crate) struct MachineFlags {
    /// Image, by name or id
    #[arg(long)]
    pub(crate) image: Option<String>,
    /// Flavor, by name or id
    #[arg(long)]
    pub(crate) flavor: Option<String>,
    /// Network, by name or id; repeat for more, '' for none but what Nova chooses
    #[arg(long = "network", value_name = "NETWORK")]
    pub(crate) networks: Vec<String>,
    /// Security group, by name; repeat for more, '' for the project's default
    #[arg(long = "security-group", value_name = "GROUP")]
    pub(crate) security_groups: Vec<String>,
    /// Availability zone
    #[arg(long, value_name = "ZONE")]
    pub(crate) availability_zone: Option<String>,
    /// Which of its addresses it is reached at, where it has both [default: floating]
    #[arg(long, value_name = "TYPE")]
    pub(crate) address_type: Option<AddressTypeName>,
    /// Which of its addresses it is reached at, where it has both [default: ipv4]
    #[arg(long, value_name = "FAMILY")]
    pub(crate) address_family: Option<AddressFamilyName>,
}

/// [`AddressType`] as a word on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AddressTypeName {
    Floating,
    Fixed,
}

impl From<AddressTypeName> for AddressType {
    fn from(name: AddressTypeName) -> Self {
        match name {
            AddressTypeName::Floating => Self::Floating,
            AddressTypeName::Fixed => Self::Fixed,
        }
    }
}

/// [`AddressFamily`] as a word on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AddressFamilyName {
    Ipv4,
    Ipv6,
}

impl From<AddressFamilyName> for AddressFamily {
    fn from(name: AddressFamilyName) -> Self {
        match name {
            AddressFamilyName::Ipv4 => Self::Ipv4,
            AddressFamilyName::Ipv6 => Self::Ipv6,
        }
    }
}

impl From<MachineFlags> for MachineSpec {
    fn from(flags: MachineFlags) -> Self {
        Self {
            image: flags.image,
            flavor: flags.flavor,
            networks: some_names(flags.networks),
            security_groups: some_names(flags.security_groups),
            availability_zone: flags.availability_zone,
            address_type: flags.address_type.map(AddressType::from),
            address_family: flags.address_family.map(AddressFamily::from),
        }
    }
}
