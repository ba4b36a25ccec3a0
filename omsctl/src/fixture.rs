//! Views for tests, as the daemon might show them. The time is 2026-11-22T12:00:00Z.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_proto::machine::{AddressType, MachineSpec};
use oms_proto::spec::{EntrySpec, Interface, Window};
use oms_proto::view::{
    AccountStatus, AccountTestView, AccountView, AlertKind, AlertView, AttemptState, AttemptView,
    AuthType, BlockKind, BlockView, ChoiceView, EntryView, EventView, ExplanationView,
    FailureClass, FailureView, InstanceAccount, InstanceView, LessonsView, OffersView,
    PassedOverView, PreviewView, Status, StatusView, TestStepView, Trust, WaitCause,
};
use oms_proto::{Actor, AttemptId, EntryId, EventKind, InstanceId, Severity, Time};

/// Noon of 2026-11-22, UTC.
pub(crate) const NOON: Time = Time(1_795_348_800_000_000);

/// So many seconds before noon.
pub(crate) fn ago(seconds: i64) -> Time {
    Time(NOON.0 - seconds * 1_000_000)
}

/// A certificate that is none, in PEM that is some.
pub(crate) const CERTIFICATE: &str =
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// A private key that is none.
pub(crate) const KEY: &str =
    "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";

pub(crate) fn waiting() -> EntryView {
    EntryView {
        id: EntryId(8),
        status: Status::Recive,
        regist_datetime: ago(75),
        instance: None,
        name: Some("web-1".to_owned()),
        reason: Some(
            "every account is blocked: alpha over quota until 12:04, beta unreachable until 12:01"
                .to_owned(),
        ),
        deadline: ago(-1725),
        attempts: 2,
        account: None,
        changed: ago(30),
        asked: None,
        held: false,
        waits: Vec::new(),
    }
}

pub(crate) fn running() -> EntryView {
    EntryView {
        id: EntryId(7),
        status: Status::Run,
        regist_datetime: ago(7200),
        instance: Some(instance()),
        name: None,
        reason: None,
        deadline: ago(5400),
        attempts: 2,
        account: Some("beta".to_owned()),
        changed: ago(7159),
        asked: None,
        held: false,
        waits: Vec::new(),
    }
}

pub(crate) fn failed() -> EntryView {
    EntryView {
        id: EntryId(9),
        status: Status::Failed,
        reason: Some("no account could serve it by its deadline".to_owned()),
        ..waiting()
    }
}

pub(crate) fn instance() -> InstanceView {
    InstanceView {
        id: InstanceId(12),
        name: "oms-7-12".to_owned(),
        instance_id: "bec7c0ea-0000-4000-8000-00000000000c".to_owned(),
        ip_addr: Some("203.0.113.9".to_owned()),
        key_name: Some("oms-7-12".to_owned()),
        key_raw: Some(KEY.to_owned()),
        account: InstanceAccount {
            provider: "example".to_owned(),
            region_name: Some("beta-1".to_owned()),
            tenant_name: Some("gncs-beta".to_owned()),
            name: "beta".to_owned(),
        },
        entry: EntryId(7),
        server_status: "ACTIVE".to_owned(),
        addresses: vec!["203.0.113.9".to_owned(), "2001:db8::9".to_owned()],
        ready: ago(7159),
        boot_seconds: 38,
        vanished: false,
        image: "debian-12".to_owned(),
        flavor: "m1.small".to_owned(),
        availability_zone: None,
    }
}

pub(crate) fn quota() -> FailureView {
    FailureView {
        class: FailureClass::Quota,
        operation: "create server".to_owned(),
        http_status: Some(403),
        message: "Quota exceeded for cores:\x1b[31m Requested 4, but already used 19 of 20 cores"
            .to_owned(),
        request_id: Some("req-3f1d".to_owned()),
        at: ago(7197),
    }
}

pub(crate) fn attempt() -> AttemptView {
    AttemptView {
        id: AttemptId(11),
        account: "alpha".to_owned(),
        state: AttemptState::Gone,
        server_name: "oms-7-11".to_owned(),
        instance_id: None,
        image: "debian-12".to_owned(),
        flavor: "m1.small".to_owned(),
        availability_zone: Some("nova".to_owned()),
        started: ago(7200),
        seconds: 3,
        failure: Some(quota()),
        removal_failure: None,
    }
}

pub(crate) fn story() -> ExplanationView {
    ExplanationView {
        entry: running(),
        spec: EntrySpec {
            machine: MachineSpec {
                flavor: Some("m1.small".to_owned()),
                ..MachineSpec::default()
            },
            accounts: Some(vec!["alpha".to_owned(), "beta".to_owned()]),
            user_data: Some("x".repeat(2000)),
            metadata: Some(BTreeMap::from([("role".to_owned(), "ci".to_owned())])),
            ..EntrySpec::default()
        },
        attempts: vec![
            attempt(),
            AttemptView {
                id: AttemptId(10),
                account: "gamma".to_owned(),
                state: AttemptState::Removing,
                instance_id: Some("0c0c".to_owned()),
                seconds: 1,
                failure: Some(FailureView {
                    class: FailureClass::NoCapacity,
                    operation: "build server".to_owned(),
                    http_status: None,
                    message: "No valid host was found.".to_owned(),
                    request_id: None,
                    at: ago(7190),
                }),
                removal_failure: Some(FailureView {
                    operation: "delete server".to_owned(),
                    http_status: Some(409),
                    message: "in an invalid state".to_owned(),
                    ..quota()
                }),
                ..attempt()
            },
            AttemptView {
                id: AttemptId(12),
                account: "beta".to_owned(),
                state: AttemptState::Ready,
                server_name: "oms-7-12".to_owned(),
                instance_id: Some("bec7c0ea-0000-4000-8000-00000000000c".to_owned()),
                availability_zone: None,
                started: ago(7197),
                seconds: 38,
                failure: None,
                ..attempt()
            },
        ],
        passed_over: vec![
            PassedOverView {
                account: "delta".to_owned(),
                reason: "switched off".to_owned(),
            },
            PassedOverView {
                account: "epsilon-1".to_owned(),
                reason: "not among the accounts that the entry allows".to_owned(),
            },
        ],
    }
}

pub(crate) fn account(name: &str) -> AccountView {
    AccountView {
        name: name.to_owned(),
        provider: "example".to_owned(),
        username: Some("me".to_owned()),
        tenant_name: Some("web".to_owned()),
        tenant_id: None,
        auth_url: "https://keystone.example.org/v3".to_owned(),
        region_name: Some("R1".to_owned()),
        version: 3,
        status: AccountStatus::Available,
        reason: None,
        auth_type: AuthType::Password,
        application_credential: None,
        interface: Interface::Public,
        defaults: MachineSpec {
            image: Some("debian-12".to_owned()),
            flavor: Some("m1.small".to_owned()),
            networks: Some(vec!["private".to_owned(), "storage".to_owned()]),
            security_groups: Some(vec!["ssh".to_owned()]),
            availability_zone: None,
            address_type: Some(AddressType::Fixed),
            address_family: None,
        },
        priority: -5,
        enabled: true,
        trust: Trust::System,
        blocks: Vec::new(),
        maintenance: Vec::new(),
        building: 1,
        running: 12,
        removing: 0,
        boot_seconds: Some(72),
        offerings: Vec::new(),
        last_success: Some(ago(200)),
        last_failure: None,
        user_id: None,
        endpoints: oms_proto::spec::Endpoints::default(),
        proxy: None,
        client_certificate: false,
        room: None,
        unfit: None,
        certificate_ends: None,
    }
}

pub(crate) fn blocked() -> AccountView {
    AccountView {
        status: AccountStatus::Unavailable,
        reason: Some("over quota".to_owned()),
        blocks: vec![
            BlockView {
                scope: "quota".to_owned(),
                until: ago(-240),
                reason: "Quota exceeded for cores".to_owned(),
                failures: 3,
                over: false,
                kind: BlockKind::Quota,
                for_all: true,
            },
            BlockView {
                scope: "offering nova/m1.small".to_owned(),
                until: ago(-60),
                reason: "No valid host was found.".to_owned(),
                failures: 1,
                over: false,
                kind: BlockKind::Offering,
                for_all: true,
            },
        ],
        last_failure: Some(quota()),
        maintenance: vec![Window {
            from: ago(-3600),
            until: Some(ago(-7200)),
            drain: true,
            reason: "new switches".to_owned(),
        }],
        boot_seconds: None,
        offerings: vec![LessonsView {
            availability_zone: None,
            flavor: "m1.small".to_owned(),
            boots: 20,
            boot_seconds: Some(72),
            slow_boot_seconds: Some(130),
            budget: Some(2),
            learned: ago(60),
        }],
        ..account("beta")
    }
}

pub(crate) fn event(seq: u64) -> EventView {
    EventView {
        seq,
        at: ago(60),
        kind: EventKind::AttemptFailed,
        entry: Some(EntryId(7)),
        attempt: Some(AttemptId(11)),
        account: Some("alpha".to_owned()),
        message: "create server was refused: over quota".to_owned(),
        by: Actor::Scheduler,
        severity: Severity::Warning,
    }
}

pub(crate) fn offers() -> OffersView {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    OffersView {
        account: "alpha".to_owned(),
        images: names(&["debian-12", "debian-13"]),
        flavors: names(&["m1.small"]),
        networks: names(&["private"]),
        security_groups: names(&["default", "ssh"]),
        availability_zones: names(&["nova"]),
    }
}

pub(crate) fn tested(ok: bool) -> AccountTestView {
    let step = |name: &str, ok: bool, detail: &str| TestStepView {
        name: name.to_owned(),
        ok,
        detail: detail.to_owned(),
        milliseconds: 41,
    };
    AccountTestView {
        account: "alpha".to_owned(),
        ok,
        steps: vec![
            step("sign in", true, "project web, region R1"),
            step("image debian-12", ok, "nothing of this name or id"),
        ],
        offers: None,
    }
}

pub(crate) fn status() -> StatusView {
    StatusView {
        version: "0.1.0".to_owned(),
        installation: "6b0e".to_owned(),
        started: ago(100_000),
        entries: BTreeMap::from([(Status::Run, 12), (Status::Failed, 1)]),
        accounts: 3,
        accounts_available: 2,
        seq: 4711,
        removing: 1,
        database_bytes: 1_572_864,
        draining: false,
        alerts: vec![AlertView {
            kind: AlertKind::RemovalOverdue,
            account: Some("beta".to_owned()),
            entry: Some(EntryId(7)),
            message: "server 0c0c of entry 7 is still at beta".to_owned(),
            since: Some(ago(1200)),
            until: None,
            count: 0,
        }],
        extra_servers: BTreeMap::from([("hedge".to_owned(), 0), ("patience".to_owned(), 2)]),
        accounts_ready: 0,
        state_dir: Some("/var/lib/oms".to_owned()),
    }
}

/// Two accounts that would take an entry, and one that would not.
pub(crate) fn preview() -> PreviewView {
    let takes = |account: &str, place| ChoiceView {
        account: account.to_owned(),
        place: Some(place),
        machine: Some(MachineSpec {
            image: Some("debian-12".to_owned()),
            flavor: Some("f".to_owned()),
            ..MachineSpec::default()
        }),
        cause: None,
        until: None,
        reason: None,
    };
    let blocked = ChoiceView {
        account: "gamma".to_owned(),
        place: None,
        machine: None,
        cause: Some(WaitCause::Blocked),
        until: Some(NOON.plus(Duration::from_secs(300))),
        reason: Some("quota is blocked until 12:05; remove something there".to_owned()),
    };
    PreviewView {
        account: Some("beta".to_owned()),
        choices: vec![takes("beta", 1), takes("alpha", 2), blocked],
        left_out: 0,
    }
}
