//! The shapes of record version 1. Frozen: every database that this version wrote must open for
//! ever, so nothing here is edited once it was released. A change is a new version beside it.
//!
//! These are mirrors and not the domain's own types, so that the domain may change freely. They
//! are ordered so that equal parts of different rows can be found and shared when loading.

use bincode::{Decode, Encode};
use oms_proto::{Actor, EventKind, grows};

/// Microseconds since 1970.
pub(in crate::store) type Time = i64;

/// Whole seconds, and nanoseconds below a billion.
pub(in crate::store) type Duration = (u64, u32);

/// Numbers that every commit moves on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Progress {
    pub(in crate::store) seq: u64,
    pub(in crate::store) next_account: u64,
    pub(in crate::store) next_entry: u64,
    pub(in crate::store) next_attempt: u64,
}

/// A fact; its number is the row's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct JournalRow {
    pub(in crate::store) at: Time,
    pub(in crate::store) kind: EventKind,
    pub(in crate::store) entry: Option<u64>,
    pub(in crate::store) attempt: Option<u64>,
    pub(in crate::store) account: Option<String>,
    pub(in crate::store) message: String,
    pub(in crate::store) by: Actor,
}

grows! {
    JournalRow { at, kind, entry, attempt, account, message, by }
}

/// An account; its id is the row's key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Account {
    pub(in crate::store) name: String,
    pub(in crate::store) provider: String,
    pub(in crate::store) auth_url: String,
    pub(in crate::store) region_name: Option<String>,
    pub(in crate::store) interface: Interface,
    pub(in crate::store) auth: Auth,
    pub(in crate::store) secret: Vec<u8>,
    pub(in crate::store) defaults: Defaults,
    pub(in crate::store) ca_pem: Option<String>,
    pub(in crate::store) pinned_cert_pem: Option<String>,
    pub(in crate::store) priority: i32,
    pub(in crate::store) enabled: bool,
    pub(in crate::store) revision: u64,
    pub(in crate::store) blocks: Vec<Block>,
    pub(in crate::store) lessons: Vec<Lessons>,
    pub(in crate::store) maintenance: Vec<Window>,
    pub(in crate::store) room: Option<Room>,
    pub(in crate::store) strays: Vec<Stray>,
    pub(in crate::store) last_success: Option<Time>,
    pub(in crate::store) last_failure: Option<Failure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Room {
    pub(in crate::store) read: Time,
    pub(in crate::store) bounds: Vec<Bound>,
    pub(in crate::store) flavors: Vec<FlavorSize>,
    pub(in crate::store) identity: Option<Identity>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Identity {
    pub(in crate::store) project: String,
    pub(in crate::store) user: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Bound {
    pub(in crate::store) resource: Resource,
    pub(in crate::store) max: u64,
    pub(in crate::store) unmanaged: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
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

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct FlavorSize {
    pub(in crate::store) id: String,
    pub(in crate::store) name: String,
    pub(in crate::store) vcpus: u32,
    pub(in crate::store) ram_mib: u32,
    pub(in crate::store) disk_gb: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Window {
    pub(in crate::store) from: Time,
    pub(in crate::store) until: Option<Time>,
    pub(in crate::store) drain: bool,
    pub(in crate::store) reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum StrayKind {
    Server,
    Keypair,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Stray {
    pub(in crate::store) kind: StrayKind,
    pub(in crate::store) id: String,
    pub(in crate::store) entry: u64,
    pub(in crate::store) attempt: u64,
    pub(in crate::store) since: Time,
    pub(in crate::store) seen: u32,
    pub(in crate::store) asked: bool,
    pub(in crate::store) failures: u32,
    pub(in crate::store) next: Time,
    pub(in crate::store) failure: Option<Failure>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Lessons {
    pub(in crate::store) offering: Offering,
    pub(in crate::store) boots: Vec<Duration>,
    pub(in crate::store) creates: Vec<Duration>,
    pub(in crate::store) slowest_create: Duration,
    pub(in crate::store) budget: Option<Budget>,
    pub(in crate::store) learned: Time,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) struct Offering {
    pub(in crate::store) availability_zone: Option<String>,
    pub(in crate::store) flavor: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Budget {
    pub(in crate::store) window: u32,
    pub(in crate::store) halved: Time,
    pub(in crate::store) stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum Stage {
    Launch,
    Build,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum Interface {
    Public,
    Internal,
    Admin,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum Auth {
    Password {
        username: String,
        user_domain: Domain,
        tenant_name: Option<String>,
        tenant_id: Option<String>,
        project_domain: Domain,
    },
    ApplicationCredential {
        id: Option<String>,
        name: Option<String>,
        username: Option<String>,
        user_domain: Domain,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Domain {
    pub(in crate::store) name: Option<String>,
    pub(in crate::store) id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Defaults {
    pub(in crate::store) image: Option<String>,
    pub(in crate::store) flavor: Option<String>,
    pub(in crate::store) networks: Vec<String>,
    pub(in crate::store) security_groups: Vec<String>,
    pub(in crate::store) availability_zone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Block {
    pub(in crate::store) scope: Scope,
    pub(in crate::store) until: Time,
    pub(in crate::store) failures: u32,
    pub(in crate::store) failure: Failure,
    pub(in crate::store) probe: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum Scope {
    Account,
    Quota,
    Launch,
    Offering(Offering),
    Request(Wanted),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) struct Wanted {
    pub(in crate::store) image: String,
    pub(in crate::store) flavor: String,
    pub(in crate::store) networks: Vec<String>,
    pub(in crate::store) security_groups: Vec<String>,
    pub(in crate::store) availability_zone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) struct Failure {
    pub(in crate::store) class: Class,
    pub(in crate::store) operation: String,
    pub(in crate::store) http_status: Option<u16>,
    pub(in crate::store) message: String,
    pub(in crate::store) request_id: Option<String>,
    pub(in crate::store) retry_after: Option<Duration>,
    pub(in crate::store) at: Time,
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

/// A place in [`Entry::wanted`] or [`Entry::failures`].
pub(in crate::store) type Place = u32;

/// An entry; its id is the row's key. What its attempts want and what failed is there once,
/// however many attempts and passed-over accounts tell of it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Entry {
    pub(in crate::store) wanted: Vec<Wanted>,
    pub(in crate::store) failures: Vec<Failure>,
    pub(in crate::store) spec: Spec,
    pub(in crate::store) public_key: String,
    pub(in crate::store) private_key: Option<Vec<u8>>,
    pub(in crate::store) status: Status,
    pub(in crate::store) accepted: Time,
    pub(in crate::store) changed: Time,
    pub(in crate::store) deadline: Time,
    pub(in crate::store) reason: Option<String>,
    pub(in crate::store) attempts: Vec<Attempt>,
    pub(in crate::store) idempotency: Option<(String, [u8; 32])>,
    pub(in crate::store) ended: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) struct Spec {
    pub(in crate::store) name: Option<String>,
    pub(in crate::store) image: Option<String>,
    pub(in crate::store) flavor: Option<String>,
    pub(in crate::store) networks: Option<Vec<String>>,
    pub(in crate::store) security_groups: Option<Vec<String>>,
    pub(in crate::store) availability_zone: Option<String>,
    pub(in crate::store) user_data: Option<String>,
    pub(in crate::store) metadata: Option<Vec<(String, String)>>,
    pub(in crate::store) public_key: Option<String>,
    pub(in crate::store) key_type: Option<KeyType>,
    pub(in crate::store) accounts: Option<Vec<String>>,
    pub(in crate::store) avoid_accounts: Option<Vec<String>>,
    pub(in crate::store) deadline_seconds: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum KeyType {
    Ed25519,
    Rsa,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum Status {
    Request,
    Recive,
    Boot,
    Run,
    Destroy,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Attempt {
    pub(in crate::store) id: u64,
    pub(in crate::store) account: u64,
    pub(in crate::store) wanted: Place,
    pub(in crate::store) server_name: String,
    pub(in crate::store) key_name: String,
    pub(in crate::store) started: Time,
    pub(in crate::store) state: State,
    pub(in crate::store) since: Time,
    pub(in crate::store) server: Option<Server>,
    pub(in crate::store) boot: Option<Duration>,
    pub(in crate::store) failure: Option<Place>,
    pub(in crate::store) removal_failures: u32,
    pub(in crate::store) removal_next: Time,
    pub(in crate::store) removal_alerted: bool,
    pub(in crate::store) removal_failure: Option<Place>,
    pub(in crate::store) passed_over: Vec<PassedOver>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) struct Server {
    pub(in crate::store) id: String,
    pub(in crate::store) status: String,
    pub(in crate::store) addresses: Vec<String>,
    pub(in crate::store) vanished: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum State {
    Launching,
    Unknown { until: Time },
    Building { deadline: Time },
    Ready,
    RemovingServer { asked: Option<Time> },
    Clearing,
    Gone,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) struct PassedOver {
    pub(in crate::store) account: u64,
    pub(in crate::store) reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum Reason {
    Disabled,
    NotAmongAccounts,
    Avoided,
    NoImage,
    NoFlavor,
    Blocked {
        scope: PlacedScope,
        until: Time,
        failure: Place,
    },
    Probing {
        scope: PlacedScope,
    },
    Maintenance {
        until: Option<Time>,
        reason: String,
    },
    NoRoom {
        resource: Resource,
        max: u64,
        used: u64,
        needed: u64,
    },
    Budget {
        window: u32,
    },
    Busy {
        launches: u32,
    },
    Trying,
    Outscored {
        by: u64,
    },
    Rejected,
}

/// As [`Scope`], in an entry's row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum PlacedScope {
    Account,
    Quota,
    Launch,
    Offering(Offering),
    Request(Place),
}
