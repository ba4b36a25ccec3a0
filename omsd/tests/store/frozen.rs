//! The database that format 1 wrote, checked in: it opens for ever, and what is written today is
//! byte for byte what was written then.
//!
//! A change of shape is a new version with a frozen database of its own; this one stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use omsd::store::{Batch, Store};
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use crate::worlds::{Dice, Picture};
use crate::{INSTALLATION, database, options};

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/v1.redb")
}

/// Enough rows that every variant of every shape is among them.
fn everything() -> Batch {
    Dice::new(5).batch_of(12, 40, 12)
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
    for name in ["accounts", "entries", "journal"] {
        let table: TableDefinition<'_, u64, &[u8]> = TableDefinition::new(name);
        for row in transaction.open_table(table).unwrap().iter().unwrap() {
            let (key, value) = row.unwrap();
            rows.insert(format!("{name} {}", key.value()), value.value().to_vec());
        }
    }
    rows.remove("meta created_by").unwrap();
    rows
}

#[test]
fn the_frozen_database_opens_and_is_what_it_was() {
    let (_home, path) = database();
    fs::copy(frozen(), &path).unwrap();
    let (store, world) = Store::open(&path, &options()).unwrap();
    let mut expected = Picture::empty(INSTALLATION);
    expected.take(&everything());
    assert_eq!(Picture::from(&world), expected);
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
    let (now, then) = (raw_rows(&path), raw_rows(&old));
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
    let rows = format!("{:?} {:?}", batch.accounts, batch.entries);
    let variants = "Launching Unknown Building Ready RemovingServer Clearing Gone \
        Disabled Maintenance Budget NoRoom Server Keypair NotAmongAccounts Avoided NoImage NoFlavor Blocked Probing Busy Trying Outscored Rejected \
        Account Quota Launch Offering Request Recive Boot Run Destroy Failed Ed25519 Rsa \
        Password ApplicationCredential Public Internal Admin \
        Instances Cores RamMib Keypairs Ports FloatingIps Volumes Gigabytes";
    let classes = omsd::domain::failure::FailureClass::ALL.map(|class| format!("{class:?}"));
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
    fs::copy(path, frozen()).unwrap();
}
