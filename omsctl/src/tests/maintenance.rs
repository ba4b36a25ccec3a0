//! `account cordon`, `drain`, `uncordon` and `maintenance` against a scripted daemon.

use oms_proto::request::{AccountMaintain, InstanceList};
use oms_proto::response::InstancePage;
use oms_proto::spec::Window;
use oms_proto::view::AccountView;
use oms_proto::{ErrorCode, Request, Response, WireError};

use super::daemon::Reply;
use super::{Daemon, omsctl};
use crate::fixture::{self, NOON, ago};

/// A daemon whose account has these windows, and takes others.
fn daemon(windows: &[Window]) -> Daemon {
    let account = AccountView {
        maintenance: windows.to_vec(),
        running: 0,
        building: 0,
        ..fixture::account("beta")
    };
    Daemon::scripted(move |request| {
        Reply::Answer(match request {
            Request::InstanceList(InstanceList { .. }) => Response::Instances(InstancePage {
                instances: vec![fixture::instance()],
                more: false,
            }),
            _ => Response::Account(Box::new(account.clone())),
        })
    })
}

fn window(from: i64, until: Option<i64>, drain: bool, reason: &str) -> Window {
    Window {
        from: ago(-from),
        until: until.map(|until| ago(-until)),
        drain,
        reason: reason.to_owned(),
    }
}

fn written(daemon: &Daemon) -> Option<AccountMaintain> {
    daemon.asked().into_iter().rev().find_map(|it| match it {
        Request::AccountMaintain(maintain) => Some(maintain),
        _ => None,
    })
}

#[test]
fn a_cordon_adds_a_window_to_those_that_are_there() {
    let later = window(3600, Some(7200), false, "later");
    let daemon = daemon(std::slice::from_ref(&later));
    let words = [
        "account", "cordon", "beta", "--reason", "disks", "--for", "2h",
    ];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let maintain = AccountMaintain {
        name: "beta".to_owned(),
        windows: vec![later.clone(), window(0, Some(7200), false, "disks")],
        expected: Some(vec![later]),
    };
    assert_eq!(written(&daemon), Some(maintain));
}

#[test]
fn the_same_cordon_again_changes_nothing() {
    let daemon = daemon(&[window(-60, None, false, "")]);
    let cordon = |words: &[&str]| {
        let words = [&["account", "cordon", "beta"], words].concat();
        assert_eq!(omsctl(&daemon.socket(), &words).run().code, 0);
        written(&daemon).is_some()
    };
    assert!(!cordon(&[]));
    assert!(cordon(&["--until", "2026-11-22T13:00:00Z"]));
}

#[test]
fn an_uncordon_ends_what_is_in_force_and_leaves_what_is_to_come() {
    let later = window(3600, Some(7200), false, "later");
    let daemon = daemon(&[window(-60, None, true, ""), later.clone()]);
    let left = |words: &[&str]| {
        let words = [&["account", "uncordon", "beta"], words].concat();
        assert_eq!(omsctl(&daemon.socket(), &words).run().code, 0);
        written(&daemon).unwrap().windows
    };
    assert_eq!(left(&[]), [later]);
    assert_eq!(left(&["--all"]), []);
}

#[test]
fn a_drain_names_the_entries_that_stay_and_waits_until_nothing_is_left() {
    let daemon = daemon(&[]);
    let ran = omsctl(&daemon.socket(), &["account", "drain", "beta", "--wait"]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let id = fixture::instance().entry;
    assert!(ran.err.contains(&format!("entry {id} (")), "{}", ran.err);
    assert!(ran.err.contains("nothing of OMS is left"), "{}", ran.err);
    let drained = written(&daemon).unwrap().windows;
    assert_eq!(drained, [window(0, None, true, "")]);
}

#[test]
fn a_drain_that_takes_too_long_is_exit_code_5() {
    let account = fixture::account("beta");
    let daemon = Daemon::scripted(move |request| {
        Reply::Answer(match request {
            Request::InstanceList(InstanceList { .. }) => Response::Instances(InstancePage {
                instances: Vec::new(),
                more: false,
            }),
            _ => Response::Account(Box::new(account.clone())),
        })
    });
    let words = ["account", "drain", "beta", "--wait", "--timeout", "1"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 5, "{ran:?}");
}

#[test]
fn a_maintenance_is_scheduled_between_two_times() {
    let daemon = daemon(&[]);
    let words = [
        "account",
        "maintenance",
        "beta",
        "--from",
        "2026-11-22T13:00:00Z",
        "--until",
        "+2h",
        "--drain",
        "--reason",
        "switches",
    ];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let windows = written(&daemon).unwrap().windows;
    assert_eq!(windows, [window(3600, Some(7200), true, "switches")]);
    assert!(windows[0].from > NOON);
}

#[test]
fn a_change_that_came_between_is_not_lost() {
    let daemon = Daemon::scripted(|request| match request {
        Request::AccountMaintain(_) => {
            Reply::Refuse(WireError::new(ErrorCode::Conflict, "changed meanwhile"))
        }
        _ => Reply::Answer(Response::Account(Box::new(fixture::account("beta")))),
    });
    let ran = omsctl(&daemon.socket(), &["account", "cordon", "beta"]).run();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (1, "omsctl: changed meanwhile\n")
    );
}

#[test]
fn each_change_is_told_in_one_line() {
    let daemon = daemon(&[window(-60, None, false, "")]);
    let mut told = String::new();
    for words in [
        &["cordon", "beta", "--for", "2h"][..],
        &["cordon", "beta"],
        &["drain", "beta"],
        &["uncordon", "beta"],
        &[
            "maintenance",
            "beta",
            "--from",
            "+1h",
            "--until",
            "+3h",
            "--reason",
            "x",
        ],
    ] {
        let ran = omsctl(&daemon.socket(), &[&["account"], words].concat()).run();
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
        told += &ran.err;
    }
    insta::assert_snapshot!(told);
}

#[test]
fn what_the_daemon_says_of_a_window_names_the_flags() {
    let daemon = Daemon::scripted(|request| match request {
        Request::AccountMaintain(_) => {
            let mut error = WireError::field("[0].reason", "must not contain control characters");
            let late = vec!["must be after from".to_owned()];
            error.fields.insert("[0].until".to_owned(), late);
            Reply::Refuse(error)
        }
        _ => Reply::Answer(Response::Account(Box::new(fixture::account("beta")))),
    });
    let ran = omsctl(&daemon.socket(), &["account", "cordon", "beta"]).run();
    assert_eq!(
        ran.err,
        "omsctl: --reason: must not contain control characters\n  --until: must be after --from\n"
    );
}

#[test]
fn a_window_that_ends_before_it_begins_is_refused_with_both_times() {
    let daemon = Daemon::answering(Response::Account(Box::new(fixture::account("alpha"))));
    let words = "account maintenance alpha --from +3h --until +2h --reason r";
    let words: Vec<&str> = words.split(' ').collect();
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.err, @"omsctl: --until: 2026-11-22 14:00:00 is not after --from, 2026-11-22 15:00:00");
    let words = "account cordon alpha --until 2020-01-01T00:00:00Z";
    let words: Vec<&str> = words.split(' ').collect();
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.err, @"omsctl: --until: 2020-01-01 00:00:00 is not after now, 2026-11-22 12:00:00");
    assert_eq!(daemon.asked(), []);
}
