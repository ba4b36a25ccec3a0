//! What events, the daemon's status, tests of accounts, attempts and imports show in tables.

use oms_proto::Severity;
use oms_proto::spec::{Endpoints, Interface};
use oms_proto::view::{
    AlertView, AttemptView, AuthType, EventView, Status, StatusView, TestStepView, Trust,
};
use serde::Serialize;

use super::human;
use super::record::{Cell, Column, Record, State};
use super::rows::dated;

impl Record for EventView {
    const COLUMNS: &'static [Column] = &[
        Column::always("SEQ").of_width(7),
        Column::always("TIME").of_width(19),
        Column::always("KIND").of_width(20),
        Column::always("ENTRY").of_width(5),
        Column::wide("ATTEMPT").of_width(7),
        Column::always("ACCOUNT").of_width(12),
        Column::wide("SEVERITY").of_width(8),
        Column::wide("BY").of_width(16),
        Column::always("MESSAGE"),
    ];

    fn name(&self) -> String {
        self.seq.to_string()
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::number(self.seq),
            Cell::Stamp(self.at),
            Cell::State(severity(self.severity), self.kind.to_string()),
            Cell::Text(self.entry.map(|entry| entry.to_string())),
            Cell::Text(self.attempt.map(|attempt| attempt.to_string())),
            Cell::maybe(self.account.as_ref()),
            Cell::text(self.severity.as_str()),
            Cell::text(self.by.to_string()),
            Cell::text(&self.message),
        ]
    }
}

/// How serious a fact is, for its colour.
const fn severity(severity: Severity) -> State {
    match severity {
        Severity::Debug | Severity::Info | Severity::Notice => State::Quiet,
        Severity::Warning => State::Busy,
        Severity::Error | Severity::Unknown => State::Bad,
    }
}

impl Record for StatusView {
    const COLUMNS: &'static [Column] = &[
        Column::always("VERSION"),
        Column::always("INSTALLATION"),
        Column::always("STARTED"),
        Column::always("ENTRIES"),
        Column::always("ACCOUNTS"),
        Column::always("AVAILABLE"),
        Column::always("REMOVING"),
        Column::always("DATABASE").of_key("database_bytes"),
        Column::always("EVENTS"),
        Column::always("STATE"),
    ];

    fn name(&self) -> String {
        self.installation.clone()
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::text(&self.version),
            Cell::text(&self.installation),
            Cell::Age(Some(self.started)),
            Cell::number(entries(self)),
            Cell::number(self.accounts),
            Cell::number(self.accounts_available),
            Cell::number(self.removing),
            Cell::Bytes(self.database_bytes),
            Cell::number(self.seq),
            daemon_state(self),
        ]
    }

    fn detail(&self) -> Vec<(&'static str, Cell)> {
        let by_status: Vec<String> = Status::ALL
            .iter()
            .filter_map(|status| {
                let count = self.entries.get(status).filter(|&&count| count > 0)?;
                Some(format!("{count} {status}"))
            })
            .collect();
        let available = format!("{} of {} available", self.accounts_available, self.accounts);
        let accounts = if self.accounts > 0 && self.accounts_available == 0 {
            Cell::State(State::Bad, available)
        } else {
            Cell::text(available)
        };
        vec![
            ("DAEMON", daemon_state(self)),
            ("VERSION", Cell::text(&self.version)),
            ("STARTED", dated(self.started)),
            ("INSTALLATION", Cell::text(&self.installation)),
            ("ENTRIES", Cell::List(by_status)),
            ("ACCOUNTS", accounts),
            (
                "STILL-TO-REMOVE",
                Cell::text(human::count(self.removing, "object")),
            ),
            ("EXTRA-SERVERS", Cell::text(extra_servers(self))),
            ("EVENTS", Cell::number(self.seq)),
            ("DATABASE", Cell::Bytes(self.database_bytes)),
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
fn alert(alert: &AlertView) -> Cell {
    let kind = human::words(alert.kind.as_str());
    match alert.since {
        Some(since) => Cell::Dated(
            format!("{kind} since"),
            since,
            format!(": {}", alert.message),
        ),
        None => Cell::Prose(Some(format!("{kind}: {}", alert.message))),
    }
}

fn entries(status: &StatusView) -> i128 {
    status
        .entries
        .values()
        .map(|&count| i128::from(count))
        .sum()
}

fn daemon_state(status: &StatusView) -> Cell {
    if status.draining {
        Cell::State(State::Busy, "stopping; takes no new entries".to_owned())
    } else {
        Cell::State(State::Good, "running".to_owned())
    }
}

fn passed(ok: bool) -> Cell {
    if ok {
        Cell::State(State::Good, "ok".to_owned())
    } else {
        Cell::State(State::Bad, "FAILED".to_owned())
    }
}

impl Record for TestStepView {
    const COLUMNS: &'static [Column] = &[
        Column::always("STEP"),
        Column::always("RESULT"),
        Column::always("MS"),
        Column::always("DETAIL"),
    ];

    fn name(&self) -> String {
        self.name.clone()
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::text(&self.name),
            passed(self.ok),
            Cell::number(self.milliseconds),
            Cell::text(&self.detail),
        ]
    }
}

impl Record for AttemptView {
    const COLUMNS: &'static [Column] = &[
        Column::always("ATTEMPT"),
        Column::always("ACCOUNT"),
        Column::always("STATE"),
        Column::always("STARTED"),
        Column::always("SECONDS"),
        Column::always("SERVER"),
        Column::always("SERVER-ID"),
        Column::always("IMAGE"),
        Column::always("FLAVOR"),
        Column::always("ZONE"),
        Column::always("CLASS"),
        Column::always("OPERATION"),
        Column::always("HTTP-STATUS"),
        Column::always("REQUEST-ID"),
        Column::always("MESSAGE"),
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }

    fn cells(&self) -> Vec<Cell> {
        let failure = self.failure.as_ref();
        vec![
            Cell::number(self.id.0),
            Cell::text(&self.account),
            Cell::text(self.state.as_str()),
            Cell::Stamp(self.started),
            Cell::Seconds(Some(self.seconds)),
            Cell::text(&self.server_name),
            Cell::maybe(self.instance_id.as_ref()),
            Cell::text(&self.image),
            Cell::text(&self.flavor),
            Cell::maybe(self.availability_zone.as_ref()),
            Cell::Text(failure.map(|failure| failure.class.to_string())),
            Cell::maybe(failure.map(|failure| &failure.operation)),
            Cell::Text(failure.and_then(|failure| Some(failure.http_status?.to_string()))),
            Cell::maybe(failure.and_then(|failure| failure.request_id.as_ref())),
            Cell::maybe(failure.map(|failure| &failure.message)),
        ]
    }
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

impl Record for ImportRow {
    const COLUMNS: &'static [Column] = &[
        Column::always("NAME"),
        Column::always("PROVIDER"),
        Column::always("REGION"),
        Column::always("PROJECT"),
        Column::always("AUTH-TYPE"),
        Column::always("USER"),
        Column::always("AUTH-URL"),
        Column::wide("TRUST"),
        Column::wide("USER-DOMAIN"),
        Column::wide("PROJECT-DOMAIN"),
        Column::wide("INTERFACE"),
        Column::wide("ENDPOINTS"),
        Column::wide("CLIENT-CERT"),
    ];

    fn name(&self) -> String {
        self.name.clone()
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::text(&self.name),
            Cell::maybe(self.provider.as_ref()),
            Cell::maybe(self.region_name.as_ref()),
            Cell::maybe(self.project.as_ref()),
            Cell::text(self.auth_type.as_str()),
            Cell::maybe(self.user.as_ref()),
            Cell::text(&self.auth_url),
            Cell::text(self.trust.as_str()),
            Cell::maybe(self.user_domain.as_ref()),
            Cell::maybe(self.project_domain.as_ref()),
            Cell::text(self.interface.as_str()),
            Cell::maybe(human::endpoints(&self.endpoints).as_ref()),
            Cell::text(if self.client_certificate { "yes" } else { "no" }),
        ]
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

impl Record for VersionRow {
    const COLUMNS: &'static [Column] = &[
        Column::always("CLIENT"),
        Column::always("PROTOCOL"),
        Column::always("DAEMON"),
    ];

    fn name(&self) -> String {
        self.client.to_owned()
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::text(self.client),
            Cell::number(self.protocol),
            Cell::maybe(self.daemon.as_ref()),
        ]
    }
}
