//! The flags that say what a machine is to be, for a request and for the defaults of an account.

use clap::Args;
use oms_proto::machine::MachineSpec;

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
}

impl From<MachineFlags> for MachineSpec {
    fn from(flags: MachineFlags) -> Self {
        Self {
            image: flags.image,
            flavor: flags.flavor,
            networks: some_names(flags.networks),
            security_groups: some_names(flags.security_groups),
            availability_zone: flags.availability_zone,
        }
    }
}
