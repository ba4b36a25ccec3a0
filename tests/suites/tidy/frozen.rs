//! What is frozen: the bytes of every message, as the golden lines show them, and the database that the
//! first release wrote. Whoever changes one of them changes what installed programs and databases mean.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::root;

/// The folder of the golden lines.
const GOLDEN: &str = "proto/tests/golden";

/// The database that the first release wrote.
const DATABASE: &str = "omsd/tests/store/v1.redb";

/// How many lines of each file are frozen, and their checksum. Lines are appended, never changed; this
/// table follows them.
const LINES: &[(&str, usize, &str)] = &[
    ("block_kinds.snap", 11, "6baec09fc89f2280"),
    ("account_statuses.snap", 2, "9c4b47932dce768a"),
    ("actors.snap", 6, "47bad0874e6c166c"),
    ("address_families.snap", 2, "6878675e01ecfc77"),
    ("address_types.snap", 2, "a827b193df2da9ea"),
    ("alert_kinds.snap", 13, "0bb307fb0eaf0349"),
    ("attempt_states.snap", 6, "7ec005b213650394"),
    ("auth_types.snap", 5, "f2513af6f48f92ea"),
    ("changes.snap", 6, "8f2086b9bc60244b"),
    ("client_messages.snap", 3, "c8133fbfa2f364d0"),
    ("credentials.snap", 3, "c59bc94f1156fb9f"),
    ("errors.snap", 13, "359518fdfc1b8215"),
    ("event_kinds.snap", 66, "4b1d36e27c91caee"),
    ("failure_classes.snap", 18, "208c0ea300244d6d"),
    ("grown_account_tests.snap", 1, "06d1401e918708df"),
    ("grown_account_views.snap", 5, "dbe612d223f374c8"),
    ("grown_accounts.snap", 1, "19adda7760ccc181"),
    ("grown_credentials.snap", 3, "ae297484c6330ccc"),
    ("grown_entries.snap", 3, "00cdd89711c6c8d5"),
    ("grown_patches.snap", 1, "9b49cfe7346a63fa"),
    ("grown_requests.snap", 6, "d622bbdcc9efd8da"),
    ("hello.snap", 8, "634748a46f1ed25a"),
    ("ids.snap", 5, "ea6a0ac5ad2dc3c6"),
    ("interfaces.snap", 3, "3bef4127e1fac857"),
    ("key_policies.snap", 3, "4b1ebd280cce2290"),
    ("key_types.snap", 2, "193fc5b4709472de"),
    ("machines.snap", 3, "1d382d3ed25cf8f1"),
    ("object_kinds.snap", 2, "f8e0bd8bcf0a84ba"),
    ("reached_patches.snap", 1, "c745a8659d641e2a"),
    ("requests.snap", 48, "55c87dd49ea16e27"),
    ("resources.snap", 8, "45a6dde2ae6eeb28"),
    ("responses.snap", 23, "d025e7075970456b"),
    ("roles.snap", 3, "1757dee77553839f"),
    ("server_messages.snap", 3, "62c3e12cad80a31f"),
    ("severities.snap", 5, "a4fe939905b0c54c"),
    ("statuses.snap", 6, "25700954875aba6f"),
    ("stream_items.snap", 7, "53c1790744ae15c5"),
    ("subjects.snap", 9, "345e08188338d384"),
    ("trusts.snap", 4, "ac9270dc1f710a36"),
    ("verdicts.snap", 8, "17b06e74fcb15ed9"),
    ("wait_causes.snap", 16, "2bb7bf30d3c7eb59"),
];

/// Its checksum.
const DATABASE_SUM: &str = "77bb97e003e8bb44";

fn sum(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The lines below the head that insta writes.
fn golden(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(GOLDEN).join(name)).unwrap();
    let body = text.splitn(3, "---\n").nth(2).unwrap();
    body.lines().map(str::to_owned).collect()
}

fn sum_of(lines: &[String]) -> String {
    sum(lines.join("\n").as_bytes())
}

#[test]
fn golden_lines_are_only_appended() {
    let files = fs::read_dir(root().join(GOLDEN)).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let golden_lines = paths.filter(|path| path.extension().is_some_and(|it| it == "snap"));
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<_> = golden_lines.map(name).collect();
    names.sort();
    let mut wrong = String::new();
    for name in names {
        let lines = golden(&name);
        let row = (name.as_str(), lines.len(), sum_of(&lines));
        let known = LINES.iter().find(|(file, ..)| *file == name);
        match known {
            Some((_, count, known))
                if lines.get(..*count).map(sum_of).as_deref() == Some(known) =>
            {
                if lines.len() > *count {
                    writeln!(wrong, "{row:?}, once the new lines are as they are to stay").unwrap();
                }
            }
            Some(_) => writeln!(wrong, "{name}: a line was changed or taken away").unwrap(),
            None => writeln!(wrong, "{row:?}, once the new file is as it is to stay").unwrap(),
        }
    }
    assert!(wrong.is_empty(), "the table is to follow:\n{wrong}");
}

#[test]
fn the_first_database_is_as_it_was_written() {
    let bytes = fs::read(root().join(DATABASE)).unwrap();
    assert_eq!(sum(&bytes), DATABASE_SUM, "{DATABASE} was changed");
}
