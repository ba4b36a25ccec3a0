//! The daemon's settings, valid once they exist.
//!
//! Every setting has one name, such as `engine.launches_per_account`, and four places it can come
//! from, the later winning: the default below, the file, the environment
//! (`OMS_ENGINE_LAUNCHES_PER_ACCOUNT`), the command line (`--set engine.launches_per_account=20`).
//! `packaging/config/omsd.toml` shows them all with their defaults; a test keeps the two alike.

mod error;
mod http;
mod list;
mod load;
mod log;
mod net;
mod rules;
mod value;

use serde::{Deserialize, Serialize};

pub use error::ConfigError;
pub use http::{Anonymous, Http, Tls};
pub use list::List;
pub use load::{DEFAULT_FILE, Sources};
pub use log::{LogFilter, LogFormat};
pub use net::{HostName, Listen, Network};
pub use rules::Rules;
pub use value::{AbsolutePath, Count, GroupName, Millis, OptionalPath, Seconds, SocketPath};

/// A variable of the environment that other programs know too, such as `HTTPS_PROXY`.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Config {
    /// Where the database, the key file and the admin token are.
    pub state_dir: AbsolutePath,
    /// The file with the id of this machine, see machine-id(5). A database that was written on another
    /// machine is a copy, and nothing is done with it before a person says so.
    pub machine_id: AbsolutePath,
    /// The Unix socket that `omsctl` and `omstui` connect to.
    pub socket: SocketPath,
    /// Members of this group may use the socket; empty for nobody but root and the daemon's user.
    pub socket_group: GroupName,
    /// The REST interface.
    pub http: Http,
    /// The log.
    pub log: Log,
    /// The scheduler.
    pub engine: Engine,
    /// Calls to clouds.
    pub openstack: OpenStack,
    /// Rules in the place of the built-in ones.
    pub rules: Rules,
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Log {
    /// Which lines.
    pub level: LogFilter,
    /// In which form.
    pub format: LogFormat,
}

/// The scheduler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Engine {
    /// Launches under way at one account at a time.
    pub launches_per_account: Count<1, 1000>,
    /// How long an entry tries to run, unless it says itself.
    pub entry_deadline_seconds: Seconds<10, 604_800>,
    /// How long a server may build before it counts as stuck.
    pub build_deadline_seconds: Seconds<5, 86_400>,
    /// How long a server whose create was not answered is looked for before another is made.
    pub settle_seconds: Seconds<1, 3600>,
    /// How long a create may go unanswered before the entry is tried elsewhere as well.
    pub launch_patience_ms: Millis<100, 600_000>,
    /// The pause between two looks at an account where nothing is due.
    pub look_idle_seconds: Seconds<1, 3600>,
    /// Whether an attempt that takes long gets company at another account.
    pub hedge: bool,
    /// What becomes of an entry whose instance vanished.
    pub vanished: Vanished,
    /// How long an object of ours without an owner is left before it is removed.
    pub stray_grace_seconds: Seconds<0, 604_800>,
    /// After how long a removal that is not done is worth an alert.
    pub removal_alert_seconds: Seconds<10, 604_800>,
    /// How long a finished entry stays in the database.
    pub keep_ended_seconds: Seconds<60, 31_536_000>,
    /// Events kept in the journal.
    pub journal_rows: Count<1000, 10_000_000>,
}

/// What becomes of an entry whose instance vanished without our asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vanished {
    /// It is shown as vanished; its owner decides.
    Report,
    /// Another is launched in its place.
    Replace,
}

/// Calls to clouds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct OpenStack {
    /// How long a connection may take to come about, TLS included.
    pub connect_ms: Millis<50, 60_000>,
    /// How long a call that changes nothing, or removes, may take.
    pub read_seconds: Seconds<1, 600>,
    /// How long a create may take.
    pub create_seconds: Seconds<1, 600>,
    /// Calls under way at one account at a time. At most half of them are launches and a quarter
    /// removals, so that looks never wait.
    pub concurrency: Count<1, 100>,
    /// Calls a second at one account.
    pub calls_per_second: Count<1, 1000>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            state_dir: AbsolutePath::of("/var/lib/oms"),
            machine_id: AbsolutePath::of("/etc/machine-id"),
            socket: SocketPath::of("/run/oms/omsd.sock"),
            socket_group: GroupName::of("oms"),
            http: Http::default(),
            log: Log::default(),
            engine: Engine::default(),
            openstack: OpenStack::default(),
            rules: Rules::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: LogFilter::of("info"),
            format: LogFormat::Text,
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            launches_per_account: const { Count::of(10) },
            entry_deadline_seconds: const { Seconds::of(1800) },
            build_deadline_seconds: const { Seconds::of(600) },
            settle_seconds: const { Seconds::of(300) },
            launch_patience_ms: const { Millis::of(1000) },
            look_idle_seconds: const { Seconds::of(60) },
            hedge: true,
            vanished: Vanished::Report,
            stray_grace_seconds: const { Seconds::of(300) },
            removal_alert_seconds: const { Seconds::of(600) },
            keep_ended_seconds: const { Seconds::of(7 * 24 * 3600) },
            journal_rows: const { Count::of(100_000) },
        }
    }
}

impl Default for OpenStack {
    fn default() -> Self {
        Self {
            connect_ms: const { Millis::of(5000) },
            read_seconds: const { Seconds::of(30) },
            create_seconds: const { Seconds::of(60) },
            concurrency: const { Count::of(32) },
            calls_per_second: const { Count::of(20) },
        }
    }
}
