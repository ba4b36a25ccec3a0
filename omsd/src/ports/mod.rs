//! The seams between the engine and the world: a cloud, a clock, randomness.
//!
//! One client is behind [`Cloud`]: `openstack`. The simulated clouds of the test suites answer below
//! it, at its wire. The domain sees none of them; it sees what they answer.

mod lack;
mod message;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::{Credentials, Endpoints, Interface};
use oms_proto::{Secret, Time};
pub use omsd_domain::ground::cloud::{
    Address, Listing, MARK_ATTEMPT, MARK_ENTRY, MARK_INSTALLATION, Mark, Named, Part, Removal,
    ServerSeen, Wanted,
};
use omsd_domain::ground::failure::FailureClass;
pub use omsd_domain::ground::resource::{FlavorSize, Identity, Quota, Resource, Survey};

pub use self::lack::Lack;
pub use self::message::{MESSAGE_BYTES_MAX, MESSAGE_CHARS_MAX, Message, fit};

/// What finding the ids of what is wanted is called in errors.
pub const RESOLVE: &str = "resolve";

/// What a call to a cloud gives in the end.
pub type CloudResult<T> = Result<T, CloudError>;

/// One account's cloud. Every method has a deadline of its own and answers within it. Inside, a
/// request is sent once more where its token turned out to be expired or where its connection was
/// closed, and an import whose answer was lost is looked for; a create never is.
///
/// Dropping the returned future abandons the call; the cloud may carry it out all the same.
pub trait Cloud: Send + Sync {
    /// Signs in (unless a good token is at hand) and finds the endpoints.
    fn sign_in(&self) -> BoxFuture<'_, CloudResult<SignIn>>;

    /// Finds the ids of what is wanted. Answers may come from a cache that a refused create
    /// empties.
    ///
    /// # Errors
    /// [`FailureClass::Configuration`] for a name that is not there or is ambiguous.
    fn resolve<'a>(&'a self, wanted: &'a Wanted) -> BoxFuture<'a, CloudResult<Resolved>>;

    /// Looks for each thing that a machine names and whether it can be used, whatever becomes of the
    /// others: also for what a create alone would tell otherwise. Where no network is named, one of the
    /// empty name says whether the cloud can choose one.
    fn check<'a>(&'a self, machine: &'a MachineSpec) -> BoxFuture<'a, Vec<Checked>>;

    /// Imports the public half of a key pair. If a key pair of that name with that very key is
    /// there already, that is success: names are ours and deterministic.
    fn import_keypair<'a>(
        &'a self,
        name: &'a str,
        public_key: &'a str,
    ) -> BoxFuture<'a, CloudResult<()>>;

    /// Asks for a server and gives its id. Never sends the request twice.
    ///
    /// # Errors
    /// With [`CloudError::maybe_done`] set, the server may have been made all the same.
    fn create_server<'a>(&'a self, create: &'a CreateServer) -> BoxFuture<'a, CloudResult<String>>;

    /// Lists the project's servers, all of them, or with `since` those that changed at or after
    /// that time of the cloud's own clock, deleted ones included.
    fn list_servers(&self, since: Option<Time>) -> BoxFuture<'_, CloudResult<Listing>>;

    /// Looks at one server.
    ///
    /// # Errors
    /// [`FailureClass::NotFound`] if there is none of that id.
    fn get_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<ServerSeen>>;

    /// Asks for the removal of a server; [`Removal::Gone`] if there is none of that id.
    fn delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>>;

    /// Ends a server that its cloud keeps for a while after its deletion, with status
    /// `SOFT_DELETED`; [`Removal::Gone`] if there is none of that id.
    fn force_delete_server<'a>(&'a self, id: &'a str) -> BoxFuture<'a, CloudResult<Removal>>;

    /// Removes a key pair; [`Removal::Gone`] whether it was there or not.
    fn delete_keypair<'a>(&'a self, name: &'a str) -> BoxFuture<'a, CloudResult<Removal>>;

    /// Removes the ports that servers which are gone have left behind: those without a name of
    /// their own that still tell one of them as their device.
    fn remove_ports<'a>(&'a self, servers: &'a [String]) -> BoxFuture<'a, CloudResult<Swept>>;

    /// Names of all key pairs of the user.
    fn list_keypairs(&self) -> BoxFuture<'_, CloudResult<Vec<String>>>;

    /// How long ago the cloud last answered any call, well or badly; `None` if it has not yet. So
    /// one that is slow can be told from one that is silent while a call is under way.
    fn heard(&self) -> Option<Duration>;

    /// What there is to make servers of. What a cloud does not tell is left out.
    ///
    /// # Errors
    /// Nobody could sign in.
    fn offers(&self) -> BoxFuture<'_, CloudResult<Offers>>;

    /// What the project may have and has, and the sizes of its flavors. What a cloud does not
    /// tell is left out.
    fn survey(&self) -> BoxFuture<'_, CloudResult<Survey>>;
}

/// Opens the cloud behind an account.
pub trait Clouds: Send + Sync {
    /// Makes the client; talks to nobody yet.
    ///
    /// # Errors
    /// A certificate or address that cannot be read, in words for the person who gave it.
    fn open(&self, account: &OpenAccount) -> CloudResult<Arc<dyn Cloud>>;
}

/// All that a client needs of an account, secrets included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAccount {
    /// The account's name, for messages.
    pub name: String,
    /// Keystone's address, with or without `/v3`.
    pub auth_url: String,
    /// Region; `None` where the catalogue has only one.
    pub region_name: Option<String>,
    /// Which endpoints of the catalogue.
    pub interface: Interface,
    /// How to sign in.
    pub credentials: Credentials,
    /// Authorities (PEM) to trust besides the system's.
    pub ca_pem: Option<String>,
    /// The one certificate (PEM) to accept.
    pub pinned_cert_pem: Option<String>,
    /// What differs on the way there.
    pub reach: OpenReach,
}

/// What differs on the way to an account's cloud, secrets included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReach {
    /// Addresses to use instead of the catalogue's.
    pub endpoints: Endpoints,
    /// The proxy to go through, with its credentials.
    pub proxy: Option<Secret>,
    /// The certificate (PEM) by which we prove who we are.
    pub client_cert_pem: Option<String>,
    /// That certificate's key (PEM).
    pub client_key_pem: Option<Secret>,
}

/// What signing in told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignIn {
    /// The project's id.
    pub project_id: String,
    /// The project's name.
    pub project_name: String,
    /// The user's id.
    pub user_id: String,
    /// The region that was chosen.
    pub region_name: String,
    /// Nova's endpoint.
    pub compute_endpoint: String,
    /// The compute microversion in use, such as `2.93`.
    pub microversion: String,
    /// When the token ends, by the cloud's clock.
    pub expires: Option<Time>,
}

impl SignIn {
    /// Whose objects are shown.
    pub fn identity(&self) -> Identity {
        Identity {
            project: self.project_id.clone(),
            user: self.user_id.clone(),
        }
    }
}

/// What there is to make servers of, by name, or by id where a thing has no name; in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offers {
    /// Active images.
    pub images: Vec<String>,
    /// Flavors.
    pub flavors: Vec<String>,
    /// Networks.
    pub networks: Vec<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Availability zones that take servers.
    pub zones: Vec<String>,
}

/// What became of the search for one thing that a machine names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What kind of thing.
    pub part: Part,
    /// What it is called there.
    pub name: String,
    /// Its id, where it has one besides its name; or [`FailureClass::Configuration`] for a name that
    /// is not there or is ambiguous.
    pub found: CloudResult<Option<String>>,
}

/// What is wanted, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// Image id.
    pub image_id: String,
    /// Flavor id.
    pub flavor_id: String,
    /// Network ids in order.
    pub network_ids: Vec<String>,
    /// Security groups, as Nova takes them (by name or id).
    pub security_groups: Vec<String>,
    /// Availability zone.
    pub availability_zone: Option<String>,
}

/// A server to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateServer {
    /// Its name.
    pub name: String,
    /// Image, flavor, networks and so on.
    pub resolved: Resolved,
    /// Key pair to put in.
    pub key_name: String,
    /// Text for the guest, not yet in base64.
    pub user_data: Option<Secret>,
    /// Metadata, the mark included.
    pub metadata: BTreeMap<String, String>,
}

/// What the removal of ports that were left behind came to.
#[derive(Debug)]
pub enum Swept {
    /// A list showed none.
    Clean,
    /// The cloud denied the list: for ever, where a policy keeps it from us, or only just now.
    Denied(CloudError),
}

/// A call to a cloud that failed, classified where it failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct CloudError {
    /// What it means for us.
    pub class: FailureClass,
    /// What was being done, such as `create server`.
    pub operation: &'static str,
    /// HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The cloud's own words or ours, for people, without secrets.
    pub message: Message,
    /// The cloud's request id (`x-openstack-request-id`), for its support.
    pub request_id: Option<String>,
    /// How long the cloud asks us to stay away.
    pub retry_after: Option<Duration>,
    /// Whether the cloud may have done what was asked although we have no good answer: the
    /// request was sent, and no answer that rules it out came back.
    pub maybe_done: bool,
    /// What of our own there was too little of. Then it says nothing of the cloud, nothing that
    /// must not be repeated was done, and the call is to be tried again a little later.
    pub lack: Option<Lack>,
    /// What of the request the refusal names as its cause, where it names one part alone.
    pub named: Option<Named>,
}

impl CloudError {
    /// A call that failed without an answer and did nothing.
    pub fn new(class: FailureClass, operation: &'static str, message: impl Into<Message>) -> Self {
        Self {
            class,
            operation,
            http_status: None,
            message: message.into(),
            request_id: None,
            retry_after: None,
            maybe_done: false,
            lack: None,
            named: None,
        }
    }

    /// The same of a call that was about one part of what is wanted, if it was refused for that; some
    /// services fall over a name that they did not expect.
    #[must_use]
    pub fn about(self, part: Part, nth: usize) -> Self {
        let refused = match self.class {
            FailureClass::Configuration
            | FailureClass::Forbidden
            | FailureClass::NotFound
            | FailureClass::Conflict => self.operation == RESOLVE,
            FailureClass::ServerError => self.operation == RESOLVE && self.http_status == Some(500),
            _ => false,
        };
        let named = refused.then_some(Named { part, nth });
        Self { named, ..self }
    }

    /// A call that was not made because there was too little of something of our own.
    pub fn lacking(lack: Lack, operation: &'static str) -> Self {
        Self {
            lack: Some(lack),
            ..Self::new(FailureClass::Unreachable, operation, lack.words())
        }
    }
}

/// Tells the time of day.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
}

/// Gives randomness.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}
