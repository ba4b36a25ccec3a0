//! What was committed is what is loaded and read.

use std::sync::Arc;

use oms_proto::{AccountId, EntryId, Time};
use omsd::store::{Batch, JOURNAL_READ_MAX, Store, StoreError, StoreOptions};
use omsd_domain::ground::cloud::Wanted;
use omsd_domain::ground::failure::Failure;
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::passed::{PassedOver, Reason};
use omsd_domain::rows::scope::Scope;
use omsd_domain::world::NextIds;
use proptest::prelude::*;

use crate::worlds::{Dice, Picture};
use crate::{INSTALLATION, database, options};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_shape_comes_back_as_it_was(seed in any::<u64>()) {
        let (_home, path) = database();
        let batch = Dice::new(seed).batch();
        let (store, world) = Store::open(&path, &options()).unwrap();
        let mut expected = Picture::from(&world);
        prop_assert_eq!(&expected, &Picture::empty(INSTALLATION));
        store.commit(&batch).unwrap();
        expected.take(&batch);
        drop(store);

        let (store, world) = Store::open(&path, &options()).unwrap();
        prop_assert_eq!(Picture::from(&world), expected);
        prop_assert_eq!(store.journal(0, usize::MAX).unwrap(), batch.journal);
    }
}

#[test]
fn an_existing_database_keeps_its_installation() {
    let (_home, path) = database();
    drop(Store::open(&path, &options()).unwrap());
    let other = StoreOptions::new("another", *b"check");
    let (_store, world) = Store::open(&path, &other).unwrap();
    assert_eq!(&*world.installation, INSTALLATION);
}

#[test]
fn what_is_gone_stays_gone() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let first = Dice::new(5).batch();
    store.commit(&first).unwrap();
    let second = Batch {
        seq: first.seq,
        next: first.next,
        entries_gone: vec![EntryId(1)],
        accounts_gone: vec![AccountId(1)],
        ..Batch::default()
    };
    store.commit(&second).unwrap();
    drop(store);
    let (_store, world) = Store::open(&path, &options()).unwrap();
    assert!(!world.entries.contains_key(&EntryId(1)));
    assert!(!world.accounts.contains_key(&AccountId(1)));
    assert_eq!(world.accounts.len(), first.accounts.len() - 1);
}

#[test]
fn the_journal_is_read_in_order_from_any_number() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    assert_eq!(store.journal_first().unwrap(), None);
    assert_eq!(store.journal_tail(5).unwrap(), []);
    let facts: Vec<_> = (1..=9).map(|seq| Dice::new(seq).fact(seq)).collect();
    for part in facts.chunks(2) {
        store.commit(&journal(part)).unwrap();
    }
    assert_eq!(store.journal(0, 100).unwrap(), facts);
    assert_eq!(store.journal(4, 3).unwrap(), facts[4..7]);
    assert_eq!(store.journal(9, 3).unwrap(), []);
    assert_eq!(store.journal(u64::MAX, 3).unwrap(), []);
    assert_eq!(store.journal(0, 0).unwrap(), []);
    assert_eq!(store.journal_tail(2).unwrap(), facts[7..]);
    assert_eq!(store.journal_first().unwrap(), Some(1));
}

#[test]
fn one_reading_is_bounded() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let many = u64::try_from(JOURNAL_READ_MAX).unwrap() + 5;
    let facts: Vec<_> = (1..=many).map(|seq| Dice::new(0).fact(seq)).collect();
    store.commit(&journal(&facts)).unwrap();
    assert_eq!(
        store.journal(0, usize::MAX).unwrap().len(),
        JOURNAL_READ_MAX
    );
    assert_eq!(
        store.journal_tail(usize::MAX).unwrap().len(),
        JOURNAL_READ_MAX
    );
}

#[test]
fn the_journal_shrinks_to_its_bound_a_piece_each_commit() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let facts: Vec<_> = (1..=1000).map(|seq| Dice::new(seq).fact(seq)).collect();
    store.commit(&journal(&facts)).unwrap();
    drop(store);
    let small = StoreOptions {
        journal_rows_kept: 10,
        ..options()
    };
    let (store, _) = Store::open(&path, &small).unwrap();
    let mut first = store.journal_first().unwrap().unwrap();
    for seq in 1001..1100 {
        store.commit(&journal(&[Dice::new(seq).fact(seq)])).unwrap();
        let now = store.journal_first().unwrap().unwrap();
        assert!(now - first <= 65, "{} rows at once", now - first);
        first = now;
    }
    assert_eq!(store.journal_first().unwrap(), Some(1090));
    assert_eq!(store.journal(0, 100).unwrap().len(), 10);
}

#[test]
fn a_number_that_was_given_is_refused_and_so_is_everything_after() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    store.commit(&journal(&[Dice::new(1).fact(1)])).unwrap();
    let again = store.commit(&journal(&[Dice::new(1).fact(1)]));
    assert!(
        matches!(again, Err(StoreError::BadBatch { .. })),
        "{again:?}"
    );
    let after = store.commit(&journal(&[Dice::new(2).fact(2)]));
    assert!(
        matches!(after, Err(StoreError::Stopped { .. })),
        "{after:?}"
    );
    assert_eq!(store.journal(0, 9).unwrap().len(), 1);
}

#[test]
fn a_restart_goes_on_from_the_last_number() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    store.commit(&journal(&[Dice::new(7).fact(7)])).unwrap();
    drop(store);
    let (store, world) = Store::open(&path, &options()).unwrap();
    assert_eq!(world.seq, 7);
    assert!(store.commit(&journal(&[Dice::new(7).fact(7)])).is_err());
}

#[test]
fn readers_do_not_wait_for_the_writer() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let reader = store.clone();
    let (done, written) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        for seq in 1..=200 {
            store.commit(&journal(&[Dice::new(seq).fact(seq)])).unwrap();
        }
        done.send(()).unwrap();
    });
    while written.try_recv().is_err() {
        let seen = reader.journal(0, 1000).unwrap();
        assert!(seen.iter().map(|row| row.seq).eq(1..=seen.len() as u64));
    }
    writer.join().unwrap();
    assert_eq!(reader.journal(0, 1000).unwrap().len(), 200);
    assert!(reader.size_bytes().unwrap() > 0);
}

fn journal(facts: &[omsd_domain::tell::journal::JournalRow]) -> Batch {
    Batch {
        seq: facts.last().map_or(0, |row| row.seq),
        journal: facts.to_vec(),
        ..Batch::default()
    }
}

/// Somebody who asks for long names at many failing accounts must not make a row that cannot be
/// written.
#[test]
fn the_most_talkative_entry_fits_its_row() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let name = |number: u64| format!("{number:0255}");
    let wanted = Arc::new(Wanted {
        networks: (0..32).map(name).collect(),
        security_groups: (0..32).map(name).collect(),
        ..Wanted::default()
    });
    let mut dice = Dice::new(2);
    let passed_over: Vec<_> = (1..=200)
        .map(|account| PassedOver {
            account: AccountId(account),
            reason: Reason::Blocked {
                scope: Scope::Request(Arc::clone(&wanted)),
                until: Time(1),
                failure: Arc::new(Failure {
                    message: "\u{1f980}".repeat(500),
                    ..dice.failure()
                }),
            },
        })
        .collect();
    let mut entry = dice.entry(1, 1);
    entry.attempts = (1..=20)
        .map(|id| Attempt {
            passed_over: Arc::new(passed_over.clone()),
            ..dice.attempt(id)
        })
        .collect();
    let batch = Batch {
        next: NextIds {
            account: 1,
            entry: 2,
            attempt: 21,
        },
        entries: vec![Arc::new(entry)],
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
    assert!(store.size_bytes().unwrap() < 4 * 1024 * 1024);
    drop(store);
    let (_store, world) = Store::open(&path, &options()).unwrap();
    assert_eq!(world.entries[&EntryId(1)], batch.entries[0]);
}
