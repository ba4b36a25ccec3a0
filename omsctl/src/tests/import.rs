//! `account import` against a scripted daemon.

use std::fs;

use oms_proto::request::AccountList;
use oms_proto::response::AccountPage;
use oms_proto::{Request, Response};

use super::daemon::Reply;
use super::{Daemon, omsctl};
use crate::fixture;

const CLOUDS: &str = "
clouds:
  alpha:
    region_name: R1
    auth: {auth_url: 'https://alpha/v3', username: me, project_name: web}
  beta:
    auth_type: v3applicationcredential
    cacert: ~/ca.pem
    auth: {auth_url: 'https://beta/v3', application_credential_id: 21, application_credential_secret: s}
";

const SECURE: &str = "clouds: {alpha: {auth: {password: hunter2}}}";

/// A daemon that has an account `alpha`, and a home directory with the files.
fn daemon() -> Daemon {
    let daemon = Daemon::scripted(|request| {
        Reply::Answer(match request {
            Request::AccountList(AccountList { .. }) => Response::Accounts(AccountPage {
                accounts: vec![fixture::account("alpha")],
                more: false,
            }),
            Request::AccountAdd(add) => {
                Response::Account(Box::new(fixture::account(&add.spec.name)))
            }
            Request::AccountEdit(edit) => Response::Account(Box::new(fixture::account(&edit.name))),
            other => panic!("{other:?}"),
        })
    });
    let config = daemon.folder().join(".config/openstack");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("clouds.yaml"), CLOUDS).unwrap();
    fs::write(config.join("secure.yaml"), SECURE).unwrap();
    fs::write(
        daemon.folder().join("ca.pem"),
        "-----BEGIN CERTIFICATE-----\n",
    )
    .unwrap();
    daemon
}

fn import(daemon: &Daemon, words: &[&str]) -> super::Run {
    omsctl(&daemon.socket(), &[&["account", "import"], words].concat())
        .env("HOME", daemon.folder().to_str().unwrap())
}

#[test]
fn a_dry_run_reads_the_files_and_asks_nobody() {
    let daemon = daemon();
    let ran = import(&daemon, &["--dry-run", "-o", "wide"]).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out, @r"
    NAME   PROVIDER  REGION  PROJECT  AUTH-TYPE               USER  AUTH-URL          TRUST
    alpha  alpha     R1      web      password                me    https://alpha/v3  system
    beta   beta      -       -        application_credential  21    https://beta/v3   ca
    ");
    assert_eq!(daemon.asked(), []);
}

#[test]
fn an_account_that_is_there_stops_the_import_before_it_begins() {
    let daemon = daemon();
    let ran = import(&daemon, &[]).run();
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("already: alpha"), "{}", ran.err);
    assert_eq!(
        daemon.asked(),
        [Request::AccountList(AccountList::default())]
    );
}

#[test]
fn an_update_changes_what_is_there_and_adds_the_rest() {
    let daemon = daemon();
    let ran = import(&daemon, &["--update", "--image", "debian-12", "-o", "name"]).run();
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (0, "alpha\nbeta\n", "")
    );
    let asked = daemon.asked();
    let [
        Request::AccountList(_),
        Request::AccountEdit(edit),
        Request::AccountAdd(add),
    ] = &asked[..]
    else {
        panic!("{asked:?}")
    };
    assert_eq!(edit.patch.image, Some(Some("debian-12".to_owned())));
    assert_eq!(edit.patch.flavor, None);
    assert_eq!(edit.patch.enabled, None);
    assert_eq!(edit.patch.ca_pem, None);
    assert_eq!(add.spec.defaults.image.as_deref(), Some("debian-12"));
    assert!(add.spec.ca_pem.is_some());
}

#[test]
fn a_named_file_is_not_mixed_with_the_secrets_of_another() {
    let daemon = daemon();
    let file = daemon.folder().join("other.yaml");
    fs::write(&file, CLOUDS).unwrap();
    let words = [
        "--dry-run",
        "--cloud",
        "alpha",
        "--clouds-yaml",
        file.to_str().unwrap(),
    ];
    let ran = import(&daemon, &words).run();
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("cloud alpha: auth.password: is missing"),
        "{}",
        ran.err
    );
}

#[test]
fn the_environment_is_a_cloud_where_it_is_asked_for() {
    let daemon = daemon();
    let ran = import(&daemon, &["--dry-run", "--cloud", "envvars", "-o", "csv"])
        .env("OS_AUTH_URL", "https://env/v3")
        .env("OS_USERNAME", "me")
        .env("OS_PASSWORD", "hunter2")
        .env("OS_PROJECT_NAME", "web")
        .env("OS_CLOUD", "alpha")
        .run();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out
            .contains("envvars,envvars,,web,password,me,https://env/v3,system"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("hunter2"));
}

#[test]
fn a_file_that_is_too_large_or_missing_is_a_mistake_of_the_caller() {
    let daemon = daemon();
    let large = daemon.folder().join("large.yaml");
    fs::write(&large, "#".repeat(1024 * 1024 + 1)).unwrap();
    for file in [large.to_str().unwrap(), "/nonexistent/clouds.yaml"] {
        let ran = import(&daemon, &["--clouds-yaml", file]).run();
        assert_eq!(ran.code, 2);
        assert!(
            ran.err.starts_with(&format!("omsctl: {file}: ")),
            "{}",
            ran.err
        );
    }
}
