//! What the daemon's status, tests of accounts, attempts and imports show.

use oms_proto::Time;
use oms_proto::columns::{Column, Kind, Table, Tone, Value};
use oms_proto::spec::{Endpoints, Interface};
use oms_proto::view::{
    AlertView, AttemptView, AuthType, FailureView, Status, StatusView, TestStepView, Trust,
};
use serde::Serialize;

use super::human;
use super::record::{Cell, Record};

/// A column of its table.
type Daemon = Column<StatusView>;

impl Record for StatusView {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Daemon::new("version", "VERSION", Kind::Text, |it, _| {
                Value::text(&it.version)
            }),
            Daemon::new("installation", "INSTALLATION", Kind::Text, |it, _| {
                Value::text(&it.installation)
            }),
            Daemon::new("started", "STARTED", Kind::Age, |it, _| {
                Value::Age(Some(it.started))
            }),
            Daemon::new("entries", "ENTRIES", Kind::Number, |it, _| {
                Value::Number(Some(entries(it)))
            }),
            Daemon::new("accounts", "ACCOUNTS", Kind::Number, |it, _| {
                Value::number(it.accounts)
            }),
            Daemon::new("available", "AVAILABLE", Kind::Number, |it, _| {
                Value::number(it.accounts_available)
            }),
            Daemon::new("removing", "REMOVING", Kind::Number, |it, _| {
                Value::number(it.removing)
            }),
            Daemon::new("database_bytes", "DATABASE", Kind::Bytes, |it, _| {
                Value::Bytes(Some(it.database_bytes))
            }),
            Daemon::new("events", "EVENTS", Kind::Number, |it, _| {
                Value::number(it.seq)
            }),
            Daemon::new("state", "STATE", Kind::State, |it, _| daemon_state(it)),
        ],
        tone: |_, _| Tone::Quiet,
    };

    fn name(&self) -> String {
        self.installation.clone()
    }

    fn detail(&self, _: Time) -> Vec<(&'static str, Cell<'_>)> {
        let by_status: Vec<String> = Status::ALL
            .iter()
            .filter_map(|status| {
                let count = self.entries.get(status).filter(|&&count| count > 0)?;
                Some(format!("{count} {status}"))
            })
            .collect();
        let available = match self.accounts_ready {
            0 => format!("{} of {} available", self.accounts_available, self.accounts),
            ready => format!(
                "{} of {} available, {ready} would take an entry now",
                self.accounts_available, self.accounts
            ),
        };
        let accounts = if self.accounts > 0 && self.accounts_available == 0 {
            Cell::state(Tone::Bad, available)
        } else {
            Cell::text(available)
        };
        vec![
            ("DAEMON", Cell::Value(daemon_state(self))),
            ("VERSION", Cell::text(&self.version)),
            ("STARTED", Cell::dated(self.started)),
            ("INSTALLATION", Cell::text(&self.installation)),
            ("ENTRIES", Cell::list(by_status)),
            ("ACCOUNTS", accounts),
            (
                "STILL-TO-REMOVE",
                Cell::text(human::count(self.removing, "object")),
            ),
            ("EXTRA-SERVERS", Cell::text(extra_servers(self))),
            ("EVENTS", Cell::number(self.seq)),
            (
                "DATABASE",
                Cell::Value(Value::Bytes(Some(self.database_bytes))),
            ),
            (
                "FOLDER",
                Cell::Value(Value::Text(self.state_dir.as_deref().map(Into::into))),
            ),
            (
                "ALERTS",
                Cell::Lines(self.alerts.iter().map(alert).collect()),
            ),
        ]
    }
}

/// Servers made beside others, and why.
fn extra_servers(status: &StatusView) -> String {
    let made = status.extra_servers.iter().filter(|(_, count)| **count > 0);
    let made: Vec<_> = made.map(|(why, count)| format!("{count} {why}")).collect();
    if made.is_empty() {
        "none since the start".to_owned()
    } else {
        format!("{} since the start", made.join(", "))
    }
}

/// Something that needs a person, its kind first.
fn alert(alert: &AlertView) -> Cell<'static> {
    let kind = human::words(alert.kind.as_str());
    match alert.since {
        Some(since) => Cell::Dated(
            format!("{kind} since"),
            since,
            format!(": {}", alert.message),
        ),
        None => Cell::sentence(format!("{kind}: {}", alert.message)),
    }
}

fn entries(status: &StatusView) -> i128 {
    status
        .entries
        .values()
        .map(|&count| i128::from(count))
        .sum()
}

fn daemon_state(status: &StatusView) -> Value<'static> {
    if status.draining {
        Value::state(Tone::Warn, 0, "stopping; takes no new entries")
    } else {
        Value::state(Tone::Good, 1, "running")
    }
}

/// A column of its table.
type Step = Column<TestStepView>;

impl Record for TestStepView {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Step::new("step", "STEP", Kind::Text, |it, _| Value::text(&it.name)),
            Step::new("result", "RESULT", Kind::State, |it, _| {
                if it.ok {
                    Value::state(Tone::Good, 1, "ok")
                } else {
                    Value::state(Tone::Bad, 0, "FAILED")
                }
            }),
            Step::new("ms", "MS", Kind::Number, |it, _| {
                Value::number(it.milliseconds)
            }),
            Step::new("detail", "DETAIL", Kind::Prose, |it, _| {
                Value::Prose(Some(it.detail.as_str().into()))
            }),
        ],
        tone: |it, _| if it.ok { Tone::Good } else { Tone::Bad },
    };

    const IS_READ: bool = true;

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// A column of attempts.
type Attempt = Column<AttemptView>;

impl Record for AttemptView {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Attempt::new("attempt", "ATTEMPT", Kind::Number, |it, _| {
                Value::number(it.id.0)
            }),
            Attempt::new("account", "ACCOUNT", Kind::Text, |it, _| {
                Value::text(&it.account)
            }),
            Attempt::new("state", "STATE", Kind::Text, |it, _| {
                Value::text(it.state.as_str())
            }),
            Attempt::new("started", "STARTED", Kind::Stamp, |it, _| {
                Value::Stamp(Some(it.started))
            }),
            Attempt::new("seconds", "SECONDS", Kind::Seconds, |it, _| {
                Value::Seconds(Some(it.seconds))
            }),
            Attempt::new("server", "SERVER", Kind::Text, |it, _| {
                Value::text(&it.server_name)
            }),
            Attempt::new("server_id", "SERVER-ID", Kind::Text, |it, _| {
                Value::maybe(it.instance_id.as_ref())
            }),
            Attempt::new("image", "IMAGE", Kind::Text, |it, _| Value::text(&it.image)),
            Attempt::new("flavor", "FLAVOR", Kind::Text, |it, _| {
                Value::text(&it.flavor)
            }),
            Attempt::new("zone", "ZONE", Kind::Text, |it, _| {
                Value::maybe(it.availability_zone.as_ref())
            }),
            Attempt::new("class", "CLASS", Kind::Text, |it, _| {
                Value::Text(failure(it).map(|it| it.class.as_str().into()))
            }),
            Attempt::new("operation", "OPERATION", Kind::Text, |it, _| {
                Value::maybe(failure(it).map(|it| &it.operation))
            }),
            Attempt::new("http_status", "HTTP-STATUS", Kind::Number, |it, _| {
                Value::Number(failure(it).and_then(|it| it.http_status).map(Into::into))
            }),
            Attempt::new("request_id", "REQUEST-ID", Kind::Text, |it, _| {
                Value::maybe(failure(it).and_then(|it| it.request_id.as_ref()))
            }),
            Attempt::new("message", "MESSAGE", Kind::Prose, |it, _| {
                Value::prose(failure(it).map(|it| &it.message))
            }),
        ],
        tone: |_, _| Tone::Quiet,
    };

    fn name(&self) -> String {
        self.id.to_string()
    }
}

fn failure(attempt: &AttemptView) -> Option<&FailureView> {
    attempt.failure.as_ref()
}

/// What `account import --dry-run` found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ImportRow {
    /// The account's name.
    pub(crate) name: String,
    /// The provider.
    pub(crate) provider: Option<String>,
    /// The region.
    pub(crate) region_name: Option<String>,
    /// The project, by name or id.
    pub(crate) project: Option<String>,
    /// How it signs in.
    pub(crate) auth_type: AuthType,
    /// The user, or the credential's id or name.
    pub(crate) user: Option<String>,
    /// Keystone's address.
    pub(crate) auth_url: String,
    /// How its cloud proves who it is.
    pub(crate) trust: Trust,
    /// The project's id, where that is what counts.
    pub(crate) project_id: Option<String>,
    /// The project's domain, by id or name.
    pub(crate) project_domain: Option<String>,
    /// The user's domain, by id or name.
    pub(crate) user_domain: Option<String>,
    /// Which endpoints of the catalogue.
    pub(crate) interface: Interface,
    /// Addresses that are used instead of the catalogue's.
    pub(crate) endpoints: Endpoints,
    /// Whether we prove who we are by a certificate.
    pub(crate) client_certificate: bool,
}

impl Default for ImportRow {
    fn default() -> Self {
        Self {
            name: String::new(),
            provider: None,
            region_name: None,
            project: None,
            auth_type: AuthType::Password,
            user: None,
            auth_url: String::new(),
            trust: Trust::System,
            project_id: None,
            project_domain: None,
            user_domain: None,
            interface: Interface::Public,
            endpoints: Endpoints::default(),
            client_certificate: false,
        }
    }
}

/// A column of accounts to import.
type Import = Column<ImportRow>;

impl Record for ImportRow {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Import::new("name", "NAME", Kind::Text, |it, _| Value::text(&it.name)),
            Import::new("provider", "PROVIDER", Kind::Text, |it, _| {
                Value::maybe(it.provider.as_ref())
            }),
            Import::new("region", "REGION", Kind::Text, |it, _| {
                Value::maybe(it.region_name.as_ref())
            }),
            Import::new("project", "PROJECT", Kind::Text, |it, _| {
                Value::maybe(it.project.as_ref())
            }),
            Import::new("auth_type", "AUTH-TYPE", Kind::Text, |it, _| {
                Value::text(it.auth_type.as_str())
            }),
            Import::new("user", "USER", Kind::Text, |it, _| {
                Value::maybe(it.user.as_ref())
            }),
            Import::new("auth_url", "AUTH-URL", Kind::Text, |it, _| {
                Value::text(&it.auth_url)
            }),
            Import::new("trust", "TRUST", Kind::Text, |it, _| {
                Value::text(it.trust.as_str())
            })
            .wide(),
            Import::new("user_domain", "USER-DOMAIN", Kind::Text, |it, _| {
                Value::maybe(it.user_domain.as_ref())
            })
            .wide(),
            Import::new("project_domain", "PROJECT-DOMAIN", Kind::Text, |it, _| {
                Value::maybe(it.project_domain.as_ref())
            })
            .wide(),
            Import::new("interface", "INTERFACE", Kind::Text, |it, _| {
                Value::text(it.interface.as_str())
            })
            .wide(),
            Import::new("endpoints", "ENDPOINTS", Kind::Text, |it, _| {
                Value::Text(human::endpoints(&it.endpoints).map(Into::into))
            })
            .wide(),
            Import::new("client_cert", "CLIENT-CERT", Kind::Text, |it, _| {
                Value::text(if it.client_certificate { "yes" } else { "no" })
            })
            .wide(),
        ],
        tone: |_, _| Tone::Quiet,
    };

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// What `version` prints.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VersionRow {
    /// This program.
    pub(crate) client: &'static str,
    /// The protocol: agreed with the daemon, or else the newest that this program speaks.
    pub(crate) protocol: u16,
    /// The daemon, if it answered.
    pub(crate) daemon: Option<String>,
}

/// A column of its table.
type Versions = Column<VersionRow>;

impl Record for VersionRow {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Versions::new("client", "CLIENT", Kind::Text, |it, _| {
                Value::text(it.client)
            }),
            Versions::new("protocol", "PROTOCOL", Kind::Number, |it, _| {
                Value::number(it.protocol)
            }),
            Versions::new("daemon", "DAEMON", Kind::Text, |it, _| {
                Value::maybe(it.daemon.as_ref())
            }),
        ],
        tone: |_, _| Tone::Quiet,
    };

    fn name(&self) -> String {
        self.client.to_owned()
    }
}
