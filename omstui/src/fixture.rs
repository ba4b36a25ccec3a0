//! Small pictures for tests.

use std::time::Duration;

use jiff::tz::TimeZone;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::{EntrySpec, Interface};
use oms_proto::view::{
    AccountStatus, AccountView, AttemptState, AttemptView, AuthType, BlockKind, BlockView,
    EntryView, EventView, ExplanationView, FailureClass, FailureView, InstanceAccount,
    InstanceView, PassedOverView, QuotaView, Resource, RoomView, Status, StatusView, Trust,
};
use oms_proto::{Actor, AttemptId, EntryId, EventKind, InstanceId, Time};

use crate::model::{Model, Options};
use crate::theme::{Glyphs, Theme};

/// 2026-11-22 12:00:00 UTC: the present of all pictures.
pub(crate) const NOW: Time = Time(1_795_348_800_000_000);

pub(crate) fn ago(seconds: u64) -> Time {
    NOW.minus(Duration::from_secs(seconds))
}

pub(crate) fn options() -> Options {
    Options {
        socket: "/run/oms/omsd.sock".to_owned(),
        theme: Theme::Default,
        glyphs: Glyphs::Symbols,
        zone: TimeZone::UTC,
        keymap: crate::keymap::Keymap::default(),
        language: crate::text::Language::English,
        readonly: false,
        mouse: true,
        themes: Vec::new(),
    }
}

pub(crate) fn model(columns: u16, rows: u16) -> Model {
    Model::new(options(), (columns, rows), NOW)
}

pub(crate) fn entry(id: u64, status: Status) -> EntryView {
    EntryView {
        id: EntryId(id),
        status,
        regist_datetime: ago(600 - id.min(599)),
        instance: (status == Status::Run).then(|| instance(id)),
        name: Some(format!("web-{id}")),
        reason: None,
        deadline: ago(0).plus(Duration::from_secs(1_200)),
        attempts: u32::from(status != Status::Request),
        account: matches!(status, Status::Boot | Status::Run).then(|| "alpha".to_owned()),
        changed: ago(40),
        asked: None,
        held: false,
        waits: Vec::new(),
    }
}

pub(crate) fn instance(id: u64) -> InstanceView {
    InstanceView {
        id: InstanceId(id + 100),
        name: format!("oms-web-{id}"),
        instance_id: format!("bec7c0ea-0000-4000-8000-{id:012}"),
        ip_addr: Some(format!("203.0.113.{}", id % 250)),
        key_name: Some(format!("oms-{id}")),
        key_raw: Some("-----BEGIN OPENSSH PRIVATE KEY-----".to_owned()),
        account: InstanceAccount {
            provider: "acme".to_owned(),
            region_name: Some("tyo1".to_owned()),
            tenant_name: Some("lab".to_owned()),
            name: "alpha".to_owned(),
        },
        entry: EntryId(id),
        server_status: "ACTIVE".to_owned(),
        addresses: vec![
            format!("203.0.113.{}", id % 250),
            format!("10.0.0.{}", id % 250),
        ],
        ready: ago(300),
        boot_seconds: 31,
        vanished: false,
        image: "debian-12".to_owned(),
        flavor: "m1.small".to_owned(),
        availability_zone: None,
    }
}

pub(crate) fn account(name: &str) -> AccountView {
    AccountView {
        name: name.to_owned(),
        provider: "acme".to_owned(),
        username: Some("ops".to_owned()),
        tenant_name: Some("lab".to_owned()),
        tenant_id: None,
        auth_url: format!("https://{name}.example:5000/v3"),
        region_name: Some("tyo1".to_owned()),
        version: 3,
        status: AccountStatus::Available,
        reason: None,
        auth_type: AuthType::Password,
        application_credential: None,
        interface: Interface::Public,
        defaults: MachineSpec {
            image: Some("debian-12".to_owned()),
            flavor: Some("m1.small".to_owned()),
            ..MachineSpec::default()
        },
        priority: 0,
        enabled: true,
        trust: Trust::System,
        blocks: Vec::new(),
        maintenance: Vec::new(),
        building: 1,
        running: 2,
        removing: 0,
        boot_seconds: Some(31),
        offerings: Vec::new(),
        last_success: Some(ago(20)),
        last_failure: None,
        user_id: None,
        endpoints: oms_proto::spec::Endpoints::default(),
        proxy: None,
        client_certificate: false,
        room: Some(room()),
        unfit: None,
        certificate_ends: None,
    }
}

fn room() -> RoomView {
    let quota = |resource, limit, ours, others| QuotaView {
        resource,
        limit,
        ours,
        others,
    };
    RoomView {
        seen: ago(30),
        quotas: vec![
            quota(Resource::Instances, Some(10), 3, 2),
            quota(Resource::Cores, Some(40), 6, 22),
            quota(Resource::Keypairs, None, 3, 1),
        ],
    }
}

pub(crate) fn failure() -> FailureView {
    FailureView {
        class: FailureClass::NoCapacity,
        operation: "build server".to_owned(),
        http_status: Some(500),
        message: "No valid host was found. There are not enough hosts available.".to_owned(),
        request_id: Some("req-5f4c".to_owned()),
        at: ago(90),
    }
}

pub(crate) fn blocked_account(name: &str) -> AccountView {
    AccountView {
        status: AccountStatus::Unavailable,
        reason: Some("quota used up: instances 10 of 10".to_owned()),
        blocks: vec![BlockView {
            scope: "quota".to_owned(),
            until: NOW.plus(Duration::from_secs(250)),
            reason: "Quota exceeded for instances".to_owned(),
            failures: 3,
            over: false,
            kind: BlockKind::Quota,
            for_all: true,
        }],
        building: 0,
        running: 10,
        boot_seconds: None,
        last_success: None,
        last_failure: Some(failure()),
        ..account(name)
    }
}

pub(crate) fn event(seq: u64, kind: EventKind, message: &str) -> EventView {
    EventView {
        seq,
        at: ago(1_000_u64.saturating_sub(seq)),
        kind,
        entry: Some(EntryId(1)),
        attempt: None,
        account: Some("alpha".to_owned()),
        message: message.to_owned(),
        by: Actor::Scheduler,
        severity: kind.severity(),
    }
}

pub(crate) fn status() -> StatusView {
    StatusView {
        version: "0.1.0".to_owned(),
        installation: "b3a1".to_owned(),
        started: ago(7_300),
        entries: std::collections::BTreeMap::new(),
        accounts: 2,
        accounts_available: 1,
        seq: 9,
        removing: 0,
        database_bytes: 73_728,
        draining: false,
        alerts: Vec::new(),
        extra_servers: std::collections::BTreeMap::new(),
        accounts_ready: 0,
        state_dir: None,
    }
}

pub(crate) fn explanation(entry: EntryView) -> ExplanationView {
    let attempt = |id: u64, account: &str, state| AttemptView {
        id: AttemptId(id),
        account: account.to_owned(),
        state,
        server_name: format!("oms-web-{id}"),
        instance_id: None,
        image: "debian-12".to_owned(),
        flavor: "m1.small".to_owned(),
        availability_zone: None,
        started: ago(120 - id),
        seconds: 30,
        failure: None,
        removal_failure: None,
    };
    let mut refused = attempt(1, "alpha", AttemptState::Gone);
    refused.failure = Some(failure());
    let mut removing = attempt(2, "gamma", AttemptState::Removing);
    removing.failure = Some(failure());
    removing.removal_failure = Some(FailureView {
        class: FailureClass::Unreachable,
        operation: "delete server".to_owned(),
        http_status: None,
        message: "connection refused".to_owned(),
        request_id: None,
        at: ago(5),
    });
    ExplanationView {
        entry,
        spec: EntrySpec {
            machine: MachineSpec {
                flavor: Some("m1.small".to_owned()),
                ..MachineSpec::default()
            },
            user_data: Some("#cloud-config password: secret".to_owned()),
            ..EntrySpec::default()
        },
        attempts: vec![
            refused,
            removing,
            attempt(3, "beta", AttemptState::Building),
        ],
        passed_over: vec![PassedOverView {
            account: "delta".to_owned(),
            reason: "disabled".to_owned(),
        }],
    }
}

/// What stands on a screen, one line a row.
pub(crate) fn text_of(buffer: &ratatui::buffer::Buffer) -> String {
    let mut lines = Vec::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while let Some(cell) = buffer.cell((x, y)) {
            line.push_str(cell.symbol());
            // A wide character hides the cell after it.
            x += u16::try_from(crate::clean::width(cell.symbol()).max(1)).unwrap();
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}
