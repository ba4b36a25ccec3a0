//! What is accepted of the crates that others have written: their licences, and what is known against
//! them. Nothing here asks a network.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde::Deserialize;
use spdx::{Expression, ParseMode};

use crate::root;

/// `packaging/dependencies.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accepted {
    licences: Vec<String>,
    advisories: Vec<Advisory>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advisory {
    id: String,
    #[serde(rename = "crate")]
    package: String,
    version: String,
    what: String,
    why: String,
}

/// What cargo tells.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
}

fn accepted() -> Accepted {
    let text = fs::read_to_string(root().join("packaging/dependencies.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

fn packages() -> Vec<Package> {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.success(), "{why}");
    let metadata: Metadata = serde_json::from_slice(&told.stdout).unwrap();
    metadata.packages
}

#[test]
fn every_crate_may_be_linked_with() {
    let accepted: BTreeSet<_> = accepted().licences.into_iter().collect();
    let packages = packages();
    assert!(packages.len() > 100, "{}", packages.len());
    for package in packages {
        let licence = package.license.unwrap_or_default();
        let expression = Expression::parse_mode(&licence, ParseMode::LAX);
        let may = |expression: &Expression| {
            expression.evaluate(|term| accepted.contains(&term.to_string()))
        };
        assert!(
            expression.as_ref().is_ok_and(may),
            "{} {} is under {licence:?}; packaging/dependencies.toml says what is accepted",
            package.name,
            package.version
        );
    }
}

#[test]
fn what_is_known_against_a_crate_is_told_with_its_reason_and_of_its_version() {
    let packages = packages();
    for advisory in accepted().advisories {
        let Advisory {
            id,
            package,
            version,
            what,
            why,
        } = advisory;
        assert!(id.starts_with("RUSTSEC-") && !what.is_empty(), "{id}");
        assert!(why.len() > 80, "{id}: the reason is for who reads it");
        let versions = packages.iter().filter(|it| it.name == package);
        let versions: Vec<_> = versions.map(|it| it.version.as_str()).collect();
        assert_eq!(
            versions,
            [version.as_str()],
            "{id} was judged for {package} {version}; look at it again"
        );
    }
}
