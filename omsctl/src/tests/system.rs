//! `status`, `events`, `version` and what concerns all commands.

use std::path::Path;

use oms_proto::request::{EventList, StatusShow};
use oms_proto::response::{AccountPage, EntryPage, EventPage, InstancePage, StreamEvent};
use oms_proto::version::Refusal;
use oms_proto::view::{AccountView, EventView};
use oms_proto::{ErrorCode, EventKind, Request, Response, StreamItem, Time, WireError};

use super::daemon::Reply;
use super::{Daemon, omsctl};
use crate::fixture;

#[test]
fn without_a_daemon_every_command_is_exit_code_3_and_says_what_to_do() {
    let ran = omsctl(Path::new("/nonexistent/omsd.sock"), &["status"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("/nonexistent/omsd.sock"), "{}", ran.err);
    assert!(ran.err.contains("is it running?"), "{}", ran.err);
}

#[test]
fn what_the_hello_refuses_has_its_own_exit_code() {
    for (refusal, code) in [
        (Refusal::NoCommonVersion, 6),
        (Refusal::NotPermitted, 7),
        (Refusal::Busy, 3),
        (Refusal::Stopping, 3),
    ] {
        let daemon = Daemon::closed(refusal);
        let ran = omsctl(&daemon.socket(), &["status"]).run();
        assert_eq!(ran.code, code, "{ran:?}");
    }
}

#[test]
fn an_answer_that_does_not_fit_is_a_version_mismatch() {
    let daemon = Daemon::answering(Response::DONE);
    for words in [
        &["status"][..],
        &["account", "list"],
        &["queue", "show", "1"],
    ] {
        let ran = omsctl(&daemon.socket(), words).run();
        assert_eq!(ran.code, 6, "{ran:?}");
    }
}

#[test]
fn a_forbidden_request_is_exit_code_7() {
    let daemon = Daemon::refusing(WireError::new(ErrorCode::Forbidden, "only for operators"));
    let ran = omsctl(&daemon.socket(), &["queue", "create"]).run();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (7, "omsctl: only for operators\n")
    );
}

#[test]
fn the_version_is_printed_even_without_a_daemon() {
    let ran = omsctl(Path::new("/nonexistent"), &["version", "-o", "json"]).run();
    assert_eq!(ran.code, 3);
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(value["client"], env!("CARGO_PKG_VERSION"));
    assert_eq!(value["daemon"], serde_json::Value::Null);
    let daemon = Daemon::answering(Response::Status(fixture::status()));
    let ran = omsctl(&daemon.socket(), &["version"]).run();
    insta::assert_snapshot!(ran.out, @r"
    Client:    0.1.0
    Protocol:  1
    Daemon:    0.1.0
    ");
}

#[test]
fn completion_scripts_ask_the_program() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = omsctl(Path::new("/nonexistent"), &["completion", shell]).run();
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains(crate::complete::VARIABLE), "{shell}");
    }
}

#[test]
fn help_is_data_and_a_mistake_is_a_message() {
    let ran = omsctl(Path::new("/nonexistent"), &["--help"]).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("Exit codes:"));
    let ran = omsctl(Path::new("/nonexistent"), &["queue", "creat"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("create"), "{}", ran.err);
}

#[test]
fn events_are_the_latest_or_all_since_a_number() {
    let daemon = Daemon::scripted(|request| {
        let Request::EventList(list) = request else {
            panic!("{request:?}")
        };
        Reply::Answer(Response::Events(EventPage {
            events: match list.since {
                None => vec![fixture::event(9)],
                Some(4) => vec![fixture::event(5), fixture::event(6)],
                Some(6) => vec![fixture::event(7)],
                Some(_) => Vec::new(),
            },
            reached: None,
        }))
    });
    let ran = omsctl(&daemon.socket(), &["events", "-n", "3", "-o", "name"]).run();
    assert_eq!(ran.out, "9\n");
    let asked = Request::EventList(EventList {
        since: None,
        limit: 3,
        ..EventList::default()
    });
    assert_eq!(daemon.asked(), [asked]);
    let ran = omsctl(&daemon.socket(), &["events", "--since", "4", "-o", "name"]).run();
    assert_eq!(ran.out, "5\n6\n7\n");
}

#[test]
fn following_prints_each_event_once_and_goes_on_after_a_lost_connection() {
    let mut subscriptions = 0;
    let daemon = Daemon::scripted(move |request| match request {
        Request::StatusShow(StatusShow {}) => Reply::Answer(Response::Status(fixture::status())),
        Request::EventList(_) => Reply::Answer(Response::Events(EventPage {
            events: vec![fixture::event(9)],
            reached: None,
        })),
        Request::Subscribe(subscribe) => {
            subscriptions += 1;
            let event = |seq| {
                StreamItem::Event(StreamEvent {
                    event: fixture::event(seq),
                    change: None,
                })
            };
            match subscriptions {
                1 => {
                    assert_eq!(subscribe.since, Some(9));
                    Reply::Hang
                }
                2 => {
                    assert_eq!(subscribe.since, Some(9));
                    Reply::Refuse(WireError::new(ErrorCode::Unavailable, "starting"))
                }
                _ => Reply::Stream(
                    // The daemon may begin a little earlier than asked.
                    vec![event(9), event(10), event(11)],
                    WireError::new(ErrorCode::Forbidden, "enough"),
                ),
            }
        }
        other => panic!("{other:?}"),
    });
    let ran = omsctl(&daemon.socket(), &["events", "--follow", "-o", "json"]).run();
    assert_eq!(ran.code, 7, "{ran:?}");
    let seqs: Vec<u64> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<EventView>(line).unwrap().seq)
        .collect();
    assert_eq!(seqs, [9, 10, 11]);
    assert!(ran.err.contains("going on after event 9"), "{}", ran.err);
}

#[test]
fn events_can_be_chosen() {
    let daemon = Daemon::scripted(|request| {
        let Request::EventList(list) = request else {
            panic!("{request:?}")
        };
        let events = (1..=40).map(|seq| {
            let mut event = fixture::event(seq);
            event.at = fixture::ago(3600 - i64::try_from(seq).unwrap() * 60);
            event.entry = Some(oms_proto::EntryId(seq % 2));
            event.account = Some(if seq % 3 == 0 { "alpha" } else { "beta" }.to_owned());
            event
        });
        let after = list.since.unwrap_or(0);
        Reply::Answer(Response::Events(EventPage {
            events: events.filter(|event| event.seq > after).take(15).collect(),
            reached: None,
        }))
    });
    let seqs = |words: &str| {
        let all = format!("events -q {words}");
        let ran = omsctl(
            &daemon.socket(),
            &all.split_whitespace().collect::<Vec<_>>(),
        )
        .run();
        assert_eq!(ran.code, 0, "{ran:?}");
        let seqs = ran.out.lines().map(|line| line.parse::<u64>().unwrap());
        seqs.collect::<Vec<_>>()
    };
    assert_eq!(seqs("--entry 1 -n 3"), [35, 37, 39]);
    assert_eq!(seqs("--account alpha --entry 0 -n 2"), [30, 36]);
    assert_eq!(seqs("--since 22m"), [38, 39, 40]);
    assert_eq!(seqs("--since 2026-11-22T11:38:00Z"), [38, 39, 40]);
    assert_eq!(seqs("--since 36 --account beta"), [37, 38, 40]);
    assert_eq!(seqs("--kind unblocked"), Vec::<u64>::new());
}

#[test]
fn a_failure_is_an_object_where_json_is_asked_for() {
    let daemon = Daemon::refusing(WireError::field("name", "is too long"));
    let ran = omsctl(&daemon.socket(), &["queue", "create", "-o", "json"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert_eq!(
        ran.err,
        "{\"code\":\"invalid\",\"detail\":\"--name: is too long\",\
         \"fields\":{\"--name\":[\"is too long\"]},\"exit\":1}\n"
    );
    for words in [
        &["queue", "creat", "-o", "json"][..],
        &["queue", "list", "-ojson", "--sort", "x"],
    ] {
        let ran = omsctl(&daemon.socket(), words).run();
        let told: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
        assert_eq!((ran.code, &told["code"]), (2, &"usage".into()), "{told}");
    }
}

/// A daemon in good health but for what its accounts say.
fn healthy() -> Daemon {
    Daemon::scripted(|request| {
        Reply::Answer(match request {
            Request::StatusShow(_) => {
                let mut status = fixture::status();
                status.alerts.clear();
                Response::Status(status)
            }
            Request::AccountList(_) => Response::Accounts(oms_proto::response::AccountPage {
                accounts: vec![
                    fixture::account("alpha"),
                    AccountView {
                        certificate_ends: Some(Time(0)),
                        ..fixture::blocked()
                    },
                ],
                more: false,
            }),
            Request::EventList(_) => Response::Events(EventPage {
                events: vec![fixture::event(9)],
                reached: None,
            }),
            other => panic!("{other:?}"),
        })
    })
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do() {
    let daemon = healthy();
    let ran = omsctl(&daemon.socket(), &["doctor", "-o", "json"]).run();
    assert_eq!(ran.code, 1);
    let checks: Vec<serde_json::Value> = serde_json::from_str(&ran.out).unwrap();
    let found = |check: &str| {
        let found = checks.iter().filter(|it| it["check"] == check);
        let results = found.map(|it| it["result"].as_str().unwrap().to_owned());
        results.collect::<Vec<_>>().join(" ")
    };
    for check in ["socket", "versions", "clock", "database", "disk"] {
        assert!(
            matches!(found(check).as_str(), "ok" | "warn"),
            "{check}: {checks:?}"
        );
    }
    assert_eq!(found("account"), "ok BAD");
    let ran = omsctl(Path::new("/nonexistent/omsd.sock"), &["doctor"]).run();
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("start omsd"), "{}", ran.out);
}

#[test]
fn a_report_for_a_provider_has_what_they_ask_for_and_nothing_else() {
    // Why an attempt was begun here tells what came of one elsewhere.
    let mut begun = fixture::event(8);
    begun.kind = EventKind::AttemptStarted;
    begun.message = "attempt 11 at alpha; beta: it does not answer".to_owned();
    let daemon = Daemon::scripted(move |request| {
        Reply::Answer(match request {
            Request::EntryExplain(_) => Response::Explanation(Box::new(fixture::story())),
            Request::AccountShow(show) => Response::Account(Box::new(fixture::account(&show.name))),
            Request::EventList(list) if list.since == Some(0) => Response::Events(EventPage {
                events: vec![begun.clone(), fixture::event(9)],
                reached: None,
            }),
            Request::EventList(_) => Response::Events(EventPage {
                events: Vec::new(),
                reached: None,
            }),
            other => panic!("{other:?}"),
        })
    });
    let ran = omsctl(&daemon.socket(), &["bundle", "7"]).run();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("alpha, beta"), "{}", ran.err);
    let words = ["bundle", "7", "--account", "alpha"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert!(!ran.out.contains("beta"), "{}", ran.out);
    insta::assert_snapshot!(ran.out);
    let ran = omsctl(&daemon.socket(), &[&words[..], &["-o", "json"]].concat()).run();
    assert!(
        !ran.out.contains("PRIVATE KEY") && !ran.out.contains("beta"),
        "{}",
        ran.out
    );
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::TempDir::new().unwrap();
    let words = ["man", folder.path().to_str().unwrap()];
    let ran = omsctl(Path::new("/nonexistent"), &words).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    for page in [
        "omsctl.1",
        "omsctl-queue-create.1",
        "omsctl-account-import.1",
    ] {
        let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    let file = folder.path().join("omsctl.1").display().to_string();
    let ran = omsctl(Path::new("/nonexistent"), &["man", &file]).run();
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn an_account_that_there_is_not_is_not_found_by_every_command() {
    let daemon = Daemon::scripted(|request| match request {
        Request::AccountShow(_) => Reply::Refuse(WireError::new(
            ErrorCode::NotFound,
            "there is no account nosuch; there are: alpha",
        )),
        Request::AccountList(_) => Reply::Answer(Response::Accounts(AccountPage {
            accounts: vec![fixture::account("alpha")],
            more: false,
        })),
        Request::EntryList(_) => Reply::Answer(Response::Entries(EntryPage::default())),
        Request::InstanceList(_) => Reply::Answer(Response::Instances(InstancePage::default())),
        Request::EventList(_) => Reply::Answer(Response::Events(EventPage::default())),
        Request::EntryCreate(_) | Request::EntryPreview(_) => {
            Reply::Refuse(WireError::field("accounts", "there is no account 'nosuch'"))
        }
        other => panic!("{other:?}"),
    });
    for words in [
        "account show nosuch",
        "queue create --account nosuch",
        "queue create --account nosuch --dry-run",
        "queue list --account nosuch",
        "queue delete --account nosuch --yes",
        "instance list --account nosuch",
        "events --account nosuch",
        "events --entry 999",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = omsctl(&daemon.socket(), &words).run();
        assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{words:?} {ran:?}");
        assert!(ran.err.contains("there is no "), "{words:?} {ran:?}");
    }
    let ran = omsctl(&daemon.socket(), &["queue", "list", "--account", "no*"]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_mistake_of_the_command_line_is_an_object_where_json_is_asked_for() {
    let socket = std::path::Path::new("/nowhere/omsd.sock");
    for words in [
        "queue list --nosuch -o json",
        "queue create --deadline soon -ojson",
        "queue nosuch --output=json",
        "queue -o json",
        "queue wait -o jsonl",
        "nosuch -o json",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = omsctl(socket, &words).run();
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words:?}");
        let last = ran.err.lines().last().unwrap();
        let object: serde_json::Value = serde_json::from_str(last).unwrap();
        assert_eq!(object["code"], "usage", "{words:?}");
        assert_eq!(object["exit"], 2, "{words:?}");
    }
}

#[test]
fn events_are_sorted_by_what_is_asked_for_and_none_at_all_cannot_be_asked_for() {
    let daemon = Daemon::scripted(|request| match request {
        Request::EventList(_) => Reply::Answer(Response::Events(EventPage {
            events: ["beta", "alpha"]
                .into_iter()
                .zip(1..)
                .map(|(name, seq)| EventView {
                    account: Some(name.to_owned()),
                    ..fixture::event(seq)
                })
                .collect(),
            ..EventPage::default()
        })),
        other => panic!("{other:?}"),
    });
    let words = [
        "events", "--sort", "account", "-o", "value", "-c", "account",
    ];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "alpha\nbeta\n"),
        "{ran:?}"
    );
    for words in ["events --sort nope", "events -n 0", "queue list --limit 0"] {
        let words: Vec<&str> = words.split(' ').collect();
        assert_eq!(omsctl(&daemon.socket(), &words).run().code, 2, "{words:?}");
    }
}

#[test]
fn a_flag_that_there_is_not_is_not_answered_with_the_socket() {
    for words in [
        "queue create --sort x",
        "status --sort x",
        "doctor --sort=x",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        let args = std::iter::once("omsctl").chain(words.iter().copied());
        let ran = super::plain(args).run();
        assert_eq!(ran.code, 2, "{words:?}");
        assert!(!ran.err.contains("--socket"), "{words:?} {}", ran.err);
    }
    let ran = super::plain(["omsctl", "status", "--sockt", "x"].into_iter()).run();
    assert!(ran.err.contains("exists: '--socket'"), "{}", ran.err);
}
