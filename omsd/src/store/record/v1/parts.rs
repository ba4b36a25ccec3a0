//! What rows of accounts and of entries have in common.

use bincode::{Decode, Encode};
use oms_proto::codec::Reading;
use oms_proto::grows;

/// Microseconds since 1970.
pub(in crate::store) type Time = i64;

/// Whole seconds, and nanoseconds below a billion.
pub(in crate::store) type Duration = (u64, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum Resource {
    Instances,
    Cores,
    RamMib,
    Keypairs,
    Ports,
    FloatingIps,
    Volumes,
    Gigabytes,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Offering {
    pub(in crate::store) availability_zone: Option<String>,
    pub(in crate::store) flavor: String,
}

grows! {
    Offering { availability_zone, flavor }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Wanted {
    pub(in crate::store) image: String,
    pub(in crate::store) flavor: String,
    pub(in crate::store) networks: Vec<String>,
    pub(in crate::store) security_groups: Vec<String>,
    pub(in crate::store) availability_zone: Option<String>,
}

grows! {
    Wanted { image, flavor, networks, security_groups, availability_zone }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[bincode(decode_context = "Reading")]
pub(in crate::store) enum Scope {
    Account,
    Quota,
    Launch,
    Offering(Offering),
    Request(Wanted),
    Named(Part, String),
    Entry(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum Part {
    Image,
    Flavor,
    Network,
    SecurityGroup,
    Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum ScopeKind {
    Account,
    Quota,
    Launch,
    Offering,
    Request,
    Image,
    Flavor,
    Network,
    SecurityGroup,
    Zone,
    Entry,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Failure {
    pub(in crate::store) class: Class,
    pub(in crate::store) operation: String,
    pub(in crate::store) http_status: Option<u16>,
    pub(in crate::store) message: String,
    pub(in crate::store) request_id: Option<String>,
    pub(in crate::store) retry_after: Option<Duration>,
    pub(in crate::store) at: Time,
}

grows! {
    Failure { class, operation, http_status, message, request_id, retry_after, at }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum Class {
    Unreachable,
    Tls,
    Timeout,
    Throttled,
    ServerError,
    Garbage,
    Unauthorized,
    Quota,
    Forbidden,
    Configuration,
    Conflict,
    NotFound,
    NoCapacity,
    BuildFailed,
    BuildTimeout,
    Vanished,
    Interrupted,
    Rejected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum Cause {
    Held,
    Unseen,
    NoRoom(Resource),
    Blocked(ScopeKind, Class),
    Maintenance,
    Budget,
    Busy,
    Probing,
    Trying,
    Rejected,
    Disabled,
    NoImage,
    NoFlavor,
    Avoided,
    NotAmongAccounts,
    Overtaken(Spur),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum Spur {
    Silence,
    Hang,
    Patience,
    LostAnswer,
    Restart,
    Hedge,
    Drain,
}
