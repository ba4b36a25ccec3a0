//! `token` and `user` against a scripted daemon.

use oms_proto::request::{TokenCreate, UserAdd, UserEdit};
use oms_proto::response::{TokenPage, UserPage};
use oms_proto::spec::{KeyPolicy, TokenSpec, UserPatch, UserSpec};
use oms_proto::view::{TokenView, UserView};
use oms_proto::{Request, Response, Role, Secret};

use super::daemon::Reply;
use super::{Daemon, omsctl};
use crate::fixture::ago;

fn token() -> TokenView {
    TokenView {
        name: "ci".to_owned(),
        role: Role::Operator,
        key_raw: KeyPolicy::Once,
        created: ago(7200),
        expires: None,
        last_used: Some(ago(60)),
        token: None,
    }
}

fn user() -> UserView {
    UserView {
        name: "ann".to_owned(),
        role: Role::Admin,
        created: ago(7200),
        changed: ago(3600),
        last_used: None,
    }
}

fn daemon() -> Daemon {
    Daemon::scripted(|request| {
        Reply::Answer(match request {
            Request::TokenCreate(_) => Response::Token(TokenView {
                token: Some(Secret::new("oms_secret")),
                ..token()
            }),
            Request::TokenList(_) => Response::Tokens(TokenPage {
                tokens: vec![token()],
            }),
            Request::UserList(_) => Response::Users(UserPage {
                users: vec![user()],
            }),
            Request::UserAdd(_) | Request::UserEdit(_) => Response::User(user()),
            _ => Response::DONE,
        })
    })
}

#[test]
fn a_token_is_made_and_printed_alone_where_that_is_asked_for() {
    let daemon = daemon();
    let words = [
        "token",
        "create",
        "ci",
        "--role",
        "operator",
        "--key-raw",
        "once",
        "--expires",
        "+1h",
    ];
    let quiet = omsctl(&daemon.socket(), &[&words[..], &["-q"]].concat()).run();
    assert_eq!(
        (quiet.code, &*quiet.out, &*quiet.err),
        (0, "oms_secret\n", "")
    );
    let spec = TokenSpec {
        name: "ci".to_owned(),
        role: Role::Operator,
        key_raw: KeyPolicy::Once,
        expires: Some(ago(-3600)),
    };
    assert_eq!(daemon.asked(), [Request::TokenCreate(TokenCreate { spec })]);
    let shown = omsctl(&daemon.socket(), &words).run();
    assert!(shown.out.contains("oms_secret"), "{shown:?}");
    assert!(shown.err.contains("shown this once"), "{shown:?}");
    let json = omsctl(&daemon.socket(), &[&words[..], &["-o", "json"]].concat()).run();
    assert!(json.out.contains("\"token\": \"oms_secret\""), "{json:?}");
    let bad = omsctl(
        &daemon.socket(),
        &["token", "create", "ci", "--role", "root"],
    )
    .run();
    assert_eq!(bad.code, 2, "{bad:?}");
}

#[test]
fn tokens_and_users_are_listed_and_taken_away() {
    let daemon = daemon();
    let run = |words: &[&str]| omsctl(&daemon.socket(), words).run();
    insta::assert_snapshot!(run(&["token", "list"]).out);
    insta::assert_snapshot!(run(&["user", "list", "-o", "wide"]).out);
    assert_eq!(run(&["token", "list", "-q"]).out, "ci\n");
    let revoked = run(&["token", "revoke", "ci"]);
    assert_eq!((revoked.code, &*revoked.err), (0, "token ci revoked\n"));
    let removed = run(&["user", "remove", "ann"]);
    assert_eq!((removed.code, &*removed.err), (0, "user ann removed\n"));
}

#[test]
fn a_password_comes_from_a_file_or_standard_input_and_never_from_an_argument() {
    let daemon = daemon();
    let words = ["user", "add", "ann", "--role", "admin"];
    let untold = omsctl(&daemon.socket(), &words).run();
    assert_eq!(untold.code, 2);
    assert!(untold.err.contains("--password-file"), "{untold:?}");
    let words = [&words[..], &["--password-file", "-"]].concat();
    let added = omsctl(&daemon.socket(), &words)
        .stdin("correct horse\r\n")
        .run();
    assert_eq!((added.code, &*added.err), (0, "user ann added: admin\n"));
    let words = ["user", "passwd", "ann", "--password-file", "-"];
    let changed = omsctl(&daemon.socket(), &words)
        .stdin(" spaces count ")
        .run();
    assert_eq!(changed.code, 0, "{changed:?}");
    let role = omsctl(&daemon.socket(), &["user", "role", "ann", "viewer"]).run();
    assert_eq!(role.code, 0, "{role:?}");
    let edit = |patch| {
        let name = "ann".to_owned();
        Request::UserEdit(UserEdit { name, patch })
    };
    let spec = UserSpec {
        name: "ann".to_owned(),
        role: Role::Admin,
        password: Secret::new("correct horse"),
    };
    let expected = [
        Request::UserAdd(UserAdd { spec }),
        edit(UserPatch {
            password: Some(Secret::new(" spaces count ")),
            ..UserPatch::default()
        }),
        edit(UserPatch {
            role: Some(Role::Viewer),
            ..UserPatch::default()
        }),
    ];
    assert_eq!(daemon.asked(), expected);
}

#[test]
fn tokens_are_listed_in_the_order_and_with_the_columns_that_are_asked_for() {
    let daemon = Daemon::scripted(|request| match request {
        Request::TokenList(_) => Reply::Answer(Response::Tokens(TokenPage {
            tokens: ["a", "b"]
                .map(|name| TokenView {
                    name: name.to_owned(),
                    ..token()
                })
                .into(),
        })),
        other => panic!("{other:?}"),
    });
    let words = "token list --sort -name -c name -o value --limit 1";
    let words: Vec<&str> = words.split(' ').collect();
    let ran = omsctl(&daemon.socket(), &words).run();
    assert_eq!((ran.code, ran.out.as_str()), (0, "b\n"), "{ran:?}");
    let ran = omsctl(&daemon.socket(), &["user", "list", "--sort", "nope"]).run();
    assert_eq!(ran.code, 2);
}
