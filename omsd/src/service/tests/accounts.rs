//! What makes an account a valid one, and what a patch makes of it.

use oms_proto::Secret;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::{
    AccountPatch, AccountSpec, ApplicationCredential, Credentials, Endpoints, Interface,
    PasswordCredentials,
};
use omsd_domain::rows::account::{Auth, Domain};

use super::samples::account;
use super::told;
use crate::service::accounts::spec::{apply, auth, check_patch};
use oms_proto::check::account::check;

fn password() -> PasswordCredentials {
    PasswordCredentials {
        username: "gnc".to_owned(),
        user_domain_name: None,
        user_domain_id: None,
        password: Secret::new("hush"),
        tenant_name: Some("gnct".to_owned()),
        tenant_id: None,
        project_domain_name: None,
        project_domain_id: None,
        user_id: None,
        totp_secret: None,
    }
}

fn credential() -> ApplicationCredential {
    ApplicationCredential {
        id: Some("id".to_owned()),
        name: None,
        username: None,
        user_domain_name: None,
        user_domain_id: None,
        secret: Secret::new("hush"),
        user_id: None,
    }
}

fn spec() -> AccountSpec {
    AccountSpec {
        name: "alpha".to_owned(),
        provider: None,
        auth_url: "https://identity.example:5000/v3".to_owned(),
        region_name: None,
        interface: Interface::Public,
        credentials: Credentials::Password(password()),
        defaults: MachineSpec::default(),
        ca_pem: None,
        pinned_cert_pem: None,
        priority: 0,
        enabled: true,
        endpoints: Endpoints::default(),
        proxy: None,
        client_cert_pem: None,
        client_key_pem: None,
    }
}

fn with(change: impl FnOnce(&mut AccountSpec)) -> String {
    let mut spec = spec();
    change(&mut spec);
    told(check(&spec))
}

#[test]
fn a_plain_account_is_fine() {
    assert_eq!(with(|_| {}), "fine");
    let credential = Credentials::ApplicationCredential(credential());
    assert_eq!(with(|spec| spec.credentials = credential), "fine");
}

#[test]
fn a_name_can_stand_in_a_path_and_on_a_command_line() {
    for name in ["a", "A.b_c-9", &"x".repeat(64)] {
        assert_eq!(with(|spec| spec.name = name.to_owned()), "fine", "{name}");
    }
    for name in [
        "",
        ".",
        "..",
        "-a",
        "a/b",
        "a b",
        "a\n",
        "\u{e4}",
        &"x".repeat(65),
    ] {
        let told = with(|spec| spec.name = name.to_owned());
        assert!(
            told.starts_with("name: must have 1 to 64"),
            "{name:?}: {told}"
        );
    }
}

#[test]
fn an_address_is_one_of_http_and_carries_no_secret() {
    let good = [
        "https://a.example",
        "https://a.example/v3",
        "http://10.0.0.1:5000/identity/v3/",
        "https://[2001:db8::1]:5000/v3",
        "https://[2001:db8::1]/v3",
    ];
    for url in good {
        assert_eq!(with(|spec| spec.auth_url = url.to_owned()), "fine", "{url}");
    }
    let bad = [
        "",
        "a.example",
        "ftp://a.example",
        "file:///etc/passwd",
        "https://",
        "https:///v3",
        "https://user:pw@a.example/v3",
        "https://a.example:99999/v3",
        "https://a.example:/v3",
        "https://a.example/v3?x=y",
        "https://a.example/v3#x",
        "https://a example/v3",
        "https://a.example/\u{0}",
        &format!("https://a.example/{}", "x".repeat(1100)),
    ];
    for url in bad {
        let told = with(|spec| spec.auth_url = url.to_owned());
        assert!(told.starts_with("auth_url: "), "{url:?}: {told}");
    }
}

#[test]
fn credentials_are_complete() {
    let told_of = |credentials| with(|spec| spec.credentials = credentials);
    let no_project = PasswordCredentials {
        tenant_name: None,
        ..password()
    };
    let told = told_of(Credentials::Password(no_project));
    assert!(told.starts_with("credentials.tenant_name: "), "{told}");
    let nothing = PasswordCredentials {
        username: String::new(),
        password: Secret::default(),
        ..password()
    };
    assert_eq!(
        told_of(Credentials::Password(nothing)),
        "credentials.password: must not be empty\ncredentials.username: must not be empty"
    );
    let neither = ApplicationCredential {
        id: None,
        ..credential()
    };
    let told = told_of(Credentials::ApplicationCredential(neither.clone()));
    assert!(told.starts_with("credentials.id: "), "{told}");
    let nobodys = ApplicationCredential {
        name: Some("ci".to_owned()),
        ..neither
    };
    let told = told_of(Credentials::ApplicationCredential(nobodys));
    assert!(told.starts_with("credentials.username: "), "{told}");
}

#[test]
fn a_secret_is_never_repeated_in_a_message() {
    let long = "sesame".repeat(1000);
    let told = with(|spec| {
        let credentials = PasswordCredentials {
            password: Secret::new(long.clone()),
            ..password()
        };
        spec.credentials = Credentials::Password(credentials);
    });
    assert_eq!(
        told,
        "credentials.password: must have at most 4096 characters"
    );
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";

#[test]
fn certificates_are_pem_and_a_pin_is_one() {
    let two = CERTIFICATE.repeat(2);
    assert_eq!(with(|spec| spec.ca_pem = Some(two.clone())), "fine");
    assert_eq!(
        with(|spec| spec.pinned_cert_pem = Some(CERTIFICATE.into())),
        "fine"
    );
    let told = with(|spec| spec.pinned_cert_pem = Some(two));
    assert!(told.starts_with("pinned_cert_pem: must be one"), "{told}");
    let key = "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n";
    for pem in ["", "hello", key, "-----BEGIN CERTIFICATE-----\nAQ\u{e4}"] {
        let told = with(|spec| spec.ca_pem = Some(pem.to_owned()));
        assert!(told.starts_with("ca_pem: "), "{pem}: {told}");
    }
    let told = with(|spec| {
        spec.ca_pem = Some(CERTIFICATE.into());
        spec.pinned_cert_pem = Some(CERTIFICATE.into());
    });
    assert!(
        told.starts_with("pinned_cert_pem: accepts nothing"),
        "{told}"
    );
}

#[test]
fn the_projects_domain_is_the_users_unless_given() {
    let domain = |name: &str| Domain {
        name: Some(name.to_owned()),
        id: None,
    };
    let mut given = password();
    given.user_domain_name = Some("people".to_owned());
    let Auth::Password { project_domain, .. } = auth(&Credentials::Password(given.clone())) else {
        panic!("a password stays one");
    };
    assert_eq!(project_domain, domain("people"));
    given.project_domain_name = Some("projects".to_owned());
    let Auth::Password { project_domain, .. } = auth(&Credentials::Password(given)) else {
        panic!("a password stays one");
    };
    assert_eq!(project_domain, domain("projects"));
}

#[test]
fn a_patch_changes_what_it_names_and_takes_away_what_is_null() {
    let before = account(1, "alpha");
    let mut after = before.clone();
    apply(&mut after, &AccountPatch::default());
    assert_eq!(after, before);
    let patch = AccountPatch {
        region_name: Some(None),
        image: Some(None),
        flavor: Some(Some("g-2gb".to_owned())),
        networks: Some(vec!["private".to_owned()]),
        priority: Some(-3),
        enabled: Some(false),
        ..AccountPatch::default()
    };
    assert_eq!(told(check_patch(&before, &patch)), "fine");
    apply(&mut after, &patch);
    assert_eq!(after.region_name, None);
    assert_eq!(after.defaults.image, None);
    assert_eq!(after.defaults.flavor.as_deref(), Some("g-2gb"));
    assert_eq!(after.defaults.networks, Some(vec!["private".to_owned()]));
    assert_eq!((after.priority, after.enabled), (-3, false));
    assert_eq!(after.auth, before.auth);
}

#[test]
fn a_patch_is_judged_by_what_it_leads_to() {
    let mut before = account(1, "alpha");
    before.ca_pem = Some(CERTIFICATE.to_owned());
    let pin = AccountPatch {
        pinned_cert_pem: Some(Some(CERTIFICATE.to_owned())),
        ..AccountPatch::default()
    };
    assert_ne!(told(check_patch(&before, &pin)), "fine");
    let instead = AccountPatch {
        ca_pem: Some(None),
        ..pin
    };
    assert_eq!(told(check_patch(&before, &instead)), "fine");
    let bad = AccountPatch {
        auth_url: Some("nowhere".to_owned()),
        image: Some(Some(String::new())),
        ..AccountPatch::default()
    };
    assert_eq!(
        told(check_patch(&before, &bad)),
        "auth_url: must be https://HOST[:PORT][/PATH], or the same with http://\ndefaults.image: must not be empty"
    );
}
