//! The `queue` commands against a scripted daemon.

use oms_proto::EventKind;
use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};
use oms_proto::request::{EntryCreate, EntryList, EntryRemove, StatusShow};
use oms_proto::response::{EntryPage, EventPage, StreamEvent};
use oms_proto::spec::{EntrySpec, KeyType};
use oms_proto::view::{EntryView, PreviewView, Status};
use oms_proto::{EntryId, ErrorCode, Request, Response, StreamItem, WireError};

use super::daemon::Reply;
use super::{Daemon, omsctl};
use crate::fixture;

fn entry(entry: EntryView) -> Reply {
    Reply::Answer(Response::Entry(Box::new(entry)))
}

fn not_found() -> WireError {
    WireError::new(ErrorCode::NotFound, "Not found.")
}

/// How many entries were asked for.
fn creates(daemon: &Daemon) -> usize {
    let asked = daemon.asked().into_iter();
    let creates = asked.filter(|request| matches!(request, Request::EntryCreate(_)));
    creates.count()
}

#[test]
fn create_and_wait_prints_exactly_the_entry_as_json() {
    let daemon = Daemon::scripted(|request| match request {
        Request::EntryCreate(_) => entry(fixture::waiting()),
        Request::EntryWait(_) => entry(fixture::running()),
        other => panic!("{other:?}"),
    });
    let words = ["queue", "create", "--wait", "--timeout", "60", "-o", "json"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let printed: EntryView = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(printed, fixture::running());
    let wait = daemon.asked().pop();
    let Some(Request::EntryWait(wait)) = wait else {
        panic!("{wait:?}")
    };
    assert!(wait.timeout_ms <= 60_000);
}

#[test]
fn every_flag_of_create_reaches_the_daemon() {
    let daemon = Daemon::answering(Response::Entry(Box::new(fixture::waiting())));
    let user_data = daemon.folder().join("init.yaml");
    std::fs::write(&user_data, "#cloud-config\n").unwrap();
    let words = "queue create --name web --image i --flavor f --network n1 --network n2 \
                 --security-group s --availability-zone z --address-type fixed \
                 --address-family ipv6 --metadata a=b=c --metadata d= \
                 --key-type rsa --account a1 --avoid-account a2 --deadline 10m \
                 --idempotency-key k1 --user-data";
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.extend([user_data.to_str().unwrap(), "-o", "name"]);
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let names = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect());
    let said = |text: &str| Some(text.to_owned());
    let wanted = Request::EntryCreate(Box::new(EntryCreate {
        spec: EntrySpec {
            name: said("web"),
            machine: MachineSpec {
                image: said("i"),
                flavor: said("f"),
                networks: names(&["n1", "n2"]),
                security_groups: names(&["s"]),
                availability_zone: said("z"),
                address_type: Some(AddressType::Fixed),
                address_family: Some(AddressFamily::Ipv6),
            },
            user_data: said("#cloud-config\n"),
            metadata: Some(
                [("a", "b=c"), ("d", "")]
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into(),
            ),
            public_key: None,
            key_type: Some(KeyType::Rsa),
            accounts: names(&["a1"]),
            avoid_accounts: names(&["a2"]),
            deadline_seconds: Some(600),
        },
        idempotency_key: said("k1"),
    }));
    assert_eq!(daemon.asked(), [wanted]);
}

#[test]
fn a_bare_create_asks_for_nothing_in_particular() {
    let daemon = Daemon::answering(Response::Entry(Box::new(fixture::waiting())));
    let ran = omsctl(&daemon.socket(), &["queue", "create", "-q"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (0, "8\n"));
    let bare = EntryCreate {
        spec: EntrySpec::default(),
        idempotency_key: None,
    };
    assert_eq!(daemon.asked(), [Request::EntryCreate(Box::new(bare))]);
}

#[test]
fn a_public_key_comes_from_standard_input_and_a_private_one_is_refused() {
    let daemon = Daemon::answering(Response::Entry(Box::new(fixture::waiting())));
    let words = ["queue", "create", "--public-key", "-"];
    let ran = omsctl(&daemon.socket(), &words)
        .stdin("ssh-ed25519 AAAA me\n")
        .run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let Some(Request::EntryCreate(create)) = daemon.asked().pop() else {
        panic!("nothing asked")
    };
    assert_eq!(
        create.spec.public_key.as_deref(),
        Some("ssh-ed25519 AAAA me")
    );
    let ran = omsctl(&daemon.socket(), &words).stdin(fixture::KEY).run();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("this is a private key"), "{}", ran.err);
    assert_eq!(creates(&daemon), 1);
}

#[test]
fn a_failed_entry_is_printed_and_is_exit_code_1() {
    let daemon = Daemon::answering(Response::Entry(Box::new(fixture::failed())));
    let ran = omsctl(&daemon.socket(), &["queue", "wait", "9", "-o", "name"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (1, "9\n"));
    insta::assert_snapshot!(ran.err, @r"
    omsctl: entry 9 FAILED: no account could serve it by its deadline
      every attempt: omsctl queue explain 9
    ");
}

#[test]
fn a_time_out_prints_the_entry_and_says_that_it_goes_on() {
    let daemon = Daemon::answering(Response::Entry(Box::new(fixture::waiting())));
    let words = ["queue", "wait", "8", "--timeout", "1", "-o", "name"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, ran.out.as_str()), (5, "8\n"));
    insta::assert_snapshot!(ran.err, @r"
    omsctl: not running after 1 s, it is RECIVE; entry 8 goes on
      wait again with: omsctl queue wait 8
      remove with:     omsctl queue delete 8
    ");
}

#[test]
fn waiting_goes_on_over_a_restart_of_the_daemon() {
    let mut waits = 0;
    let daemon = Daemon::scripted(move |request| {
        assert!(matches!(request, Request::EntryWait(_)), "{request:?}");
        waits += 1;
        match waits {
            1 => Reply::Hang,
            2 => Reply::Refuse(WireError::new(ErrorCode::Unavailable, "starting")),
            _ => entry(fixture::running()),
        }
    });
    let ran = omsctl(&daemon.socket(), &["queue", "wait", "7", "-q"]).run();
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (0, "7\n", "")
    );
    assert_eq!(daemon.asked().len(), 3);
}

#[test]
fn waiting_for_an_entry_that_is_not_there_is_exit_code_4() {
    let daemon = Daemon::refusing(not_found());
    let ran = omsctl(&daemon.socket(), &["queue", "wait", "7"]).run();
    assert_eq!((ran.code, ran.err.as_str()), (4, "omsctl: Not found.\n"));
}

#[test]
fn a_create_without_an_answer_says_that_it_may_have_been_heard() {
    let daemon = Daemon::scripted(|_| Reply::Hang);
    let ran = omsctl(&daemon.socket(), &["queue", "create"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("may have been accepted"), "{}", ran.err);
}

#[test]
fn a_list_is_read_to_its_end() {
    let daemon = Daemon::scripted(|request| {
        let Request::EntryList(list) = request else {
            panic!("{request:?}")
        };
        Reply::Answer(match list.after {
            None => Response::Entries(EntryPage {
                entries: vec![fixture::running()],
                more: true,
                count: 0,
            }),
            Some(EntryId(7)) => Response::Entries(EntryPage {
                entries: vec![fixture::waiting()],
                more: false,
                count: 0,
            }),
            other => panic!("{other:?}"),
        })
    });
    let ran = omsctl(
        &daemon.socket(),
        &["queue", "list", "-o", "json", "--with-keys"],
    )
    .run();
    let entries: Vec<EntryView> = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(entries, [fixture::running(), fixture::waiting()]);
}

#[test]
fn a_list_that_does_not_go_on_is_refused() {
    let daemon = Daemon::answering(Response::Entries(EntryPage {
        entries: vec![fixture::running()],
        more: true,
        count: 0,
    }));
    let ran = omsctl(&daemon.socket(), &["queue", "list"]).run();
    assert_eq!(ran.code, 6, "{ran:?}");
}

#[test]
fn statuses_reach_the_daemon_and_an_empty_list_is_still_json() {
    let daemon = Daemon::answering(Response::Entries(EntryPage {
        entries: Vec::new(),
        more: false,
        count: 0,
    }));
    let ran = omsctl(
        &daemon.socket(),
        &["queue", "list", "--status", "run,failed", "-o", "json"],
    );
    assert_eq!(ran.run().out, "[]\n");
    let ran = omsctl(&daemon.socket(), &["queue", "list", "--all"]).run();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "no entries\n"));
    let asked = |status: &[Status]| {
        Request::EntryList(EntryList {
            status: status.to_vec(),
            ..EntryList::default()
        })
    };
    assert_eq!(
        daemon.asked(),
        [asked(&[Status::Run, Status::Failed]), asked(&Status::ALL)]
    );
}

#[test]
fn one_entry_is_deleted_without_a_question_and_several_need_yes() {
    let daemon = Daemon::answering(Response::DONE);
    let ran = omsctl(&daemon.socket(), &["queue", "delete", "7"]).run();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "entry 7 is being removed\n")
    );
    let ran = omsctl(&daemon.socket(), &["queue", "delete", "7", "8"]).run();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("confirm it with --yes"), "{}", ran.err);
    assert_eq!(
        daemon.asked(),
        [Request::EntryRemove(EntryRemove { id: EntryId(7) })]
    );
}

#[test]
fn a_delete_of_several_goes_on_after_one_that_is_not_there() {
    let daemon = Daemon::scripted(|request| match request {
        Request::EntryRemove(EntryRemove { id: EntryId(8) }) => Reply::Refuse(not_found()),
        Request::EntryList(_) => Reply::Answer(Response::Entries(EntryPage {
            entries: Vec::new(),
            more: false,
            count: 0,
        })),
        _ => Reply::Answer(Response::DONE),
    });
    let words = ["queue", "delete", "9", "8", "7", "--yes", "-q"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (4, "omsctl: entry 8: Not found.\n")
    );
    // And whether it is going already.
    assert_eq!(daemon.asked().len(), 4);
}

#[test]
fn what_is_going_already_is_said_to_be() {
    let daemon = going(Err(not_found()), 9);
    let ran = omsctl(&daemon.socket(), &["queue", "delete", "7"]).run();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "entry 7 is being removed already\n")
    );
    let daemon = Daemon::scripted(|request| match request {
        Request::EntryList(_) => listed_as_going(),
        _ => Reply::Refuse(not_found()),
    });
    for verb in ["retry", "hold", "release"] {
        let ran = omsctl(&daemon.socket(), &["queue", verb, "7"]).run();
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(ran.err.contains("entry 7 is being removed"), "{}", ran.err);
    }
}

/// A list of one entry, which is being removed.
fn listed_as_going() -> Reply {
    let mut going = fixture::running();
    going.status = Status::Destroy;
    Reply::Answer(Response::Entries(EntryPage {
        entries: vec![going],
        more: false,
        count: 0,
    }))
}

/// A daemon with an entry that is going: the row stays for so many looks, and the journal tells of
/// its end at the last of them.
fn going(delete: Result<(), WireError>, looks: usize) -> Daemon {
    let mut looked = 0;
    Daemon::scripted(move |request| match request {
        Request::StatusShow(StatusShow {}) => Reply::Answer(Response::Status(fixture::status())),
        Request::EntryRemove(_) => match &delete {
            Ok(()) => Reply::Answer(Response::DONE),
            Err(error) => Reply::Refuse(error.clone()),
        },
        Request::EntryList(list) => {
            assert_eq!(
                (list.status.as_slice(), list.limit),
                (&Status::ALL[..], Some(1))
            );
            looked += 1;
            listed_as_going()
        }
        Request::EventList(list) => {
            let mut ended = fixture::event(9000);
            ended.kind = EventKind::EntryEnded;
            let mut other = ended.clone();
            other.entry = Some(EntryId(8));
            let mut events = vec![other];
            if looked >= looks {
                ended.seq = 9001;
                events.push(ended);
            }
            events.retain(|event| Some(event.seq) > list.since);
            Reply::Answer(Response::Events(EventPage {
                events,
                reached: None,
            }))
        }
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_delete_is_waited_for_until_the_journal_tells_of_its_end() {
    let daemon = going(Ok(()), 2);
    let ran = omsctl(&daemon.socket(), &["queue", "delete", "7", "--wait"]).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, "entry 7 is gone\n"));
}

#[test]
fn an_interrupted_delete_can_be_repeated() {
    let daemon = going(Err(not_found()), 1);
    let ran = omsctl(&daemon.socket(), &["queue", "delete", "7", "--wait"]).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, "entry 7 is gone\n"));
    let from_the_first_event = daemon
        .asked()
        .into_iter()
        .any(|request| matches!(request, Request::EventList(list) if list.since == Some(0)));
    assert!(from_the_first_event);
}

#[test]
fn a_delete_that_takes_too_long_is_exit_code_5() {
    let daemon = going(Ok(()), usize::MAX);
    let words = ["queue", "delete", "7", "--wait", "--timeout", "1"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("OMS goes on removing"), "{}", ran.err);
}

#[test]
fn explain_tells_the_story() {
    let daemon = Daemon::answering(Response::Explanation(Box::new(fixture::story())));
    let ran = omsctl(&daemon.socket(), &["queue", "explain", "7"]).run();
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("Entry 7: RUN at beta"), "{}", ran.out);
    let ran = omsctl(&daemon.socket(), &["queue", "explain", "7", "-o", "json"]).run();
    let value: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let mut told = fixture::story();
    if let Some(instance) = &mut told.entry.instance {
        instance.key_raw = None;
    }
    assert_eq!(value, serde_json::to_value(told).unwrap());
}

fn listing(entries: Vec<EntryView>) -> Daemon {
    Daemon::scripted(move |request| match request {
        Request::EntryList(list) => {
            let wanted = |entry: &&EntryView| {
                let status = list.status.is_empty() || list.status.contains(&entry.status);
                status && list.after.is_none_or(|after| entry.id > after)
            };
            Reply::Answer(Response::Entries(EntryPage {
                entries: entries.iter().filter(wanted).cloned().collect(),
                more: false,
                count: 0,
            }))
        }
        Request::EntryShow(show) => {
            let shown = entries.iter().find(|entry| entry.id == show.id);
            let shown = shown.filter(|entry| entry.status != Status::Destroy);
            shown.map_or_else(|| Reply::Refuse(not_found()), |it| entry(it.clone()))
        }
        Request::EntryRemove(_) => Reply::Answer(Response::DONE),
        other => panic!("{other:?}"),
    })
}

fn three() -> Daemon {
    let mut going = fixture::waiting();
    (going.id, going.status) = (EntryId(10), Status::Destroy);
    going.name = Some("old".to_owned());
    listing(vec![
        fixture::running(),
        fixture::waiting(),
        fixture::failed(),
        going,
    ])
}

#[test]
fn lists_show_private_keys_only_where_that_is_said() {
    let daemon = three();
    for format in ["json", "jsonl", "yaml", "csv", "table", "wide", "value"] {
        let words = ["queue", "list", "-o", format];
        let ran = omsctl(&daemon.socket(), &words).run();
        assert!(ran.out.contains("oms-7-12"), "{}", ran.out);
        assert!(!ran.out.contains("PRIVATE KEY"), "{}", ran.out);
    }
    let words = ["queue", "list", "-o", "json", "--with-keys"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert!(ran.out.contains("PRIVATE KEY"), "{}", ran.out);
}

#[test]
fn rows_and_columns_can_be_chosen_and_ordered() {
    let daemon = three();
    let chosen = |words: &str| {
        let all = format!("queue list {words}");
        let ran = omsctl(
            &daemon.socket(),
            &all.split_whitespace().collect::<Vec<_>>(),
        )
        .run();
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{words}");
        ran.out
    };
    assert_eq!(chosen("-q --sort -id"), "10\n9\n8\n7\n");
    assert_eq!(chosen("-q --sort status,-id --limit 2"), "8\n7\n");
    assert_eq!(chosen("-q --name web-*"), "8\n9\n");
    assert_eq!(chosen("-q --account beta"), "7\n");
    assert_eq!(
        chosen("-q --filter attempts=2 --filter reason~blocked"),
        "8\n10\n"
    );
    assert_eq!(chosen("-q --since 1h"), "8\n9\n10\n");
    assert_eq!(
        chosen("-q --since 2026-11-22T11:00:00Z --status failed"),
        "9\n"
    );
    assert_eq!(
        chosen("-o value -c id,status,address --limit 1"),
        "7\tRUN\t203.0.113.9\n"
    );
    assert_eq!(
        chosen("-o jsonl -c id,age,account,metadata --limit 2"),
        "{\"id\":7,\"regist_datetime\":\"2026-11-22T10:00:00.000000Z\",\"account\":\"beta\",\
         \"metadata\":[]}\n{\"id\":8,\"regist_datetime\":\"2026-11-22T11:58:45.000000Z\",\
         \"account\":null,\"metadata\":[]}\n"
    );
    assert_eq!(
        chosen("-c status,id --status RUN"),
        "STATUS  ID\nRUN     7\n"
    );
}

#[test]
fn all_that_is_wrong_with_a_list_is_said_at_once_and_nothing_is_asked() {
    let daemon = three();
    let words = [
        "queue",
        "list",
        "-c",
        "id,colour",
        "--sort",
        "-size",
        "--filter",
        "attempts>x",
    ];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, daemon.asked().len()), (2, 0));
    insta::assert_snapshot!(ran.err);
}

#[test]
fn an_entry_is_found_by_its_name_and_shown_while_it_goes() {
    let daemon = three();
    let show = |which: &str| {
        omsctl(
            &daemon.socket(),
            &["queue", "show", which, "-o", "value", "-c", "id,status"],
        )
        .run()
    };
    assert_eq!(show("oms-7-12").out, "7\tRUN\n");
    assert_eq!(show("old").out, "10\tDESTROY\n");
    assert_eq!(show("10").out, "10\tDESTROY\n");
    let ran = show("web-1");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("name one by its id: 8, 9"), "{}", ran.err);
    let ran = show("none");
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("no entry named none"), "{}", ran.err);
}

#[test]
fn entries_are_removed_by_what_they_have_in_common_and_only_with_yes() {
    let daemon = three();
    let words = ["queue", "delete", "--status", "failed"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("this removes 1 entry (9)"), "{}", ran.err);
    let words = ["queue", "delete", "--name", "web-*", "--yes"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(
        ran.err,
        "entry 8 is being removed\nentry 9 is being removed\n"
    );
    let words = ["queue", "delete", "--name", "none", "--yes"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let removed = daemon.asked();
    let removed = removed
        .iter()
        .filter(|it| matches!(it, Request::EntryRemove(_)));
    assert_eq!(removed.count(), 2);
    let words = ["queue", "delete"];
    assert_eq!(omsctl(&daemon.socket(), &words).run().code, 2);
}

#[test]
fn a_watched_list_is_printed_again_when_something_happens() {
    let mut lists = 0;
    let mut subscriptions = 0;
    let daemon = Daemon::scripted(move |request| match request {
        Request::StatusShow(_) => Reply::Answer(Response::Status(fixture::status())),
        Request::EntryList(_) => {
            lists += 1;
            let shown = if lists == 1 {
                fixture::waiting()
            } else {
                fixture::running()
            };
            Reply::Answer(Response::Entries(EntryPage {
                entries: vec![shown],
                more: false,
                count: 0,
            }))
        }
        Request::Subscribe(subscribe) => {
            assert_eq!(subscribe.since, Some(fixture::status().seq));
            subscriptions += 1;
            let event = StreamItem::Event(StreamEvent {
                event: fixture::event(9000),
                change: None,
            });
            match subscriptions {
                1 => Reply::Stream(vec![event], WireError::new(ErrorCode::Unavailable, "later")),
                _ => Reply::Refuse(WireError::new(ErrorCode::Forbidden, "enough")),
            }
        }
        other => panic!("{other:?}"),
    });
    let ran = omsctl(&daemon.socket(), &["queue", "list", "--watch", "-q"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (7, "8\n7\n"), "{}", ran.err);
}

#[test]
fn several_are_asked_for_with_names_and_keys_of_their_own() {
    let mut number = 7;
    let daemon = Daemon::scripted(move |request| {
        let Request::EntryCreate(create) = request else {
            panic!("{request:?}")
        };
        number += 1;
        if number > 10 {
            return Reply::Refuse(WireError::field("deadline_seconds", "must be at least 60"));
        }
        let mut made = fixture::waiting();
        (made.id, made.name) = (EntryId(number), create.spec.name.clone());
        entry(made)
    });
    let words = "queue create --count 2 --name web --idempotency-key k -o value -c id";
    let words: Vec<&str> = words.split(' ').collect();
    let ran = omsctl(&daemon.socket(), words.get(..words.len() - 2).unwrap()).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let asked = daemon.asked().into_iter().map(|request| match request {
        Request::EntryCreate(create) => (create.spec.name, create.idempotency_key),
        other => panic!("{other:?}"),
    });
    let said = |text: &str| Some(text.to_owned());
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [(said("web-1"), said("k-1")), (said("web-2"), said("k-2"))]
    );
    let words = ["queue", "create", "--count", "2", "-q"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, ran.out.as_str()), (1, "10\n"));
    insta::assert_snapshot!(ran.err, @"omsctl: 1 of 2 entries were accepted; then: --deadline: must be at least 60");
}

#[test]
fn a_create_shows_the_columns_that_are_asked_for_and_makes_nothing_for_others() {
    let daemon = Daemon::answering(Response::Entry(Box::new(fixture::waiting())));
    let words = ["queue", "create", "-o", "value", "-c", "id,status"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, ran.out.as_str()), (0, "8\tRECIVE\n"));
    let words = ["queue", "create", "-o", "value", "-c", "colour"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, creates(&daemon)), (2, 1), "{ran:?}");
}

#[test]
fn several_are_waited_for_at_once_and_each_is_told_of_as_it_gets_there() {
    let mut accepted = 7;
    let mut early = 0;
    let daemon = Daemon::scripted(move |request| match request {
        Request::EntryCreate(_) => {
            accepted += 1;
            entry(EntryView {
                id: EntryId(accepted),
                ..fixture::waiting()
            })
        }
        Request::StatusShow(_) => Reply::Answer(Response::Status(fixture::status())),
        Request::EntryWait(wait) if wait.id == EntryId(8) && early == 0 => {
            early += 1;
            entry(EntryView {
                id: wait.id,
                ..fixture::waiting()
            })
        }
        Request::EntryWait(wait) => entry(EntryView {
            id: wait.id,
            ..fixture::running()
        }),
        other => panic!("{other:?}"),
    });
    let words = "queue create --count 3 --wait --progress -o value -c id,status";
    let words: Vec<&str> = words.split(' ').collect();
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "8\tRUN\n9\tRUN\n10\tRUN\n"),
        "{ran:?}"
    );
    let told: Vec<&str> = ran
        .err
        .lines()
        .filter(|line| line.contains(" of 3)"))
        .collect();
    assert_eq!(told.len(), 3, "{}", ran.err);
    assert!(told[2].starts_with("entry 8 RUN at "), "{}", ran.err);
}

#[test]
fn a_create_says_in_one_line_how_to_go_on() {
    let daemon = Daemon::answering(Response::Entry(Box::new(fixture::waiting())));
    let ran = omsctl(&daemon.socket(), &["queue", "create"]).run();
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (0, "", "entry 8 accepted; wait with: omsctl queue wait 8\n")
    );
}

#[test]
fn several_entries_are_waited_for_and_one_that_failed_is_exit_code_1() {
    let daemon = Daemon::scripted(|request| match request {
        Request::EntryWait(wait) if wait.id == EntryId(9) => entry(fixture::failed()),
        Request::EntryWait(_) => entry(fixture::running()),
        other => panic!("{other:?}"),
    });
    let words = ["queue", "wait", "9", "7", "-o", "json"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 1);
    let entries: Vec<EntryView> = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(entries.len(), 2);
    let told: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(
        (&told["code"], &told["exit"]),
        (&"failed".into(), &1.into())
    );
}

#[test]
fn progress_is_told_line_by_line_where_there_is_no_terminal_and_it_is_wanted() {
    let mut waits = 0;
    let daemon = Daemon::scripted(move |request| match request {
        Request::StatusShow(_) => Reply::Answer(Response::Status(fixture::status())),
        Request::EntryWait(_) => {
            waits += 1;
            entry(if waits == 1 {
                fixture::waiting()
            } else {
                fixture::running()
            })
        }
        Request::Subscribe(_) => Reply::Refuse(WireError::new(ErrorCode::Unavailable, "later")),
        other => panic!("{other:?}"),
    });
    let words = ["queue", "wait", "8", "-o", "name", "--progress"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, ran.out.as_str()), (0, "7\n"));
    assert!(
        ran.err
            .starts_with("entry 8: RECIVE every account is blocked"),
        "{}",
        ran.err
    );
}

#[test]
fn an_end_can_be_waited_for_from_the_start() {
    let daemon = going(Ok(()), 2);
    let ran = omsctl(&daemon.socket(), &["queue", "wait", "7", "--for", "gone"]).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, "entry 7 is gone\n"));
}

#[test]
fn a_hold_is_seen_where_its_entry_is_shown() {
    let mut held = fixture::running();
    held.held = true;
    let daemon = Daemon::scripted(move |_| entry(held.clone()));
    let ran = omsctl(&daemon.socket(), &["queue", "show", "7"]).run();
    assert!(ran.out.contains("omsctl queue release 7"), "{}", ran.out);
}

#[test]
fn entries_are_tried_again_held_and_released() {
    let daemon = Daemon::scripted(|request| match request {
        Request::EntryRetry(retry) if retry.id == EntryId(9) => {
            Reply::Refuse(WireError::new(ErrorCode::Conflict, "it runs"))
        }
        Request::EntryRetry(_) | Request::EntryHold(_) => entry(fixture::waiting()),
        other => panic!("{other:?}"),
    });
    let said = |words: &[&str]| {
        let ran = omsctl(&daemon.socket(), &[&["queue"], words].concat()).run();
        (ran.code, ran.err)
    };
    assert_eq!(
        said(&["retry", "9", "8"]),
        (
            1,
            "entry 8 is tried again\nomsctl: entry 9: it runs\n".to_owned()
        )
    );
    assert_eq!(said(&["hold", "8"]).0, 0);
    assert_eq!(
        said(&["release", "8"]),
        (0, "entry 8 can be removed again\n".to_owned())
    );
    let held = daemon
        .asked()
        .into_iter()
        .filter_map(|request| match request {
            Request::EntryHold(hold) => Some(hold.held),
            _ => None,
        });
    assert_eq!(held.collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_dry_run_tells_what_each_account_says_and_asks_for_nothing() {
    let choices = fixture::preview();
    let served = Daemon::answering(Response::Preview(Box::new(choices.clone())));
    let words = ["queue", "create", "--flavor", "f", "--dry-run"];
    let ran = omsctl(&served.socket(), &words).run();
    // It is the scheduler's judgement; whether there is such a flavor is the cloud's to say.
    let note = "whether they have flavor f is asked of them when it is launched; see: omsctl account \
                offers NAME\n";
    assert_eq!((ran.code, ran.err.as_str()), (0, note));
    insta::assert_snapshot!(ran.out);
    let Some(Request::EntryPreview(asked)) = served.asked().pop() else {
        panic!("another request")
    };
    assert_eq!(asked.spec.machine.flavor.as_deref(), Some("f"));
    let json = omsctl(
        &served.socket(),
        &["queue", "create", "--dry-run", "-o", "json"],
    )
    .run();
    let printed: PreviewView = serde_json::from_str(&json.out).unwrap();
    assert_eq!(printed, choices);
    let name = omsctl(&served.socket(), &["queue", "create", "--dry-run", "-q"]).run();
    assert_eq!((name.code, name.out.as_str()), (0, "beta\n"));

    let nowhere = PreviewView {
        account: None,
        choices: choices.choices.into_iter().skip(2).collect(),
        left_out: 0,
    };
    let served = Daemon::answering(Response::Preview(Box::new(nowhere)));
    let ran = omsctl(&served.socket(), &["queue", "create", "--dry-run"]).run();
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("no account would take it now"),
        "{}",
        ran.err
    );
    let ran = omsctl(
        &served.socket(),
        &["queue", "create", "--dry-run", "--wait"],
    )
    .run();
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn all_that_is_wrong_with_an_entry_is_told_at_once_also_what_the_daemon_knows() {
    let daemon = Daemon::scripted(|request| match request {
        Request::EntryPreview(_) => Reply::Refuse(WireError::field("name", "must not be empty")),
        other => panic!("{other:?}"),
    });
    let words = "queue create -c nope --metadata a=1 --metadata a=2 --metadata b=1 --metadata b=2 \
                 --user-data - --public-key - --name";
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.push("");
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.err, @r"
    omsctl: --columns: there is no column nope; there are id, status, name, account, address, attempts, regist_datetime, image, flavor, zone, held, metadata, instance, server_id, changed, deadline, reason
      standard input can be the user data or the public key, not both
      --metadata a is given twice, first as '1'
      --metadata b is given twice, first as '1'
      --name: must not be empty
    ");
}
