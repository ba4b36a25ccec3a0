//! Read-only pictures of what the daemon knows: what both transports show.
//!
//! The REST interface prints exactly these shapes as JSON, so the order of fields is part of the
//! contract: the fields of the 2016 interface come first, in its spelling; new ones follow.

use std::collections::BTreeMap;
use std::fmt;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::id::{AttemptId, EntryId};
use crate::spec::{AccountDefaults, EntrySpec, Interface, Window};
use crate::time::Time;

/// How an entry stands, in the words of the 2016 interface.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Accepted and durable.
    Request,
    /// Being placed, or waiting for an account. The spelling is the original's.
    Recive,
    /// An attempt has a server building.
    Boot,
    /// The instance is usable.
    Run,
    /// Being removed; the row lives until every object is confirmed gone.
    Destroy,
    /// Deadline or attempts used up; final.
    Failed,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Request,
        Self::Recive,
        Self::Boot,
        Self::Run,
        Self::Destroy,
        Self::Failed,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "REQUEST",
            Self::Recive => "RECIVE",
            Self::Boot => "BOOT",
            Self::Run => "RUN",
            Self::Destroy => "DESTROY",
            Self::Failed => "FAILED",
        }
    }

    /// Whether an entry that waits to run has got there or never will.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Run | Self::Destroy | Self::Failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A queue entry.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize, Debug)]
pub struct EntryView {
    /// The entry's id.
    pub id: EntryId,
    /// How it stands.
    pub status: Status,
    /// When it was accepted.
    pub regist_datetime: Time,
    /// What it got, once it runs.
    pub instance: Option<InstanceView>,
    /// The name asked for.
    pub name: Option<String>,
    /// Why it waits, or why it failed.
    pub reason: Option<String>,
    /// When it gives up, if it does not run by then.
    pub deadline: Time,
    /// Attempts begun so far.
    pub attempts: u32,
    /// The account of the attempt under way or of the instance.
    pub account: Option<String>,
    /// When it last changed status.
    pub changed: Time,
}

/// The server that an entry ended up with.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct InstanceView {
    /// The instance's id: that of the attempt which made it.
    pub id: AttemptId,
    /// The server's name.
    pub name: String,
    /// The server's id at Nova.
    pub instance_id: String,
    /// The first usable address, floating before fixed, IPv4 before IPv6.
    pub ip_addr: Option<String>,
    /// The key pair's name at Nova.
    pub key_name: Option<String>,
    /// The private key in OpenSSH form; only to callers that may have it, and `null` where the
    /// entry brought its own public key.
    pub key_raw: Option<String>,
    /// Where it is.
    pub account: InstanceAccount,
    /// The entry it serves.
    pub entry: EntryId,
    /// Nova's own status at the last look, such as `ACTIVE`.
    pub server_status: String,
    /// All its addresses.
    pub addresses: Vec<String>,
    /// When it was usable.
    pub ready: Time,
    /// Seconds from the create call to usable.
    pub boot_seconds: u32,
    /// Set when the cloud no longer shows the server although nobody asked OMS to remove it.
    pub vanished: bool,
}

impl fmt::Debug for InstanceView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceView")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("instance_id", &self.instance_id)
            .field("ip_addr", &self.ip_addr)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// Where an instance is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct InstanceAccount {
    /// The provider.
    pub provider: String,
    /// The region.
    pub region_name: Option<String>,
    /// The project.
    pub tenant_name: Option<String>,
    /// The account's name.
    pub name: String,
}

/// An account without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AccountView {
    /// Unique name.
    pub name: String,
    /// The provider.
    pub provider: String,
    /// User name, for password accounts.
    pub username: Option<String>,
    /// Project by name.
    pub tenant_name: Option<String>,
    /// Project by id.
    pub tenant_id: Option<String>,
    /// Keystone's address.
    pub auth_url: String,
    /// Region.
    pub region_name: Option<String>,
    /// Identity API version; 3.
    pub version: u32,
    /// Whether entries are placed here now.
    pub status: AccountStatus,
    /// Why not, if not.
    pub reason: Option<String>,
    /// `password` or `application_credential`.
    pub auth_type: String,
    /// The application credential's id or name.
    pub application_credential: Option<String>,
    /// Which endpoints of the catalogue.
    pub interface: Interface,
    /// What entries get here unless they say otherwise.
    pub defaults: AccountDefaults,
    /// Preference; higher first.
    pub priority: i32,
    /// Whether a person has switched it on.
    pub enabled: bool,
    /// `system`, `ca` (own authorities), `pinned`, or `none` where the address is plain HTTP.
    pub trust: String,
    /// What is kept from this account for now, and why.
    pub blocks: Vec<BlockView>,
    /// Times in which no entries are placed here, past ones aside.
    pub maintenance: Vec<Window>,
    /// Servers building here for us.
    pub building: u32,
    /// Instances running here for us.
    pub running: u32,
    /// Objects here that are being removed.
    pub removing: u32,
    /// Median seconds from create to usable over the last successes; `null` before the first.
    pub boot_seconds: Option<u32>,
    /// What launches have taught, for the offerings that taught something last.
    pub offerings: Vec<OfferingView>,
    /// When the cloud last answered us well.
    pub last_success: Option<Time>,
    /// The last failure there.
    pub last_failure: Option<FailureView>,
}

/// Whether entries are placed at an account, in the words of the 2016 application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountStatus {
    /// Yes.
    Available,
    /// No.
    Unavailable,
}

impl AccountStatus {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Something that placement keeps away from for a while.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct BlockView {
    /// What: `account`, `quota`, `launch`, `offering ZONE/FLAVOR`, `request IMAGE ...`.
    pub scope: String,
    /// Until when; afterwards one attempt probes it.
    pub until: Time,
    /// Why, in words.
    pub reason: String,
    /// Failures in a row.
    pub failures: u32,
}

/// What the launches of one flavor in one zone of an account have taught.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct OfferingView {
    /// The zone; `null` where Nova chooses.
    pub availability_zone: Option<String>,
    /// The flavor, by name or id.
    pub flavor: String,
    /// Boots remembered; the latest ones only.
    pub boots: u32,
    /// Median seconds from create to usable; `null` before the first.
    pub boot_seconds: Option<u32>,
    /// Seconds within which all but one in twenty came; `null` before enough are remembered.
    pub slow_boot_seconds: Option<u32>,
    /// How many launches it is worth at once, while failures keep that down.
    pub budget: Option<u32>,
    /// When anything was learned last.
    pub learned: Time,
}

/// What a cloud said when it failed us.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct FailureView {
    /// The class of failure, such as `unreachable`, `quota` or `no_valid_host`.
    pub class: String,
    /// What was being done, such as `create server`.
    pub operation: String,
    /// HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The cloud's own words, shortened.
    pub message: String,
    /// The cloud's request id, for its support.
    pub request_id: Option<String>,
    /// When.
    pub at: Time,
}

/// One try to serve an entry at one account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AttemptView {
    /// The attempt's id.
    pub id: AttemptId,
    /// The account.
    pub account: String,
    /// `launching`, `unknown`, `building`, `ready`, `removing` or `gone`.
    pub state: String,
    /// The server's name.
    pub server_name: String,
    /// The server's id at Nova, once known.
    pub instance_id: Option<String>,
    /// Image asked of the cloud.
    pub image: String,
    /// Flavor asked of the cloud.
    pub flavor: String,
    /// Availability zone asked of the cloud.
    pub availability_zone: Option<String>,
    /// When it began.
    pub started: Time,
    /// Seconds from its begin to its success or failure, or until now.
    pub seconds: u32,
    /// Why it failed, if it did.
    pub failure: Option<FailureView>,
    /// Why its removal has not succeeded yet, if it is being removed.
    pub removal_failure: Option<FailureView>,
}

/// An account that placement did not choose, and why.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct PassedOverView {
    /// The account.
    pub account: String,
    /// Why, in words.
    pub reason: String,
}

/// Everything about how an entry came to stand as it does.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct ExplanationView {
    /// The entry.
    pub entry: EntryView,
    /// What was asked.
    pub spec: EntrySpec,
    /// Every attempt, the first first.
    pub attempts: Vec<AttemptView>,
    /// Every account that the latest placement passed over.
    pub passed_over: Vec<PassedOverView>,
}

/// The result of a test of an account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AccountTestView {
    /// The account.
    pub account: String,
    /// Whether every step passed.
    pub ok: bool,
    /// The steps, in order.
    pub steps: Vec<TestStepView>,
}

/// One step of a test.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct TestStepView {
    /// What was tried, such as `sign in` or `image debian-12`.
    pub name: String,
    /// Whether it passed.
    pub ok: bool,
    /// What was found, or what went wrong and what to do about it.
    pub detail: String,
    /// How long it took.
    pub milliseconds: u32,
}

/// What stands at the clouds, account by account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct CollectionView {
    /// Whether nothing was to be removed.
    pub dry_run: bool,
    /// The accounts that were looked at, by name.
    pub accounts: Vec<InspectedView>,
}

/// What stands at one account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct InspectedView {
    /// The account.
    pub account: String,
    /// Why it could not be looked at, if so.
    pub error: Option<String>,
    /// What stands there, what needs attention first.
    pub objects: Vec<ObjectView>,
    /// Objects beyond what fits an answer.
    pub left_out: u32,
}

/// An object at a cloud, or one that should be there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct ObjectView {
    /// `server` or `keypair`.
    pub kind: String,
    /// The cloud's id; of a key pair, its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Nova's status, of a server.
    pub status: Option<String>,
    /// `stray` (ours, without an owner), `missing` (an instance that the cloud does not show),
    /// `unsettled` (an attempt still looks for it), `owned`, `other_installation` or `alien`.
    pub verdict: String,
    /// The entry that its mark names.
    pub entry: Option<EntryId>,
    /// The attempt that its mark names.
    pub attempt: Option<AttemptId>,
    /// Of a stray: how often the scheduler has seen it.
    pub seen: Option<u32>,
    /// Of a stray: when it may be removed, once it was seen twice.
    pub removable: Option<Time>,
    /// Of a stray: what becomes of it, unless nothing was to be removed.
    pub fate: Option<String>,
}

/// A fact in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct EventView {
    /// Its number; consecutive.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What kind, such as `entry_accepted` or `attempt_failed`.
    pub kind: String,
    /// The entry concerned.
    pub entry: Option<EntryId>,
    /// The attempt concerned.
    pub attempt: Option<AttemptId>,
    /// The account concerned.
    pub account: Option<String>,
    /// The fact in words.
    pub message: String,
}

/// How the daemon stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct StatusView {
    /// The daemon's version.
    pub version: String,
    /// This installation's id, as it stands in the metadata of every server.
    pub installation: String,
    /// When the daemon started.
    pub started: Time,
    /// Entries by status word.
    pub entries: BTreeMap<String, u64>,
    /// Accounts in all.
    pub accounts: u64,
    /// Accounts where entries are placed now.
    pub accounts_available: u64,
    /// Number of the latest event.
    pub seq: u64,
    /// Objects at clouds that are still to be removed.
    pub removing: u64,
    /// Size of the database file in bytes.
    pub database_bytes: u64,
    /// Whether the daemon is stopping and takes no new entries.
    pub draining: bool,
    /// What needs a person, the most urgent first; at most 100.
    pub alerts: Vec<AlertView>,
}

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct AlertView {
    /// `removal_overdue`, `credentials`, `vanished` or `strays`.
    pub kind: String,
    /// The account concerned.
    pub account: Option<String>,
    /// The entry concerned.
    pub entry: Option<EntryId>,
    /// What it is and what to do about it.
    pub message: String,
    /// Since when; `null` where nobody can tell.
    pub since: Option<Time>,
}
