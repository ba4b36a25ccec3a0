//! Accounts, what launches there have taught, and what tests of them found.

use serde::{Deserialize, Serialize};

use super::entry::{FailureView, WaitCause, WaitView};
use super::room::RoomView;
use crate::machine::MachineSpec;
use crate::spec::{Endpoints, Interface, Window};
use crate::time::Time;
use crate::{grows, words};

/// An account without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// How it signs in.
    pub auth_type: AuthType,
    /// The application credential's id or name.
    pub application_credential: Option<String>,
    /// Which endpoints of the catalogue.
    pub interface: Interface,
    /// What entries get here unless they say otherwise.
    pub defaults: MachineSpec,
    /// Preference; higher first.
    pub priority: i32,
    /// Whether a person has switched it on.
    pub enabled: bool,
    /// How its cloud proves who it is.
    pub trust: Trust,
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
    pub offerings: Vec<LessonsView>,
    /// When the cloud last answered us well.
    pub last_success: Option<Time>,
    /// The last failure there.
    pub last_failure: Option<FailureView>,
    /// User id, for password accounts that have one.
    pub user_id: Option<String>,
    /// Addresses that are used instead of the catalogue's.
    pub endpoints: Endpoints,
    /// The proxy of this account, without its credentials.
    pub proxy: Option<String>,
    /// Whether we prove who we are by a certificate.
    pub client_certificate: bool,
    /// How much there is left, as its cloud told; `null` before it told.
    pub room: Option<RoomView>,
    /// Why an entry that asks for nothing in particular would not be placed here now, in words; `null`
    /// where it would be.
    pub unfit: Option<String>,
    /// When the first of the certificates ends that were given with the account: the pinned one, the
    /// client's, or the last of its own authorities. `null` where there are none.
    #[serde(default)]
    pub certificate_ends: Option<Time>,
}

impl AccountView {
    /// Until when an entry waits for this account, as far as the account tells.
    pub fn end_of(&self, wait: &WaitView, now: Time) -> Option<Time> {
        if wait.cause == WaitCause::Maintenance {
            let in_force = self.maintenance.iter().filter(|window| window.covers(now));
            let last = in_force.max_by_key(|window| (window.until.is_none(), window.until));
            return last?.until;
        }
        Some(self.block_of(wait)?.until)
    }

    /// The block that keeps an entry waiting for this account.
    pub fn block_of(&self, wait: &WaitView) -> Option<&BlockView> {
        let kind: BlockKind = wait.scope.as_deref()?.parse().ok()?;
        let blocks = self.blocks.iter().filter(|block| block.kind == kind);
        blocks.max_by_key(|block| (!block.over, block.until))
    }
}

grows! {
    AccountView {
        name, provider, username, tenant_name, tenant_id, auth_url, region_name, version, status,
        reason, auth_type, application_credential, interface, defaults, priority, enabled, trust,
        blocks, maintenance, building, running, removing, boot_seconds, offerings, last_success,
        last_failure,
    } then {
        user_id, endpoints, proxy, client_certificate, room, unfit, certificate_ends,
    }
}

words! {
    /// Whether entries are placed at an account, in the words of the 2016 application.
    pub enum AccountStatus {
        /// Yes.
        1 Available = "available",
        /// No.
        2 Unavailable = "unavailable",
    }
}

words! {
    /// How an account signs in.
    pub enum AuthType {
        /// With a user's password.
        1 Password = "password",
        /// With an application credential.
        2 ApplicationCredential = "application_credential",
        /// With a user's password and a passcode.
        3 PasswordTotp = "password_totp",
        /// With a user's passcode alone.
        4 Totp = "totp",
        /// With a token that was got elsewhere, and ends.
        5 Token = "token",
    }
}

words! {
    /// How an account's cloud proves who it is.
    pub enum Trust {
        /// By a certificate of one of the system's authorities.
        1 System = "system",
        /// By a certificate of one of the account's own authorities.
        2 Ca = "ca",
        /// By the one certificate that the account has.
        3 Pinned = "pinned",
        /// Not at all: the address is plain HTTP.
        4 None = "none",
    }
}

words! {
    /// What a block keeps entries from.
    pub enum BlockKind, else "other" {
        /// Everything at the account.
        1 Account = "account",
        /// Launches, because the project has no room.
        2 Quota = "quota",
        /// Launches, because policy forbids them.
        3 Launch = "launch",
        /// One flavor in one zone, because no host takes it.
        4 Offering = "offering",
        /// One combination of image, flavor, networks, groups and zone.
        5 Request = "request",
        /// Whatever asks for one image.
        6 Image = "image",
        /// Whatever asks for one flavor.
        7 Flavor = "flavor",
        /// Whatever asks for one network.
        8 Network = "network",
        /// Whatever asks for one security group.
        9 SecurityGroup = "security_group",
        /// Whatever asks for one zone.
        10 Zone = "zone",
        /// One entry.
        11 Entry = "entry",
    }
}

/// What an older daemon says.
impl Default for BlockKind {
    fn default() -> Self {
        Self::Unknown
    }
}

/// Something that placement keeps away from for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlockView {
    /// What, for people and as [`AccountUnblock`](crate::request::AccountUnblock) names it.
    pub scope: String,
    /// Until when; afterwards one attempt probes it.
    pub until: Time,
    /// Why, in words.
    pub reason: String,
    /// Failures in a row.
    pub failures: u32,
    /// Whether its time is over, so that the next launch is a probe; of a whole account, the next look.
    #[serde(default)]
    pub over: bool,
    /// What kind of thing.
    #[serde(default)]
    pub kind: BlockKind,
    /// Whether entries meet it that leave everything to the account.
    #[serde(default)]
    pub for_all: bool,
}

grows! {
    BlockView { scope, until, reason, failures } then { over, kind, for_all }
}

/// What the launches of one flavor in one zone of an account have taught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LessonsView {
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

grows! {
    LessonsView {
        availability_zone, flavor, boots, boot_seconds, slow_boot_seconds, budget, learned,
    }
}

/// The result of a test of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountTestView {
    /// The account.
    pub account: String,
    /// Whether every step passed.
    pub ok: bool,
    /// The steps, in order.
    pub steps: Vec<TestStepView>,
    /// What its cloud offers; `null` where nobody could sign in.
    pub offers: Option<Box<OffersView>>,
}

grows! {
    AccountTestView { account, ok, steps } then { offers }
}

/// What the cloud of an account offers, by name, or by id where a thing has no name. What it does not
/// tell is left out, and of very many the first thousand are told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OffersView {
    /// The account.
    pub account: String,
    /// Images that servers can be made of.
    pub images: Vec<String>,
    /// Flavors.
    pub flavors: Vec<String>,
    /// Networks.
    pub networks: Vec<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Availability zones that take servers.
    pub availability_zones: Vec<String>,
}

grows! {
    OffersView { account, images, flavors, networks, security_groups, availability_zones }
}

/// One step of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

grows! {
    TestStepView { name, ok, detail, milliseconds }
}
