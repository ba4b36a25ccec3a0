//! What a project has in limited numbers, and how large its flavors are.

use std::fmt;

/// A kind of thing that a quota limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Servers.
    Instances,
    /// Virtual CPUs.
    Cores,
    /// Memory, in MiB.
    RamMib,
    /// Key pairs of the user.
    Keypairs,
    /// Network ports.
    Ports,
    /// Floating IPs.
    FloatingIps,
    /// Volumes.
    Volumes,
    /// Volume storage, in GiB.
    Gigabytes,
}

impl Resource {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Instances,
        Self::Cores,
        Self::RamMib,
        Self::Keypairs,
        Self::Ports,
        Self::FloatingIps,
        Self::Volumes,
        Self::Gigabytes,
    ];

    /// Whether every launch takes some of it. OMS makes no floating IPs and no volumes.
    pub const fn is_taken_by_launches(self) -> bool {
        match self {
            Self::Instances | Self::Cores | Self::RamMib | Self::Keypairs | Self::Ports => true,
            Self::FloatingIps | Self::Volumes | Self::Gigabytes => false,
        }
    }

    /// The word in views.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instances => "instances",
            Self::Cores => "cores",
            Self::RamMib => "ram_mib",
            Self::Keypairs => "keypairs",
            Self::Ports => "ports",
            Self::FloatingIps => "floating_ips",
            Self::Volumes => "volumes",
            Self::Gigabytes => "gigabytes",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How much of something there may be, and how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Of what.
    pub resource: Resource,
    /// There may be so much; `None` is as much as one likes.
    pub max: Option<u64>,
    /// There is so much.
    pub used: u64,
}

/// How large a flavor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlavorSize {
    /// Nova's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory, in MiB.
    pub ram_mib: u32,
    /// Root disk, in GiB.
    pub disk_gb: u32,
}

/// Whose objects an account shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The project's id: its servers and ports.
    pub project: String,
    /// The user's id: their key pairs.
    pub user: String,
}

/// What a project may have and has, and its flavors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// What the cloud told; of the rest nothing is known.
    pub quotas: Vec<Quota>,
    /// The flavors.
    pub flavors: Vec<FlavorSize>,
    /// Whose it is.
    pub identity: Option<Identity>,
    /// The project's name.
    pub project_name: Option<String>,
}
