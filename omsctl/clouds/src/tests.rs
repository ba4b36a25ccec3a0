//! clouds.yaml in all shapes, hostile ones included.

use oms_proto::spec::{ApplicationCredential, Credentials, Interface, PasswordCredentials};

use super::*;

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn no_additions() -> Additions {
    Additions {
        name: None,
        defaults: MachineSpec::default(),
        ca_pem: None,
        pinned_cert_pem: None,
    }
}

fn certificate(path: &str) -> Result<String, String> {
    match path {
        "/ca.pem" => Ok(PEM.to_owned()),
        "/empty.pem" => Ok(String::new()),
        "/torn.pem" => Ok(PEM.replace("MIIB", "M*IB")),
        "/cut.pem" => Ok("-----BEGIN CERTIFICATE-----\nMIIB\n".to_owned()),
        "/key.pem" => Ok(PEM.replace("CERTIFICATE", "PRIVATE KEY")),
        "/both.pem" => Ok(format!(
            "{PEM}-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
        )),
        "/locked.pem" => Ok(format!(
            "{PEM}-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGH\n-----END ENCRYPTED PRIVATE KEY-----\n"
        )),
        _ => Err("no such file".to_owned()),
    }
}

fn document(text: &str) -> Document {
    Document::parse("clouds.yaml", text).unwrap()
}

fn sources(clouds: &str, secure: &str, public: &str) -> Sources {
    Sources {
        file: "clouds.yaml".to_owned(),
        clouds: document(clouds).clouds_under(document(secure)),
        public: document(public).profiles(),
    }
}

fn import(clouds: &str) -> Result<Vec<AccountSpec>, String> {
    let document = Document::parse("clouds.yaml", clouds).map_err(|error| error.to_string())?;
    let sources = Sources {
        file: "clouds.yaml".to_owned(),
        clouds: document.clouds_under(Document::default()),
        public: BTreeMap::new(),
    };
    whole(&sources, &[], &no_additions())
        .map(|import| import.specs)
        .map_err(|error| error.to_string())
}

/// The import at a desk where nobody knows a secret.
fn whole(
    sources: &Sources,
    selection: &[String],
    additions: &Additions,
) -> Result<Import, CloudsError> {
    let mut ask = |_: &str, _| Err(MISSING.to_owned());
    let mut desk = Desk {
        read: &certificate,
        ask: &mut ask,
        is_person: false,
    };
    let import = accounts(sources, selection, additions, &mut desk)?;
    match import.faults.first() {
        None => Ok(import),
        Some(fault) => Err(fault.clone()),
    }
}

/// The import of three files.
pub(super) fn whole_of(clouds: &str, secure: &str, public: &str) -> Result<Import, String> {
    let parse =
        |name: &str, text: &str| Document::parse(name, text).map_err(|error| error.to_string());
    let sources = Sources {
        file: "clouds.yaml".to_owned(),
        clouds: parse("clouds.yaml", clouds)?.clouds_under(parse("secure.yaml", secure)?),
        public: parse("clouds-public.yaml", public)?.profiles(),
    };
    whole(&sources, &[], &no_additions()).map_err(|error| error.to_string())
}

/// What people are told of the import of one file.
fn notes(clouds: &str) -> Vec<String> {
    whole(&sources(clouds, "", ""), &[], &no_additions())
        .unwrap()
        .notes
}

fn one(clouds: &str) -> AccountSpec {
    let mut specs = import(clouds).unwrap();
    assert_eq!(specs.len(), 1);
    specs.remove(0)
}

fn password(spec: &AccountSpec) -> &PasswordCredentials {
    match &spec.credentials {
        Credentials::Password(password) => password,
        Credentials::ApplicationCredential(_) | Credentials::Token(_) => panic!("not a password"),
    }
}

fn credential(spec: &AccountSpec) -> &ApplicationCredential {
    match &spec.credentials {
        Credentials::ApplicationCredential(credential) => credential,
        Credentials::Password(_) | Credentials::Token(_) => panic!("not an application credential"),
    }
}

/// A cloud that can be imported, with more lines beside `auth` and in it.
fn cloud(beside: &str, within: &str) -> String {
    let indented = |text: &str, blanks: &str| -> String {
        let lines = text.lines().map(|line| [blanks, line, "\n"].concat());
        lines.collect()
    };
    [
        "clouds:\n  alpha:\n",
        &indented(beside, "    "),
        "    auth:\n      auth_url: https://k.example/v3\n      username: me\n",
        "      password: hunter2\n      project_name: web\n",
        &indented(within, "      "),
    ]
    .concat()
}

#[test]
fn a_password_cloud_becomes_an_account() {
    let spec = one(&cloud(
        "region_name: R1\ninterface: internal\nidentity_api_version: 3",
        "user_domain_name: users\nproject_domain_id: default",
    ));
    assert_eq!(spec.name, "alpha");
    assert_eq!(spec.provider.as_deref(), Some("alpha"));
    assert_eq!(spec.auth_url, "https://k.example/v3");
    assert_eq!(spec.region_name.as_deref(), Some("R1"));
    assert_eq!(spec.interface, Interface::Internal);
    assert!(spec.enabled);
    let password = password(&spec);
    assert_eq!(password.username, "me");
    assert_eq!(password.password.expose(), "hunter2");
    assert_eq!(password.tenant_name.as_deref(), Some("web"));
    assert_eq!(password.user_domain_name.as_deref(), Some("users"));
    assert_eq!(password.user_domain_id, None);
    assert_eq!(password.project_domain_id.as_deref(), Some("default"));
}

#[test]
fn application_credentials_are_taken_by_id_and_by_name() {
    let by_id = one("clouds: {a: {auth_type: v3applicationcredential, auth: {
        auth_url: 'https://k', application_credential_id: 21, application_credential_secret: s,
        project_name: ignored}}}");
    assert_eq!(credential(&by_id).id.as_deref(), Some("21"));
    assert_eq!(credential(&by_id).secret.expose(), "s");
    assert_eq!(credential(&by_id).username, None);
    // Without an auth_type the keys say it.
    let by_name = one("clouds: {a: {auth: {
        auth_url: 'https://k', application_credential_name: ci, application_credential_secret: s,
        username: me, user_domain_name: Default}}}");
    assert_eq!(credential(&by_name).name.as_deref(), Some("ci"));
    assert_eq!(credential(&by_name).username.as_deref(), Some("me"));
    assert_eq!(
        credential(&by_name).user_domain_name.as_deref(),
        Some("Default")
    );
}

#[test]
fn values_stay_the_text_that_was_written() {
    let spec = one(
        "clouds:\n  a:\n    region_name: no\n    auth: {auth_url: 'https://k', \
                    username: 0644, password: 1e3, project_id: 007, user_domain_id: true}\n",
    );
    assert_eq!(spec.region_name.as_deref(), Some("no"));
    let password = password(&spec);
    assert_eq!(password.username, "0644");
    assert_eq!(password.password.expose(), "1e3");
    assert_eq!(password.tenant_id.as_deref(), Some("007"));
    assert_eq!(password.user_domain_id.as_deref(), Some("true"));
}

#[test]
fn old_spellings_and_places_are_understood() {
    let spec = one(
        "clouds: {a: {auth-url: 'https://k/v3', user-name: me, password: p,
        tenant-name: web, endpoint-type: adminURL, region: R}}",
    );
    assert_eq!(spec.interface, Interface::Admin);
    assert_eq!(password(&spec).username, "me");
    assert_eq!(password(&spec).tenant_name.as_deref(), Some("web"));
}

#[test]
fn one_domain_said_counts_for_user_and_project() {
    let spec = one(&cloud("", "domain_name: both\nuser_domain_name: mine"));
    assert_eq!(password(&spec).user_domain_name.as_deref(), Some("mine"));
    assert_eq!(password(&spec).project_domain_name.as_deref(), Some("both"));
    let spec = one(&cloud("default_domain: default", ""));
    assert_eq!(password(&spec).user_domain_id.as_deref(), Some("default"));
}

#[test]
fn several_regions_become_one_account_each() {
    let specs = import(&cloud(
        "regions:\n- tyo1\n- no\n- 17\n- name: sin1\n  values:\n    interface: internal\n    auth: {project_name: sin-web}",
        "",
    ))
    .unwrap();
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["alpha-tyo1", "alpha-no", "alpha-17", "alpha-sin1"]);
    let last = specs.last().unwrap();
    assert_eq!(last.region_name.as_deref(), Some("sin1"));
    assert_eq!(last.provider.as_deref(), Some("alpha"));
    assert_eq!(last.interface, Interface::Internal);
    assert_eq!(password(last).tenant_name.as_deref(), Some("sin-web"));
    assert_eq!(password(&specs[0]).tenant_name.as_deref(), Some("web"));
}

#[test]
fn a_list_of_one_region_keeps_the_cloud_s_name() {
    assert_eq!(one(&cloud("regions: [tyo1]", "")).name, "alpha");
    assert_eq!(import(&cloud("region_name: 'a,b'", "")).unwrap().len(), 2);
    assert_eq!(
        one(&cloud("regions: []\nregion_name: x", ""))
            .region_name
            .as_deref(),
        Some("x")
    );
    assert_eq!(one(&cloud("regions:", "")).region_name, None);
}

#[test]
fn secrets_are_laid_over_the_clouds() {
    let sources = sources(
        "clouds: {a: {region_name: R, auth: {auth_url: 'https://k', username: me, project_name: p}}}",
        "clouds: {a: {auth: {password: from-secure, username: other}}}",
        "",
    );
    let specs = whole(&sources, &[], &no_additions()).unwrap().specs;
    assert_eq!(password(&specs[0]).password.expose(), "from-secure");
    assert_eq!(password(&specs[0]).username, "other");
    assert_eq!(specs[0].region_name.as_deref(), Some("R"));
}

#[test]
fn a_profile_is_what_a_cloud_begins_with() {
    let sources = sources(
        "clouds: {a: {profile: conoha, regions: [sin1], auth: {username: me, password: p, project_name: w}}}",
        "",
        "public-clouds: {conoha: {auth: {auth_url: 'https://conoha/v3'}, regions: [tyo1, sin1], interface: public}}",
    );
    let specs = whole(&sources, &[], &no_additions()).unwrap().specs;
    assert_eq!(specs.len(), 1);
    assert_eq!(specs[0].auth_url, "https://conoha/v3");
    assert_eq!(specs[0].provider.as_deref(), Some("conoha"));
    assert_eq!(specs[0].region_name.as_deref(), Some("sin1"));
}

#[test]
fn anchors_and_merge_keys_work() {
    let specs = import(
        "x: &base {auth_url: 'https://k', username: me, password: p}\n\
         clouds:\n  a: {auth: {<<: *base, project_name: one}}\n  b: {auth: {<<: *base, project_name: two}}\n",
    )
    .unwrap();
    assert_eq!(password(&specs[1]).tenant_name.as_deref(), Some("two"));
    assert_eq!(password(&specs[1]).username, "me");
}

#[test]
fn unknown_keys_are_skipped_whatever_they_hold() {
    let spec = one(&cloud(
        "volume_api_version: 3\nfloating_ip_source: neutron\nnetworks:\n- name: ext\n  routes_externally: true\nforce_ipv4: true\nfuture: {deep: [1, {a: .nan}]}",
        "future: [1, 2]",
    ));
    assert_eq!(spec.name, "alpha");
}

#[test]
fn clouds_are_selected_by_name_in_the_order_given() {
    let text = cloud("", "")
        + &cloud("", "")
            .replace("clouds:\n", "")
            .replace("alpha", "beta");
    let sources = sources(&text, "", "");
    let import = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        whole(&sources, &names, &no_additions()).map(|import| import.specs)
    };
    let names = |names: &[&str]| -> Vec<String> {
        import(names)
            .unwrap()
            .into_iter()
            .map(|spec| spec.name)
            .collect()
    };
    assert_eq!(names(&[]), ["alpha", "beta"]);
    assert_eq!(names(&["beta", "alpha", "beta"]), ["beta", "alpha"]);
    assert_eq!(
        import(&["gamma"]).unwrap_err().to_string(),
        "clouds.yaml: no cloud gamma in it; there are: alpha, beta"
    );
}

#[test]
fn names_are_made_to_fit_and_must_not_collide() {
    let specs = import(&cloud("", "").replace("alpha", "'my cloud: 1'")).unwrap();
    assert_eq!(specs[0].name, "my-cloud--1");
    for (name, fitted) in [
        ("_lab", "lab"),
        ("--x", "x"),
        ("\u{fc}berwolke", "berwolke"),
    ] {
        let text = cloud("", "").replace("alpha", &format!("'{name}'"));
        assert_eq!(one(&text).name, fitted);
        assert_eq!(
            notes(&text),
            [format!(
                "clouds.yaml: cloud {name}: becomes account {fitted}"
            )]
        );
    }
    let additions = Additions {
        name: Some("given".to_owned()),
        ..no_additions()
    };
    let text = cloud("regions: [a, b]", "");
    let specs = whole(&sources(&text, "", ""), &[], &additions)
        .unwrap()
        .specs;
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["given-a", "given-b"]);
    let error = import(&cloud("", "").replace("alpha", "'___'")).unwrap_err();
    assert!(error.contains("give one with --name"), "{error}");
    let text = cloud("", "")
        + &cloud("", "")
            .replace("clouds:\n", "")
            .replace("alpha", "'a b'")
        + &cloud("", "")
            .replace("clouds:\n", "")
            .replace("alpha", "'a:b'");
    let error = import(&text).unwrap_err();
    assert!(
        error.contains("would become account a-b, as cloud"),
        "{error}"
    );
    let long = import(&cloud("", "").replace("alpha", &"x".repeat(65))).unwrap_err();
    assert!(long.contains("1 to 64 characters"), "{long}");
}

#[test]
fn authorities_are_read_and_a_pin_replaces_them() {
    let text = cloud("cacert: /ca.pem", "");
    assert_eq!(one(&text).ca_pem.as_deref(), Some(PEM));
    let pinned = Additions {
        pinned_cert_pem: Some(PEM.to_owned()),
        ..no_additions()
    };
    // With a pin there is nothing left to verify or to read.
    let text = cloud("cacert: /missing.pem\nverify: false", "");
    let specs = whole(&sources(&text, "", ""), &[], &pinned).unwrap().specs;
    assert_eq!(specs[0].pinned_cert_pem.as_deref(), Some(PEM));
    assert_eq!(specs[0].ca_pem, None);
}

#[test]
fn verify_is_read_as_a_boolean_in_every_spelling() {
    for yes in ["true", "True", "yes", "'on'", "1"] {
        one(&cloud(&format!("verify: {yes}"), ""));
    }
    for no in ["false", "False", "no", "'off'", "0"] {
        let error = import(&cloud(&format!("verify: {no}"), "")).unwrap_err();
        assert!(
            error.contains("cloud alpha: verify: false is refused"),
            "{error}"
        );
        assert!(error.contains("--pin-cert-file"), "{error}");
    }
}

#[test]
fn the_first_of_several_merged_mappings_stands() {
    let defaults = "one: &one {region_name: first, interface: internal}\n\
                    two: &two {region_name: second}\n";
    for (merged, region) in [
        ("<<: [*one, *two]", "first"),
        ("<<: [*two, *one]", "second"),
        ("region_name: own\n<<: [*two, *one]", "own"),
        ("region_name: '{interface}'\n<<: *one", "internal"),
    ] {
        let spec = one(&[defaults, &cloud(merged, "")].concat());
        assert_eq!(spec.region_name.as_deref(), Some(region), "{merged}");
        assert_eq!(spec.interface, Interface::Internal);
    }
}

#[test]
fn a_version_may_have_its_letter() {
    for version in ["3", "3.14", "v3", "v3.0"] {
        one(&cloud(&format!("identity_api_version: {version}"), ""));
    }
}

#[test]
fn mistakes_are_named_with_file_cloud_and_key() {
    let broken = [
        cloud("", "").replace("      password: hunter2\n", ""),
        cloud("", "").replace("      username: me\n", ""),
        cloud("", "").replace("      project_name: web\n", ""),
        cloud("", "").replace("https://k.example/v3", "k.example"),
        cloud("", "").replace("https://k.example/v3", "https://me:pw@k.example/v3"),
        cloud("", "").replace("https://k.example/v3", "https://k.example/v2.0"),
        cloud("auth_type: v3oidcpassword", ""),
        cloud("auth_type: v3applicationcredential", ""),
        cloud("identity_api_version: 2", ""),
        cloud("interface: sideways", ""),
        cloud("verify: perhaps", ""),
        cloud("insecure: true", ""),
        cloud("cacert: /missing.pem", ""),
        cloud("cacert: /empty.pem", ""),
        cloud("", "system_scope: all"),
        cloud("regions: [a, '']", ""),
        cloud("", "").replace("hunter2", "<password>"),
        cloud("", "").replace("hunter2", "'{{ password }}'"),
        cloud("", "").replace("hunter2", "'ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]'"),
        cloud("region_name: '{nothing}'", ""),
        cloud("", "") + "sops: {version: 3.8.1}\n",
        "$ANSIBLE_VAULT;1.1;AES256\n6162\n".to_owned(),
        cloud("", "") + "---\nclouds: {}\n",
        "clouds: [{name: a}]".to_owned(),
        cloud("regions: RegionOne", ""),
        cloud("regions: {name: RegionOne}", ""),
        "clouds: {a: {profile: rackspace, auth: {username: me}}}".to_owned(),
        "clouds: {a: {profile: 'https://vendor.example'}}".to_owned(),
        "clouds: {a: }".to_owned(),
        "clouds: {}".to_owned(),
        String::new(),
        "# only a comment".to_owned(),
    ];
    let errors: Vec<String> = broken
        .iter()
        .map(|text| import(text).unwrap_err())
        .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_cloud_s_own_regions_stand_before_those_of_its_profile() {
    let public = "public-clouds: {acme: {auth: {auth_url: 'https://acme/v3'}, \
                  regions: [a, {name: b, values: {interface: admin}}, c], region_name: z}}";
    let rows = [
        ("region_name: b", vec![("lab", "b")]),
        ("region-name: b", vec![("lab", "b")]),
        ("region_name: [b]", vec![("lab", "b")]),
        ("region_name: 'b,d'", vec![("lab-b", "b"), ("lab-d", "d")]),
        ("regions: [c, a]", vec![("lab-c", "c"), ("lab-a", "a")]),
        ("regions: [d]", vec![("lab", "d")]),
        ("regions: [d]\n    region_name: d", vec![("lab", "d")]),
        ("regions: []", vec![("lab", "")]),
        ("x: y", vec![("lab-a", "a"), ("lab-b", "b"), ("lab-c", "c")]),
    ];
    for (lines, wanted) in rows {
        let text = format!(
            "clouds:\n  lab:\n    profile: acme\n    {lines}\n    auth: {{username: me, password: \
             p, project_name: w}}\n"
        );
        let specs = whole(&sources(&text, "", public), &[], &no_additions());
        let specs = specs.unwrap().specs;
        let found: Vec<_> = specs
            .iter()
            .map(|it| {
                (
                    it.name.as_str(),
                    it.region_name.as_deref().unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(found, wanted, "{lines}");
    }
    let error = import(&cloud("regions: [a, b]\nregion_name: b", "")).unwrap_err();
    assert!(
        error.contains("region_name: says b, and regions"),
        "{error}"
    );
}

#[test]
fn projects_and_domains_are_taken_from_where_openstacksdk_takes_them() {
    let spec = one(&cloud(
        "project_name: beside\ntenant_name: old",
        "tenant_name: older",
    ));
    assert_eq!(password(&spec).tenant_name.as_deref(), Some("beside"));
    let spec = one(&cloud("", "tenant_name: old"));
    assert_eq!(password(&spec).tenant_name.as_deref(), Some("web"));
    let spec = one(&cloud("tenant_id: t\nusername: beside", "project_id: p"));
    assert_eq!(password(&spec).tenant_id.as_deref(), Some("p"));
    assert_eq!(password(&spec).username, "me");
    // An id for both domains stands before a name for one: Keystone is asked by id.
    let spec = one(&cloud("domain_id: d", "user_domain_name: n"));
    assert_eq!(password(&spec).user_domain_id.as_deref(), Some("d"));
    assert_eq!(password(&spec).user_domain_name.as_deref(), Some("n"));
    let spec = one(&cloud(
        "user_domain_name: beside",
        "user_domain_name: within",
    ));
    assert_eq!(password(&spec).user_domain_name.as_deref(), Some("beside"));
}

#[test]
fn what_stands_between_braces_is_put_out() {
    let text = cloud("region_name: tyo1\ncacert: '/{interface}'", "")
        .replace("https://k.example", "https://k.{region_name}.example");
    let error = import(&text).unwrap_err();
    assert!(error.contains("cacert: /public: no such file"), "{error}");
    let spec = one(&text.replace("cacert: '/{interface}'", ""));
    assert_eq!(spec.auth_url, "https://k.tyo1.example/v3");
    for wrong in ["{password}", "{future}", "{", "}", "{region_name!r}"] {
        let text = cloud("", "").replace("k.example", wrong);
        assert!(import(&text).unwrap_err().contains("auth_url: "), "{wrong}");
    }
    let spec = one(&cloud("", "").replace("hunter2", "'a{b}c'"));
    assert_eq!(password(&spec).password.expose(), "a{b}c");
}

#[test]
fn foreign_tags_are_refused_with_their_line() {
    for (tag, word) in [
        (
            "!vault |\n        $ANSIBLE_VAULT;1.1;AES256",
            "Ansible Vault",
        ),
        ("!vault-encrypted x", "Ansible Vault"),
        ("!ENV x", "a tag"),
        ("!include x", "a tag"),
        ("!str x", "a tag"),
        ("!!python/object:os.system x", "a tag"),
        ("!<tag:example.org,2000:x> x", "a tag"),
    ] {
        let error = import(&cloud("", "").replace("hunter2", tag)).unwrap_err();
        assert!(
            error.contains("line 6") && error.contains(word),
            "{tag}: {error}"
        );
    }
    // A password that begins so, whatever is in it.
    for password in ["!hunter2", "!hunter2 abc", "!vahunter2vault abc"] {
        let error = import(&cloud("", "").replace("hunter2", password)).unwrap_err();
        assert!(
            error.contains("line 6") && !error.contains("hunter2") && !error.contains("abc"),
            "{error}"
        );
    }
    // Wherever it stands: what is behind it cannot be told.
    let error = import(&cloud("networks: !x []", "")).unwrap_err();
    assert!(error.contains("line 3"), "{error}");
    let spec = one(&cloud("", "").replace("hunter2", "!!str 0123"));
    assert_eq!(password(&spec).password.expose(), "0123");
}

#[test]
fn what_is_not_used_is_told() {
    let told = notes(&cloud(
        "image_format: raw\nvolume_api_version: 3",
        "future: 1",
    ));
    assert_eq!(
        told,
        [
            "clouds.yaml: cloud alpha: OMS does not use auth.future, image_format, volume_api_version"
        ]
    );
    let told = notes(&cloud("compute_api_version: 2.79", ""));
    assert!(
        told[0].contains("compute_api_version 2.79 is not used"),
        "{told:?}"
    );
    let told = notes(&cloud("profile: otc", ""));
    assert!(told[0].contains("no profile otc"), "{told:?}");
    assert_eq!(
        notes(&cloud(
            "compute_api_version: 2\nregion_name: x\nimage_api_version: 2",
            ""
        )),
        [""; 0]
    );
}

#[test]
fn what_would_mean_another_endpoint_is_refused() {
    for line in [
        "image_interface: internal",
        "compute_endpoint_type: adminURL",
        "network_region_name: elsewhere",
        "compute_service_name: other",
        "compute_service_type: baremetal",
        "compute_api_version: 1.1",
        "image_api_version: 1",
        "interface: [internal, public]",
        "interface: internal\nendpoint_type: public",
    ] {
        let key = line.split(':').next().unwrap();
        let error = import(&cloud(line, "")).unwrap_err();
        assert!(error.contains(&format!("{key}: ")), "{line}: {error}");
    }
    one(&cloud("interface: internal\nimage_interface: internal", ""));
    let error = import(&cloud("", "region_name: R")).unwrap_err();
    assert!(
        error.contains("auth.region_name: belongs beside auth"),
        "{error}"
    );
}

#[test]
fn a_key_without_a_value_takes_away_what_a_profile_says() {
    let public = "public-clouds: {p: {auth: {auth_url: 'https://p/v3', username: them}}}";
    let text = "clouds: {a: {profile: p, auth: {username: , password: x, project_name: w}}}";
    let error = whole(&sources(text, "", public), &[], &no_additions()).unwrap_err();
    assert!(error.to_string().contains("auth.username: is missing"));
}

#[test]
fn a_way_to_sign_in_is_chosen_or_asked_for() {
    let both = "application_credential_id: x\napplication_credential_secret: y";
    let error = import(&cloud("", both)).unwrap_err();
    assert!(error.contains("auth_type: is missing"), "{error}");
    password(&one(&cloud("auth_type: password", both)));
    credential(&one(&cloud("auth_type: v3applicationcredential", both)));
    for federated in [
        "v3oidcpassword",
        "v3samlpassword",
        "v3adfspassword",
        "v3kerberos",
    ] {
        let error = import(&cloud(&format!("auth_type: {federated}"), "")).unwrap_err();
        assert!(error.contains("application credential"), "{error}");
    }
    for old in [
        "auth_plugin: v3token",
        "auth_type: v2password",
        "token: x\npassword:",
    ] {
        let text = cloud(old, "").replace("password: hunter2", "x: y");
        assert!(import(&text).unwrap_err().contains("auth_"), "{old}");
    }
}

#[test]
fn what_the_daemon_would_refuse_is_refused_at_once() {
    let long = "x".repeat(256);
    for (text, key) in [
        (cloud(&format!("region_name: {long}"), ""), "region_name"),
        (cloud("", "").replace("web", &long), "project_name"),
        (
            cloud("", "").replace("k.example", "k.example:0"),
            "auth_url",
        ),
        (
            cloud("", "").replace("k.example", "k.example:x"),
            "auth_url",
        ),
        (
            cloud("", "").replace("https://k.example/v3", "https:///v3"),
            "auth_url",
        ),
        (
            cloud("", "").replace("hunter2", &"x".repeat(4097)),
            "password",
        ),
        (
            cloud("", "").replace("username: me", "username: \"a\\tb\""),
            "username",
        ),
    ] {
        let error = import(&text).unwrap_err();
        assert!(error.contains(&format!("{key}: ")), "{error}");
    }
    one(&cloud("", "").replace("k.example", "[::1]:5000"));
    for url in [
        "https://a b/v3",
        "https://h\\v3",
        "https://[::1/v3",
        "https://h/v3?x=1",
    ] {
        let error = import(&cloud("", "").replace("https://k.example/v3", &format!("'{url}'")));
        assert!(error.unwrap_err().contains("auth.auth_url: "), "{url}");
        let error = import(&cloud(&format!("network_endpoint_override: '{url}'"), ""));
        assert!(
            error.unwrap_err().contains("network_endpoint_override: "),
            "{url}"
        );
    }
    for file in [
        "/empty.pem",
        "/torn.pem",
        "/cut.pem",
        "/key.pem",
        "/both.pem",
    ] {
        let error = import(&cloud(&format!("cacert: {file}"), "")).unwrap_err();
        assert!(error.contains("cacert: "), "{file}: {error}");
    }
    let lines = "auth_type: v3totp";
    for secret in ["not base32!", "'0189'", "'===='", "'A'", "GEZDGNBVGY3"] {
        let error = import(&cloud(lines, &format!("totp_secret: {secret}"))).unwrap_err();
        assert!(error.contains("auth.totp_secret: "), "{error}");
    }
    let error = import(&cloud("auth_type: v3token", "token: two words")).unwrap_err();
    assert!(error.contains("auth.token: must be one word"), "{error}");
}

#[test]
fn what_flags_say_is_judged_with_the_file() {
    let words = |change: fn(&mut Additions)| {
        let mut additions = no_additions();
        change(&mut additions);
        let refused = whole(&sources(&cloud("", ""), "", ""), &[], &additions);
        refused.unwrap_err().to_string()
    };
    let told = words(|it| it.defaults.image = Some("x\n".to_owned()));
    assert!(told.contains("--image: must not contain control"), "{told}");
    let told = words(|it| it.defaults.networks = Some(vec!["n".to_owned(), "n".to_owned()]));
    assert!(told.contains("--network: names 'n' twice"), "{told}");
    let told = words(|it| it.ca_pem = Some("x".to_owned()));
    assert!(
        told.contains("--ca-file: contains no certificate"),
        "{told}"
    );
    let told = words(|it| it.pinned_cert_pem = Some(PEM.repeat(2)));
    assert!(told.contains("--pin-cert-file: must be one"), "{told}");
    let told = words(|it| it.defaults.availability_zone = Some("z".repeat(256)));
    assert!(told.contains("--availability-zone: must have"), "{told}");
}

#[test]
fn ids_addresses_and_certificates_are_taken() {
    let spec = one(&cloud(
        "compute_endpoint_override: 'https://nova.{region_name}/v2.1'\nimage_endpoint: \
         https://glance\ncompute_interface: admin\nregion_name: r",
        "user_id: u1",
    ));
    assert_eq!(password(&spec).user_id.as_deref(), Some("u1"));
    assert_eq!(
        spec.endpoints.compute.as_deref(),
        Some("https://nova.r/v2.1")
    );
    assert_eq!(spec.endpoints.image.as_deref(), Some("https://glance"));
    assert_eq!(spec.endpoints.network, None);
    let only_id = cloud("", "user_id: u1").replace("      username: me\n", "");
    assert_eq!(password(&one(&only_id)).username, "");
    let spec = one(&cloud("cert: /both.pem", ""));
    assert!(
        spec.client_cert_pem
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    let key = spec.client_key_pem.unwrap();
    assert!(
        key.expose().starts_with("-----BEGIN PRIVATE KEY-----"),
        "{}",
        key.expose()
    );
    one(&cloud("cert: /ca.pem\nkey: /both.pem", ""));
    for (line, word) in [
        ("cert: /ca.pem", "key: contains no private key"),
        ("key: /both.pem", "of no use without cert"),
        ("cert: /missing.pem", "no such file"),
        ("cert: /locked.pem", "encrypted"),
        (
            "cert: /ca.pem\nkey: |\n  -----BEGIN PRIVATE KEY-----\n  hunter3",
            "key: is the PEM itself",
        ),
        ("cacert: '-----BEGIN CERTIFICATE-----'", "is the PEM itself"),
    ] {
        let error = import(&cloud(line, "")).unwrap_err();
        assert!(error.contains(word), "{error}");
        assert!(!error.contains("hunter3"), "{error}");
    }
}

#[test]
fn second_factors_are_taken_with_their_secret() {
    let both = one(&cloud(
        "auth_type: v3multifactor\nauth_methods: [v3password, v3totp]",
        "totp_secret: GEZDGNBV\npasscode: 123456",
    ));
    assert_eq!(
        password(&both).totp_secret.as_ref().unwrap().expose(),
        "GEZDGNBV"
    );
    assert_eq!(password(&both).password.expose(), "hunter2");
    let alone = one(&cloud("auth_type: v3totp", "totp_secret: GEZDGNBV"));
    assert_eq!(password(&alone).password.expose(), "");
    for (beside, within, word) in [
        ("auth_type: v3totp", "passcode: 123456", "half a minute"),
        ("auth_type: v3multifactor", "", "auth_methods: is missing"),
        (
            "auth_type: v3multifactor\nauth_methods: v3password,v3oidcpassword",
            "",
            "oidcpassword",
        ),
        ("auth_type: admin_token", "token: x", "past Keystone"),
        ("", "passcode: 123456", "half a minute"),
    ] {
        let error = import(&cloud(beside, within)).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_token_is_taken_with_its_project() {
    for (beside, within) in [
        ("auth_type: v3token", "token: gAAA"),
        ("auth_type: token", "auth_token: gAAA"),
    ] {
        let text = cloud(beside, within).replace("password: hunter2", "x: y");
        let spec = one(&text);
        let Credentials::Token(token) = &spec.credentials else {
            panic!("{:?}", spec.credentials)
        };
        assert_eq!(token.token.expose(), "gAAA");
        assert!(token.tenant_name.is_some());
    }
}

#[test]
fn byte_order_marks_and_line_ends_of_windows_are_read_over() {
    let text = format!(
        "\u{feff}{}",
        cloud("region_name: R1", "").replace('\n', "\r\n")
    );
    let spec = one(&text);
    assert_eq!(spec.region_name.as_deref(), Some("R1"));
    assert_eq!(password(&spec).password.expose(), "hunter2");
}

#[test]
fn a_region_that_is_listed_twice_is_there_once() {
    for twice in ["[R1, R1]", "[{name: R1, values: {interface: public}}, R1]"] {
        let text = cloud(&format!("regions: {twice}"), "");
        match import(&text) {
            Ok(specs) => {
                let regions: Vec<_> = specs.iter().map(|it| it.region_name.as_deref()).collect();
                assert_eq!(regions, [Some("R1")]);
                assert_eq!(specs[0].name, "alpha");
            }
            Err(error) => {
                assert!(twice.contains("values"), "{error}");
                assert!(error.contains("regions: R1 is there twice"), "{error}");
            }
        }
    }
    let specs = import(&cloud("region_name: 'R1, R2,R1'", "")).unwrap();
    assert_eq!(specs.len(), 2);
}

#[test]
fn a_way_to_sign_in_that_cannot_be_is_told_before_what_else_is_missing() {
    for way in ["none", "http_basic", "noauth", "admin_token"] {
        let text = format!("clouds: {{alpha: {{auth_type: {way}, auth: {{endpoint: x}}}}}}");
        let error = import(&text).unwrap_err();
        assert!(
            error.contains(&format!(
                "auth_type: {way} is not supported: it goes past Keystone"
            )),
            "{error}"
        );
    }
}

#[test]
fn an_openrc_file_may_quote_as_printf_does() {
    let text = "export OS_AUTH_URL=https://k.example/v3 OS_USERNAME=me OS_PROJECT_NAME=web\n\
                export OS_PASSWORD=$'it\\'s \\x6dine'\nexport OS_REGION_NAME=$\"R\"1\n";
    let cloud = openrc::parse("openrc", text).unwrap();
    let sources = Sources {
        file: "openrc".to_owned(),
        clouds: [("web".to_owned(), cloud)].into(),
        public: BTreeMap::new(),
    };
    let specs = whole(&sources, &[], &no_additions()).unwrap().specs;
    assert_eq!(password(&specs[0]).password.expose(), "it's mine");
    assert_eq!(specs[0].region_name.as_deref(), Some("R1"));
    let bad = openrc::parse("openrc", "OS_PASSWORD=$'\\xff'")
        .err()
        .unwrap();
    assert_eq!(
        bad.to_string(),
        "openrc: line 1: bytes in $'...' that are not UTF-8"
    );
}

#[test]
fn hostile_files_are_errors_and_never_show_a_secret() {
    let level = |level: usize| {
        let before = format!("*a{level}");
        format!(
            "a{}: &a{} [{}]\n",
            level + 1,
            level + 1,
            vec![before; 10].join(", ")
        )
    };
    let levels: String = (0..8).map(level).collect();
    let bomb = format!("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{levels}");
    let hostile = [
        bomb,
        "[".repeat(100_000),
        format!("clouds: {}", "{a: ".repeat(5_000)),
        "clouds: [hunter2]".to_owned(),
        "clouds: hunter2".to_owned(),
        "clouds: {a: hunter2}".to_owned(),
        "clouds: {a: {auth: hunter2}}".to_owned(),
        "clouds: {a: {auth: {password: [hunter2]}}}".to_owned(),
        "clouds: {a: {auth: {password: {x: hunter2}}}}".to_owned(),
        "clouds: {a: {regions: hunter2}}".to_owned(),
        "clouds: {a: {regions: [[hunter2]]}}".to_owned(),
        "clouds: {a: {regions: [{values: {}}]}}".to_owned(),
        "clouds:\n  a:\n    auth:\n      password: hunter2\n    auth: {}\n".to_owned(),
        "clouds:\n\ta: hunter2\n".to_owned(),
        "password: \"hunter2\nclouds: {".to_owned(),
        "a: *missing".to_owned(),
        "a: 1\n---\nb: 2\n".to_owned(),
        "clouds: {a: {auth: !!binary hunter2}}".to_owned(),
        "clouds: {? [a, b] : {}}".to_owned(),
        "\0\u{1}".to_owned(),
    ];
    let mut errors = Vec::new();
    for text in &hostile {
        let error = import(text).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
        assert!(error.starts_with("clouds.yaml: "), "{error}");
        assert!(error.chars().count() < 400, "{error}");
        errors.push(error);
    }
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn the_debug_form_of_a_cloud_shows_no_values() {
    let clouds = document(&cloud("", "")).clouds_under(Document::default());
    let text = format!("{:?}", clouds["alpha"]);
    assert!(
        text.contains("password") && !text.contains("hunter2"),
        "{text}"
    );
}

#[test]
fn every_fault_of_every_cloud_is_told_and_the_others_are_read() {
    let sources = sources(
        "clouds:
  good: {auth: {auth_url: 'https://g/v3', username: u, password: p, project_name: q}}
  bad:
    verify: false
    interface: sideways
    identity_api_version: 2
    compute_api_version: 3
    image_service_name: glance2
    cacert: /nowhere.pem
    auth: {username: u}
  worse: {auth_type: v3kerberos, auth: {auth_url: 'https://w/v2.0'}}
  bound: {auth: {auth_url: 'ftp://b', username: \"u\\u0007\", password: p, project_name: q}}
",
        "",
        "",
    );
    let mut ask = |_: &str, _| Err(MISSING.to_owned());
    let mut desk = Desk {
        read: &certificate,
        ask: &mut ask,
        is_person: false,
    };
    let import = accounts(&sources, &[], &no_additions(), &mut desk).unwrap();
    let names: Vec<&str> = import.specs.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["good"]);
    let faults: Vec<String> = import.faults.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(faults.join("\n"), @r"
    clouds.yaml: cloud bad: identity_api_version: 2 is not supported; OMS signs in at Identity v3
    clouds.yaml: cloud bad: verify: false is refused: OMS does not talk to servers unchecked; give --pin-cert-file with the server's certificate, or cacert with the authority that signed it
    clouds.yaml: cloud bad: interface: 'sideways' is none of public, internal, admin
    clouds.yaml: cloud bad: compute_api_version: 3 is not supported; OMS speaks version 2
    clouds.yaml: cloud bad: image_service_name: is not supported: OMS has no names of services for all services of an account
    clouds.yaml: cloud bad: auth.auth_url: is missing
    clouds.yaml: cloud bad: cacert: /nowhere.pem: no such file
    clouds.yaml: cloud bad: auth.project_name: is missing; give it or auth.project_id
    clouds.yaml: cloud bad: auth.password: is missing
    clouds.yaml: cloud bound: auth.auth_url: must be https://HOST[:PORT][/PATH], or the same with http://
    clouds.yaml: cloud bound: auth.username: must not contain control characters
    clouds.yaml: cloud worse: auth_type: v3kerberos is not supported: it signs in through another service, with a person before a browser or tokens of its own; make an application credential there and use v3applicationcredential
    clouds.yaml: cloud worse: auth.auth_url: Identity v2 is not supported; use the address that ends with /v3
    ");
}
