//! The `instance` commands against a scripted daemon.

use std::os::unix::fs::PermissionsExt as _;

use oms_proto::request::{EntryShow, InstanceList, InstanceShow};
use oms_proto::response::{EntryPage, InstancePage};
use oms_proto::view::EntryView;
use oms_proto::{InstanceId, Request, Response};

use super::daemon::Reply;
use super::{Daemon, omsctl};
use crate::fixture;

fn daemon() -> Daemon {
    Daemon::scripted(|request| {
        Reply::Answer(match request {
            Request::InstanceList(InstanceList { .. }) => Response::Instances(InstancePage {
                instances: vec![fixture::instance()],
                more: false,
            }),
            Request::InstanceShow(InstanceShow { id: InstanceId(12) }) => {
                Response::Instance(Box::new(fixture::instance()))
            }
            Request::InstanceShow(InstanceShow { id: InstanceId(13) }) => {
                let mut theirs = fixture::instance();
                theirs.key_raw = None;
                Response::Instance(Box::new(theirs))
            }
            Request::InstanceShow(InstanceShow { id: InstanceId(14) }) => {
                let mut hostile = fixture::instance();
                hostile.ip_addr = Some("-oProxyCommand=sh".to_owned());
                Response::Instance(Box::new(hostile))
            }
            Request::EntryShow(EntryShow { id }) if id.0 == 7 => {
                Response::Entry(Box::new(fixture::running()))
            }
            Request::EntryShow(_) => Response::Entry(Box::new(fixture::waiting())),
            Request::AccountShow(_) => Response::Account(Box::new(fixture::account("alpha"))),
            other => panic!("{other:?}"),
        })
    })
}

#[test]
fn an_instance_is_found_by_id_name_and_nova_s_id() {
    let daemon = daemon();
    for which in [
        "12",
        "oms-7-12",
        "bec7c0ea-0000-4000-8000-00000000000c",
        "bec7",
    ] {
        let ran = omsctl(&daemon.socket(), &["instance", "show", which, "-o", "name"]).run();
        assert_eq!((ran.code, ran.out.as_str()), (0, "12\n"), "{which}");
    }
    for which in ["web", "bec"] {
        let ran = omsctl(&daemon.socket(), &["instance", "show", which]).run();
        assert_eq!(ran.code, 4, "{which}");
    }
}

#[test]
fn a_list_shows_no_private_key_unless_asked_to() {
    let daemon = daemon();
    let list = |more: &[&str]| {
        let words = [&["instance", "list", "-o", "json"], more].concat();
        omsctl(&daemon.socket(), &words).run().out
    };
    assert!(!list(&[]).contains("PRIVATE KEY"));
    assert!(list(&["--with-keys"]).contains("PRIVATE KEY"));
    assert_eq!(list(&["--account", "alpha"]), "[]\n");
    assert!(list(&["--account", "beta", "--status", "active"]).contains("oms-7-12"));
}

#[test]
fn the_ssh_command_can_be_printed() {
    let daemon = daemon();
    let words = [
        "instance", "ssh", "12", "-l", "debian", "--print", "--", "echo", "a b",
    ];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(
        ran.out,
        "ssh -o IdentitiesOnly=yes -i KEY_FILE -o \
         HostKeyAlias=oms-bec7c0ea-0000-4000-8000-00000000000c -l debian 203.0.113.9 echo 'a b'\n"
    );
    assert!(ran.err.contains("--key-file"), "{}", ran.err);
}

#[test]
fn the_key_is_written_for_its_owner_only_and_never_over_a_file() {
    let daemon = daemon();
    let file = daemon.folder().join("id_oms");
    let words = [
        "instance",
        "ssh",
        "--entry",
        "7",
        "--print",
        "--key-file",
        file.to_str().unwrap(),
    ];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("-l root 203.0.113.9"), "{}", ran.out);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), fixture::KEY);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(omsctl(&daemon.socket(), &words).run().code, 2);
}

#[test]
fn an_entry_with_its_own_key_uses_the_user_s() {
    let daemon = daemon();
    let ran = omsctl(&daemon.socket(), &["instance", "ssh", "13", "--print"]).run();
    assert!(!ran.out.contains("-i "), "{}", ran.out);
    let file = daemon.folder().join("id_oms");
    let words = [
        "instance",
        "ssh",
        "13",
        "--key-file",
        file.to_str().unwrap(),
    ];
    assert_eq!(omsctl(&daemon.socket(), &words).run().code, 2);
}

#[test]
fn an_address_that_is_an_option_of_ssh_is_refused() {
    let daemon = daemon();
    let ran = omsctl(&daemon.socket(), &["instance", "ssh", "14", "--print"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
}

#[test]
fn an_entry_without_an_instance_says_how_to_wait() {
    let daemon = daemon();
    let ran = omsctl(&daemon.socket(), &["instance", "ssh", "--entry", "8"]).run();
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("omsctl queue wait 8"), "{}", ran.err);
}

#[test]
fn an_instance_is_removed_with_its_entry() {
    let served = Daemon::scripted(|request| {
        Reply::Answer(match request {
            Request::InstanceShow(_) => Response::Instance(Box::new(fixture::instance())),
            Request::EntryRemove(remove) if remove.id.0 == 7 => Response::DONE,
            Request::EntryExplain(_) => Response::Explanation(Box::new(fixture::story())),
            other => panic!("{other:?}"),
        })
    });
    let ran = omsctl(&served.socket(), &["instance", "delete", "12"]).run();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "entry 7 is being removed\n")
    );
    let ran = omsctl(&served.socket(), &["instance", "explain", "12"]).run();
    assert!(ran.out.starts_with("Entry 7"), "{}", ran.out);
}

/// A daemon with the entries 7 (role=ci) and 8, of which 7 has an instance.
fn labelled() -> Daemon {
    Daemon::scripted(|request| {
        Reply::Answer(match request {
            Request::EntryList(_) => {
                let label = |mut entry: EntryView, role: &str| {
                    let asked = entry.asked.get_or_insert_default();
                    asked.metadata = [("role".to_owned(), role.to_owned())].into();
                    entry
                };
                Response::Entries(EntryPage {
                    entries: vec![
                        label(fixture::running(), "ci"),
                        label(fixture::waiting(), "web"),
                    ],
                    ..EntryPage::default()
                })
            }
            Request::InstanceList(_) => Response::Instances(InstancePage {
                instances: vec![fixture::instance()],
                ..InstancePage::default()
            }),
            Request::EntryRemove(_) => Response::DONE,
            other => panic!("{other:?}"),
        })
    })
}

#[test]
fn metadata_chooses_by_patterns_too_and_never_all() {
    let daemon = labelled();
    let out = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let ran = omsctl(&daemon.socket(), &words).run();
        assert_eq!(ran.code, 0, "{words:?} {ran:?}");
        ran.out
    };
    assert_eq!(out("queue list --metadata role=c* -q"), "7\n");
    assert_eq!(out("queue list --metadata ro* -q"), "7\n8\n");
    assert_eq!(out("instance list --metadata role=c* -q"), "12\n");
    assert_eq!(out("instance list --metadata role=w* -q"), "");
    assert_eq!(out("instance list --since 2020-01-01T00:00:00Z -q"), "12\n");
    assert_eq!(out("instance list --since 1s -q"), "");
    let words = ["queue", "list", "--metadata", "role=a,b*"];
    assert_eq!(omsctl(&daemon.socket(), &words).run().code, 2);
}

#[test]
fn instances_are_removed_by_what_they_are_like_when_that_is_confirmed() {
    let daemon = labelled();
    let run = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        omsctl(&daemon.socket(), &words).run()
    };
    let ran = run("instance delete --filter name=oms-*");
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.err, @r"
    omsctl: this removes 1 entry (7); confirm it with --yes
    ");
    let removed = |daemon: &Daemon| {
        let asked = daemon.asked().into_iter();
        let removals = asked.filter_map(|request| match request {
            Request::EntryRemove(remove) => Some(remove.id.0),
            _ => None,
        });
        removals.collect::<Vec<_>>()
    };
    assert_eq!(removed(&daemon), Vec::<u64>::new());
    assert_eq!(run("instance delete --name no* --yes").code, 0);
    assert_eq!(removed(&daemon), Vec::<u64>::new());
    assert_eq!(run("instance delete --metadata role=c* --yes").code, 0);
    assert_eq!(removed(&daemon), [7]);
    assert_eq!(run("instance delete").code, 2);
    assert_eq!(run("instance delete 12 --name oms-*").code, 2);
}
