//! `clouds.yaml` files of all shapes, read beside openstacksdk, field by field: what we take means the
//! same, and what we do not take is refused.
//!
//! ```text
//! python3 -m venv venv && venv/bin/pip install openstacksdk
//! OMS_TEST_PYTHON=$PWD/venv/bin/python cargo test -p oms-clouds --lib -- --ignored openstacksdk
//! ```

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use oms_proto::spec::Credentials;
use serde_json::{Value, json};

use super::tests::whole_of;
use super::*;

/// Reads the same files with openstacksdk.
const SCRIPT: &str = include_str!("parity.py");

/// A profile to begin with.
const PUBLIC: &str = "public-clouds: {acme: {auth: {auth_url: 'https://acme/v3', \
                      user_domain_name: them}, regions: [a, {name: b, values: {interface: admin}}]}}";

/// A folder of files.
struct Shape {
    clouds: String,
    secure: String,
}

/// What differs: lines beside `auth`, and parts of `auth`.
type Choice = (&'static str, &'static str);

const REGIONS: [Choice; 8] = [
    ("", ""),
    ("region_name: b", ""),
    ("region-name: b", ""),
    ("region_name: 'a,b'", ""),
    ("region_name: [a, b]", ""),
    ("regions: [a, b]", ""),
    (
        "regions: [{name: b, values: {interface: admin, auth: {project_name: z}}}]",
        "",
    ),
    ("regions: [a, b]\n    region_name: b", ""),
];

const USERS: [Choice; 6] = [
    ("", "username: me"),
    ("", "user_id: u1"),
    ("", "user_id: u1, username: me"),
    ("username: beside", "username: me"),
    ("username: beside", ""),
    ("", "user-name: me"),
];

const PROJECTS: [Choice; 7] = [
    ("", "project_name: w"),
    ("", "project_id: p"),
    ("", "tenant_name: t"),
    ("", "tenant_name: t, project_name: w"),
    ("project_name: beside", "project_name: w"),
    ("tenant_id: t", "project_id: p"),
    ("tenant_name: beside", "project_name: w, project_id: p"),
];

const DOMAINS: [Choice; 8] = [
    ("", ""),
    ("", "user_domain_name: n, project_domain_name: m"),
    ("", "user_domain_id: ud, project_domain_id: pd"),
    ("", "domain_id: d"),
    ("domain_name: n", ""),
    ("", "default_domain_id: dd"),
    ("domain_id: d", "user_domain_name: n"),
    ("user_domain_name: beside", "user_domain_name: n"),
];

const WAYS: [Choice; 7] = [
    ("", ""),
    ("interface: internal", ""),
    ("endpoint_type: admin", ""),
    ("interface: internal\n    endpoint_type: public", ""),
    (
        "compute_endpoint_override: 'https://nova.{region_name}/v2.1'",
        "",
    ),
    ("verify: false", ""),
    ("profile: acme", ""),
];

/// Shapes of their own: other ways to sign in, files that mean nothing, values of all kinds.
const ALONE: &[&str] = &[
    "clouds: {x: {auth_type: v3applicationcredential, auth: {auth_url: 'https://k/v3', \
     application_credential_id: 21, application_credential_secret: s}}}",
    "clouds: {x: {auth_type: v3applicationcredential, auth: {auth_url: 'https://k/v3', username: me, \
     user_domain_name: n, application_credential_name: ci, application_credential_secret: s}}}",
    "clouds: {x: {auth_type: v3applicationcredential, auth: {auth_url: 'https://k/v3', user_id: u, \
     application_credential_name: ci, application_credential_secret: s}}}",
    "clouds: {x: {auth: {auth_url: 'https://{region_name}.k/v3', username: me, password: 'a{b}', \
     project_name: w}, region_name: r}}",
    "clouds: {x: {auth: {auth_url: 'https://{nothing}.k/v3', username: me, password: p, \
     project_name: w}}}",
    "clouds: {x: {auth: {auth_url: 'https://k/v3', username: me, password: !vault p, \
     project_name: w}}}",
    "clouds: {x: {auth: {auth_url: 'https://k/v3', username: me, password: p, project_name: w, \
     region_name: r}}}",
    "clouds: {x: {auth: {auth_url: 'https://k/v3', username: me, password: '', project_name: w}}}",
    "clouds: {x: {auth_type: v3token, auth: {auth_url: 'https://k/v3', token: t, project_name: w, \
     project_domain_id: d}}}",
    "clouds: {x: {auth_type: token, auth: {auth_url: 'https://k/v3', token: t, project_id: w}}}",
    "clouds: {x: {auth_type: v3oidcpassword, auth: {auth_url: 'https://k/v3'}}}",
    "clouds: {x: {auth: {auth_url: 'https://k/v3', username: '0644', password: '1e3', \
     project_id: '007', user_domain_id: 'true'}, region_name: 'no'}}",
    "clouds: {x: {image_endpoint: 'https://g', network_endpoint_override: 'https://n', auth: \
     {auth_url: 'https://k/v3', username: me, password: p, project_name: w}}}",
    "clouds: {x: {regions: [], auth: {auth_url: 'https://k/v3', username: me, password: p, \
     project_name: w}}}",
    "base: &b {auth_url: 'https://k/v3', username: me, password: p}\nclouds: {x: {auth: {<<: *b, \
     project_name: w}}, y: {auth: {<<: *b, project_name: v, username: you}}}",
];

fn shapes() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    // Who signs in hangs together, and so does where; of the two, each meets some of the other.
    for user in USERS {
        for project in PROJECTS {
            for domain in DOMAINS {
                for region in [REGIONS[0], REGIONS[6]] {
                    for way in [WAYS[0], WAYS[4], WAYS[6]] {
                        shapes.push(shape(&[region, user, project, domain, way]));
                    }
                }
            }
        }
    }
    for region in REGIONS {
        for way in WAYS {
            for user in USERS {
                shapes.push(shape(&[region, user, PROJECTS[0], DOMAINS[1], way]));
            }
        }
    }
    shapes.extend(ALONE.iter().map(|clouds| Shape {
        clouds: (*clouds).to_owned(),
        secure: String::new(),
    }));
    shapes
}

fn shape(choices: &[Choice; 5]) -> Shape {
    let mut beside = String::new();
    let mut within = vec!["auth_url: 'https://k/v3'"];
    for (line, part) in choices {
        if !line.is_empty() {
            beside = format!("{beside}    {line}\n");
        }
        within.extend(Some(*part).filter(|part| !part.is_empty()));
    }
    // The address of a profile counts where a cloud has none.
    if beside.contains("profile:") {
        within.remove(0);
    }
    let clouds = format!(
        "clouds:\n  x:\n{beside}    auth: {{{}}}\n",
        within.join(", ")
    );
    Shape {
        clouds,
        secure: "clouds: {x: {auth: {password: hunter2}}}".to_owned(),
    }
}

/// What we make of a shape, in the words of the script.
fn ours(shape: &Shape) -> Result<Value, String> {
    let import = whole_of(&shape.clouds, &shape.secure, PUBLIC)?;
    Ok(import.specs.iter().map(region).collect())
}

fn region(spec: &AccountSpec) -> Value {
    let urls = &spec.endpoints;
    let mut read = json!({
        "cloud": spec.name.split('-').next(),
        "region_name": spec.region_name,
        "auth_url": spec.auth_url,
        "interface": spec.interface.as_str(),
        "verify": true,
        "cert": spec.client_cert_pem.is_some(),
        "endpoints": [urls.compute, urls.image, urls.network],
    });
    let mut say = |key: &str, value: Value| {
        read.as_object_mut().unwrap().insert(key.to_owned(), value);
    };
    match spec.credentials.clone() {
        Credentials::Password(given) => {
            say("by_credential", json!(false));
            say("secret", json!(given.password.expose()));
            say(
                "user",
                json!(given.user_id.as_ref().unwrap_or(&given.username)),
            );
            if given.user_id.is_none() {
                say(
                    "user_domain",
                    json!(given.user_domain_id.or(given.user_domain_name)),
                );
            }
            if given.tenant_id.is_none() {
                let domain = given.project_domain_id.or(given.project_domain_name);
                say("project_domain", json!(domain));
            }
            say("project", json!(given.tenant_id.or(given.tenant_name)));
        }
        Credentials::Token(given) => {
            say("by_credential", json!(false));
            say("secret", json!(given.token.expose()));
            if given.tenant_id.is_none() {
                let domain = given.project_domain_id.or(given.project_domain_name);
                say("project_domain", json!(domain));
            }
            say("project", json!(given.tenant_id.or(given.tenant_name)));
        }
        Credentials::ApplicationCredential(given) => {
            say("by_credential", json!(true));
            say("secret", json!(given.secret.expose()));
            if given.id.is_some() {
                say("user", json!(given.id));
            } else {
                if given.user_id.is_none() {
                    say(
                        "user_domain",
                        json!(given.user_domain_id.or(given.user_domain_name)),
                    );
                }
                say("user", json!(given.user_id.or(given.username)));
            }
        }
    }
    read
}

/// What openstacksdk makes of all shapes.
fn theirs(folder: &Path, shapes: &[Shape]) -> Vec<Value> {
    let python = std::env::var("OMS_TEST_PYTHON").expect("OMS_TEST_PYTHON names a python");
    let mut folders = Vec::new();
    for (number, shape) in shapes.iter().enumerate() {
        let folder = folder.join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("clouds.yaml"), &shape.clouds).unwrap();
        std::fs::write(folder.join("clouds-public.yaml"), PUBLIC).unwrap();
        if !shape.secure.is_empty() {
            std::fs::write(folder.join("secure.yaml"), &shape.secure).unwrap();
        }
        folders.push(folder);
    }
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(json!(folders).to_string().as_bytes())
        .unwrap();
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success());
    serde_json::from_slice(&done.stdout).unwrap()
}

/// What we refuse although openstacksdk takes it, by words of the refusal.
const REFUSED_ALONE: [&str; 5] = [
    // It leaves a hole in the address.
    "nothing is known to put out {region_name}",
    // It takes the first region, or both.
    "regions says something else",
    // It takes the older key.
    "says something else than endpoint_type",
    // It sends the password to whoever answers.
    "verify: false is refused",
    // It asks for it once it is needed.
    "auth.password: is missing",
];

#[expect(clippy::print_stdout, reason = "how many were compared is the result")]
#[test]
#[ignore = "needs python's openstacksdk from PyPI: OMS_TEST_PYTHON=path/to/python that has it"]
fn files_mean_what_they_mean_to_openstacksdk_or_are_refused() {
    let shapes = shapes();
    let folder = tempfile::tempdir().unwrap();
    let theirs = theirs(folder.path(), &shapes);
    assert_eq!(theirs.len(), shapes.len());
    let (mut same, mut both, mut alone) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (shape, theirs) in shapes.iter().zip(&theirs) {
        // A file that it passes over leaves nothing.
        let nothing = theirs.as_array().is_some_and(Vec::is_empty);
        let refused = theirs.get("refused").or(Some(theirs).filter(|_| nothing));
        match (ours(shape), refused) {
            (Ok(ours), None) if ours == *theirs => same += 1,
            (Err(_), Some(_)) => both += 1,
            (Err(why), None) if REFUSED_ALONE.iter().any(|known| why.contains(known)) => alone += 1,
            (ours, _) => wrong.push(format!(
                "{}\nours   {ours:?}\ntheirs {theirs}",
                shape.clouds
            )),
        }
    }
    println!("{same} read the same, {both} refused by both, {alone} by us alone");
    let first: Vec<_> = wrong.iter().take(10).cloned().collect();
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        first.join("\n")
    );
    assert!(
        same > 1_800 && both > 0,
        "the shapes are no longer what they were"
    );
}
