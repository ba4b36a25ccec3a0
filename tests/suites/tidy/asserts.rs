//! Where a mistake of ours would cost somebody a machine, what must hold is asserted.

/// The folders of which each must say what holds in it.
const FOLDERS: &[&str] = &["omsd/domain/src", "omsd/src/store"];

/// Asserts a thousand lines of code, at least.
const LEAST: usize = 10;

/// Ways to assert that are on in release.
const ASSERTS: &[&str] = &["assert!(", "assert_eq!(", "assert_ne!("];

#[test]
fn domain_and_store_assert_what_must_hold() {
    for folder in FOLDERS {
        let (mut lines, mut asserts) = (0, 0);
        for (name, text) in super::sources(folder) {
            if super::is_test(&name) {
                continue;
            }
            let (of_file, asserted) = count(&super::without_tests(&text));
            lines += of_file;
            asserts += asserted;
        }
        assert!(
            asserts * 1000 >= lines * LEAST,
            "{folder} has {asserts} asserts in {lines} lines of code: fewer than {LEAST} a thousand"
        );
    }
}

/// Lines of code, and how many of them assert.
fn count(text: &str) -> (usize, usize) {
    let lines = text.lines().map(str::trim);
    let code: Vec<_> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect();
    let asserts = |line: &str| ASSERTS.iter().any(|call| line.contains(call));
    let debug = |line: &str| line.contains("debug_assert");
    let asserted = code.iter().filter(|line| asserts(line) && !debug(line));
    (code.len(), asserted.count())
}

#[test]
fn asserts_are_counted() {
    let text = "//! About.\n\nassert!(a);\nMet::A => assert_eq!(a, b),\n    debug_assert!(c);\nlet d = 1;\n";
    assert_eq!(count(text), (4, 2));
}
