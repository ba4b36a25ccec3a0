//! What entries, instances and accounts show in tables.

use oms_proto::Time;
use oms_proto::spec::Window;
use oms_proto::view::{
    AccountStatus, AccountView, BlockView, EntryView, FailureView, InstanceView, LessonsView,
    Status,
};

use super::human;
use super::record::{Cell, Column, Record, State};

/// The status of an entry as a coloured word.
fn status(status: Status) -> Cell {
    let state = match status {
        Status::Run => State::Good,
        Status::Request | Status::Recive | Status::Boot => State::Busy,
        Status::Failed => State::Bad,
        Status::Destroy | Status::Unknown => State::Quiet,
    };
    Cell::State(state, status.as_str().to_owned())
}

impl Record for EntryView {
    const COLUMNS: &'static [Column] = &[
        Column::always("ID"),
        Column::always("STATUS"),
        Column::always("NAME"),
        Column::always("ACCOUNT"),
        Column::always("ADDRESS"),
        Column::always("ATTEMPTS"),
        Column::always("AGE").of_key("regist_datetime"),
        Column::wide("INSTANCE"),
        Column::wide("SERVER-ID"),
        Column::wide("CHANGED"),
        Column::wide("DEADLINE"),
        Column::always("REASON"),
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }

    fn cells(&self) -> Vec<Cell> {
        let instance = self.instance.as_ref();
        let name = self.name.as_ref().or(instance.map(|there| &there.name));
        vec![
            Cell::number(self.id.0),
            status(self.status),
            Cell::maybe(name),
            Cell::maybe(self.account.as_ref()),
            Cell::maybe(instance.and_then(|there| there.ip_addr.as_ref())),
            Cell::number(self.attempts),
            Cell::Age(Some(self.regist_datetime)),
            Cell::Text(instance.map(|there| there.id.to_string())),
            Cell::maybe(instance.map(|there| &there.instance_id)),
            Cell::Age(Some(self.changed)),
            Cell::Stamp(self.deadline),
            Cell::prose(self.reason.as_ref()),
        ]
    }

    fn detail(&self) -> Vec<(&'static str, Cell)> {
        let mut fields = vec![
            ("ENTRY", Cell::number(self.id.0)),
            ("STATUS", status(self.status)),
            ("NAME", Cell::maybe(self.name.as_ref())),
            ("REASON", Cell::prose(self.reason.as_ref())),
            ("ACCOUNT", Cell::maybe(self.account.as_ref())),
            ("ATTEMPTS", Cell::number(self.attempts)),
            ("ACCEPTED", dated(self.regist_datetime)),
            ("CHANGED", dated(self.changed)),
            ("DEADLINE", dated(self.deadline)),
        ];
        if let Some(instance) = &self.instance {
            let parts = instance.detail().into_iter();
            fields.extend(parts.filter(|(label, _)| !matches!(*label, "ENTRY" | "ACCOUNT")));
        }
        fields
    }
}

/// A time with its distance.
pub(super) fn dated(time: Time) -> Cell {
    Cell::Dated(String::new(), time, String::new())
}

/// Nova's status, or that the server is no longer there.
fn server_status(instance: &InstanceView) -> Cell {
    if instance.vanished {
        return Cell::State(State::Bad, "VANISHED".to_owned());
    }
    let state = match instance.server_status.as_str() {
        "ACTIVE" => State::Good,
        "ERROR" => State::Bad,
        _ => State::Quiet,
    };
    Cell::State(state, instance.server_status.clone())
}

impl Record for InstanceView {
    const COLUMNS: &'static [Column] = &[
        Column::always("ID"),
        Column::always("ENTRY"),
        Column::always("NAME"),
        Column::always("STATUS"),
        Column::always("ADDRESS"),
        Column::always("ACCOUNT"),
        Column::always("AGE").of_key("ready"),
        Column::wide("PROVIDER"),
        Column::wide("REGION"),
        Column::wide("PROJECT"),
        Column::wide("SERVER-ID"),
        Column::wide("KEY-NAME"),
        Column::wide("BOOT").of_key("boot_seconds"),
        Column::wide("ADDRESSES"),
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::number(self.id.0),
            Cell::number(self.entry.0),
            Cell::text(&self.name),
            server_status(self),
            Cell::maybe(self.ip_addr.as_ref()),
            Cell::text(&self.account.name),
            Cell::Age(Some(self.ready)),
            Cell::text(&self.account.provider),
            Cell::maybe(self.account.region_name.as_ref()),
            Cell::maybe(self.account.tenant_name.as_ref()),
            Cell::text(&self.instance_id),
            Cell::maybe(self.key_name.as_ref()),
            Cell::Seconds(Some(self.boot_seconds)),
            Cell::List(self.addresses.clone()),
        ]
    }

    fn detail(&self) -> Vec<(&'static str, Cell)> {
        let place = [
            Some(&self.account.provider),
            self.account.region_name.as_ref(),
            self.account.tenant_name.as_ref(),
        ];
        let key = if self.key_raw.is_some() {
            "made by OMS; 'omsctl instance ssh' uses it, -o json shows it"
        } else {
            "your own"
        };
        vec![
            ("INSTANCE", Cell::number(self.id.0)),
            ("ENTRY", Cell::number(self.entry.0)),
            ("SERVER", Cell::text(&self.name)),
            ("SERVER-ID", Cell::text(&self.instance_id)),
            ("SERVER-STATUS", server_status(self)),
            ("ADDRESS", Cell::maybe(self.ip_addr.as_ref())),
            ("ADDRESSES", Cell::List(self.addresses.clone())),
            ("ACCOUNT", Cell::text(&self.account.name)),
            (
                "PLACE",
                Cell::List(place.into_iter().flatten().cloned().collect()),
            ),
            ("KEY-NAME", Cell::maybe(self.key_name.as_ref())),
            ("KEY", Cell::text(key)),
            ("READY", dated(self.ready)),
            ("BOOT", Cell::Seconds(Some(self.boot_seconds))),
        ]
    }
}

/// Whether entries are placed at an account, in one word.
fn account_status(account: &AccountView) -> Cell {
    let (state, word) = match (account.status, account.enabled) {
        (_, false) => (State::Quiet, "disabled"),
        (AccountStatus::Unavailable, true) => (State::Bad, "unavailable"),
        (AccountStatus::Available, true) if account.blocks.is_empty() => (State::Good, "available"),
        (AccountStatus::Available, true) => (State::Busy, "available"),
        (AccountStatus::Unknown, true) => (State::Quiet, "unknown"),
    };
    Cell::State(state, word.to_owned())
}

/// Why an account is not available, or what is kept from it.
fn account_reason(account: &AccountView) -> Option<String> {
    let block = |block: &BlockView| format!("{}: {}", block.scope, block.reason);
    account
        .reason
        .clone()
        .filter(|_| account.enabled || account.status == AccountStatus::Unavailable)
        .or_else(|| account.blocks.first().map(block))
}

impl Record for AccountView {
    const COLUMNS: &'static [Column] = &[
        Column::always("NAME"),
        Column::always("PROVIDER"),
        Column::always("REGION"),
        Column::always("STATUS"),
        Column::always("RUNNING"),
        Column::always("BUILDING"),
        Column::wide("REMOVING"),
        Column::always("BOOT").of_key("boot_seconds"),
        Column::wide("PRIORITY"),
        Column::wide("PROJECT"),
        Column::wide("USER"),
        Column::wide("AUTH-TYPE"),
        Column::wide("AUTH-URL"),
        Column::wide("IMAGE"),
        Column::wide("FLAVOR"),
        Column::wide("NETWORKS"),
        Column::wide("LAST-SUCCESS"),
        Column::always("REASON"),
    ];

    fn name(&self) -> String {
        self.name.clone()
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::text(&self.name),
            Cell::text(&self.provider),
            Cell::maybe(self.region_name.as_ref()),
            account_status(self),
            Cell::number(self.running),
            Cell::number(self.building),
            Cell::number(self.removing),
            Cell::Seconds(self.boot_seconds),
            Cell::number(self.priority),
            Cell::maybe(self.tenant_name.as_ref().or(self.tenant_id.as_ref())),
            Cell::maybe(self.username.as_ref().or(self.user_id.as_ref())),
            Cell::text(self.auth_type.as_str()),
            Cell::text(&self.auth_url),
            Cell::maybe(self.defaults.image.as_ref()),
            Cell::maybe(self.defaults.flavor.as_ref()),
            names(self.defaults.networks.as_ref()),
            Cell::Age(self.last_success),
            Cell::Prose(account_reason(self)),
        ]
    }

    fn detail(&self) -> Vec<(&'static str, Cell)> {
        let defaults = &self.defaults;
        let project = self.tenant_name.as_ref().or(self.tenant_id.as_ref());
        vec![
            ("ACCOUNT", Cell::text(&self.name)),
            ("STATUS", account_status(self)),
            ("REASON", Cell::prose(self.reason.as_ref())),
            ("PROVIDER", Cell::text(&self.provider)),
            ("REGION", Cell::maybe(self.region_name.as_ref())),
            ("PROJECT", Cell::maybe(project)),
            ("AUTH-URL", Cell::text(&self.auth_url)),
            (
                "SIGNS-IN-BY",
                Cell::text(human::words(self.auth_type.as_str())),
            ),
            (
                "USER",
                Cell::maybe(self.user_id.as_ref().or(self.username.as_ref())),
            ),
            (
                "CREDENTIAL",
                Cell::maybe(self.application_credential.as_ref()),
            ),
            ("INTERFACE", Cell::text(self.interface.as_str())),
            ("TRUST", Cell::text(self.trust.as_str())),
            (
                "CLIENT-CERT",
                Cell::text(if self.client_certificate { "yes" } else { "no" }),
            ),
            ("PROXY", Cell::maybe(self.proxy.as_ref())),
            (
                "ENDPOINTS",
                Cell::maybe(human::endpoints(&self.endpoints).as_ref()),
            ),
            ("PRIORITY", Cell::number(self.priority)),
            ("IMAGE", Cell::maybe(defaults.image.as_ref())),
            ("FLAVOR", Cell::maybe(defaults.flavor.as_ref())),
            ("NETWORKS", names(defaults.networks.as_ref())),
            ("SECURITY-GROUPS", names(defaults.security_groups.as_ref())),
            (
                "AVAILABILITY-ZONE",
                Cell::maybe(defaults.availability_zone.as_ref()),
            ),
            ("ADDRESS", Cell::maybe(human::address(defaults).as_ref())),
            ("RUNNING", Cell::number(self.running)),
            ("BUILDING", Cell::number(self.building)),
            ("REMOVING", Cell::number(self.removing)),
            ("BOOT", Cell::Seconds(self.boot_seconds)),
            (
                "LAST-SUCCESS",
                self.last_success.map_or(Cell::Text(None), dated),
            ),
            (
                "LAST-FAILURE",
                self.last_failure.as_ref().map_or(Cell::Text(None), failure),
            ),
            (
                "BLOCKED",
                Cell::Lines(self.blocks.iter().map(block).collect()),
            ),
            (
                "MAINTENANCE",
                Cell::Lines(self.maintenance.iter().map(window).collect()),
            ),
            (
                "LEARNED",
                Cell::Lines(self.offerings.iter().map(offering).collect()),
            ),
        ]
    }
}

fn block(block: &BlockView) -> Cell {
    let times = human::count(u64::from(block.failures), "failure");
    let after = format!(", {times}: {}", block.reason);
    Cell::Dated(format!("{} until", block.scope), block.until, after)
}

fn window(window: &Window) -> Cell {
    let lasting = window.until.map_or_else(
        || ", until somebody ends it".to_owned(),
        |until| format!(", for {}", human::span(until.since(window.from).as_secs())),
    );
    let drain = if window.drain { ", draining" } else { "" };
    let reason = match window.reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    Cell::Dated(
        "from".to_owned(),
        window.from,
        format!("{lasting}{drain}{reason}"),
    )
}

fn names(said: Option<&Vec<String>>) -> Cell {
    Cell::List(said.cloned().unwrap_or_default())
}

/// What the launches of an offering have taught, on one line.
fn offering(offering: &LessonsView) -> Cell {
    let zone = offering.availability_zone.as_deref().unwrap_or("any");
    let boots = human::count(offering.boots.into(), "boot");
    let mut parts = vec![format!("{zone}/{}: {boots}", offering.flavor)];
    if let Some(median) = offering.boot_seconds {
        parts.push(format!("median {}", human::span(median.into())));
    }
    if let Some(slow) = offering.slow_boot_seconds {
        parts.push(format!("p95 {}", human::span(slow.into())));
    }
    if let Some(budget) = offering.budget {
        parts.push(format!("{budget} at once after failures"));
    }
    Cell::Prose(Some(parts.join(", ")))
}

fn failure(failure: &FailureView) -> Cell {
    Cell::Dated(String::new(), failure.at, format!(": {}", failed(failure)))
}

/// What a cloud said, in one sentence without the request id.
pub(super) fn failed(failure: &FailureView) -> String {
    let status = failure
        .http_status
        .map(|status| format!("HTTP {status}: "))
        .unwrap_or_default();
    format!("{}: {status}{}", failure.operation, failure.message)
}
