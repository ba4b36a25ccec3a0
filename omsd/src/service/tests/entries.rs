//! What makes a wish for an instance a valid one, field by field.

use std::collections::BTreeMap;

use oms_proto::spec::{EntrySpec, KeyType};

use super::samples::account;
use super::told;
use crate::service::entry_spec::{check, check_accounts, check_idempotency_key, digest};
use omsd_domain::world::{Rows, World};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFkHc0LTVpbKD5q4G4Cvn8rTr8YNBFfyrz1GFIVDjC0K";

fn with(change: impl FnOnce(&mut EntrySpec)) -> String {
    let mut spec = EntrySpec::default();
    change(&mut spec);
    told(check(&spec).map(|_| ()))
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn an_empty_wish_is_fine() {
    assert_eq!(with(|_| {}), "fine");
}

#[test]
fn a_name_is_a_host_name() {
    let long = "a".repeat(63);
    for name in ["a", "web-1", "133-130-111-194", "web.example.org", &long] {
        assert_eq!(with(|spec| spec.name = Some(name.into())), "fine", "{name}");
    }
    let longer = "a".repeat(64);
    let bad = [
        "",
        "-a",
        "a-",
        "a..b",
        ".a",
        "a b",
        "a_b",
        "n\u{e4}me",
        "a\0",
        &longer,
    ];
    for name in bad {
        let told = with(|spec| spec.name = Some(name.into()));
        assert!(told.starts_with("name: must "), "{name:?}: {told}");
    }
}

#[test]
fn texts_are_lines_with_a_bound() {
    let fields: [fn(&mut EntrySpec, String); 3] = [
        |spec, text| spec.machine.image = Some(text),
        |spec, text| spec.machine.flavor = Some(text),
        |spec, text| spec.machine.availability_zone = Some(text),
    ];
    for set in fields {
        assert_eq!(with(|spec| set(spec, "x".repeat(255))), "fine");
        let cases = [
            (String::new(), "must not be empty"),
            ("  ".to_owned(), "must not be empty"),
            ("x".repeat(256), "must have at most 255 characters"),
            ("a\nb".to_owned(), "must not contain control characters"),
            ("a\u{0}b".to_owned(), "must not contain control characters"),
        ];
        for (text, says) in cases {
            let told = with(|spec| set(spec, text.clone()));
            assert!(told.ends_with(says), "{text:?}: {told}");
        }
    }
}

#[test]
fn lists_have_a_bound_and_no_repetition() {
    let many: Vec<String> = (0..33).map(|i| format!("net-{i}")).collect();
    let told = with(|spec| {
        spec.machine.networks = Some(many);
        spec.machine.security_groups = Some(names(&["web", "ssh", "web", ""]));
    });
    assert_eq!(
        told,
        "networks: must have at most 32 elements\nsecurity_groups: names 'web' twice\n\
         security_groups: must not be empty"
    );
}

#[test]
fn user_data_fits_into_what_nova_takes() {
    assert_eq!(
        with(|spec| spec.user_data = Some("x".repeat(49_149))),
        "fine"
    );
    assert_eq!(
        with(|spec| spec.user_data = Some("x".repeat(49_150))),
        "user_data: has 49150 bytes; at most 49149 are possible"
    );
}

#[test]
fn metadata_is_what_nova_takes_and_never_ours() {
    let pairs = |pairs: &[(&str, &str)]| {
        let owned = pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned()));
        Some(owned.collect::<BTreeMap<_, _>>())
    };
    let fine = pairs(&[("role", "web"), ("a.b:c_d-e f", "")]);
    assert_eq!(with(|spec| spec.metadata = fine), "fine");
    let long = "v".repeat(256);
    let bad = pairs(&[
        ("oms_entry", "7"),
        ("OMS_attempt", "7"),
        ("", "x"),
        ("a/b", "x"),
        ("long", &long),
    ]);
    insta::assert_snapshot!(with(|spec| spec.metadata = bad));
    let many = (0..121).map(|i| (format!("k{i}"), String::new())).collect();
    assert_eq!(
        with(|spec| spec.metadata = Some(many)),
        "metadata: must have at most 120 keys"
    );
}

#[test]
fn a_key_is_brought_or_made_and_not_both() {
    assert_eq!(with(|spec| spec.public_key = Some(KEY.into())), "fine");
    assert_eq!(with(|spec| spec.key_type = Some(KeyType::Rsa)), "fine");
    let both = with(|spec| {
        spec.public_key = Some(KEY.into());
        spec.key_type = Some(KeyType::Rsa);
    });
    assert_eq!(both, "key_type: makes no sense together with public_key");
    let wrong = with(|spec| spec.public_key = Some("ssh-ed25519 nonsense".into()));
    assert!(wrong.starts_with("public_key: "), "{wrong}");
}

#[test]
fn a_deadline_is_from_a_second_to_a_week() {
    for seconds in [1, 604_800] {
        assert_eq!(with(|spec| spec.deadline_seconds = Some(seconds)), "fine");
    }
    for seconds in [0, 604_801, u32::MAX] {
        assert_eq!(
            with(|spec| spec.deadline_seconds = Some(seconds)),
            "deadline_seconds: must be from 1 to 604800"
        );
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let told = with(|spec| {
        spec.name = Some("-".into());
        spec.machine.image = Some(String::new());
        spec.accounts = Some(Vec::new());
        spec.deadline_seconds = Some(0);
    });
    let fields: Vec<_> = told
        .lines()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(fields, ["accounts", "deadline_seconds", "image", "name"]);
}

#[test]
fn the_accounts_named_must_exist_and_leave_one() {
    let world = World::from_rows(Rows {
        accounts: vec![account(1, "alpha"), account(2, "beta")],
        ..Rows::default()
    });
    let check = |accounts, avoid_accounts| {
        let spec = EntrySpec {
            accounts,
            avoid_accounts,
            ..EntrySpec::default()
        };
        told(check_accounts(&spec, &world))
    };
    assert_eq!(check(None, None), "fine");
    assert_eq!(
        check(Some(names(&["alpha"])), Some(names(&["beta"]))),
        "fine"
    );
    assert_eq!(
        check(Some(names(&["gamma\n"])), None),
        "accounts: there is no account 'gamma\\n'; there are: alpha, beta"
    );
    let nothing = "avoid_accounts: leaves no account to place the entry at";
    assert_eq!(check(None, Some(names(&["alpha", "beta"]))), nothing);
    assert_eq!(
        check(Some(names(&["alpha"])), Some(names(&["alpha"]))),
        nothing
    );
    // An entry may come before the first account does.
    assert_eq!(
        told(check_accounts(&EntrySpec::default(), &World::new("here"))),
        "fine"
    );
}

#[test]
fn an_idempotency_key_is_visible_ascii() {
    let longest = "k".repeat(255);
    for key in ["a", "8f-7:x~", &longest] {
        assert!(check_idempotency_key(key).is_ok(), "{key}");
    }
    let longer = "k".repeat(256);
    for key in ["", " ", "a b", "a\n", "\u{e4}", &longer] {
        let error = check_idempotency_key(key).unwrap_err();
        assert!(error.fields.contains_key("idempotency_key"), "{key}");
    }
}

#[test]
fn the_digest_tells_requests_apart_and_stays_the_same() {
    let hex = |spec: &EntrySpec| {
        let digest = u128_pair(digest(spec).unwrap());
        format!("{:032x}{:032x}", digest.0, digest.1)
    };
    let empty = EntrySpec::default();
    let named = EntrySpec {
        name: Some("web".to_owned()),
        ..EntrySpec::default()
    };
    assert_ne!(hex(&empty), hex(&named));
    // Stored with entries, so it may not change: SHA-256 of "oms entry 1\n{}".
    insta::assert_snapshot!(format!("{}\n{}", hex(&empty), hex(&named)));
}

fn u128_pair(digest: [u8; 32]) -> (u128, u128) {
    let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap());
    (half(&digest[..16]), half(&digest[16..]))
}
