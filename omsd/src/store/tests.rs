//! What only the inside of the store can show: a database of an older format is brought up, on a
//! ladder that has an older format.

use std::fs;
use std::path::{Path, PathBuf};

use oms_proto::{Actor, EntryId, EventKind, Time};
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::{NextIds, Rows};
use redb::{Builder, Database, ReadableDatabase, TableError, WriteTransaction};
use tempfile::TempDir;

use super::error::guarded;
use super::migrate::{LADDER, Ladder};
use super::*;

/// A ladder to format 1 from a format 0, which had no journal.
const FROM_ZERO: Ladder = Ladder {
    current: 1,
    steps: &[add_journal],
};

const FAILING: Ladder = Ladder {
    current: 1,
    steps: &[fail_half_way],
};

const TWO_STEPS: Ladder = Ladder {
    current: 1,
    steps: &[never_taken, add_journal],
};

fn add_journal(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    transaction.open_table(tables::JOURNAL)?;
    Ok(())
}

fn fail_half_way(transaction: &WriteTransaction) -> Result<(), redb::Error> {
    add_journal(transaction)?;
    Err(redb::Error::Corrupted("an odd row".to_owned()))
}

fn never_taken(_: &WriteTransaction) -> Result<(), redb::Error> {
    Err(redb::Error::Corrupted("the wrong step".to_owned()))
}

fn options() -> StoreOptions {
    StoreOptions::new("installation", *b"check")
}

/// A database of format 0.
fn old_database() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("omsd.redb");
    let (store, _) = Store::open(&path, &options()).unwrap();
    let batch = Batch {
        seq: 9,
        next: NextIds {
            entry: 5,
            ..NextIds::default()
        },
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    drop(store);
    let db = Builder::new().open(&path).unwrap();
    let transaction = db.begin_write().unwrap();
    transaction.delete_table(tables::JOURNAL).unwrap();
    let mut table = transaction.open_table(tables::META).unwrap();
    table
        .insert(meta::FORMAT, 0_u32.to_le_bytes().as_slice())
        .unwrap();
    drop(table);
    transaction.commit().unwrap();
    (home, path)
}

fn open(path: &Path, ladder: &Ladder) -> Result<(Database, Rows), StoreError> {
    let (db, _, rows) = guarded(path, || open::at_path(path, &options(), ladder))?;
    Ok((db, rows))
}

fn has_journal(path: &Path) -> bool {
    let db = Builder::new().open(path).unwrap();
    let transaction = db.begin_read().unwrap();
    match transaction.open_table(tables::JOURNAL) {
        Ok(_) => true,
        Err(TableError::TableDoesNotExist(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn an_older_format_is_brought_up_and_a_copy_kept() {
    let (_home, path) = old_database();
    let (db, world) = open(&path, &FROM_ZERO).unwrap();
    assert_eq!((world.seq, world.next.entry), (9, 5));
    assert_eq!(meta::format(&db, &path).unwrap(), 1);
    drop(db);
    // From now on it is like any other.
    let (store, _) = Store::open(&path, &options()).unwrap();
    let fact = JournalRow {
        seq: 10,
        at: Time(1),
        kind: EventKind::EntryAccepted,
        entry: Some(EntryId(5)),
        attempt: None,
        account: None,
        message: "accepted".to_owned(),
        by: Actor::Scheduler,
    };
    let batch = Batch {
        seq: 10,
        next: NextIds {
            entry: 6,
            ..NextIds::default()
        },
        journal: vec![fact.clone()],
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    assert_eq!(store.journal(0, 9).unwrap(), [fact]);

    let copy = path.with_extension("redb.format-0");
    assert!(!has_journal(&copy));
    let (db, _) = open(&copy, &FROM_ZERO).unwrap();
    assert_eq!(meta::format(&db, &copy).unwrap(), 1);
}

#[test]
fn an_upgrade_that_fails_changes_nothing_and_can_be_repeated() {
    let (_home, path) = old_database();
    let error = open(&path, &FAILING).unwrap_err();
    assert!(error.to_string().contains("an odd row"), "{error}");
    assert!(!has_journal(&path));
    let (db, _) = open(&path, &FROM_ZERO).unwrap();
    assert_eq!(meta::format(&db, &path).unwrap(), 1);
}

#[test]
fn only_the_steps_that_are_missing_are_taken() {
    let (_home, path) = old_database();
    assert!(open(&path, &TWO_STEPS).is_ok());
}

#[test]
fn a_wrong_key_is_told_before_anything_is_changed() {
    let (home, path) = old_database();
    let other = StoreOptions::new("x", *b"another");
    let error = open::at_path(&path, &other, &FROM_ZERO).unwrap_err();
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error}");
    let copied = fs::read_dir(home.path()).unwrap().any(|file| {
        let name = file.unwrap().file_name();
        name.to_string_lossy().contains("format-")
    });
    assert!(!copied, "a copy");
    assert!(!has_journal(&path));
}

#[test]
fn the_ladder_of_this_omsd_is_whole() {
    let path = Path::new("db");
    assert_eq!(LADDER.current, 1, "a new format needs a frozen database");
    assert!(LADDER.steps_from(path, LADDER.current).unwrap().is_empty());
    let newer = LADDER.steps_from(path, LADDER.current + 1);
    assert!(matches!(newer, Err(StoreError::Newer { .. })));
    let old = LADDER.steps_from(path, 0);
    assert!(matches!(old, Err(StoreError::TooOld { .. })));
    assert_eq!(TWO_STEPS.steps_from(path, 0).unwrap().len(), 1);
}
