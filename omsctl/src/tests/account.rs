//! The `account` commands against a scripted daemon.

use oms_proto::request::AccountList;
use oms_proto::response::AccountPage;
use oms_proto::spec::{AccountPatch, Credentials, NewSecret};
use oms_proto::view::OffersView;
use oms_proto::{ErrorCode, Request, Response, Secret, WireError};

use super::daemon::Reply;
use super::{Daemon, omsctl};
use crate::fixture;

fn daemon() -> Daemon {
    Daemon::scripted(|request| {
        Reply::Answer(match request {
            Request::AccountTest(_) => Response::AccountTest(fixture::tested(false)),
            Request::AccountRemove(_) => Response::DONE,
            Request::AccountList(AccountList { .. }) => Response::Accounts(AccountPage {
                accounts: vec![fixture::account("alpha")],
                more: false,
            }),
            _ => Response::Account(Box::new(fixture::account("alpha"))),
        })
    })
}

const ADD: [&str; 9] = [
    "account",
    "add",
    "alpha",
    "--auth-url",
    "https://k/v3",
    "--username",
    "me",
    "--project-name",
    "web",
];

fn password_sent(daemon: &Daemon) -> String {
    match daemon.asked().pop() {
        Some(Request::AccountAdd(add)) => match add.spec.credentials {
            Credentials::Password(password) => password.password.expose().to_owned(),
            Credentials::ApplicationCredential(credential) => credential.secret.expose().to_owned(),
            Credentials::Token(token) => token.token.expose().to_owned(),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_and_passcodes_are_ways_of_their_own() {
    let daemon = daemon();
    let file = daemon.folder().join("secret");
    std::fs::write(&file, "GEZDGNBV\n").unwrap();
    let file = file.to_str().unwrap();
    let to = [
        "account",
        "add",
        "a",
        "--auth-url",
        "https://k/v3",
        "--project-name",
        "web",
    ];
    let add = |words: &[&str]| omsctl(&daemon.socket(), &[&to, words].concat());
    add(&["--token-file", file]).run();
    assert_eq!(password_sent(&daemon), "GEZDGNBV");
    // Where passcodes are the only factor there is no password to be missed.
    add(&["--username", "me", "--totp-secret-file", file]).run();
    assert_eq!(password_sent(&daemon), "");
    let mixed = add(&["--username", "me", "--token-file", file]).run();
    assert!(mixed.err.contains("--token-file"), "{}", mixed.err);
}

#[test]
fn the_password_comes_from_a_file_standard_input_or_the_environment() {
    let daemon = daemon();
    let file = daemon.folder().join("password");
    std::fs::write(&file, "from file \n").unwrap();
    let from = |words: &[&str]| omsctl(&daemon.socket(), &[&ADD, words].concat());
    from(&["--password-file", file.to_str().unwrap()]).run();
    // One line break belongs to the file; blanks may belong to the password.
    assert_eq!(password_sent(&daemon), "from file ");
    from(&["--password-file", "-"]).stdin("from stdin").run();
    assert_eq!(password_sent(&daemon), "from stdin");
    from(&[]).env("OMS_ACCOUNT_PASSWORD", "from env").run();
    assert_eq!(password_sent(&daemon), "from env");
    let ran = from(&[]).run();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--password-file"), "{}", ran.err);
    let ran = from(&["--password-file", "-"]).stdin("\n").run();
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn an_application_credential_has_its_own_secret() {
    let daemon = daemon();
    let words = [
        "account",
        "add",
        "a",
        "--auth-url",
        "https://k",
        "--application-credential-id",
        "21",
    ];
    let ran = omsctl(&daemon.socket(), &words)
        .env("OMS_ACCOUNT_SECRET", "s")
        .run();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(password_sent(&daemon), "s");
}

#[test]
fn what_is_missing_is_said() {
    let daemon = daemon();
    let ran = omsctl(
        &daemon.socket(),
        &["account", "add", "a", "--auth-url", "https://k"],
    )
    .run();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--username"), "{}", ran.err);
    let ran = omsctl(&daemon.socket(), &ADD[..7]).run();
    assert!(ran.err.contains("--project-name"), "{}", ran.err);
    assert_eq!(daemon.asked(), []);
}

#[test]
fn an_edit_changes_what_is_named_and_an_empty_value_takes_away() {
    let daemon = daemon();
    let words = [
        "account",
        "edit",
        "alpha",
        "--image",
        "I",
        "--flavor",
        "",
        "--network",
        "N1",
        "--network",
        "N2",
        "--security-group",
        "",
        "--ca-file",
        "",
        "--priority",
        "-3",
    ];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let Some(Request::AccountEdit(edit)) = daemon.asked().pop() else {
        panic!("nothing asked")
    };
    let patch = AccountPatch {
        image: Some(Some("I".to_owned())),
        flavor: Some(None),
        networks: Some(vec!["N1".to_owned(), "N2".to_owned()]),
        security_groups: Some(Vec::new()),
        ca_pem: Some(None),
        priority: Some(-3),
        ..AccountPatch::default()
    };
    assert_eq!((edit.name.as_str(), edit.patch), ("alpha", patch));
}

/// A patch that takes one thing away.
type TakesAway = fn(&mut AccountPatch);

#[test]
fn an_empty_value_takes_away_whatever_may_be_left_out() {
    let daemon = daemon();
    let all: [(&str, TakesAway); 12] = [
        ("--image", |patch| patch.image = Some(None)),
        ("--flavor", |patch| patch.flavor = Some(None)),
        ("--network", |patch| patch.networks = Some(Vec::new())),
        ("--security-group", |patch| {
            patch.security_groups = Some(Vec::new());
        }),
        ("--availability-zone", |patch| {
            patch.availability_zone = Some(None);
        }),
        ("--address-type", |patch| patch.address_type = Some(None)),
        ("--address-family", |patch| {
            patch.address_family = Some(None);
        }),
        ("--region", |patch| patch.region_name = Some(None)),
        ("--ca-file", |patch| patch.ca_pem = Some(None)),
        ("--pin-cert-file", |patch| {
            patch.pinned_cert_pem = Some(None);
        }),
        ("--proxy", |patch| patch.proxy = Some(None)),
        // The account's own name is what it has without one.
        ("--provider", |patch| {
            patch.provider = Some("alpha".to_owned());
        }),
    ];
    for (flag, takes_away) in all {
        let ran = omsctl(&daemon.socket(), &["account", "edit", "alpha", flag, ""]).run();
        assert_eq!(ran.code, 0, "{flag}: {ran:?}");
        let Some(Request::AccountEdit(edit)) = daemon.asked().pop() else {
            panic!("nothing asked")
        };
        let mut patch = AccountPatch::default();
        takes_away(&mut patch);
        assert_eq!(edit.patch, patch, "{flag}");
    }
}

#[test]
fn a_file_with_a_certificate_and_its_key_is_taken_apart() {
    let daemon = daemon();
    let file = daemon.folder().join("both.pem");
    let key = fixture::KEY;
    std::fs::write(&file, [key, fixture::CERTIFICATE].concat()).unwrap();
    let file = file.to_str().unwrap();
    let words = ["account", "edit", "alpha", "--client-cert-file", file];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let Some(Request::AccountEdit(edit)) = daemon.asked().pop() else {
        panic!("nothing asked")
    };
    let certificate = edit.patch.client_cert_pem.flatten().unwrap();
    assert_eq!(certificate, fixture::CERTIFICATE);
    let sealed = edit.patch.client_key_pem.flatten().unwrap();
    assert_eq!(sealed.expose(), key.trim_end());
    let ran = omsctl(
        &daemon.socket(),
        &["account", "edit", "alpha", "--ca-file", file],
    )
    .run();
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("--ca-file: contains a private key"),
        "{ran:?}"
    );
}

#[test]
fn a_new_secret_needs_no_user_and_no_project() {
    let daemon = daemon();
    let file = daemon.folder().join("secret");
    std::fs::write(&file, "n3w\n").unwrap();
    let file = file.to_str().unwrap();
    let new = || Secret::new("n3w");
    for (flag, secret) in [
        ("--password-file", NewSecret::Password(new())),
        ("--secret-file", NewSecret::ApplicationCredential(new())),
        ("--token-file", NewSecret::Token(new())),
    ] {
        let words = ["account", "edit", "alpha", flag, file];
        let ran = omsctl(&daemon.socket(), &words).run();
        assert_eq!(ran.code, 0, "{ran:?}");
        let Some(Request::AccountEdit(edit)) = daemon.asked().pop() else {
            panic!("nothing asked")
        };
        let patch = AccountPatch {
            secret: Some(secret),
            ..AccountPatch::default()
        };
        assert_eq!(edit.patch, patch, "{flag}");
    }
}

#[test]
fn certificates_must_be_some_and_only_of_one_kind() {
    let daemon = daemon();
    let pem = daemon.folder().join("ca.pem");
    std::fs::write(&pem, fixture::CERTIFICATE).unwrap();
    let pem = pem.to_str().unwrap();
    let edit = |words: &[&str]| {
        omsctl(
            &daemon.socket(),
            &[&["account", "edit", "alpha"], words].concat(),
        )
        .run()
    };
    assert_eq!(edit(&["--ca-file", "/nonexistent"]).code, 2);
    assert_eq!(edit(&["--ca-file", "/dev/null"]).code, 2);
    assert_eq!(edit(&["--ca-file", pem, "--pin-cert-file", pem]).code, 2);
    assert_eq!(edit(&["--ca-file", "", "--pin-cert-file", pem]).code, 0);
}

#[test]
fn a_test_that_fails_is_printed_and_is_exit_code_1() {
    let daemon = daemon();
    let ran = omsctl(&daemon.socket(), &["account", "test", "alpha"]).run();
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!(ran.out, @r"
    STEP             RESULT  MS  DETAIL
    sign in          ok      41  project web, region R1
    image debian-12  FAILED  41  nothing of this name or id
    ");
    assert_eq!(ran.err, "omsctl: account alpha did not pass the test\n");
}

#[test]
fn a_canary_is_booted_when_it_is_asked_for() {
    let daemon = daemon();
    for (words, boot) in [(&["--boot"][..], true), (&[], false)] {
        let words = [&["account", "test", "alpha"], words].concat();
        omsctl(&daemon.socket(), &words).run();
        let Some(Request::AccountTest(test)) = daemon.asked().pop() else {
            panic!("nothing asked")
        };
        assert_eq!((test.name.as_str(), test.boot), ("alpha", boot));
    }
}

#[test]
fn accounts_are_switched_and_removed() {
    let daemon = daemon();
    for (word, on) in [("enable", true), ("disable", false)] {
        let ran = omsctl(&daemon.socket(), &["account", word, "alpha"]).run();
        let said = format!("account alpha {word}d\n");
        assert_eq!((ran.code, ran.out.as_str(), ran.err), (0, "", said));
        let Some(Request::AccountEdit(edit)) = daemon.asked().pop() else {
            panic!("nothing asked")
        };
        assert_eq!(edit.patch.enabled, Some(on));
    }
    let ran = omsctl(&daemon.socket(), &["account", "rm", "alpha", "-y"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(ran.err, "account alpha is removed\n");
}

#[test]
fn a_refusal_names_its_fields_and_is_exit_code_1() {
    let mut error = WireError::new(ErrorCode::Invalid, "the account is not valid");
    error
        .fields
        .insert("image".to_owned(), vec!["is too long\x1b[2J".to_owned()]);
    let daemon = Daemon::refusing(error);
    let ran = omsctl(
        &daemon.socket(),
        &["account", "edit", "alpha", "--image", "x"],
    )
    .run();
    assert_eq!(ran.code, 1);
    assert_eq!(ran.err, "omsctl: --image: is too long\\u{1b}[2J\n");
}

#[test]
fn a_change_is_told_in_one_line_and_shown_to_programs() {
    let daemon = daemon();
    let words = ["account", "edit", "alpha", "--priority", "3"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str()),
        ("", "account alpha changed\n")
    );
    let ran = omsctl(&daemon.socket(), &[&words[..], &["-o", "json"]].concat()).run();
    let shown: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&shown["name"], ran.err.as_str()), (&"alpha".into(), ""));
    let ran = omsctl(&daemon.socket(), &[&words[..], &["-q"]].concat()).run();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("alpha\n", ""));
}

#[test]
fn accounts_can_be_chosen_by_how_they_stand() {
    let daemon = Daemon::scripted(|request| match request {
        Request::AccountList(_) => {
            Reply::Answer(Response::Accounts(oms_proto::response::AccountPage {
                accounts: vec![fixture::account("alpha"), fixture::blocked()],
                more: false,
            }))
        }
        other => panic!("{other:?}"),
    });
    let list = |words: &[&str]| {
        let words = [&["account", "list", "-q"], words].concat();
        omsctl(&daemon.socket(), &words).run().out
    };
    assert_eq!(list(&["--status", "unavailable"]), "beta\n");
    assert_eq!(list(&["--status", "available,disabled"]), "alpha\n");
    assert_eq!(list(&["--name", "*et*"]), "beta\n");
    assert_eq!(list(&["--sort", "-name"]), "beta\nalpha\n");
}

#[test]
fn blocks_are_lifted_all_or_one() {
    let daemon = daemon();
    let words = ["account", "unblock", "alpha", "--scope", "quota"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("quota unblocked"), "{}", ran.err);
    omsctl(&daemon.socket(), &["account", "unblock", "alpha"]).run();
    let asked = daemon.asked().into_iter().map(|request| match request {
        Request::AccountUnblock(unblock) => (unblock.name, unblock.scope),
        other => panic!("{other:?}"),
    });
    let alpha = || "alpha".to_owned();
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [(alpha(), Some("quota".to_owned())), (alpha(), None)]
    );
}

#[test]
fn an_account_is_tried_before_it_is_added() {
    let served = Daemon::scripted(|request| {
        Reply::Answer(match request {
            Request::AccountTry(_) => Response::AccountTest(fixture::tested(true)),
            other => panic!("{other:?}"),
        })
    });
    let mut words = ADD.to_vec();
    words.push("--dry-run");
    let ran = omsctl(&served.socket(), &words)
        .env("OMS_ACCOUNT_PASSWORD", "hush")
        .run();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("project web, region R1"), "{}", ran.out);
    let Some(Request::AccountTry(tried)) = served.asked().pop() else {
        panic!("nothing was tried")
    };
    assert_eq!(tried.spec.name, "alpha");
}

#[test]
fn what_a_cloud_offers_is_listed_by_kind() {
    let served = Daemon::answering(Response::Offers(Box::new(fixture::offers())));
    let ran = omsctl(&served.socket(), &["account", "offers", "alpha"]).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out, @r"
    KIND            NAME
    image           debian-12
    image           debian-13
    flavor          m1.small
    network         private
    security-group  default
    security-group  ssh
    zone            nova
    ");
    let words = ["account", "offers", "alpha", "-o", "json"];
    let json = omsctl(&served.socket(), &words).run();
    let printed: OffersView = serde_json::from_str(&json.out).unwrap();
    assert_eq!(printed, fixture::offers());
}

#[test]
fn all_that_is_wrong_with_a_new_account_is_told_at_once() {
    let daemon = Daemon::answering(Response::Account(Box::new(fixture::account("x"))));
    let words = "account add -x --auth-url ftp://h --username me --proxy http://u:p@h \
                 --ca-file /nowhere.pem --image";
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words[2] = "x y";
    words.push("");
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.err, @r"
    omsctl: /nowhere.pem: no such file
      --proxy: every user of this machine can read it there; give an address with a password in a file with --proxy-file
      which project of me? Give --project-name or --project-id
      no password: give --password-file FILE (- is standard input) or set OMS_ACCOUNT_PASSWORD
      --auth-url: must be https://HOST[:PORT][/PATH], or the same with http://
      --image: must not be empty
      NAME: must have 1 to 64 letters, digits, '.', '_' or '-', and begin with a letter or digit
    ");
    assert_eq!(daemon.asked(), []);
}

#[test]
fn an_account_is_not_forgotten_unasked() {
    let daemon = daemon();
    let ran = omsctl(&daemon.socket(), &["account", "remove", "alpha"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    insta::assert_snapshot!(ran.err, @r"
    omsctl: this forgets account alpha (example, R1), its credentials and what was learned of it; what is at the cloud and was not made by OMS stays there; confirm it with --yes
    ");
    let is_removal = |request: &Request| matches!(request, Request::AccountRemove(_));
    assert!(!daemon.asked().iter().any(is_removal));
    let ran = omsctl(&daemon.socket(), &["account", "remove", "alpha", "--yes"]).run();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "account alpha is removed\n")
    );
    assert!(daemon.asked().iter().any(is_removal));
}

#[test]
fn an_edit_of_nothing_asks_what_is_to_change() {
    let daemon = daemon();
    let ran = omsctl(&daemon.socket(), &["account", "edit", "alpha"]).run();
    assert_eq!((ran.code, daemon.asked().len()), (2, 0));
    insta::assert_snapshot!(ran.err, @r"
    omsctl: what is to change? Give a flag, such as --image or --priority
      all of them: omsctl account edit --help
      how it is now: omsctl account show alpha
    ");
    let words = ["account", "edit", "alpha", "--test"];
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, daemon.asked().len()), (2, 0));
    let words = ["account", "edit", "alpha", "--image", ""];
    assert_eq!(omsctl(&daemon.socket(), &words).run().code, 0);
}
