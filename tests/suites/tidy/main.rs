//! The house rules that no compiler checks: who may import what, how long a file may be, that
//! every file says what it is for, that no suite is forgotten, and what is accepted of others' crates.
#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

mod asserts;
mod dependencies;
mod frozen;
mod house;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Lines of a file, tests apart.
const FILE_LINES_MAX: usize = 500;

/// Lines of a `main.rs`, which only calls its library.
const MAIN_LINES_MAX: usize = 15;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// All Rust sources of the workspace below a folder, by path from the root.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no sources below {folder}");
    found
}

fn workspace() -> Vec<(String, String)> {
    ["proto", "omsd", "omsctl", "omstui", "tests"]
        .into_iter()
        .flat_map(sources)
        .collect()
}

/// Whether a file holds tests and nothing else.
fn is_test(name: &str) -> bool {
    let inner = name
        .split_once('/')
        .is_some_and(|(_, path)| path.starts_with("tests/"));
    inner || name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("tests.rs")
}

/// The code of a file without its comments and without what only tests see.
fn without_tests(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {");
    let code = end.and_then(|end| text.get(..end)).unwrap_or(text);
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<_> = workspace()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!") && !text.starts_with("#!["))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "no `//!` at the top: {silent:#?}");
}

#[test]
fn no_file_is_too_long() {
    let lines = |text: &str| {
        let end = text.find("#[cfg(test)]\nmod tests {");
        let code = end.and_then(|end| text.get(..end)).unwrap_or(text);
        code.lines().count()
    };
    let long: Vec<_> = workspace()
        .into_iter()
        .filter(|(name, _)| !is_test(name))
        .map(|(name, text)| (lines(&text), name))
        .filter(|(lines, name)| {
            *lines > FILE_LINES_MAX || (name.ends_with("main.rs") && *lines > MAIN_LINES_MAX)
        })
        .collect();
    assert!(long.is_empty(), "too long: {long:#?}");
}

#[test]
fn sources_are_ascii() {
    let other: Vec<_> = workspace()
        .into_iter()
        .filter(|(_, text)| !text.is_ascii())
        .map(|(name, _)| name)
        .collect();
    assert!(other.is_empty(), "not ASCII: {other:#?}");
}

/// What the sources of a folder may not name, in `use` or by path.
const FENCES: &[(&str, &[&str])] = &[
    (
        "omsd/domain/src",
        &[
            "tokio", "redb", "axum", "reqwest", "serde", "tracing", "omsd", "bincode",
        ],
    ),
    (
        "omsd/src/store",
        &[
            "crate::engine",
            "crate::openstack",
            "crate::service",
            "crate::api",
            "reqwest",
            "axum",
        ],
    ),
    (
        "omsd/src/openstack",
        &[
            "crate::engine",
            "crate::store",
            "crate::service",
            "crate::api",
            "redb",
            "axum",
        ],
    ),
    (
        "omsd/src/engine",
        &[
            "crate::openstack",
            "crate::service",
            "crate::api",
            "reqwest",
            "axum",
            "redb",
        ],
    ),
    (
        "omsd/src/service",
        &["crate::openstack", "crate::api", "axum", "reqwest", "redb"],
    ),
    (
        "omsd/src/api",
        &["crate::openstack", "crate::engine", "redb", "reqwest"],
    ),
    (
        "omsd/src/web",
        &[
            "crate::openstack",
            "crate::engine",
            "crate::store",
            "crate::api",
            "omsd_domain",
            "redb",
            "reqwest",
        ],
    ),
    (
        "omsd/src/access",
        &[
            "crate::openstack",
            "crate::engine",
            "crate::store",
            "crate::api",
            "crate::web",
            "axum",
            "redb",
            "reqwest",
        ],
    ),
    ("proto/src", &["omsd", "omsctl", "omstui", "oms_tests"]),
    ("omsctl/src", &["omsd", "omstui", "oms_tests"]),
    ("omstui/src", &["omsd", "omsctl", "oms_tests"]),
];

#[test]
fn nobody_climbs_a_fence() {
    let mut climbed = Vec::new();
    for (folder, forbidden) in FENCES {
        for (name, text) in sources(folder)
            .into_iter()
            .filter(|(name, _)| !is_test(name))
        {
            let code = without_tests(&text);
            for (number, line) in code.lines().enumerate() {
                let line = line.trim_start();
                if line.starts_with("//") {
                    continue;
                }
                for word in *forbidden {
                    let names = line.match_indices(&format!("{word}::")).any(|(at, _)| {
                        let before = line.get(..at).and_then(|head| head.chars().next_back());
                        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
                    });
                    if names {
                        climbed.push(format!("{name}:{} names {word}", number + 1));
                    }
                }
            }
        }
    }
    assert!(climbed.is_empty(), "{climbed:#?}");
}

#[test]
fn only_the_codec_calls_bincode() {
    let callers: Vec<_> = sources("proto")
        .into_iter()
        .chain(sources("omsd"))
        .filter(|(name, text)| {
            !name.starts_with("proto/src/codec/")
                && (text.contains("bincode::encode") || text.contains("bincode::decode"))
        })
        .map(|(name, _)| name)
        .collect();
    assert!(callers.is_empty(), "{callers:#?}");
}

#[test]
fn no_suite_is_forgotten() {
    let manifest = std::fs::read_to_string(root().join("tests/Cargo.toml")).unwrap();
    for entry in std::fs::read_dir(root().join("tests/suites")).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            manifest.contains(&format!("suites/{name}/main.rs")),
            "suite {name} never runs"
        );
        let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
            let is_module = file.extension().is_some_and(|extension| extension == "rs");
            let known = stem == "main" || main.contains(&format!("mod {stem};"));
            assert!(
                known || !is_module,
                "{} is not a module of its suite",
                file.display()
            );
        }
    }
}

#[test]
fn ignored_tests_say_why() {
    let silent: Vec<_> = workspace()
        .into_iter()
        .filter(|(name, text)| name != "tests/suites/tidy/main.rs" && text.contains("#[ignore]"))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "ignored without a reason: {silent:#?}");
}

/// From a state over a change to a state.
type Edge = (String, String, String);

#[test]
fn the_graph_in_the_readme_is_the_one_of_the_code() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let drawn = drawn(&read("README.md"));
    let table = "omsd_domain__tables__every_state_of_an_attempt_against_every_change.snap";
    let coded = coded(&read(&format!("omsd/domain/src/snapshots/{table}")));
    assert!(!coded.is_empty());
    assert_eq!(drawn, coded, "left: README.md, right: the code");
}

/// The edges of the diagram.
fn drawn(readme: &str) -> BTreeSet<Edge> {
    let diagram = readme.split("stateDiagram-v2").nth(1).unwrap_or_default();
    let lines = diagram.lines().take_while(|line| !line.starts_with("```"));
    lines
        .filter_map(|line| line.trim().split_once(" --> "))
        .filter_map(|(from, rest)| Some((from, rest.split_once(": ")?)))
        .flat_map(|(from, (to, changes))| {
            let edge = move |change: &str| (from.to_owned(), change.to_owned(), to.to_owned());
            changes.split(", ").map(edge)
        })
        .collect()
}

/// The edges of the table that a unit test prints. A removal that is asked for is one state in the
/// diagram with one that is not.
fn coded(table: &str) -> BTreeSet<Edge> {
    let state = |name: &str| name.split('(').next().unwrap_or_default().to_owned();
    let mut edges = BTreeSet::new();
    let mut from = String::new();
    let body = table.splitn(3, "---").last().unwrap_or_default();
    for line in body.lines() {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [name] => from = state(name),
            [_, "-" | "(same)"] => {}
            [change, to] if state(to) != from => {
                edges.insert((from.clone(), (*change).to_owned(), state(to)));
            }
            _ => {}
        }
    }
    edges
}
