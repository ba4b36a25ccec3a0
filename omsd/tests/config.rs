//! Settings from files, the environment and the command line, and what is said of bad ones.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are tests to people, if not to clippy"
)]

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use omsd::config::{Anonymous, Config, ConfigError, LogFormat, Sources};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::rules::policy::{Phase, Policy, Reach};

/// Loads a file of that text; the temporary directory's name is kept out of the message.
fn load(text: impl AsRef<[u8]>) -> Result<Config, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("omsd.toml");
    fs::write(&path, text).unwrap();
    Config::load(&from_file(&path)).map_err(|error| plain(&error, dir.path()))
}

fn from_file(path: &Path) -> Sources {
    Sources {
        file: Some(path.to_owned()),
        ..Sources::default()
    }
}

fn plain(error: &ConfigError, dir: &Path) -> String {
    error
        .to_string()
        .replace(&format!("{}/", dir.display()), "")
}

fn refused(text: impl AsRef<[u8]>) -> String {
    load(text).unwrap_err()
}

fn with(variables: &[(&str, &str)], flags: &[&str]) -> Result<Config, String> {
    let variables = variables
        .iter()
        .map(|(name, text)| ((*name).into(), (*text).into()));
    Config::load(&Sources {
        file: None,
        environment: variables.collect(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
    })
    .map_err(|error| error.to_string())
}

const SHIPPED: &str = include_str!("../../packaging/config/omsd.toml");

/// The shipped file with every setting switched on.
fn uncommented() -> String {
    let lines = SHIPPED.lines().map(|line| {
        let setting = line
            .strip_prefix('#')
            .filter(|rest| !rest.starts_with([' ', '\n']));
        setting.unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_empty_file_gives_the_defaults() {
    assert_eq!(load("").unwrap(), Config::default());
}

#[test]
fn the_shipped_file_changes_nothing_as_it_is() {
    assert_eq!(load(SHIPPED).unwrap(), Config::default());
}

#[test]
fn the_shipped_file_shows_every_setting_with_its_default() {
    let shown: toml::Table = toml::from_str(&uncommented()).unwrap();
    let all = toml::Table::try_from(Config::default()).unwrap();
    assert_eq!(shown, all);
    assert_eq!(load(uncommented()).unwrap(), Config::default());
}

#[test]
fn the_shipped_file_tells_every_range_as_it_is() {
    let section = ["[engine]", "[openstack]"];
    let mut current = "";
    let mut comment = String::new();
    let mut checked = 0;
    for line in SHIPPED.lines() {
        if line.starts_with('[') {
            current = line;
        }
        if let Some(text) = line.strip_prefix("# ") {
            comment.push_str(text);
            comment.push(' ');
        } else if let Some((key, _)) = line.strip_prefix('#').and_then(|s| s.split_once(" = ")) {
            if section.contains(&current) {
                let message = refused(format!("{current}\n{key} = -1"));
                // What is no number has no range.
                if let Some((_, range)) = message.rsplit_once(" from ") {
                    assert!(
                        comment.contains(range),
                        "{key}: '{comment}' lacks '{range}'"
                    );
                    checked += 1;
                }
            }
            comment.clear();
        } else {
            comment.clear();
        }
    }
    assert_eq!(checked, 15);
}

#[test]
fn a_rule_takes_the_place_of_the_built_in_one() {
    let config = load(
        "[rules.build.no_capacity]\nscope = \"account\"\nseconds = 20\n\
         [rules.launch.quota]\nscope = \"none\"\n",
    )
    .unwrap();
    let policy = Policy {
        rules: Arc::new(config.rules.of_policy()),
        ..Policy::default()
    };
    let rule = policy.rule(Phase::Build, FailureClass::NoCapacity).unwrap();
    assert_eq!((rule.reach, rule.first.as_secs()), (Reach::Account, 20));
    assert_eq!(policy.rule(Phase::Launch, FailureClass::Quota), None);
    let built_in = Policy::default();
    for class in [FailureClass::Quota, FailureClass::Timeout] {
        let rule = policy.rule(Phase::Build, class);
        assert_eq!(rule, built_in.rule(Phase::Build, class));
    }
}

#[test]
fn a_rule_that_makes_no_sense_is_refused() {
    let told = [
        "[rules.build.bad_luck]\nscope = \"account\"",
        "[rules.boot.quota]\nscope = \"account\"",
        "[rules.build.quota]\nscope = \"galaxy\"",
        "[rules.build.quota]\nscope = \"account\"\nseconds = 0",
        "[rules.build.quota]\nseconds = 5",
        "[rules.build.quota]\nscope = \"account\"",
        "[rules.build.quota]\nscope = \"none\"\nseconds = 5",
        "[rules.build.quota]\nscope = \"account\"\nseconds = 5\nlongest_seconds = 4",
        "[rules.watch.timeout]\nscope = \"request\"\nseconds = 5",
    ]
    .map(refused);
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn later_places_win_over_earlier_ones() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("omsd.toml");
    fs::write(
        &path,
        "[engine]\nlaunches_per_account = 2\nsettle_seconds = 20\n",
    )
    .unwrap();
    let mut sources = from_file(&path);
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.engine.launches_per_account.get(), 2);
    sources.environment = vec![
        ("OMS_ENGINE_LAUNCHES_PER_ACCOUNT".into(), "3".into()),
        ("OMS_HTTP_ANONYMOUS".into(), "operator".into()),
    ];
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.engine.launches_per_account.get(), 3);
    assert_eq!(config.engine.settle_seconds.duration().as_secs(), 20);
    assert_eq!(config.http.anonymous, Anonymous::Operator);
    sources.flags = vec!["engine.launches_per_account=4".to_owned()];
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.engine.launches_per_account.get(), 4);
}

#[test]
fn the_short_log_variable_yields_to_the_long_one() {
    let short = ("OMS_LOG", "debug");
    assert_eq!(with(&[short], &[]).unwrap().log.level.as_str(), "debug");
    let config = with(&[short, ("OMS_LOG_LEVEL", "warn,omsd::store=trace")], &[]).unwrap();
    assert_eq!(config.log.level.as_str(), "warn,omsd::store=trace");
}

#[test]
fn a_text_that_looks_like_a_number_stays_a_text() {
    let config = with(
        &[("OMS_SOCKET_GROUP", "1000"), ("OMS_LOG_FORMAT", "json")],
        &[],
    )
    .unwrap();
    assert_eq!(config.socket_group.as_str(), "1000");
    assert_eq!(config.log.format, LogFormat::Json);
}

#[test]
fn variables_of_other_programs_are_left_alone() {
    let others = [
        ("OMS_TEST_CLOUDS", "x"),
        ("OMS_SEED", "1"),
        ("HTTP_LISTEN", "?"),
    ];
    assert_eq!(with(&others, &[]).unwrap(), Config::default());
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_line_and_setting() {
    let texts = [
        "[http]\nlisten = \"localhost:8780\"",
        "[http]\nlisten = 8780",
        "[http]\n\nanonymous = \"admin\"",
        "[http]\nnames = [\"https://oms.example.org\"]",
        "[http]\nnames = [5]",
        "[http]\nnames = 5",
        "[http]\ntrusted_proxies = [\"10.0.0.0/8\", \"proxy\"]",
        "[http]\ntrusted_proxies = [\"0.0.0.0/0\"]",
        "[http.tls]\ncertificate = \"cert.pem\"",
        "[http.tls]\nversion = \"1.3\"",
        "[http]\ntls = []",
        "[http]\nlisen = \"127.0.0.1:1\"",
        "[htpp]\nlisten = \"127.0.0.1:1\"",
        "http = 5",
        "http.listen = true",
        "state_dir = \"state\"",
        "state_dir = \"\"",
        "socket = \"/run/oms/../a\\u0000b\"",
        "socket_group = \"not a group\"",
        "[log]\nlevel = \"inof\"",
        "[log]\nlevel = \"info,my part=debug\"",
        "[log]\nformat = \"yaml\"",
        "[engine]\n# two\nlaunches_per_account = 0",
        "[engine]\nlaunches_per_account = 1001",
        "[engine]\nlaunches_per_account = \"10\"",
        "[engine]\nlaunches_per_account = 1.5",
        "[engine]\nsettle_seconds = -1",
        "[engine]\nlaunch_patience_ms = 9223372036854775807",
        "[openstack]\nconcurrency = [1]",
        "[engine]\nsettle_seconds = 1\nsettle_seconds = 2",
        "[http\nlisten = 1",
        "state_dir = \"/a\"\nsocket = /b",
        "[[engine]]\nsettle_seconds = 1",
    ];
    let told: Vec<_> = texts
        .iter()
        .map(|text| format!("{}\n    {}", text.replace('\n', " | "), refused(text)))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_wrong_elsewhere_is_told_with_its_name() {
    let long = format!("/{}", "x".repeat(107));
    let told = [
        with(&[("OMS_ENGINE_SETTLE_SECONDS", "0")], &[]),
        with(&[("OMS_ENGINE_SETTLE_SECONDS", "soon")], &[]),
        with(&[("OMS_HTTP_LISTEN", "[::]:80")], &[]),
        with(&[("OMS_HTTP_TRUSTED_PROXIES", "10.0.0.0/33")], &[]),
        with(&[("OMS_ENGINE_SETTLE", "5")], &[]),
        with(&[("OMS_SOCKET", &long)], &[]),
        with(&[("OMS_LOG", "")], &[]),
        with(&[], &["engine.settle_seconds=0"]),
        with(&[], &["engine.settle=5"]),
        with(&[], &["engine=5"]),
        with(&[], &["settle_seconds"]),
    ]
    .map(Result::unwrap_err);
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn lists_are_lists_in_the_file_and_texts_with_commas_elsewhere() {
    let names = ["oms.example.org", "192.0.2.1"].map(|name| name.parse().unwrap());
    let in_file = load("[http]\nnames = [\"OMS.example.org\", \"192.0.2.1\"]").unwrap();
    assert_eq!(in_file.http.names.as_slice(), names);
    let text = "oms.example.org, 192.0.2.1,";
    let elsewhere = [
        with(&[("OMS_HTTP_NAMES", text)], &[]),
        with(&[], &[&format!("http.names={text}")]),
    ];
    for config in elsewhere {
        assert_eq!(config.unwrap().http.names.as_slice(), names);
    }
    let proxies = with(
        &[],
        &["http.trusted_proxies=10.1.2.3/8,::1,::ffff:192.0.2.1"],
    );
    let proxies = proxies.unwrap().http.trusted_proxies;
    let holds = |address: &str| {
        let address = address.parse().unwrap();
        proxies
            .as_slice()
            .iter()
            .any(|network| network.holds(address))
    };
    assert!(holds("10.255.0.1") && holds("::1") && holds("192.0.2.1"));
    assert!(!holds("11.0.0.1") && !holds("::2") && !holds("192.0.2.2"));
    let many = vec!["a"; 65].join(",");
    let told = with(&[("OMS_HTTP_NAMES", &many)], &[]).unwrap_err();
    assert!(told.ends_with("has more than 64 items"), "{told}");
}

#[test]
fn other_machines_are_served_over_tls_or_by_trusted_proxies_alone() {
    let open = "http.listen=0.0.0.0:8780";
    let tls = ["http.tls.certificate=/c", "http.tls.key=/k"];
    let (proxies, anonymous) = ("http.trusted_proxies=10.0.0.5", "http.anonymous=operator");
    for good in [
        &[open, tls[0], tls[1]][..],
        &[open, proxies],
        &["http.listen=[::ffff:127.0.0.1]:1"],
        &[anonymous, tls[0], tls[1]],
    ] {
        assert!(with(&[], good).is_ok(), "{good:?}");
    }
    let told = [
        &[open][..],
        &["http.listen=[::]:0"],
        &["http.listen=192.0.2.1:80"],
        &[tls[0]],
        &[tls[1]],
        &[open, tls[0], tls[1], anonymous],
        &[proxies, anonymous],
    ]
    .map(|settings| with(&[], settings).unwrap_err());
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_variable_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let sources = Sources {
        environment: vec![("OMS_SOCKET".into(), OsString::from_vec(vec![0xff]))],
        ..Sources::default()
    };
    let error = Config::load(&sources).unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment variable OMS_SOCKET: not UTF-8"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Config::load(&from_file(&dir.path().join("omsd.toml"))).unwrap_err();
    let told = plain(&missing, dir.path());
    assert_eq!(told, "cannot read the configuration file omsd.toml");
    let directory = Config::load(&from_file(dir.path())).unwrap_err();
    assert!(matches!(directory, ConfigError::Read { .. }));
    assert_eq!(
        refused(b"[log]\nlevel = \"\xff\""),
        "omsd.toml:2: not UTF-8"
    );
    assert_eq!(
        refused("#".repeat(1024 * 1024 + 1)),
        "omsd.toml: larger than 1048576 bytes, so hardly a configuration"
    );
}
