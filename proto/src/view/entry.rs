//! Entries, their attempts and the instances that they ended up with.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::room::Resource;
use crate::id::{AttemptId, EntryId, InstanceId};
use crate::machine::MachineSpec;
use crate::spec::EntrySpec;
use crate::time::Time;
use crate::{grows, words};

words! {
    /// How an entry stands, in the words of the 2016 interface.
    pub enum Status {
        /// Accepted and durable.
        1 Request = "REQUEST",
        /// Being placed, or waiting for an account. The spelling is the original's.
        2 Recive = "RECIVE",
        /// An attempt has a server building.
        3 Boot = "BOOT",
        /// The instance is usable.
        4 Run = "RUN",
        /// Being removed; the row lives until every object is confirmed gone.
        5 Destroy = "DESTROY",
        /// Deadline or attempts used up; final.
        6 Failed = "FAILED",
    }
}

impl Status {
    /// Whether an entry that waits to run has got there or never will.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Run | Self::Destroy | Self::Failed)
    }
}

/// A queue entry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// What was asked; `null` where nothing in particular was.
    pub asked: Option<Box<AskedView>>,
    /// Whether it cannot be removed until somebody releases it.
    #[serde(default)]
    pub held: bool,
    /// What it waits for, the most telling first; accounts that the entry itself excludes are left
    /// out, unless it excludes all.
    #[serde(default)]
    pub waits: Vec<WaitView>,
}

grows! {
    EntryView {
        id, status, regist_datetime, instance, name, reason, deadline, attempts, account, changed,
    } then {
        asked, held, waits,
    }
}

words! {
    /// Why an account cannot take an entry.
    pub enum WaitCause, else "other" {
        /// Its attempt there is not waited for any more.
        1 Overtaken = "overtaken",
        /// Nothing is launched anywhere, another daemon may be at work.
        2 Held = "held",
        /// What stands there has not been listed since the database went back.
        3 Unseen = "unseen",
        /// It is known not to fit.
        4 NoRoom = "no_room",
        /// Something is blocked there.
        5 Blocked = "blocked",
        /// A person keeps entries away.
        6 Maintenance = "maintenance",
        /// Launches failed there of late, and as many as are tried are under way.
        7 Budget = "budget",
        /// As many launches as it takes are under way.
        8 Busy = "busy",
        /// What was blocked is being tried again.
        9 Probing = "probing",
        /// An attempt of this entry is under way there.
        10 Trying = "trying",
        /// It has refused what this entry brings.
        11 Rejected = "rejected",
        /// It is switched off.
        12 Disabled = "disabled",
        /// Neither the entry nor the account names an image.
        13 NoImage = "no_image",
        /// Neither the entry nor the account names a flavor.
        14 NoFlavor = "no_flavor",
        /// The entry avoids it.
        15 Avoided = "avoided",
        /// The entry names other accounts.
        16 NotAmongAccounts = "not_among_accounts",
    }
}

/// One account that an entry waits for, or several that cannot take it for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WaitView {
    /// The account; `null` where only the number is told.
    pub account: Option<String>,
    /// How many accounts.
    pub count: u32,
    /// Why.
    pub cause: WaitCause,
    /// What kind of thing is blocked, as the scopes of the account's blocks begin.
    pub scope: Option<String>,
    /// The failure that blocked it.
    pub class: Option<FailureClass>,
    /// What there is too little of.
    pub resource: Option<Resource>,
    /// Until when, where that is known. On a stream it is as the account's own view tells it, which
    /// may be newer: see [`AccountView::end_of`](super::AccountView::end_of).
    pub until: Option<Time>,
    /// The same in words, without what changes by the second.
    pub message: String,
}

grows! {
    WaitView { account, count, cause, scope, class, resource, until, message }
}

/// What was asked of an entry beside its name. User data and keys are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AskedView {
    /// Of the machine; what is `null` comes from the account that serves it.
    pub machine: MachineSpec,
    /// Metadata for the server.
    pub metadata: BTreeMap<String, String>,
    /// Only these accounts may serve it; where there are none, all.
    pub accounts: Vec<String>,
    /// None of these accounts may serve it.
    pub avoid_accounts: Vec<String>,
}

grows! {
    AskedView { machine, metadata, accounts, avoid_accounts }
}

/// The server that an entry ended up with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstanceView {
    /// The instance's id: that of the attempt which made it.
    pub id: InstanceId,
    /// The server's name.
    pub name: String,
    /// The server's id. The field has the name of the 2016 interface.
    pub instance_id: String,
    /// The address to be reached at: of the network that was asked for first, IPv4 before IPv6 and
    /// floating before fixed, unless the entry or its account prefers otherwise.
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
    /// Image asked of the cloud; empty where an older daemon did not say.
    pub image: String,
    /// Flavor asked of the cloud; empty where an older daemon did not say.
    pub flavor: String,
    /// Availability zone asked of the cloud; `null` where Nova chose.
    pub availability_zone: Option<String>,
}

grows! {
    InstanceView {
        id, name, instance_id, ip_addr, key_name, key_raw, account, entry, server_status, addresses,
        ready, boot_seconds, vanished,
    } then {
        image, flavor, availability_zone,
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

grows! {
    InstanceAccount { provider, region_name, tenant_name, name }
}

words! {
    /// What a failure at a cloud means.
    pub enum FailureClass {
        /// No connection: name resolution, refused, network unreachable.
        1 Unreachable = "unreachable",
        /// The connection is not to be trusted: certificate or protocol of TLS.
        2 Tls = "tls",
        /// No answer, or a broken one, within the call's deadline.
        3 Timeout = "timeout",
        /// The cloud asks us to stay away for a while.
        4 Throttled = "throttled",
        /// The cloud failed (5xx).
        5 ServerError = "server_error",
        /// The answer is not what the API promises.
        6 Garbage = "garbage",
        /// The credentials are refused even with a fresh token.
        7 Unauthorized = "unauthorized",
        /// The project has no room.
        8 Quota = "quota",
        /// Policy forbids it.
        9 Forbidden = "forbidden",
        /// The account does not have the image, flavor, network, group or zone.
        10 Configuration = "configuration",
        /// The object is in a state that does not allow it.
        11 Conflict = "conflict",
        /// There is no such object.
        12 NotFound = "not_found",
        /// No host can take the server.
        13 NoCapacity = "no_capacity",
        /// The server went to ERROR for another reason.
        14 BuildFailed = "build_failed",
        /// The server was still building at the attempt's deadline.
        15 BuildTimeout = "build_timeout",
        /// The server vanished while it was building.
        16 Vanished = "vanished",
        /// The daemon stopped between the call and its answer.
        17 Interrupted = "interrupted",
        /// What the entry itself brings is refused: its key, name, metadata or user data.
        18 Rejected = "rejected",
    }
}

/// What a cloud said when it failed us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FailureView {
    /// What it means.
    pub class: FailureClass,
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

grows! {
    FailureView { class, operation, http_status, message, request_id, at }
}

words! {
    /// How an attempt stands.
    pub enum AttemptState, else "other" {
        /// Its create is under way.
        1 Launching = "launching",
        /// Its create may have made a server, which is looked for.
        2 InDoubt = "unknown",
        /// Its server is building.
        3 Building = "building",
        /// Its server is usable.
        4 Ready = "ready",
        /// What it made is being removed.
        5 Removing = "removing",
        /// Nothing of it is left.
        6 Gone = "gone",
    }
}

/// One try to serve an entry at one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttemptView {
    /// The attempt's id.
    pub id: AttemptId,
    /// The account.
    pub account: String,
    /// How it stands.
    pub state: AttemptState,
    /// The server's name.
    pub server_name: String,
    /// The server's id, once known. The field has the name of the 2016 interface.
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

grows! {
    AttemptView {
        id, account, state, server_name, instance_id, image, flavor, availability_zone, started,
        seconds, failure, removal_failure,
    }
}

/// Where an entry would be placed now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreviewView {
    /// The account that would be chosen; `null` where the entry would wait.
    pub account: Option<String>,
    /// What each account says to it: those that would take it, in the order in which they would be
    /// chosen, and then the others; at most 1,000.
    pub choices: Vec<ChoiceView>,
    /// How many accounts are left out.
    pub left_out: u32,
}

grows! {
    PreviewView { account, choices, left_out }
}

/// What one account says to an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChoiceView {
    /// The account.
    pub account: String,
    /// Where it stands among those that would take the entry: 1 is chosen, 2 follows should that one
    /// fail; `null` where it cannot take it now.
    pub place: Option<u32>,
    /// What would be asked there; `null` where it cannot take it now.
    pub machine: Option<MachineSpec>,
    /// Why it cannot take it now; `null` where it would.
    pub cause: Option<WaitCause>,
    /// Until when, where that is known.
    pub until: Option<Time>,
    /// Why, in words that say what to do; `null` where it would.
    pub reason: Option<String>,
}

grows! {
    ChoiceView { account, place, machine, cause, until, reason }
}

/// An account that placement did not choose, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PassedOverView {
    /// The account.
    pub account: String,
    /// Why, in words.
    pub reason: String,
}

grows! {
    PassedOverView { account, reason }
}

/// Everything about how an entry came to stand as it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

grows! {
    ExplanationView { entry, spec, attempts, passed_over }
}
