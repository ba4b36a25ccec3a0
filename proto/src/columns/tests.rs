//! The tables and conditions on them.

use super::*;
use crate::id::{EntryId, InstanceId};
use crate::machine::MachineSpec;
use crate::time::Time;
use crate::view::{
    AccountView, AskedView, BlockKind, BlockView, EntryView, InstanceAccount, InstanceView,
    QuotaView, Resource, RoomView, Status,
};

const NOW: Time = Time(1_795_348_800_000_000);

fn ago(seconds: i64) -> Time {
    Time(NOW.0 - seconds * 1_000_000)
}

fn instance(id: u64, address: &str) -> InstanceView {
    InstanceView {
        id: InstanceId(id),
        name: "oms-7-12".to_owned(),
        instance_id: "bec7c0ea".to_owned(),
        ip_addr: Some(address.to_owned()),
        key_name: None,
        key_raw: Some("secret".to_owned()),
        account: InstanceAccount {
            provider: "example".to_owned(),
            region_name: None,
            tenant_name: None,
            name: "beta".to_owned(),
        },
        entry: EntryId(7),
        server_status: "ACTIVE".to_owned(),
        addresses: vec![address.to_owned(), "2001:db8::9".to_owned()],
        ready: ago(60),
        boot_seconds: 38,
        vanished: false,
        image: "debian-12".to_owned(),
        flavor: "m1.small".to_owned(),
        availability_zone: None,
    }
}

fn entry() -> EntryView {
    EntryView {
        id: EntryId(7),
        status: Status::Run,
        regist_datetime: ago(7200),
        instance: Some(instance(12, "203.0.113.9")),
        name: Some("Web-1".to_owned()),
        reason: None,
        deadline: ago(5400),
        attempts: 2,
        account: Some("beta".to_owned()),
        changed: ago(7159),
        asked: Some(Box::new(AskedView {
            machine: MachineSpec {
                image: Some("debian".to_owned()),
                ..MachineSpec::default()
            },
            metadata: [("role".to_owned(), "ci".to_owned())].into(),
            ..AskedView::default()
        })),
        held: false,
        waits: Vec::new(),
    }
}

fn account() -> AccountView {
    let mut account: AccountView = serde_json::from_str(
        r#"{"name":"alpha","provider":"example","username":"me","tenant_name":"web",
        "tenant_id":null,"auth_url":"https://keystone.example.org/v3","region_name":null,
        "version":3,"status":"available","reason":null,"auth_type":"password",
        "application_credential":null,"interface":"public","defaults":{},"priority":0,
        "enabled":true,"trust":"system","blocks":[],"maintenance":[],"building":0,"running":0,
        "removing":0,"boot_seconds":null,"offerings":[],"last_success":null,"last_failure":null,
        "user_id":null,"endpoints":{},"proxy":null,"client_certificate":false,"room":null}"#,
    )
    .unwrap();
    account.defaults = MachineSpec {
        image: Some("debian-12".to_owned()),
        flavor: Some("small".to_owned()),
        ..MachineSpec::default()
    };
    account
}

fn holds(text: &str) -> bool {
    let condition = Condition::read(text, &ENTRIES).unwrap();
    condition.holds(&ENTRIES, &entry(), NOW)
}

fn check<T>(table: &Table<T>, item: &T) {
    let mut keys = table.keys();
    let mut letters: Vec<char> = table.columns.iter().filter_map(|it| it.letter).collect();
    for column in table.columns {
        let value = (column.value)(item, NOW);
        assert_eq!(value.kind(), column.kind, "{column:?}");
        assert!(column.width.min <= column.width.max, "{column:?}");
        assert!(!value.plain().contains("secret"), "{column:?}");
        assert!(
            table
                .column(column.title)
                .is_some_and(|it| it.key == column.key)
        );
    }
    let (all, lettered) = (keys.len(), letters.len());
    keys.sort_unstable();
    keys.dedup();
    letters.sort_unstable();
    letters.dedup();
    assert_eq!((keys.len(), letters.len()), (all, lettered), "{table:?}");
}

#[test]
fn columns_hold_the_kind_that_they_name_and_have_names_of_their_own() {
    check(&ENTRIES, &entry());
    check(&INSTANCES, &instance(1, "203.0.113.9"));
    check(&ACCOUNTS, &account());
}

#[test]
fn conditions_hold_as_a_person_means_them() {
    for text in [
        "status=run",
        "status=FAILED,RUN",
        "status!=BOOT",
        "name=web-*",
        "name=*-*",
        "name=*",
        "name~EB",
        "name!~x",
        "attempts=2",
        "attempts>1",
        "attempts>=2",
        "attempts<3",
        "age>1h",
        "age<3h",
        "AGE>30m",
        "changed<2h",
        "reason=",
        "account!=",
        "203.0.113",
        "!nothing",
        "address=203.0.113.9",
        "regist-datetime<2026-11-22T11:00:00Z",
        "bec7c0ea",
        "deadline<2026-11-22T11:00:00Z",
        "instance=12",
        "metadata=role=ci",
        "metadata=role=*",
        "image=debian-12",
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "status=FAILED",
        "name=web",
        "name=web-*-*",
        "attempts>2",
        "attempts!=2",
        "age>3h",
        "age<1h",
        "reason!=",
        "account=",
        "!203.0.113",
        "nothing",
        "reason~x",
        "instance>12",
        "metadata=role=x",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn a_list_is_met_by_one_of_its_names() {
    let read = |text: &str| Condition::read(text, &INSTANCES).unwrap();
    let item = instance(12, "203.0.113.9");
    assert!(read("addresses=2001:db8::9").holds(&INSTANCES, &item, NOW));
    assert!(!read("addresses=2001:db8::8").holds(&INSTANCES, &item, NOW));
}

#[test]
fn a_condition_that_means_nothing_says_what_could_be_said() {
    let error = |text: &str| Condition::read(text, &ENTRIES).unwrap_err().to_string();
    let errors = [
        "",
        "!",
        "=x",
        "colour=red",
        "attempts>many",
        "age>soon",
        "deadline=1h",
        "name>b",
    ]
    .map(error)
    .join("\n");
    insta::assert_snapshot!(errors);
}

#[test]
fn addresses_sort_by_number_ages_by_youth_and_statuses_by_their_way() {
    let mut there = [
        instance(1, "203.0.113.10"),
        instance(2, "203.0.113.9"),
        instance(3, "2001:db8::9"),
    ];
    let by = |key: &str| INSTANCES.column(key).unwrap();
    there.sort_by(|a, b| by("address").order(a, b, NOW));
    assert_eq!(there.map(|it| it.id.0), [2, 1, 3]);
    let (mut young, old) = (entry(), entry());
    young.regist_datetime = ago(1);
    young.status = Status::Boot;
    young.reason = Some("a".to_owned());
    for key in ["age", "status"] {
        let column = ENTRIES.column(key).unwrap();
        assert!(column.order(&young, &old, NOW).is_lt(), "{key}");
    }
    // What says nothing comes first.
    let reason = ENTRIES.column("reason").unwrap();
    assert!(reason.order(&young, &old, NOW).is_gt());
}

#[test]
fn an_account_is_in_trouble_for_what_concerns_everybody_and_is_not_over() {
    let block = |for_all, until| BlockView {
        scope: "quota".to_owned(),
        until,
        reason: "over quota".to_owned(),
        failures: 1,
        over: false,
        kind: BlockKind::Quota,
        for_all,
    };
    let mut there = account();
    let tone = |it: &AccountView| (ACCOUNTS.tone)(it, NOW);
    assert_eq!(tone(&there), Tone::Good);
    there.blocks = vec![block(false, ago(-60)), block(true, ago(60))];
    assert_eq!(
        (tone(&there), account_reason(&there, NOW)),
        (Tone::Good, None)
    );
    there.blocks.push(block(true, ago(-60)));
    let reason = account_reason(&there, NOW).unwrap();
    assert_eq!((tone(&there), &*reason), (Tone::Warn, "quota: over quota"));
    there.blocks.clear();
    there.defaults.image = None;
    let reason = account_reason(&there, NOW).unwrap();
    assert_eq!((tone(&there), &*reason), (Tone::Warn, "no default image"));
    there.enabled = false;
    assert_eq!(
        (tone(&there), account_reason(&there, NOW)),
        (Tone::Quiet, None)
    );
}

#[test]
fn room_is_how_many_more_servers_there_may_be() {
    let mut there = account();
    let room = ACCOUNTS.column("room").unwrap().value;
    assert_eq!(room(&there, NOW), Value::Number(None));
    let quota = |resource, limit| QuotaView {
        resource,
        limit,
        ours: 3,
        others: 4,
    };
    let mut told = RoomView {
        seen: NOW,
        quotas: vec![
            quota(Resource::Cores, Some(8)),
            quota(Resource::Instances, Some(10)),
        ],
    };
    there.room = Some(told.clone());
    assert_eq!(room(&there, NOW), Value::Number(Some(3)));
    told.quotas.pop();
    told.quotas.push(quota(Resource::Instances, None));
    there.room = Some(told);
    assert_eq!(room(&there, NOW), Value::Number(None));
}

#[test]
fn spans_carry_units() {
    assert_eq!(
        ["90", "90s", "30m", "1h30m", "2d", "1w"].map(span_seconds),
        [
            Some(90),
            Some(90),
            Some(1800),
            Some(5400),
            Some(172_800),
            Some(604_800)
        ]
    );
    for wrong in ["", "soon", "-1h", "1.5", "99999999999999999999"] {
        assert_eq!(span_seconds(wrong), None, "{wrong}");
    }
}
