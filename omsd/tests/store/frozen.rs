//! The database that format 1 wrote, checked in: it opens for ever, and what is written today is
//! byte for byte what was written then.
//!
//! A change of shape is a new version with a frozen database of its own; this one stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use omsd::store::{Batch, Change, Store};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use crate::worlds::{Dice, empty, sorted, take, without_secrets};
use crate::{INSTALLATION, database, options};

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/v1.redb")
}

/// Enough rows that every variant of every shape is among them.
fn everything() -> Batch {
    let mut batch = Dice::of_first_release(5).batch_of(12, 40, 12);
    for change in &mut batch.rows {
        if let Change::Ended(past, _) = change {
            // It kept nothing of the kind, for whatever had ended.
            *past = Arc::new(without_secrets(past));
        }
    }
    batch
}

/// Every row of a database but the version of the program that made it.
fn raw_rows(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let db = redb::Database::open(path).unwrap();
    let transaction = db.begin_read().unwrap();
    let mut rows = BTreeMap::new();
    let meta: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    for row in transaction.open_table(meta).unwrap().iter().unwrap() {
        let (key, value) = row.unwrap();
        rows.insert(format!("meta {}", key.value()), value.value().to_vec());
    }
    let mut put = |name: &str, key: String, value: &[u8]| {
        rows.insert(format!("{name} {key}"), value.to_vec());
    };
    let accounts: TableDefinition<'_, (u64, u8, &[u8]), &[u8]> = TableDefinition::new("accounts");
    for row in transaction.open_table(accounts).unwrap().iter().unwrap() {
        let (key, value) = row.unwrap();
        put("accounts", format!("{:?}", key.value()), value.value());
    }
    let entries: TableDefinition<'_, (u64, u8), &[u8]> = TableDefinition::new("entries");
    for row in transaction.open_table(entries).unwrap().iter().unwrap() {
        let (key, value) = row.unwrap();
        put("entries", format!("{:?}", key.value()), value.value());
    }
    let ended: TableDefinition<'_, (u8, u64), &[u8]> = TableDefinition::new("ended");
    for row in transaction.open_table(ended).unwrap().iter().unwrap() {
        let (key, value) = row.unwrap();
        put("ended", format!("{:?}", key.value()), value.value());
    }
    let forget: TableDefinition<'_, (i64, u64), u8> = TableDefinition::new("forget");
    for row in transaction.open_table(forget).unwrap().iter().unwrap() {
        let (key, value) = row.unwrap();
        put("forget", format!("{:?}", key.value()), &[value.value()]);
    }
    let keys: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("keys");
    for row in transaction.open_table(keys).unwrap().iter().unwrap() {
        let (key, value) = row.unwrap();
        put("keys", key.value().to_owned(), value.value());
    }
    let journal: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
    for row in transaction.open_table(journal).unwrap().iter().unwrap() {
        let (key, value) = row.unwrap();
        put("journal", key.value().to_string(), value.value());
    }
    rows.remove("meta created_by").unwrap();
    rows
}

#[test]
fn the_frozen_database_opens_and_is_what_it_was() {
    let (_home, path) = database();
    fs::copy(frozen(), &path).unwrap();
    let (store, rows) = Store::open(&path, &options()).unwrap();
    let mut expected = empty(INSTALLATION);
    take(&mut expected, &everything());
    assert_eq!(sorted(rows), expected);
    assert_eq!(store.journal(0, 100).unwrap(), everything().journal);
}

#[test]
fn what_is_written_now_is_what_was_written_then() {
    let (home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    store.commit(&everything()).unwrap();
    drop(store);
    let old = home.path().join("v1.redb");
    fs::copy(frozen(), &old).unwrap();
    let (mut now, then) = (raw_rows(&path), raw_rows(&old));
    // Where a database stands is of this machine, and its shape is told by the tests of the store.
    now.retain(|row, _| row != "meta home");
    assert_eq!(
        now.keys().collect::<Vec<_>>(),
        then.keys().collect::<Vec<_>>()
    );
    for (row, bytes) in then {
        assert_eq!(now[&row], bytes, "{row}");
    }
}

#[test]
fn every_variant_is_in_the_frozen_database() {
    let batch = everything();
    let rows = format!("{:?}", batch.rows);
    let variants = "Launching Unknown Building Ready RemovingServer Clearing Gone \
        Disabled Maintenance Budget NoRoom Server Keypair NotAmongAccounts Avoided NoImage NoFlavor Blocked Probing Busy Trying Rejected Waits Failed Deadline Attempts \
        Account Quota Launch Offering Request Recive Boot Run Destroy Failed Ed25519 Rsa \
        Password ApplicationCredential Public Internal Admin \
        Instances Cores RamMib Keypairs Ports FloatingIps Volumes Gigabytes";
    let classes = omsd_domain::ground::failure::FailureClass::ALL.map(|class| format!("{class:?}"));
    let variants = variants.split_whitespace().map(str::to_owned);
    for variant in variants.chain(classes) {
        let there = rows
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == variant);
        assert!(there, "no {variant}");
    }
}

#[test]
#[ignore = "makes the frozen database; only ever run for a new version"]
fn make_the_frozen_database() {
    assert!(!frozen().exists(), "it is frozen");
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    store.commit(&everything()).unwrap();
    drop(store);
    // Where it was made says nothing to others.
    let database = redb::Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    let meta: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    transaction
        .open_table(meta)
        .unwrap()
        .remove("home")
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    fs::copy(path, frozen()).unwrap();
}
