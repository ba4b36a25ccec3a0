//! The rows of an account: how a person has set it, and what is known of it.

use bincode::{Decode, Encode};
use oms_proto::codec::Reading;
use oms_proto::grows;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::{Endpoints, Interface, Window};

use super::parts::{Duration, Failure, Offering, Resource, Scope, Time};

/// An account as a person has set it; its id is the row's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Account {
    pub(in crate::store) name: String,
    pub(in crate::store) provider: String,
    pub(in crate::store) auth_url: String,
    pub(in crate::store) region_name: Option<String>,
    pub(in crate::store) interface: Interface,
    pub(in crate::store) auth: Auth,
    pub(in crate::store) secret: Vec<u8>,
    pub(in crate::store) defaults: MachineSpec,
    pub(in crate::store) ca_pem: Option<String>,
    pub(in crate::store) pinned_cert_pem: Option<String>,
    pub(in crate::store) priority: i32,
    pub(in crate::store) enabled: bool,
    pub(in crate::store) revision: u64,
    pub(in crate::store) maintenance: Vec<Window>,
    /// Of the user in `auth`, whose variants cannot grow.
    pub(in crate::store) user_id: Option<String>,
    pub(in crate::store) totp: Option<Vec<u8>>,
    pub(in crate::store) endpoints: Endpoints,
    pub(in crate::store) proxy: Option<String>,
    pub(in crate::store) proxy_login: Option<Vec<u8>>,
    pub(in crate::store) client_cert_pem: Option<String>,
    pub(in crate::store) client_key: Option<Vec<u8>>,
}

grows! {
    Account {
        name, provider, auth_url, region_name, interface, auth, secret, defaults, ca_pem,
        pinned_cert_pem, priority, enabled, revision, maintenance
    } then {
        user_id, totp, endpoints, proxy, proxy_login, client_cert_pem, client_key
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Reading")]
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
    Token {
        tenant_name: Option<String>,
        tenant_id: Option<String>,
        project_domain: Domain,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Domain {
    pub(in crate::store) name: Option<String>,
    pub(in crate::store) id: Option<String>,
}

grows! {
    Domain { name, id }
}

/// How an account fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Health {
    pub(in crate::store) blocks: Vec<Block>,
    pub(in crate::store) last_failure: Option<Failure>,
}

grows! {
    Health { blocks, last_failure }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Block {
    pub(in crate::store) scope: Scope,
    pub(in crate::store) until: Time,
    pub(in crate::store) failures: u32,
    pub(in crate::store) failure: Failure,
    pub(in crate::store) probe: Option<u64>,
    pub(in crate::store) over: bool,
}

grows! {
    Block { scope, until, failures, failure, probe } then { over }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Room {
    pub(in crate::store) read: Time,
    pub(in crate::store) bounds: Vec<Bound>,
    pub(in crate::store) flavors: Vec<FlavorSize>,
    pub(in crate::store) identity: Option<Identity>,
    pub(in crate::store) project_name: Option<String>,
}

grows! {
    Room { read, bounds, flavors, identity } then { project_name }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Bound {
    pub(in crate::store) resource: Resource,
    pub(in crate::store) max: u64,
    pub(in crate::store) unmanaged: u64,
}

grows! {
    Bound { resource, max, unmanaged }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct FlavorSize {
    pub(in crate::store) id: String,
    pub(in crate::store) name: String,
    pub(in crate::store) vcpus: u32,
    pub(in crate::store) ram_mib: u32,
    pub(in crate::store) disk_gb: u32,
}

grows! {
    FlavorSize { id, name, vcpus, ram_mib, disk_gb }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Identity {
    pub(in crate::store) project: String,
    pub(in crate::store) user: String,
}

grows! {
    Identity { project, user }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum StrayKind {
    Server,
    Keypair,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum Kin {
    Known,
    FromAhead,
    Stranger,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Stray {
    pub(in crate::store) kind: StrayKind,
    pub(in crate::store) id: String,
    pub(in crate::store) incarnation: String,
    pub(in crate::store) entry: u64,
    pub(in crate::store) attempt: u64,
    pub(in crate::store) kin: Kin,
    pub(in crate::store) ordered: bool,
    pub(in crate::store) since: Time,
    pub(in crate::store) seen: u32,
    pub(in crate::store) asked: bool,
    pub(in crate::store) failures: u32,
    pub(in crate::store) next: Time,
    pub(in crate::store) failure: Option<Failure>,
}

grows! {
    Stray {
        kind, id, incarnation, entry, attempt, kin, ordered, since, seen, asked, failures, next,
        failure
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Lessons {
    pub(in crate::store) offering: Offering,
    pub(in crate::store) boots: Vec<Duration>,
    pub(in crate::store) creates: Vec<Duration>,
    pub(in crate::store) slowest_create: Duration,
    pub(in crate::store) budget: Option<Budget>,
    pub(in crate::store) last_success: Option<Time>,
    pub(in crate::store) learned: Time,
}

grows! {
    Lessons { offering, boots, creates, slowest_create, budget, last_success, learned }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Budget {
    pub(in crate::store) window: u32,
    pub(in crate::store) halved: Time,
    pub(in crate::store) stage: Stage,
}

grows! {
    Budget { window, halved, stage }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum Stage {
    Launch,
    Build,
}
