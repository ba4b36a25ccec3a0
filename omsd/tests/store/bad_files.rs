//! Files that are not a sound database of ours: each refused in words that say what to do, none
//! taken for an empty start, none changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Barrier};

use omsd::store::{Store, StoreError, StoreOptions};
use omsd_domain::world::Rows;
use redb::{ReadableTable, TableDefinition};

use crate::worlds::{Dice, sorted, take};
use crate::{database, options};

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const ENTRIES: TableDefinition<'_, (u64, u8), &[u8]> = TableDefinition::new("entries");

/// The part of an entry's rows that says what it asks.
const ASKED: u8 = 16;

fn refused(path: &Path) -> StoreError {
    Store::open(path, &options()).unwrap_err()
}

fn says(error: &StoreError, what: &str) {
    let told = error.to_string();
    assert!(told.contains(what), "{told}");
}

/// A database with something in it.
fn written(path: &Path) -> Rows {
    let (store, mut rows) = Store::open(path, &options()).unwrap();
    let batch = Dice::new(11).batch();
    store.commit(&batch).unwrap();
    take(&mut rows, &batch);
    rows
}

fn change_meta(path: &Path, key: &str, value: Option<&[u8]>) {
    let db = redb::Database::open(path).unwrap();
    let transaction = db.begin_write().unwrap();
    {
        let mut meta = transaction.open_table(META).unwrap();
        match value {
            Some(value) => drop(meta.insert(key, value).unwrap()),
            None => drop(meta.remove(key).unwrap()),
        }
    }
    transaction.commit().unwrap();
}

#[test]
fn a_newer_format_asks_for_an_upgrade() {
    let (_home, path) = database();
    written(&path);
    change_meta(&path, "format", Some(&7_u32.to_le_bytes()));
    let error = refused(&path);
    says(
        &error,
        "has format 7 and this omsd knows formats up to 1; upgrade omsd",
    );
}

#[test]
fn an_older_format_without_a_way_up_is_refused() {
    let (_home, path) = database();
    written(&path);
    change_meta(&path, "format", Some(&0_u32.to_le_bytes()));
    says(
        &refused(&path),
        "has format 0, which this omsd cannot upgrade",
    );
}

#[test]
fn a_database_of_another_program_is_refused() {
    let (_home, path) = database();
    let other: TableDefinition<'_, &str, u64> = TableDefinition::new("other");
    let db = redb::Database::create(&path).unwrap();
    let transaction = db.begin_write().unwrap();
    transaction.open_table(other).unwrap();
    transaction.commit().unwrap();
    drop(db);
    says(&refused(&path), "is not a database of omsd");
}

#[test]
fn a_table_of_our_name_with_other_types_is_refused() {
    let (_home, path) = database();
    let other: TableDefinition<'_, u64, u64> = TableDefinition::new("meta");
    let db = redb::Database::create(&path).unwrap();
    let transaction = db.begin_write().unwrap();
    transaction.open_table(other).unwrap();
    transaction.commit().unwrap();
    drop(db);
    says(&refused(&path), "is not a database of omsd");
}

#[test]
fn another_application_is_refused() {
    let (_home, path) = database();
    written(&path);
    change_meta(&path, "application", Some(b"something else"));
    says(&refused(&path), "is not a database of omsd");
}

#[test]
fn a_file_that_is_no_database_is_refused_and_stays_as_it_was() {
    for text in ["hello, world\n".to_owned(), "x".repeat(100_000)] {
        let (_home, path) = database();
        fs::write(&path, &text).unwrap();
        says(&refused(&path), "is not a database of omsd");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_directory_is_refused() {
    let (_home, path) = database();
    fs::create_dir(&path).unwrap();
    says(&refused(&path), "is not a database of omsd");
}

#[test]
fn an_emptied_or_shortened_file_is_never_an_empty_start() {
    let (_home, path) = database();
    let picture = written(&path);
    let whole = fs::read(&path).unwrap();
    for length in [
        0,
        1,
        9,
        100,
        320,
        4096,
        8192,
        whole.len() / 2,
        whole.len() - 1,
    ] {
        fs::write(&path, &whole[..length]).unwrap();
        match Store::open(&path, &options()) {
            Err(error) => assert!(
                matches!(
                    error,
                    StoreError::Damaged { .. } | StoreError::Foreign { .. }
                ),
                "{length}: {error}"
            ),
            Ok((_store, rows)) => assert_eq!(sorted(rows), picture, "{length}"),
        }
    }
}

#[test]
fn no_flipped_byte_panics_or_changes_what_is_loaded() {
    let (_home, path) = database();
    let picture = written(&path);
    let whole = fs::read(&path).unwrap();
    let head = 0..400;
    let body = (400..whole.len()).step_by(211);
    let mut refused = 0;
    for at in head.chain(body) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x5a;
        fs::write(&path, &flipped).unwrap();
        match Store::open(&path, &options()) {
            Err(_) => refused += 1,
            Ok((_store, rows)) => assert_eq!(sorted(rows), picture, "byte {at}"),
        }
    }
    assert!(refused > 10, "only {refused} refused");
}

#[test]
fn a_row_that_does_not_decode_is_named() {
    let (_home, path) = database();
    written(&path);
    let db = redb::Database::open(&path).unwrap();
    let transaction = db.begin_write().unwrap();
    {
        let mut entries = transaction.open_table(ENTRIES).unwrap();
        let bytes = [1_u8, 0xff, 0xff];
        entries.insert((1, ASKED), bytes.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(db);
    let error = refused(&path);
    says(&error, "table entries, row 1/16:");
    says(&error, "restore a backup");
}

#[test]
fn an_id_that_would_be_given_again_is_found() {
    let (_home, path) = database();
    written(&path);
    let db = redb::Database::open(&path).unwrap();
    let transaction = db.begin_write().unwrap();
    {
        let mut entries = transaction.open_table(ENTRIES).unwrap();
        let row = entries.get((1, ASKED)).unwrap().unwrap().value().to_vec();
        entries.insert((1_000_000, ASKED), row.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
    drop(db);
    says(
        &refused(&path),
        "row 1000000/16: the next id to be given is",
    );
}

#[test]
fn rows_that_say_what_the_database_is_must_be_there() {
    for key in ["format", "installation", "key_check", "progress"] {
        let (_home, path) = database();
        written(&path);
        change_meta(&path, key, None);
        says(&refused(&path), &format!("row {key}: it is missing"));
    }
    let (_home, path) = database();
    written(&path);
    change_meta(&path, "format", Some(b"one"));
    says(&refused(&path), "3 bytes instead of 4");
    change_meta(&path, "format", Some(&1_u32.to_le_bytes()));
    change_meta(&path, "installation", Some(b"\xff"));
    says(&refused(&path), "it is not text");
}

#[test]
fn another_key_is_told() {
    let (_home, path) = database();
    let picture = written(&path);
    let other = StoreOptions::new("x", *b"another");
    let error = Store::open(&path, &other).unwrap_err();
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error}");
    says(&error, "put back the key file");
    let (_store, rows) = Store::open(&path, &options()).unwrap();
    assert_eq!(sorted(rows), picture);
}

#[test]
fn one_daemon_a_database() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let error = refused(&path);
    says(&error, "another omsd uses this database");
    store.commit(&Dice::new(1).batch()).unwrap();
    drop(store);
    Store::open(&path, &options()).unwrap();
}

#[test]
fn of_daemons_that_start_together_one_gets_the_database() {
    for _ in 0..20 {
        let (_home, path) = database();
        let start = Arc::new(Barrier::new(4));
        let daemons: Vec<_> = (0..4)
            .map(|_| {
                let (path, start) = (path.clone(), Arc::clone(&start));
                std::thread::spawn(move || {
                    start.wait();
                    let opened = Store::open(&path, &options());
                    start.wait();
                    opened.map(drop)
                })
            })
            .collect();
        let results: Vec<_> = daemons.into_iter().map(|d| d.join().unwrap()).collect();
        let good = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(good, 1, "{results:?}");
        for error in results.into_iter().filter_map(Result::err) {
            assert!(matches!(error, StoreError::Busy { .. }), "{error}");
        }
        Store::open(&path, &options()).unwrap();
    }
}

#[test]
fn what_an_unfinished_first_start_left_is_no_hindrance() {
    let (home, path) = database();
    fs::write(home.path().join("omsd.redb.new"), "half a database").unwrap();
    written(&path);
    let mut left: Vec<_> = fs::read_dir(home.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["omsd.redb", "omsd.redb.acknowledged"]);
}

#[test]
fn the_file_is_for_its_owner_alone() {
    let (_home, path) = database();
    written(&path);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_missing_directory_is_named() {
    let (home, _) = database();
    let path = home.path().join("none/omsd.redb");
    says(&refused(&path), "create it or correct `state_dir`");
    assert!(!home.path().join("none").exists());
}
