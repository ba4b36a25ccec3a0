//! The daemon itself: what has happened, how it stands, what needs a person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::Status;
use crate::actor::Actor;
use crate::event::{EventKind, Severity};
use crate::id::{AttemptId, EntryId};
use crate::time::Time;
use crate::{grows, words};

/// A fact in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventView {
    /// Its number; consecutive.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What kind, such as `entry_accepted` or `attempt_failed`.
    pub kind: EventKind,
    /// The entry concerned.
    pub entry: Option<EntryId>,
    /// The attempt concerned.
    pub attempt: Option<AttemptId>,
    /// The account concerned.
    pub account: Option<String>,
    /// The fact in words.
    pub message: String,
    /// Who caused it.
    pub by: Actor,
    /// How serious it is, as the daemon sees it that told it.
    pub severity: Severity,
}

grows! {
    EventView { seq, at, kind, entry, attempt, account, message, by, severity }
}

/// How the daemon stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusView {
    /// The daemon's version.
    pub version: String,
    /// This installation's id, as it stands in the metadata of every server.
    pub installation: String,
    /// When the daemon started.
    pub started: Time,
    /// Entries by status.
    pub entries: BTreeMap<Status, u64>,
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
    /// Servers made since the daemon started for entries that another server served or may serve,
    /// by cause: `silence`, `hang`, `patience`, `lost_answer`, `restart`, `hedge`, `drain`.
    pub extra_servers: BTreeMap<String, u64>,
    /// Accounts that would take an entry now which asks for nothing in particular.
    #[serde(default)]
    pub accounts_ready: u64,
    /// The folder where the daemon keeps its database; `null` where it keeps none on a disk.
    #[serde(default)]
    pub state_dir: Option<String>,
}

grows! {
    StatusView {
        version, installation, started, entries, accounts, accounts_available, seq, removing,
        database_bytes, draining, alerts,
    } then {
        extra_servers, accounts_ready, state_dir,
    }
}

words! {
    /// What needs a person, the most urgent first.
    pub enum AlertKind {
        /// Something that is paid for is not gone although it should be.
        1 RemovalOverdue = "removal_overdue",
        /// An account's credentials are refused.
        2 Credentials = "credentials",
        /// An account lacks what entries get there by default.
        3 Configuration = "configuration",
        /// Instances are no longer there although nobody removed them.
        4 Vanished = "vanished",
        /// Objects of ours have no owner.
        5 Strays = "strays",
        /// Nothing is launched and nothing is removed, for another daemon may be at work.
        6 Held = "held",
        /// The database went back, and not every account has been looked at since.
        7 WentBack = "went_back",
        /// Objects carry our mark and are not known to this database.
        8 Strangers = "strangers",
        /// The state directory or the database is not where it was; the daemon stops.
        9 State = "state",
        /// The socket cannot be reached any more, or gets no connections.
        10 Socket = "socket",
        /// This machine lacks files, memory or ports that the daemon asks for.
        11 Resources = "resources",
        /// Two accounts lead to one project and user.
        12 Shared = "shared",
        /// The certificate of HTTP ends soon, or a newer one cannot be used.
        13 Certificate = "certificate",
    }
}

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlertView {
    /// What kind of thing.
    pub kind: AlertKind,
    /// The account concerned.
    pub account: Option<String>,
    /// The entry concerned.
    pub entry: Option<EntryId>,
    /// What it is and what to do about it.
    pub message: String,
    /// Since when; `null` where nobody can tell.
    pub since: Option<Time>,
    /// When it is tried again, where it is.
    pub until: Option<Time>,
    /// How many things are concerned.
    #[serde(default)]
    pub count: u32,
}

grows! {
    AlertView { kind, account, entry, message, since } then { until, count }
}

/// A copy of the database, which the asker takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupView {
    /// The file, in the daemon's state directory.
    pub file: String,
}

grows! {
    BackupView { file }
}
