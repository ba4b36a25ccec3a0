//! The table of failures: what a cloud answers, in its own bytes, what we take it for, and what it
//! keeps other entries from. `alpha` and `beta` are recorded from a real Zed and a real 2026.2;
//! `documented` are written after the API reference and Nova's sources, where those two clouds do
//! not answer so.
//!
//! What goes wrong below HTTP (no name, no connection, TLS, silence, a cut answer) is classified in
//! `transport`, and proved in `calls`, `hostile` and `tls` beside this file; here it has its rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use omsd_domain::ground::failure::{FailureClass, Fault};
use omsd_domain::rules::policy::Phase;
use omsd_domain::rules::scopes::rule;

use crate::openstack::error::{Purpose, class_of, leaves_open};
use crate::openstack::message;

macro_rules! recorded {
    ($name:literal) => {
        &[
            include_str!(concat!("../fixtures/alpha/", $name)),
            include_str!(concat!("../fixtures/beta/", $name)),
        ]
    };
}

macro_rules! documented {
    ($name:literal) => {
        &[include_str!(concat!("../fixtures/documented/", $name))]
    };
}

/// An answer that says no.
struct Row {
    observed: &'static str,
    bodies: &'static [&'static str],
    status: u16,
    purpose: Purpose,
    /// What the header or the body says of the time to stay away, in seconds.
    wait: Option<&'static str>,
    class: FailureClass,
}

const fn create(
    observed: &'static str,
    bodies: &'static [&'static str],
    status: u16,
    class: FailureClass,
) -> Row {
    Row {
        observed,
        bodies,
        status,
        purpose: Purpose::Create,
        wait: None,
        class,
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn answers() -> Vec<Row> {
    use FailureClass as C;
    let waiting = |wait, row| Row {
        wait: Some(wait),
        ..row
    };
    let about = |purpose, row| Row { purpose, ..row };
    vec![
        create(
            "502 of a proxy at create",
            documented!("proxy_bad_gateway.html"),
            502,
            C::ServerError,
        ),
        create(
            "503 of a proxy at create",
            documented!("proxy_unavailable.html"),
            503,
            C::ServerError,
        ),
        create(
            "504 of a proxy at create",
            documented!("proxy_bad_gateway.html"),
            504,
            C::ServerError,
        ),
        create(
            "500 of Nova at create",
            documented!("compute_fault.json"),
            500,
            C::ServerError,
        ),
        // The header of an answer wins over its body; the bodies of these tell it themselves.
        waiting(
            "60",
            create(
                "503 with Retry-After",
                documented!("proxy_unavailable.html"),
                503,
                C::Throttled,
            ),
        ),
        waiting(
            "12",
            create("429", documented!("throttled.json"), 429, C::Throttled),
        ),
        waiting(
            "37",
            create(
                "413 overLimit",
                documented!("over_limit.json"),
                413,
                C::Throttled,
            ),
        ),
        about(
            Purpose::Object,
            create(
                "401 with a fresh token",
                recorded!("unauthorized.json"),
                401,
                C::Unauthorized,
            ),
        ),
        create(
            "403 over quota",
            documented!("over_quota.json"),
            403,
            C::Quota,
        ),
        create(
            "403 too many ports",
            documented!("too_many_ports.json"),
            403,
            C::Quota,
        ),
        create("403 policy", recorded!("forbidden.json"), 403, C::Forbidden),
        about(
            Purpose::Resolve,
            create(
                "404 image",
                recorded!("image_missing.txt"),
                404,
                C::Configuration,
            ),
        ),
        about(
            Purpose::Resolve,
            create(
                "404 network",
                recorded!("network_missing.json"),
                404,
                C::Configuration,
            ),
        ),
        create(
            "400 image",
            recorded!("create_no_image.json"),
            400,
            C::Configuration,
        ),
        create(
            "400 flavor",
            recorded!("create_no_flavor.json"),
            400,
            C::Configuration,
        ),
        create(
            "400 network",
            recorded!("create_no_network.json"),
            400,
            C::Configuration,
        ),
        create(
            "400 key",
            recorded!("create_no_key.json"),
            400,
            C::Configuration,
        ),
        create(
            "400 zone",
            recorded!("create_no_zone.json"),
            400,
            C::Configuration,
        ),
        create(
            "400 group",
            recorded!("create_no_group.json"),
            400,
            C::Configuration,
        ),
        create(
            "409 NetworkAmbiguous",
            documented!("network_ambiguous.json"),
            409,
            C::Configuration,
        ),
        create(
            "409 PortInUse",
            documented!("port_in_use.json"),
            409,
            C::Conflict,
        ),
        about(
            Purpose::Object,
            create(
                "409 key pair taken",
                recorded!("keypair_taken.json"),
                409,
                C::Conflict,
            ),
        ),
    ]
}

/// What a class keeps others from, in a phase.
fn kept_from(phase: Phase, class: FailureClass) -> String {
    rule(phase, class).map_or("nothing".to_owned(), |rule| {
        format!(
            "{:?} {}..{} s",
            rule.reach,
            rule.first.as_secs(),
            rule.longest.as_secs()
        )
    })
}

#[derive(Deserialize)]
struct FaultSeen {
    code: u16,
    message: String,
}

#[test]
fn every_answer_of_the_table_has_its_class_and_its_rule() {
    let mut table = String::new();
    for row in answers() {
        let mut words = Vec::new();
        for body in row.bodies {
            let read = message::from_body(body.as_bytes(), &[]);
            let told = message::retry_after(body.as_bytes());
            let wait = told.as_deref().or(row.wait);
            assert_eq!(wait, row.wait, "{}", row.observed);
            let class = class_of(row.status, row.purpose, &read, wait.is_some());
            assert_eq!(class, row.class, "{}: {read}", row.observed);
            words.push(read);
        }
        let open = row.purpose == Purpose::Create && leaves_open(row.status);
        writeln!(
            table,
            "{:<26}{:<15}{:<10}{:<22}{}",
            row.observed,
            row.class.as_str(),
            if open { "unknown" } else { "no" },
            kept_from(Phase::Launch, row.class),
            words.first().unwrap()
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_fault_of_the_table_has_its_class_and_its_rule() {
    use FailureClass as C;
    let faults = include_str!("../fixtures/documented/faults.json");
    let faults: BTreeMap<String, FaultSeen> = serde_json::from_str(faults).unwrap();
    let expected = [
        ("async_quota_413", C::Quota),
        ("async_quota_500", C::Quota),
        ("exhausted_hosts", C::NoCapacity),
        ("host_fault", C::BuildFailed),
        ("no_valid_host", C::NoCapacity),
    ];
    assert!(faults.keys().eq(expected.iter().map(|(name, _)| name)));
    let mut table = String::new();
    for ((name, class), seen) in expected.into_iter().zip(faults.into_values()) {
        let fault = Fault {
            code: seen.code,
            message: seen.message,
        };
        assert_eq!(fault.class(), class, "{name}");
        writeln!(
            table,
            "{name:<26}{:<15}{:<22}{}",
            class.as_str(),
            kept_from(Phase::Build, class),
            fault.message
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_goes_wrong_below_http_has_its_rules() {
    use FailureClass as C;
    let mut table = String::new();
    for (observed, class) in [
        ("no name, no connection", C::Unreachable),
        ("TLS does not come about", C::Tls),
        ("silence, or cut after send", C::Timeout),
        ("an answer that is not JSON", C::Garbage),
        ("BUILD past its deadline", C::BuildTimeout),
        ("gone while it was building", C::Vanished),
    ] {
        let phases = Phase::ALL.map(|phase| {
            let kept = kept_from(phase, class);
            format!("{}: {kept}", phase.as_str())
        });
        writeln!(
            table,
            "{observed:<28}{:<15}{}",
            class.as_str(),
            phases.join("; ")
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}
