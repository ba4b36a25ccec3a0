//! `gc` against a scripted daemon.

use oms_proto::request::Strays;
use oms_proto::view::{ObjectKind, ObjectView, StraysAtView, StraysView, Verdict};
use oms_proto::{AttemptId, EntryId, Request, Response};

use super::{Daemon, omsctl};
use crate::fixture::ago;

fn object(name: &str, verdict: Verdict) -> ObjectView {
    let stray = verdict == Verdict::Stray;
    ObjectView {
        kind: ObjectKind::Server,
        id: format!("id-of-{name}"),
        name: name.to_owned(),
        status: Some("ACTIVE".to_owned()),
        verdict,
        entry: stray.then_some(EntryId(7)),
        attempt: stray.then_some(AttemptId(9)),
        seen: stray.then_some(2),
        removable: stray.then_some(ago(-120)),
        fate: stray.then(|| "removed in 120 s".to_owned()),
    }
}

fn daemon(error: Option<&str>) -> Daemon {
    let objects = vec![
        object("oms-7-9", Verdict::Stray),
        object("laptop", Verdict::Alien),
    ];
    Daemon::answering(Response::Strays(StraysView {
        dry_run: false,
        accounts: vec![
            StraysAtView {
                account: "alpha".to_owned(),
                error: None,
                objects,
                left_out: 0,
            },
            StraysAtView {
                account: "beta".to_owned(),
                error: error.map(str::to_owned),
                objects: Vec::new(),
                left_out: 0,
            },
        ],
    }))
}

#[test]
fn what_is_ours_is_listed_and_what_is_not_is_counted() {
    let daemon = daemon(None);
    let ran = omsctl(&daemon.socket(), &["gc"]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("oms-7-9"), "{}", ran.out);
    assert!(!ran.out.contains("laptop"), "{}", ran.out);
    assert_eq!(
        ran.err,
        "1 object of ours without an owner; 1 object of others, which OMS never touches\n"
    );
    let ran = omsctl(&daemon.socket(), &["gc", "--all"]).run();
    assert!(ran.out.contains("laptop"), "{}", ran.out);
    let ran = omsctl(&daemon.socket(), &["gc", "-o", "json"]).run();
    assert!(ran.out.contains("laptop"), "{}", ran.out);
    let collect = Strays {
        account: None,
        dry_run: false,
    };
    assert_eq!(daemon.asked()[0], Request::Strays(collect));
}

#[test]
fn an_account_that_could_not_be_looked_at_is_exit_code_1() {
    let daemon = daemon(Some("list servers: HTTP 503: no"));
    let words = ["gc", "--dry-run", "--account", "beta"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("HTTP 503"), "{}", ran.out);
    assert!(
        ran.err.contains("could not be looked at: beta"),
        "{}",
        ran.err
    );
    let collect = Strays {
        account: Some("beta".to_owned()),
        dry_run: true,
    };
    assert_eq!(daemon.asked()[0], Request::Strays(collect));
}
