//! How much there is left at accounts.

use serde::{Deserialize, Serialize};

use crate::time::Time;
use crate::{grows, words};

words! {
    /// A kind of thing that a quota limits.
    pub enum Resource, else "other" {
        /// Servers.
        1 Instances = "instances",
        /// Virtual CPUs.
        2 Cores = "cores",
        /// Memory, in MiB.
        3 RamMib = "ram_mib",
        /// Key pairs of the user.
        4 Keypairs = "keypairs",
        /// Network ports.
        5 Ports = "ports",
        /// Floating IPs.
        6 FloatingIps = "floating_ips",
        /// Volumes.
        7 Volumes = "volumes",
        /// Volume storage, in GiB.
        8 Gigabytes = "gigabytes",
    }
}

/// How much there is left at an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomView {
    /// When the cloud told so. It is asked every few minutes; what stays the same is noted once an
    /// hour.
    pub seen: Time,
    /// What it told of, in the order of resources.
    pub quotas: Vec<QuotaView>,
}

grows! {
    RoomView { seen, quotas }
}

/// How much of something there may be, and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuotaView {
    /// Of what.
    pub resource: Resource,
    /// There may be so much; `null` is as much as one likes.
    pub limit: Option<u64>,
    /// OMS has so much, launches under way included.
    pub ours: u64,
    /// Others in the project have so much.
    pub others: u64,
}

grows! {
    QuotaView { resource, limit, ours, others }
}

impl QuotaView {
    /// How much is left; `None` where there is no limit.
    pub const fn free(&self) -> Option<u64> {
        match self.limit {
            Some(limit) => Some(limit.saturating_sub(self.ours.saturating_add(self.others))),
            None => None,
        }
    }
}
