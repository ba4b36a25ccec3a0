//! What can be asked of a simulated cloud, and what it answers, before either face puts it into
//! Rust values or JSON.

use std::collections::BTreeMap;

use oms_proto::Time;
use serde::Deserialize;

use super::scenario::{FlavorSpec, ImageSpec, NetworkSpec};

/// A service of the catalogue. Each has its own way to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Keystone.
    Identity,
    /// Nova.
    Compute,
    /// Neutron.
    Network,
    /// Glance.
    Image,
}

/// The kinds of calls, for fault rules and for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; they are the ones of `Call`")]
pub enum CallKind {
    Discover,
    SignIn,
    RevokeToken,
    ListFlavors,
    GetFlavor,
    ListImages,
    GetImage,
    ListNetworks,
    GetNetwork,
    ListSecurityGroups,
    ListZones,
    CreateServer,
    ListServers,
    GetServer,
    DeleteServer,
    ForceDeleteServer,
    ImportKeypair,
    GetKeypair,
    DeleteKeypair,
    ListKeypairs,
    Limits,
    NetworkQuota,
    ListPorts,
    OwnPort,
    DeletePort,
}

impl CallKind {
    /// Whether the call changes anything in the cloud that could leak.
    pub const fn writes(self) -> bool {
        matches!(
            self,
            Self::CreateServer
                | Self::DeleteServer
                | Self::ForceDeleteServer
                | Self::ImportKeypair
                | Self::DeleteKeypair
                | Self::OwnPort
                | Self::DeletePort
        )
    }

    /// Whether a 404 means that something is not there that ought to be, rather than that an object
    /// has gone.
    pub const fn resolves(self) -> bool {
        !matches!(
            self,
            Self::GetServer
                | Self::DeleteServer
                | Self::ForceDeleteServer
                | Self::GetKeypair
                | Self::DeleteKeypair
                | Self::ListServers
                | Self::ListKeypairs
                | Self::ImportKeypair
                | Self::ListPorts
                | Self::OwnPort
                | Self::DeletePort
        )
    }

    /// The service that answers.
    pub const fn service(self) -> Service {
        match self {
            Self::SignIn | Self::RevokeToken => Service::Identity,
            Self::ListImages | Self::GetImage => Service::Image,
            Self::ListNetworks
            | Self::GetNetwork
            | Self::ListSecurityGroups
            | Self::NetworkQuota
            | Self::ListPorts
            | Self::OwnPort
            | Self::DeletePort => Service::Network,
            Self::Discover
            | Self::ListFlavors
            | Self::GetFlavor
            | Self::ListZones
            | Self::CreateServer
            | Self::ListServers
            | Self::GetServer
            | Self::DeleteServer
            | Self::ForceDeleteServer
            | Self::ImportKeypair
            | Self::GetKeypair
            | Self::DeleteKeypair
            | Self::ListKeypairs
            | Self::Limits => Service::Compute,
        }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// `X-Auth-Token`.
    pub token: Option<String>,
    /// The minor part of the compute microversion asked for; 2.1 without one.
    pub minor: u16,
    /// What is asked.
    pub call: Call,
}

/// How a caller proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// User (name or id), password, and the project (name or id) to act in.
    Password {
        /// Name or id.
        user: String,
        /// The password.
        password: String,
        /// Name or id; `None` asks for an unscoped token, of which no service here is a use.
        project: Option<String>,
        /// The domain's name or id.
        domain: Option<String>,
    },
    /// An application credential.
    ApplicationCredential {
        /// Its id, or none if it is given by name.
        id: Option<String>,
        /// Its name and its user's name.
        name: Option<(String, String)>,
        /// The secret.
        secret: String,
        /// Whether a scope was asked for as well, which Keystone refuses.
        scoped: bool,
    },
    /// A token that was given before.
    Token {
        /// The token.
        token: String,
        /// Name or id of the project to act in.
        project: Option<String>,
    },
}

/// Marker and limit of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageAsk {
    /// At most so many.
    pub limit: Option<usize>,
    /// After this item.
    pub marker: Option<String>,
}

/// Filters of `GET /servers`. Others are ignored, as Nova does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerQuery {
    /// Marker and limit.
    pub page: PageAsk,
    /// Changed at or after; then deleted ones are shown too.
    pub changes_since: Option<Time>,
    /// A regular expression on the name.
    pub name: Option<String>,
    /// The status in capitals.
    pub status: Option<String>,
}

/// The networks of a new server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attach {
    /// Not said; allowed before 2.37 only.
    Unsaid,
    /// `auto`.
    Auto,
    /// `none`.
    Nothing,
    /// By id.
    Ids(Vec<String>),
}

/// A server to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields of POST /servers under their own names")]
pub struct NewServer {
    pub name: String,
    pub image: String,
    pub flavor: String,
    pub key_name: Option<String>,
    pub networks: Attach,
    pub security_groups: Vec<String>,
    pub zone: Option<String>,
    pub user_data: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub tags: Vec<String>,
}

/// Everything that can be asked.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is the API call of that name")]
pub enum Call {
    Discover,
    SignIn(Proof),
    RevokeToken(String),
    ListFlavors(PageAsk),
    GetFlavor(String),
    ListImages(Option<String>, PageAsk),
    GetImage(String),
    ListNetworks(Option<String>, PageAsk),
    GetNetwork(String),
    ListSecurityGroups(Option<String>),
    ListZones,
    CreateServer(Box<NewServer>),
    ListServers(ServerQuery),
    GetServer(String),
    DeleteServer(String),
    ForceDeleteServer(String),
    ImportKeypair {
        name: String,
        public_key: Option<String>,
    },
    GetKeypair(String),
    DeleteKeypair(String),
    ListKeypairs(PageAsk),
    Limits,
    /// Of the project with this id.
    NetworkQuota(String),
    /// With one of these devices; all if there are none.
    ListPorts(Vec<String>),
    /// Changes a port's owner.
    OwnPort {
        id: String,
        owner: String,
    },
    DeletePort(String),
}

impl Call {
    /// The same list from its beginning.
    #[must_use]
    pub fn from_the_beginning(mut self) -> Self {
        match &mut self {
            Self::ListServers(ServerQuery { page, .. })
            | Self::ListFlavors(page)
            | Self::ListImages(_, page)
            | Self::ListNetworks(_, page)
            | Self::ListKeypairs(page) => page.marker = None,
            _ => {}
        }
        self
    }

    /// Its kind.
    pub const fn kind(&self) -> CallKind {
        match self {
            Self::Discover => CallKind::Discover,
            Self::SignIn(_) => CallKind::SignIn,
            Self::RevokeToken(_) => CallKind::RevokeToken,
            Self::ListFlavors(_) => CallKind::ListFlavors,
            Self::GetFlavor(_) => CallKind::GetFlavor,
            Self::ListImages(..) => CallKind::ListImages,
            Self::GetImage(_) => CallKind::GetImage,
            Self::ListNetworks(..) => CallKind::ListNetworks,
            Self::GetNetwork(_) => CallKind::GetNetwork,
            Self::ListSecurityGroups(_) => CallKind::ListSecurityGroups,
            Self::ListZones => CallKind::ListZones,
            Self::CreateServer(_) => CallKind::CreateServer,
            Self::ListServers(_) => CallKind::ListServers,
            Self::GetServer(_) => CallKind::GetServer,
            Self::DeleteServer(_) => CallKind::DeleteServer,
            Self::ForceDeleteServer(_) => CallKind::ForceDeleteServer,
            Self::ImportKeypair { .. } => CallKind::ImportKeypair,
            Self::GetKeypair(_) => CallKind::GetKeypair,
            Self::DeleteKeypair(_) => CallKind::DeleteKeypair,
            Self::ListKeypairs(_) => CallKind::ListKeypairs,
            Self::Limits => CallKind::Limits,
            Self::NetworkQuota(_) => CallKind::NetworkQuota,
            Self::ListPorts(_) => CallKind::ListPorts,
            Self::OwnPort { .. } => CallKind::OwnPort,
            Self::DeletePort(_) => CallKind::DeletePort,
        }
    }
}

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The marker that leads on, if there is more.
    pub next: Option<String>,
}

/// What a sign-in gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "fields of Keystone's token under their own names"
)]
pub struct Grant {
    pub token: String,
    pub issued: Time,
    pub expires: Time,
    pub method: &'static str,
    pub user_id: String,
    pub user_name: String,
    pub domain: String,
    pub project_id: String,
    pub project_name: String,
    pub region: String,
    /// Services of the catalogue; a catalogue change may leave some out.
    pub services: Vec<Service>,
}

/// An address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Name of the network.
    pub network: String,
    /// Address.
    pub addr: String,
    /// `fixed` or `floating`.
    pub kind: &'static str,
    /// MAC address.
    pub mac: String,
}

/// Why a server is in ERROR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultShown {
    /// In the manner of HTTP.
    pub code: u16,
    /// Nova's words.
    pub message: String,
    /// When.
    pub created: Time,
}

/// A server as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields of Nova's server under their own names")]
pub struct ServerShown {
    pub id: String,
    pub name: String,
    pub status: &'static str,
    pub vm_state: &'static str,
    pub task_state: Option<&'static str>,
    pub fault: Option<FaultShown>,
    pub addresses: Vec<Address>,
    pub metadata: BTreeMap<String, String>,
    pub tags: Vec<String>,
    pub created: Time,
    pub updated: Time,
    pub launched: Option<Time>,
    pub terminated: Option<Time>,
    pub image_id: String,
    pub flavor: FlavorSpec,
    pub key_name: Option<String>,
    pub security_groups: Vec<String>,
    pub zone: String,
    pub project_id: String,
    pub user_id: String,
}

/// A key pair as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "fields of Nova's key pair under their own names"
)]
pub struct KeypairShown {
    pub name: String,
    pub public_key: String,
    pub fingerprint: String,
    pub user_id: String,
    pub created: Time,
    pub number: u64,
}

/// A port as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "fields of Neutron's port under their own names"
)]
pub struct PortShown {
    pub id: String,
    pub name: String,
    pub project_id: String,
    pub network_id: String,
    pub device_id: String,
    pub device_owner: String,
}

/// Limits and use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "maximum (-1 is unlimited) and use of each resource"
)]
pub struct LimitsShown {
    pub instances: (i64, i64),
    pub cores: (i64, i64),
    pub ram_mib: (i64, i64),
    pub keypairs: i64,
}

/// Neutron's limits and use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "maximum (-1 is unlimited) and use of each resource"
)]
pub struct NetworkQuotaShown {
    pub ports: (i64, i64),
    pub floating_ips: (i64, i64),
}

/// A good answer.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each is the answer to the call of that name")]
pub enum Reply {
    Versions,
    Granted(Box<Grant>),
    Revoked,
    Flavors(Page<FlavorSpec>),
    Flavor(FlavorSpec),
    Images(Page<ImageSpec>),
    Image(ImageSpec),
    Networks(Page<NetworkSpec>),
    Network(NetworkSpec),
    SecurityGroups(Vec<String>),
    Zones(Vec<String>),
    Created {
        id: String,
        security_groups: Vec<String>,
    },
    Servers(Page<ServerShown>),
    Server(Box<ServerShown>),
    DeleteAccepted,
    ForceDeleteAccepted,
    KeypairImported(KeypairShown),
    Keypair(KeypairShown),
    KeypairDeleted,
    Keypairs(Page<KeypairShown>),
    Limits(LimitsShown),
    NetworkQuota(NetworkQuotaShown),
    Ports(Page<PortShown>),
    Port(PortShown),
    PortDeleted,
}

/// A refusal, in the service's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Who refuses; decides the shape of the body.
    pub service: Service,
    /// The words.
    pub message: String,
    /// `Retry-After`, seconds.
    pub retry_after_s: Option<u64>,
}

impl Refusal {
    /// A refusal by Nova.
    pub fn nova(status: u16, message: impl Into<String>) -> Self {
        Self::by(Service::Compute, status, message)
    }

    /// A refusal by any service.
    pub fn by(service: Service, status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            service,
            message: message.into(),
            retry_after_s: None,
        }
    }

    /// 401, as every service says it.
    pub fn unauthorized(service: Service) -> Self {
        Self::by(
            service,
            401,
            "The request you have made requires authentication.",
        )
    }
}
