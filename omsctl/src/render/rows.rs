//! What entries, instances, accounts and events show.

use oms_proto::Time;
use oms_proto::columns::{ACCOUNTS, ENTRIES, EVENTS, INSTANCES, Table, Value};
use oms_proto::machine::MachineSpec;
use oms_proto::spec::Window;
use oms_proto::view::{
    AccountView, AskedView, BlockView, EntryView, EventView, FailureView, InstanceView,
    LessonsView, RoomView, Status,
};

use super::human;
use super::record::{Cell, Record};

impl Record for EntryView {
    const TABLE: &'static Table<Self> = &ENTRIES;

    fn name(&self) -> String {
        self.id.to_string()
    }

    fn hide_keys(&mut self) {
        if let Some(instance) = &mut self.instance {
            instance.hide_keys();
        }
    }

    fn detail(&self, now: Time) -> Vec<(&'static str, Cell<'_>)> {
        let mut fields = vec![
            ("ENTRY", Cell::number(self.id.0)),
            ("STATUS", of_column(&ENTRIES, "status", self, now)),
            ("NAME", Cell::maybe(self.name.as_ref())),
            ("REASON", Cell::prose(self.reason.as_ref())),
            ("ACCOUNT", Cell::maybe(self.account.as_ref())),
            ("ATTEMPTS", Cell::number(self.attempts)),
            ("ACCEPTED", Cell::dated(self.regist_datetime)),
            ("CHANGED", Cell::dated(self.changed)),
        ];
        if self.held {
            let how = format!("until: omsctl queue release {}", self.id);
            fields.push(("HELD", Cell::text(how)));
        }
        // What runs has met it.
        if self.status != Status::Run {
            fields.push(("DEADLINE", Cell::dated(self.deadline)));
        }
        if let Some(asked) = &self.asked {
            fields.extend(asked_of(asked));
        }
        if let Some(instance) = &self.instance {
            let parts = instance.detail(now).into_iter();
            fields.extend(parts.filter(|(label, _)| !matches!(*label, "ENTRY" | "ACCOUNT")));
        }
        fields
    }
}

/// What was asked for, where something was.
fn asked_of(asked: &AskedView) -> Vec<(&'static str, Cell<'_>)> {
    let machine = &asked.machine;
    let pairs = asked.metadata.iter();
    let metadata: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
    let fields = [
        ("ASKED-IMAGE", Value::maybe(machine.image.as_ref())),
        ("ASKED-FLAVOR", Value::maybe(machine.flavor.as_ref())),
        ("ASKED-NETWORKS", Value::list(machine.networks.as_ref())),
        (
            "ASKED-ZONE",
            Value::maybe(machine.availability_zone.as_ref()),
        ),
        ("METADATA", Value::List(metadata.into())),
        ("ONLY-AT", Value::list(Some(&asked.accounts))),
        ("NOT-AT", Value::list(Some(&asked.avoid_accounts))),
    ];
    let said = fields.into_iter().filter(|(_, value)| !value.is_nothing());
    said.map(|(label, value)| (label, Cell::Value(value)))
        .collect()
}

impl Record for InstanceView {
    const TABLE: &'static Table<Self> = &INSTANCES;

    fn name(&self) -> String {
        self.id.to_string()
    }

    fn hide_keys(&mut self) {
        self.key_raw = None;
    }

    fn detail(&self, now: Time) -> Vec<(&'static str, Cell<'_>)> {
        let place = [
            Some(&self.account.provider),
            self.account.region_name.as_ref(),
            self.account.tenant_name.as_ref(),
        ];
        let mut names: Vec<String> = Vec::new();
        for name in place.into_iter().flatten() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
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
            ("SERVER-STATUS", of_column(&INSTANCES, "status", self, now)),
            ("ADDRESS", Cell::maybe(self.ip_addr.as_ref())),
            ("ADDRESSES", Cell::Value(Value::list(Some(&self.addresses)))),
            ("ACCOUNT", Cell::text(&self.account.name)),
            ("PLACE", Cell::list(names)),
            ("KEY-NAME", Cell::maybe(self.key_name.as_ref())),
            ("KEY", Cell::text(key)),
            ("READY", Cell::dated(self.ready)),
            ("BOOT", Cell::seconds(Some(self.boot_seconds))),
            ("IMAGE", Cell::text(&self.image)),
            ("FLAVOR", Cell::text(&self.flavor)),
            ("ZONE", Cell::maybe(self.availability_zone.as_ref())),
        ]
    }
}

/// The value of a column, for the detail of the same thing.
fn of_column<'a, T: 'static>(table: &Table<T>, key: &str, item: &'a T, now: Time) -> Cell<'a> {
    let column = table.column(key);
    column.map_or(Cell::nothing(), |column| {
        Cell::Value((column.value)(item, now))
    })
}

impl Record for AccountView {
    const TABLE: &'static Table<Self> = &ACCOUNTS;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn detail(&self, now: Time) -> Vec<(&'static str, Cell<'_>)> {
        let mut fields = vec![
            ("ACCOUNT", Cell::text(&self.name)),
            ("STATUS", of_column(&ACCOUNTS, "status", self, now)),
            ("REASON", of_column(&ACCOUNTS, "reason", self, now)),
        ];
        fields.extend(place(self));
        fields.extend(defaults(&self.defaults));
        fields.extend([
            (
                "ROOM",
                Cell::Lines(self.room.iter().flat_map(room).collect()),
            ),
            ("RUNNING", Cell::number(self.running)),
            ("BUILDING", Cell::number(self.building)),
            ("REMOVING", Cell::number(self.removing)),
            ("BOOT", Cell::seconds(self.boot_seconds)),
            (
                "LAST-SUCCESS",
                self.last_success.map_or(Cell::nothing(), Cell::dated),
            ),
            (
                "LAST-FAILURE",
                self.last_failure.as_ref().map_or(Cell::nothing(), failure),
            ),
            (
                "BLOCKED",
                Cell::Lines(self.blocks.iter().map(|it| block(it, now)).collect()),
            ),
            (
                "MAINTENANCE",
                Cell::Lines(self.maintenance.iter().map(window).collect()),
            ),
            (
                "LEARNED",
                Cell::Lines(self.offerings.iter().map(offering).collect()),
            ),
        ]);
        fields
    }
}

/// Where an account is and how it signs in there.
fn place(account: &AccountView) -> Vec<(&'static str, Cell<'_>)> {
    let project = account.tenant_name.as_ref().or(account.tenant_id.as_ref());
    vec![
        ("PROVIDER", Cell::text(&account.provider)),
        ("REGION", Cell::maybe(account.region_name.as_ref())),
        ("PROJECT", Cell::maybe(project)),
        ("AUTH-URL", Cell::text(&account.auth_url)),
        (
            "SIGNS-IN-BY",
            Cell::text(human::words(account.auth_type.as_str())),
        ),
        (
            "USER",
            Cell::maybe(account.user_id.as_ref().or(account.username.as_ref())),
        ),
        (
            "CREDENTIAL",
            Cell::maybe(account.application_credential.as_ref()),
        ),
        ("INTERFACE", Cell::text(account.interface.as_str())),
        ("TRUST", Cell::text(account.trust.as_str())),
        (
            "CLIENT-CERT",
            Cell::text(if account.client_certificate {
                "yes"
            } else {
                "no"
            }),
        ),
        ("PROXY", Cell::maybe(account.proxy.as_ref())),
        (
            "ENDPOINTS",
            Cell::Value(Value::Text(
                human::endpoints(&account.endpoints).map(Into::into),
            )),
        ),
        ("PRIORITY", Cell::number(account.priority)),
    ]
}

/// What entries get there.
fn defaults(defaults: &MachineSpec) -> Vec<(&'static str, Cell<'_>)> {
    vec![
        ("IMAGE", Cell::maybe(defaults.image.as_ref())),
        ("FLAVOR", Cell::maybe(defaults.flavor.as_ref())),
        (
            "NETWORKS",
            Cell::Value(Value::list(defaults.networks.as_ref())),
        ),
        (
            "SECURITY-GROUPS",
            Cell::Value(Value::list(defaults.security_groups.as_ref())),
        ),
        (
            "AVAILABILITY-ZONE",
            Cell::maybe(defaults.availability_zone.as_ref()),
        ),
        (
            "ADDRESS",
            Cell::Value(Value::Text(human::address(defaults).map(Into::into))),
        ),
    ]
}

/// How much there is left of each thing, and when the cloud told.
fn room(room: &RoomView) -> impl Iterator<Item = Cell<'static>> + '_ {
    let told = Cell::Dated("told".to_owned(), room.seen, String::new());
    let quotas = room.quotas.iter().map(|quota| {
        let what = human::words(quota.resource.as_str());
        let (ours, others) = (quota.ours, quota.others);
        Cell::sentence(match (quota.free(), quota.limit) {
            (Some(free), Some(limit)) => {
                format!("{what}: {free} left of {limit} ({ours} ours, {others} of others)")
            }
            _ => format!("{what}: no limit ({ours} ours, {others} of others)"),
        })
    });
    quotas.chain(std::iter::once(told))
}

fn block(block: &BlockView, now: Time) -> Cell<'static> {
    let times = human::count(u64::from(block.failures), "failure");
    let after = format!(", {times}: {}", block.reason);
    if block.until <= now {
        let over = format!("{}: over, the next launch tries it{after}", block.scope);
        return Cell::sentence(over);
    }
    Cell::Dated(format!("{} until", block.scope), block.until, after)
}

fn window(window: &Window) -> Cell<'static> {
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

/// What the launches of an offering have taught, on one line.
fn offering(offering: &LessonsView) -> Cell<'static> {
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
    Cell::sentence(parts.join(", "))
}

fn failure(failure: &FailureView) -> Cell<'static> {
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

impl Record for EventView {
    const TABLE: &'static Table<Self> = &EVENTS;

    fn name(&self) -> String {
        self.seq.to_string()
    }
}
