//! `account import` against a scripted daemon.

use std::fs;

use oms_proto::request::AccountList;
use oms_proto::response::AccountPage;
use oms_proto::spec::Credentials;
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
    fs::write(daemon.folder().join("ca.pem"), fixture::CERTIFICATE).unwrap();
    daemon
}

fn import(daemon: &Daemon, words: &[&str]) -> super::Run {
    omsctl(&daemon.socket(), &[&["account", "import"], words].concat())
        .env("HOME", daemon.folder().to_str().unwrap())
}

#[test]
fn who_is_not_at_a_terminal_chooses_by_name() {
    let daemon = daemon();
    let ran = import(&daemon, &["--choose"]).run();
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (
            2,
            "omsctl: --choose asks at a terminal; name the clouds with --cloud\n"
        )
    );
    let ran = import(&daemon, &["--choose", "--cloud", "alpha"]).run();
    assert_eq!(ran.code, 2);
}

#[test]
fn a_dry_run_reads_the_files_and_asks_nobody() {
    let daemon = daemon();
    let ran = import(&daemon, &["--dry-run", "-o", "wide"]).run();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out, @r"
    NAME   PROVIDER  REGION  PROJECT  AUTH-TYPE               USER  AUTH-URL          TRUST   USER-DOMAIN  PROJECT-DOMAIN  INTERFACE  ENDPOINTS  CLIENT-CERT
    alpha  alpha     R1      web      password                me    https://alpha/v3  system  -            -               public     -          no
    beta   beta      -       -        application_credential  21    https://beta/v3   ca      -            -               public     -          no
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
    assert_eq!(edit.patch.region_name, Some(Some("R1".to_owned())));
    // What the file leaves out may have been set by hand.
    assert_eq!(edit.patch.interface, None);
    assert_eq!(edit.patch.provider, None);
    assert_eq!(edit.patch.endpoints, None);
    assert_eq!(add.spec.defaults.image.as_deref(), Some("debian-12"));
    assert!(add.spec.ca_pem.is_some());
}

#[test]
fn a_dry_run_refuses_what_the_import_refuses_and_takes_what_it_takes() {
    let daemon = daemon();
    for words in [
        &["--ca-file", "/dev/null"][..],
        &["--network", "n", "--network", "n"],
        &["--image", "a\tb"],
        &["--cloud", "alpha", "--name", "-"],
    ] {
        let dry = import(&daemon, &[&["--dry-run"], words].concat()).run();
        let wet = import(&daemon, words).run();
        assert_eq!((dry.code, dry.err), (2, wet.err), "{words:?}");
        assert_eq!(daemon.asked(), [], "{words:?}");
    }
    // An empty default takes one away, or says nothing where there is no account yet.
    let empty = ["--image", "", "--address-type", "", "--cloud", "alpha,beta"];
    let dry = import(&daemon, &[&["--dry-run"], &empty[..]].concat()).run();
    assert_eq!((dry.code, dry.err.as_str()), (0, ""));
    let wet = import(&daemon, &[&["--update"], &empty[..]].concat()).run();
    assert_eq!((wet.code, wet.err.as_str()), (0, ""));
    let asked = daemon.asked();
    let [_, Request::AccountEdit(edit), Request::AccountAdd(add)] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!(
        (&edit.patch.image, edit.patch.address_type),
        (&Some(None), Some(None))
    );
    assert_eq!(
        (&add.spec.defaults.image, add.spec.defaults.address_type),
        (&None, None)
    );
}

#[test]
fn keys_at_the_top_of_a_file_are_not_dropped_in_silence() {
    let daemon = daemon();
    let config = daemon.folder().join(".config/openstack");
    let more = "client: {force_ipv4: true}\ncache: {expiration_time: 3600}\ncluods: {x: {}}\n\
                public-clouds: {}\n";
    fs::write(config.join("clouds.yaml"), [CLOUDS, more].concat()).unwrap();
    fs::write(config.join("clouds-public.yaml"), "clouds: {}\nx: 1\n").unwrap();
    let ran = import(&daemon, &["--dry-run"]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let folder = config.display().to_string();
    insta::assert_snapshot!(ran.err.replace(&folder, "~"), @r"
    omsctl: ~/clouds.yaml: OMS does not use cache, client, which say how other programs behave
    omsctl: ~/clouds.yaml: cluods beside the clouds means nothing to OMS and is left out; clouds stand below 'clouds:'
    omsctl: ~/clouds.yaml: public-clouds is left out; profiles are read from clouds-public.yaml
    omsctl: ~/clouds-public.yaml: x beside the profiles means nothing to OMS and is left out; profiles stand below 'public-clouds:'
    omsctl: ~/clouds-public.yaml: clouds is left out; only profiles are read from this file
    ");
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
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(
        ran.out
            .contains("envvars,envvars,,web,password,me,https://env/v3,system"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("hunter2"));
}

#[test]
fn the_environment_may_name_its_cloud() {
    let daemon = daemon();
    let with = |name: &str| {
        import(&daemon, &["--dry-run", "--cloud", name, "-o", "csv"])
            .env("OS_AUTH_URL", "https://env/v3")
            .env("OS_USERNAME", "me")
            .env("OS_PASSWORD", "hunter2")
            .env("OS_PROJECT_NAME", "web")
            .env("OS_CLOUD_NAME", name)
            .run()
    };
    let ran = with("shop");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("\nshop,"), "{}", ran.out);
    // Which of the two is meant cannot be told.
    let ran = with("alpha");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("OS_CLOUD_NAME"), "{}", ran.err);
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

fn dry_names(run: super::Run) -> (u8, String, String) {
    let ran = run.run();
    (ran.code, ran.out, ran.err)
}

#[test]
fn os_cloud_chooses_and_is_told() {
    let daemon = daemon();
    let (code, out, err) =
        dry_names(import(&daemon, &["--dry-run", "-o", "name"]).env("OS_CLOUD", "beta"));
    assert_eq!((code, out.as_str()), (0, "beta\n"));
    assert!(
        err.contains("only cloud beta") && err.contains("OS_CLOUD"),
        "{err}"
    );
    let chosen = ["--dry-run", "-o", "name", "--cloud", "alpha"];
    let (_, out, err) = dry_names(import(&daemon, &chosen).env("OS_CLOUD", "beta"));
    assert_eq!((out.as_str(), err.as_str()), ("alpha\n", ""));
    let (code, _, err) = dry_names(import(&daemon, &["--dry-run"]).env("OS_CLOUD", "gamma"));
    assert_eq!(code, 2);
    assert!(err.contains("no cloud gamma"), "{err}");
}

#[test]
fn a_password_that_the_file_leaves_out_comes_from_the_environment() {
    let daemon = daemon();
    let file = daemon.folder().join("other.yaml");
    fs::write(&file, CLOUDS).unwrap();
    let words = [
        "--clouds-yaml",
        file.to_str().unwrap(),
        "--cloud",
        "alpha",
        "--update",
    ];
    for variable in ["OS_PASSWORD", "OMS_ACCOUNT_PASSWORD"] {
        let ran = import(&daemon, &words).env(variable, "pw").run();
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{variable}");
        let asked = daemon.asked();
        let Some(Request::AccountEdit(edit)) = asked.last() else {
            panic!("{asked:?}")
        };
        let Some(Credentials::Password(given)) = &edit.patch.credentials else {
            panic!("{edit:?}")
        };
        assert_eq!(given.password.expose(), "pw");
    }
    let ran = import(&daemon, &words).run();
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("OS_PASSWORD or OMS_ACCOUNT_PASSWORD"),
        "{}",
        ran.err
    );
}

#[test]
fn one_password_of_the_environment_is_for_one_cloud() {
    let daemon = daemon();
    let file = daemon.folder().join("two.yaml");
    let two = CLOUDS.to_owned()
        + "  gamma:\n    auth: {auth_url: 'https://gamma/v3', username: me, project_name: web}\n";
    fs::write(&file, two).unwrap();
    let words = ["--clouds-yaml", file.to_str().unwrap(), "--dry-run"];
    let ran = import(&daemon, &words).env("OS_PASSWORD", "pw").run();
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("cloud alpha; OS_PASSWORD"), "{}", ran.err);
    let regions = CLOUDS.replace("region_name: R1", "regions: [R1, R2]");
    fs::write(&file, regions).unwrap();
    let ran = import(&daemon, &words).env("OS_PASSWORD", "pw").run();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn secrets_of_clouds_that_are_elsewhere_are_left_out() {
    let daemon = daemon();
    let secure = SECURE.replace("clouds: {", "clouds: {other: {auth: {password: x}}, ");
    fs::write(
        daemon.folder().join(".config/openstack/secure.yaml"),
        secure,
    )
    .unwrap();
    let ran = import(&daemon, &["--dry-run", "-o", "name"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (0, "alpha\nbeta\n"));
    assert_eq!(
        ran.err,
        "omsctl: cloud other is in secure.yaml only, and is left out\n"
    );
}

#[test]
fn a_file_that_a_variable_names_has_to_be_there() {
    let daemon = daemon();
    for variable in ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"] {
        let ran = import(&daemon, &["--dry-run"])
            .env(variable, "/nonexistent.yaml")
            .run();
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(variable), "{}", ran.err);
    }
    let moved = daemon.folder().join("moved");
    fs::create_dir_all(moved.join("openstack")).unwrap();
    fs::write(
        moved.join("openstack/clouds.yaml"),
        CLOUDS.replace("alpha:", "moved:"),
    )
    .unwrap();
    let words = ["--dry-run", "--cloud", "beta", "-o", "name"];
    let ran = import(&daemon, &words)
        .env("XDG_CONFIG_HOME", moved.to_str().unwrap())
        .run();
    assert_eq!(ran.out, "beta\n");
}

/// What dashboards hand out.
const OPENRC: &str = r#"#!/usr/bin/env bash
# To use an OpenStack cloud you need to authenticate against the Identity service.
export OS_AUTH_URL=https://rc.example:5000/v3/
export OS_PROJECT_ID=4711
export OS_PROJECT_NAME="web shop"
export OS_USER_DOMAIN_NAME="Default"
if [ -z "$OS_USER_DOMAIN_NAME" ]; then unset OS_USER_DOMAIN_NAME; fi
export OS_PROJECT_DOMAIN_ID=""
if [ -z "$OS_PROJECT_DOMAIN_ID" ]; then unset OS_PROJECT_DOMAIN_ID; fi
unset OS_TENANT_ID
export OS_USERNAME='me'
echo "Please enter your OpenStack Password for project $OS_PROJECT_NAME as user $OS_USERNAME: "
read -sr OS_PASSWORD_INPUT
export OS_PASSWORD=$OS_PASSWORD_INPUT
export OS_REGION_NAME="RegionOne"
export OS_INTERFACE=public
export OS_IDENTITY_API_VERSION=3
"#;

fn openrc(daemon: &Daemon, text: &str, words: &[&str]) -> super::Ran {
    let file = daemon.folder().join("web-openrc.sh");
    fs::write(&file, text).unwrap();
    let openrc = ["--openrc", file.to_str().unwrap()];
    import(daemon, &[&openrc, words].concat())
        .env("OS_PASSWORD", "hunter2")
        .run()
}

#[test]
fn what_kolla_writes_is_an_openrc_file() {
    let daemon = daemon();
    let kolla = r#"# Clear any old environment that may conflict.
for key in $( set | awk '{FS="="}  /^OS_/ {print $1}' ); do unset $key ; done
export OS_PROJECT_DOMAIN_NAME='Default'
export OS_USER_DOMAIN_NAME='Default'
export OS_PROJECT_NAME='admin'
export OS_TENANT_NAME='admin'
export OS_USERNAME='admin'
export OS_PASSWORD='hunter2'
export OS_AUTH_URL='http://192.0.2.9:5000'
export OS_INTERFACE='internal'
export OS_ENDPOINT_TYPE='internalURL'
export OS_IDENTITY_API_VERSION='3'
export OS_REGION_NAME='RegionOne'
export OS_AUTH_PLUGIN='password'
"#;
    let ran = openrc(&daemon, kolla, &["--dry-run", "-o", "wide"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains("RegionOne") && ran.out.contains(" admin "),
        "{}",
        ran.out
    );
}

/// What would make a file mean something else when a shell ran it, each with the words of its refusal;
/// it stands in line 18. `PROOF` is a file that two of them would make.
const UNREADABLE: &[(&str, &str)] = &[
    (
        "export OS_PASSWORD=p$hunter2",
        "line 18: what follows a $ is not set in the file; put the value of OS_PASSWORD",
    ),
    (
        "export OS_PASSWORD=p;hunter2",
        "line 18: a command is not understood",
    ),
    (
        "export OS_PASSWORD=\"p${hunter2%x}\"",
        "line 18: OS_PASSWORD has a sign outside",
    ),
    (
        ": ${OS_TOKEN:=p$hunter2}",
        "line 18: what follows a $ is not set in the file; put the value of OS_TOKEN",
    ),
    (
        ": ${OS_CACERT:=a$HERE}",
        "line 18: $HERE is not set in the file; put the value of OS_CACERT",
    ),
    (
        "PART=p$hunter2; export OS_REGION_NAME=$PART",
        "line 18: what follows a $ is not set in the file; put the value of OS_REGION_NAME",
    ),
    ("unset $A", "line 18: unset of what is no plain name"),
    (
        "printf -v OS_USERNAME x",
        "line 18: -v of printf is not understood",
    ),
    (
        "declare -xu OS_USERNAME=x",
        "line 18: -xu of export is not understood",
    ),
    ("export OS_USERNAME=$[1+1]", "line 18: OS_USERNAME has $["),
    ("touch PROOF", "line 18: a command is not understood"),
    (
        "export OS_USERNAME=$(touch PROOF)",
        "line 18: OS_USERNAME is what a command puts out, and OMS runs nothing",
    ),
    (
        "export OS_PASSWORD=a$$b",
        "line 18: OS_PASSWORD has a sign outside single quotes, which means something else to a \
         shell; put the value in single quotes",
    ),
    (
        "export OS_PASSWORD=\"a${X%b}\"",
        "line 18: OS_PASSWORD has a sign outside",
    ),
    (
        "read -r OS_USERNAME",
        "line 18: OS_USERNAME is asked for when the file runs",
    ),
    (
        "export OS_USERNAME=${ME:?who}",
        "line 18: $ME is not set in the file; put the value of OS_USERNAME in single quotes",
    ),
    ("source other", "'source' is not understood"),
    (
        "if [ -z \"$B\" ]; then\nA=1\nelif [ -n \"$B\" ]; then\nA=2\nfi",
        "elif is not understood",
    ),
    (
        "if [ -n \"$A\" ] && [ -n \"$B\" ]; then\nA=1\nfi",
        "a condition of several commands",
    ),
    ("export OS_CACERT=$HERE/ca.pem", "line 18: $HERE is not set"),
    (
        "export OS_USERNAME=$'m\\xff'",
        "line 18: bytes in $'...' that are not UTF-8",
    ),
    (
        "export OS_REGION_NAME=b$?",
        "line 18: OS_REGION_NAME has $?",
    ),
    (
        "export OS_REGION_NAME=x>/dev/null",
        "line 18: OS_REGION_NAME has >",
    ),
    (
        "export OS_REGION_NAME={x,y}",
        "line 18: OS_REGION_NAME has {",
    ),
    (
        "echo x | unset OS_REGION_NAME",
        "line 18: '|' is not understood",
    ),
    (
        "export -n OS_REGION_NAME",
        "line 18: -n of export is not understood",
    ),
    (
        "for key in a b; do unset $key; done",
        "line 18: 'for' is not understood",
    ),
    (
        "export OS_AUTH_URL+=/v3",
        "line 18: an export that is not NAME or NAME=VALUE",
    ),
    ("export OS_CACERT='x", "line 18: a quote that does not end"),
];

/// The same of whole files.
const UNREADABLE_FILES: &[(&str, &str)] = &[
    (
        "export OS_CLOUD=web\n",
        "it only chooses cloud web of clouds.yaml; import that with: omsctl account import \
         --cloud web",
    ),
    (
        "for key in a; do OS_USERNAME=$key; done\n",
        "a loop is not understood but one that unsets variables",
    ),
];

#[test]
fn an_openrc_file_is_parsed_and_never_run() {
    let daemon = daemon();
    let ran = openrc(&daemon, OPENRC, &["--dry-run", "-o", "wide"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for word in [
        "web",
        "RegionOne",
        "web shop",
        " me ",
        "https://rc.example:5000/v3/",
    ] {
        assert!(ran.out.contains(word), "{word}: {}", ran.out);
    }
    let proof = daemon.folder().join("proof");
    let lines = UNREADABLE.iter().map(|(line, words)| {
        let line = line.replace("PROOF", &proof.display().to_string());
        (format!("{OPENRC}{line}\n"), words)
    });
    let files = UNREADABLE_FILES.iter();
    let files = files.map(|(text, words)| ((*text).to_owned(), words));
    for (text, word) in lines.chain(files) {
        let ran = openrc(&daemon, &text, &["--dry-run"]);
        assert_eq!(ran.code, 2, "{word}");
        assert!(ran.err.contains(word), "{word}: {}", ran.err);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
        assert!(!proof.exists());
    }
    let ran = openrc(
        &daemon,
        OPENRC,
        &["--dry-run", "--name", "shop", "-o", "name"],
    );
    assert_eq!(ran.out, "shop\n");
}

#[test]
fn an_openrc_file_may_say_what_is_there_instead_of_nothing() {
    let daemon = daemon();
    let text = r#"
set -a
OS_AUTH_URL=https://auth.example/v3
OS_USER_DOMAIN_NAME=${OS_USER_DOMAIN_NAME:-"Default"}
OS_PROJECT_DOMAIN_NAME="${OS_PROJECT_DOMAIN_NAME-Default}"
: "${OS_USERNAME:=web shop}"
OS_REGION_NAME=${OS_USERNAME:+There}
EMPTY=
export OS_PROJECT_NAME=${EMPTY:-"{shop} ${OS_REGION_NAME}"} \
    NEXT=1 \
    OTHER=2
OS_USER_DOMAIN_NAME="${NONE:-CORP\users}${NONE:-'x'}${NONE:-"y"}"
OS_PASSWORD='a$$b{c'
OS_BAREMETAL_API_VERSION=$IRONIC_API_VERSION
PS1="$PS1 $OS_BAREMETAL_API_VERSION"
set +a
"#;
    let ran = openrc(&daemon, text, &["--dry-run", "-o", "csv"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for word in [
        "https://auth.example/v3",
        "web shop",
        ",There,",
        "{shop} There",
        "CORP\\users'x'y",
    ] {
        assert!(ran.out.contains(word), "{word}: {}", ran.out);
    }
}

#[test]
fn an_openrc_file_may_name_a_file_below_the_home_directory() {
    let daemon = daemon();
    fs::write(daemon.folder().join("ca.pem"), "no certificate").unwrap();
    let text = format!("{OPENRC}export OS_CACERT=\"$HOME/ca.pem\"\n");
    let ran = openrc(&daemon, &text, &["--dry-run"]);
    // It was read.
    assert!(ran.err.contains("contains no certificate"), "{}", ran.err);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn every_fault_is_told_at_once_and_the_rest_is_imported_on_request() {
    let daemon = daemon();
    let file = daemon.folder().join("mixed.yaml");
    let text = "clouds:
  one: {auth: {username: me, password: p}}
  two: {verify: false, auth: {auth_url: 'https://two/v3', username: me, password: p, project_name: q}}
  good: {auth: {auth_url: 'https://good/v3', username: me, password: p, project_name: q}}
";
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let ran = import(&daemon, &["--clouds-yaml", file]).run();
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    insta::assert_snapshot!(ran.err.replace(file, "mixed.yaml"), @r"
    omsctl: mixed.yaml: cloud one: auth.auth_url: is missing
      mixed.yaml: cloud one: auth.project_name: is missing; give it or auth.project_id
      mixed.yaml: cloud two: verify: false is refused: OMS does not talk to servers unchecked; give --pin-cert-file with the server's certificate, or cacert with the authority that signed it
      nothing was imported; --skip-unusable imports the rest: good
    ");
    assert_eq!(daemon.asked(), []);
    let ran = import(&daemon, &["--clouds-yaml", file, "--dry-run", "-o", "name"]).run();
    assert_eq!((ran.code, ran.out.as_str()), (2, "good\n"));
    let words = ["--clouds-yaml", file, "--skip-unusable", "-o", "name"];
    let ran = import(&daemon, &words).run();
    assert_eq!((ran.code, ran.out.as_str()), (0, "good\n"));
    assert_eq!(ran.err.matches("left out").count(), 3, "{}", ran.err);
}
