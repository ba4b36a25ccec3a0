//! The power goes, or the disk runs full or turns read-only, at every single operation: what was
//! committed is there, and nothing is there by half.

use std::sync::Arc;

use oms_proto::AccountId;
use omsd::store::{Batch, Change, Store, StoreError};
use omsd_domain::world::{Ended, NextIds, Rows};

use crate::disk::{Disk, Fault, Survivors};
use crate::worlds::{Dice, empty, sorted, take};
use crate::{INSTALLATION, options};

/// Commits of a run; enough for pages to be freed and used again.
const COMMITS: u64 = 12;

/// Commits after which an entry ends.
const LIVES: u64 = 3;

/// Batches that follow each other: rows come, change and go, and the file grows.
fn batches() -> Vec<Batch> {
    let mut dice = Dice::new(0x0d15c);
    (1..=COMMITS)
        .map(|number| {
            let entry = Arc::new(dice.entry(number, 50));
            let account = 1 + dice.below(2);
            let account = Arc::new(dice.account(account));
            let mut rows = vec![
                Change::Account(AccountId(2), Some(Arc::new(dice.account(2)))),
                Change::Account(account.id, Some(account)),
                Change::Asked(Arc::clone(&entry.asked)),
                Change::Standing(entry),
            ];
            if number > LIVES {
                let (ended, forget) = dice.past(number - LIVES, 50);
                rows.push(Change::Ended(Arc::new(ended), forget));
            }
            if number % 4 == 0 {
                rows.push(Change::Account(AccountId(2), None));
            }
            Batch {
                seq: number * 2,
                next: NextIds {
                    account: 10,
                    entry: 1 + number,
                    attempt: 100 + number,
                },
                ended: Ended {
                    failed: number,
                    removed: 0,
                },
                journal: vec![dice.fact(number * 2 - 1), dice.fact(number * 2)],
                rows,
            }
        })
        .collect()
}

/// What the world is after each number of commits.
fn pictures(batches: &[Batch]) -> Vec<Rows> {
    let mut picture = empty(INSTALLATION);
    let mut all = vec![picture.clone()];
    for batch in batches {
        take(&mut picture, batch);
        all.push(picture.clone());
    }
    all
}

/// Commits until one fails; tells how many were.
fn commit_all(store: &Store, batches: &[Batch]) -> (usize, Option<StoreError>) {
    for (number, batch) in batches.iter().enumerate() {
        if let Err(error) = store.commit(batch) {
            let next = store.commit(batch);
            assert!(matches!(next, Err(StoreError::Stopped { .. })), "{next:?}");
            return (number, Some(error));
        }
    }
    (batches.len(), None)
}

/// Opens what is left and tells how many commits are in it.
fn commits_there(disk: &Disk, batches: &[Batch], pictures: &[Rows]) -> usize {
    let (store, rows) = Store::open_on(disk.backend(), &options()).unwrap();
    let found = sorted(rows);
    let there = pictures.iter().position(|picture| *picture == found);
    assert!(there.is_some(), "half a commit is there: {found:?}");
    let there = there.unwrap();
    let facts: Vec<_> = batches[..there]
        .iter()
        .flat_map(|batch| batch.journal.clone())
        .collect();
    assert_eq!(store.journal(0, 1000).unwrap(), facts);
    if let Some(next) = batches.get(there) {
        store.commit(next).unwrap();
    }
    there
}

fn with_a_fault_at_every_operation(fault: Fault, survivors: &[Survivors]) -> u64 {
    let batches = batches();
    let pictures = pictures(&batches);
    let fresh = Disk::new();
    drop(Store::open_on(fresh.backend(), &options()).unwrap());
    let undisturbed = fresh.copy();
    let (store, _) = Store::open_on(undisturbed.backend(), &options()).unwrap();
    assert_eq!(commit_all(&store, &batches).0, batches.len());
    drop(store);

    let operations = undisturbed.operations();
    for operation in 0..operations {
        for survivors in survivors {
            let disk = fresh.copy();
            disk.fail_at(operation, fault);
            let (committed, error) = match Store::open_on(disk.backend(), &options()) {
                Ok((store, _)) => commit_all(&store, &batches),
                Err(error) => (0, Some(error)),
            };
            assert!(disk.has_failed());
            match (fault, &error) {
                (Fault::Full, Some(error)) => {
                    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
                }
                (Fault::ReadOnly, Some(error)) => {
                    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
                }
                (Fault::PowerCut, _) | (_, None) => {}
            }
            disk.mend(*survivors);
            let there = commits_there(&disk, &batches, &pictures);
            assert!(
                there == committed || there == committed + 1,
                "operation {operation}, {survivors:?}: {committed} committed, {there} there"
            );
        }
    }
    operations
}

#[test]
fn a_power_cut_at_any_operation_loses_no_commit_and_leaves_none_by_half() {
    let mut survivors = vec![Survivors::None, Survivors::All];
    survivors.extend((0..4).map(Survivors::Some));
    let tried = with_a_fault_at_every_operation(Fault::PowerCut, &survivors);
    assert!(tried > 60, "{tried}");
}

#[test]
fn a_full_disk_stops_commits_in_words_and_loses_none() {
    let tried = with_a_fault_at_every_operation(Fault::Full, &[Survivors::All]);
    assert!(tried > 50, "{tried}");
}

#[test]
fn a_disk_that_turns_read_only_stops_commits_in_words_and_loses_none() {
    let tried = with_a_fault_at_every_operation(Fault::ReadOnly, &[Survivors::All]);
    assert!(tried > 50, "{tried}");
}
