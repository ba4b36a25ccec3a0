//! The flags that say what a machine is to be, for a request and for the defaults of an account.

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};
use oms_proto::spec::AccountPatch;

use super::value::some_names;
use crate::complete;

/// What a machine is to be.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct MachineFlags {
    /// Image, by name or id
    #[arg(long, add = ArgValueCandidates::new(complete::images))]
    pub(crate) image: Option<String>,
    /// Flavor, by name or id
    #[arg(long, add = ArgValueCandidates::new(complete::flavors))]
    pub(crate) flavor: Option<String>,
    /// Network, by name or id; repeat for more, '' for none but what Nova chooses
    #[arg(
        long = "network",
        value_name = "NETWORK",
        add = ArgValueCandidates::new(complete::networks)
    )]
    pub(crate) networks: Vec<String>,
    /// Security group, by name; repeat for more, '' for the project's default
    #[arg(
        long = "security-group",
        value_name = "GROUP",
        add = ArgValueCandidates::new(complete::security_groups)
    )]
    pub(crate) security_groups: Vec<String>,
    /// Availability zone
    #[arg(long, value_name = "ZONE", add = ArgValueCandidates::new(complete::zones))]
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
    /// Takes away what an account says.
    #[value(name = "", hide = true)]
    Unsaid,
}

impl AddressTypeName {
    const fn said(self) -> Option<AddressType> {
        match self {
            Self::Floating => Some(AddressType::Floating),
            Self::Fixed => Some(AddressType::Fixed),
            Self::Unsaid => None,
        }
    }
}

/// [`AddressFamily`] as a word on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AddressFamilyName {
    Ipv4,
    Ipv6,
    /// Takes away what an account says.
    #[value(name = "", hide = true)]
    Unsaid,
}

impl AddressFamilyName {
    const fn said(self) -> Option<AddressFamily> {
        match self {
            Self::Ipv4 => Some(AddressFamily::Ipv4),
            Self::Ipv6 => Some(AddressFamily::Ipv6),
            Self::Unsaid => None,
        }
    }
}

impl MachineFlags {
    /// What they change at an account; what is empty takes a value away.
    pub(crate) fn patch(self) -> AccountPatch {
        AccountPatch {
            address_type: self.address_type.map(AddressTypeName::said),
            address_family: self.address_family.map(AddressFamilyName::said),
            ..AccountPatch::of_defaults(self.into())
        }
    }

    /// What they say of new accounts; what is empty says nothing.
    pub(crate) fn said(self) -> MachineSpec {
        let filled = |text: Option<String>| text.filter(|it| !it.is_empty());
        let machine = MachineSpec::from(self);
        MachineSpec {
            image: filled(machine.image),
            flavor: filled(machine.flavor),
            availability_zone: filled(machine.availability_zone),
            ..machine
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
            address_type: flags.address_type.and_then(AddressTypeName::said),
            address_family: flags.address_family.and_then(AddressFamilyName::said),
        }
    }
}
