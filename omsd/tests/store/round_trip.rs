//! What was committed is what is loaded and read.

use std::sync::Arc;

use oms_proto::{AccountId, EntryId, Time};
use omsd::store::{Batch, Change, JOURNAL_READ_MAX, Store, StoreError, StoreOptions};
use omsd_domain::ground::cloud::{Part, Wanted};
use omsd_domain::ground::failure::Failure;
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::{Idempotency, Past, Status};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::passed::{Passed, PassedOver, Reason, Waits};
use omsd_domain::rows::scope::{Block, Scope};
use omsd_domain::rows::why::Why;
use omsd_domain::world::{Ended, NextIds};
use proptest::prelude::*;

use crate::worlds::{Dice, empty, sorted, take, without_secrets};
use crate::{INSTALLATION, database, options};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_shape_comes_back_as_it_was(seed in any::<u64>()) {
        let (_home, path) = database();
        let batch = Dice::new(seed).batch();
        let (store, mut expected) = Store::open(&path, &options()).unwrap();
        prop_assert_eq!(&expected, &empty(INSTALLATION));
        store.commit(&batch).unwrap();
        take(&mut expected, &batch);
        drop(store);

        let (store, rows) = Store::open(&path, &options()).unwrap();
        prop_assert_eq!(sorted(rows), expected);
        prop_assert_eq!(store.journal(0, usize::MAX).unwrap(), batch.journal);
        for change in &batch.rows {
            if let Change::Ended(past, _) = change {
                let found = store.past(past.entry.id).unwrap();
                let kept = match past.entry.status {
                    Status::Failed => (**past).clone(),
                    _ => without_secrets(past),
                };
                prop_assert_eq!(found, Some(kept));
            }
        }
    }
}

/// Scopes that the first release did not write, in all places where a scope stands.
#[test]
fn scopes_of_a_wish_come_back_as_they_were() {
    let parts = Part::ALL.map(|part| Scope::Named(part, format!("a {}", part.as_str())));
    let scopes: Vec<_> = parts
        .into_iter()
        .chain([Scope::Entry(EntryId(7))])
        .collect();
    let mut dice = Dice::new(1);
    let failure = Arc::new(dice.failure());
    let block = |scope: &Scope| Block {
        scope: scope.clone(),
        until: Time(5),
        failures: 1,
        failure: Arc::clone(&failure),
        probe: None,
        over: false,
    };
    let health = Health {
        blocks: scopes.iter().map(block).collect(),
        last_failure: None,
    };
    let over = |(nth, scope): (u64, &Scope)| PassedOver {
        account: AccountId(nth),
        reason: if nth % 2 == 0 {
            Reason::Probing {
                scope: scope.clone(),
            }
        } else {
            Reason::Blocked {
                scope: scope.clone(),
                until: Time(5),
                failure: Arc::clone(&failure),
            }
        },
    };
    let passed_over: Vec<_> = (1..).zip(&scopes).map(over).collect();
    let mut entry = dice.entry(1, 1);
    entry.why = Some(Why::Waits(Arc::new(Waits::of(passed_over.clone()))));
    entry.attempts = vec![Arc::new(Attempt {
        passed_over: Arc::new(Passed::of(passed_over, AccountId(9))),
        ..dice.attempt(1)
    })];
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let entry = Arc::new(entry);
    let rows = vec![
        Change::Account(AccountId(1), Some(Arc::new(dice.account(1)))),
        Change::Health(AccountId(1), Some(Arc::new(health.clone()))),
        Change::Asked(Arc::clone(&entry.asked)),
        Change::Standing(Arc::clone(&entry)),
    ];
    commit(&store, 1, Ended::default(), rows);
    drop(store);
    let (_store, rows) = Store::open(&path, &options()).unwrap();
    assert_eq!(rows.healths, [(AccountId(1), health)]);
    assert_eq!(rows.entries, [(*entry).clone()]);
}

/// One commit with these rows.
fn commit(store: &Store, seq: u64, ended: Ended, rows: Vec<Change>) {
    let batch = Batch {
        seq,
        next: NextIds {
            account: 9,
            entry: 99,
            attempt: 999,
        },
        ended,
        rows,
        ..Batch::default()
    };
    store.commit(&batch).unwrap();
}

/// An entry that ended so, accepted under a key, and when it is to be forgotten.
fn past(dice: &mut Dice, id: u64, status: Status, forget: i64) -> Change {
    let (mut past, _) = dice.past(id, id * 4);
    past.entry.status = status;
    let asked = Arc::make_mut(&mut past.entry.asked);
    asked.idempotency = Some(Idempotency {
        key: format!("key-{id}"),
        digest: [7; 32],
    });
    Change::Ended(Arc::new(past), Time(forget))
}

#[test]
fn an_entry_that_has_ended_is_found_by_id_by_key_and_among_the_failed() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let mut dice = Dice::new(3);
    let living = dice.entry(5, 20);
    let mut rows = vec![
        Change::Asked(Arc::clone(&living.asked)),
        Change::Standing(Arc::new(living)),
    ];
    rows.extend((1..=4).map(|id| {
        let status = if id % 2 == 0 {
            Status::Failed
        } else {
            Status::Destroy
        };
        past(&mut dice, id, status, 100 - i64::try_from(id).unwrap())
    }));
    rows.push(past(&mut dice, 5, Status::Failed, 5));
    // What asks is in the database as soon as it is accepted; here with the end in one commit.
    commit(
        &store,
        1,
        Ended {
            failed: 3,
            removed: 2,
        },
        rows,
    );
    drop(store);

    let (store, rows) = Store::open(&path, &options()).unwrap();
    assert!(rows.entries.is_empty(), "the last one has ended");
    assert_eq!(
        rows.ended,
        Ended {
            failed: 3,
            removed: 2
        }
    );
    let ids = |past: Vec<Past>| past.iter().map(|it| it.entry.id.0).collect::<Vec<_>>();
    assert_eq!(ids(store.failed(None, 9).unwrap()), [2, 4, 5]);
    assert_eq!(ids(store.failed(Some(EntryId(2)), 1).unwrap()), [4]);
    assert_eq!(ids(store.failed_last(2).unwrap()), [4, 5]);
    assert_eq!(
        store
            .past(EntryId(1))
            .unwrap()
            .map(|past| past.entry.status),
        Some(Status::Destroy)
    );
    assert_eq!(
        store
            .past(EntryId(9))
            .unwrap()
            .map(|past| past.entry.status),
        None
    );
    let first: Vec<_> = store.forgettable(2).unwrap();
    assert_eq!(
        first,
        [
            (Time(5), EntryId(5), Status::Failed),
            (Time(96), EntryId(4), Status::Failed)
        ]
    );
}

#[test]
fn an_entry_that_has_ended_comes_back_and_ends_again() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let mut dice = Dice::new(3);
    let count = |failed| Ended { failed, removed: 0 };
    let rows = vec![past(&mut dice, 5, Status::Failed, 7)];
    commit(&store, 1, count(1), rows);
    let failed = store.past(EntryId(5)).unwrap().unwrap().entry;
    let back = Arc::new(failed.retried(Time(8), Time(9)));
    let rows = vec![Change::Returned(EntryId(5), Some(Arc::clone(&back)))];
    commit(&store, 2, count(0), rows);
    assert_eq!(store.past(EntryId(5)).unwrap(), None);
    assert_eq!(store.forgettable(9).unwrap(), []);
    drop(store);

    let (store, rows) = Store::open(&path, &options()).unwrap();
    assert_eq!(rows.entries, [(*back).clone()]);
    // It came back and ended again within one commit.
    let rows = vec![past(&mut dice, 5, Status::Failed, 11)];
    commit(&store, 3, count(1), rows);
    let rows = vec![
        Change::Returned(EntryId(5), None),
        past(&mut dice, 5, Status::Destroy, 12),
    ];
    commit(
        &store,
        4,
        Ended {
            failed: 0,
            removed: 1,
        },
        rows,
    );
    let ended = store.past(EntryId(5)).unwrap().unwrap();
    assert_eq!(ended.entry.status, Status::Destroy);
    let first = store.forgettable(9).unwrap();
    assert_eq!(first, [(Time(12), EntryId(5), Status::Destroy)]);
}

#[test]
fn an_entry_that_has_ended_is_removed_and_forgotten() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let mut dice = Dice::new(3);
    let ended = |id| {
        past(
            &mut dice,
            id,
            Status::Failed,
            100 - i64::try_from(id).unwrap(),
        )
    };
    let rows = (1..=3).map(ended).collect();
    let count = |failed, removed| Ended { failed, removed };
    commit(&store, 1, count(3, 0), rows);
    // The owner of one that failed removes it, and the first two are forgotten.
    let rows = vec![
        Change::EndedRemoved(EntryId(2)),
        Change::Forgotten(EntryId(3)),
    ];
    let before = store.past(EntryId(2)).unwrap().unwrap();
    commit(&store, 2, count(1, 1), rows);
    let removed = store.past(EntryId(2)).unwrap().unwrap();
    assert_eq!(removed.entry.status, Status::Destroy);
    // Nobody tries it again, so what only an instance needs has gone.
    assert_eq!(removed.entry.asked, without_secrets(&before).entry.asked);
    let failed = store.failed(None, 9).unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(store.past(EntryId(3)).unwrap(), None);
    let left = store.forgettable(9).unwrap();
    let left: Vec<_> = left.into_iter().map(|(_, id, _)| id.0).collect();
    assert_eq!(left, [2, 1]);
}

#[test]
fn an_idempotency_key_is_kept_as_long_as_its_entry() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let mut dice = Dice::new(4);
    let Change::Ended(ended, forget) = past(&mut dice, 1, Status::Destroy, 7) else {
        unreachable!("it ends");
    };
    let asked = Arc::clone(&ended.entry.asked);
    commit(&store, 1, Ended::default(), vec![Change::Asked(asked)]);
    let ended = vec![Change::Ended(ended, forget)];
    commit(
        &store,
        2,
        Ended {
            failed: 0,
            removed: 1,
        },
        ended,
    );
    assert_eq!(store.under("key-1").unwrap(), Some((EntryId(1), [7; 32])));
    assert_eq!(store.under("key-2").unwrap(), None);
    commit(
        &store,
        3,
        Ended::default(),
        vec![Change::Forgotten(EntryId(1))],
    );
    assert_eq!(store.under("key-1").unwrap(), None);
}

#[test]
fn an_existing_database_keeps_its_installation() {
    let (_home, path) = database();
    drop(Store::open(&path, &options()).unwrap());
    let other = StoreOptions::new("another", *b"check");
    let (_store, rows) = Store::open(&path, &other).unwrap();
    assert_eq!(rows.installation, INSTALLATION);
}

#[test]
fn what_is_gone_stays_gone() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let first = Dice::new(5).batch();
    store.commit(&first).unwrap();
    let second = Batch {
        seq: first.seq + 1,
        rows: vec![Change::Account(AccountId(1), None)],
        journal: Vec::new(),
        ..first.clone()
    };
    store.commit(&second).unwrap();
    drop(store);
    let (_store, rows) = Store::open(&path, &options()).unwrap();
    let mut expected = empty(INSTALLATION);
    take(&mut expected, &first);
    take(&mut expected, &second);
    assert_eq!(sorted(rows), expected);
    assert!(expected.healths.iter().all(|(id, _)| *id != AccountId(1)));
}

#[test]
fn the_journal_is_read_in_order_from_any_number() {
    let (_home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    assert_eq!(store.journal_first().unwrap(), None);
    assert_eq!(store.journal_before(u64::MAX, 5).unwrap(), []);
    let facts: Vec<_> = (1..=9).map(|seq| Dice::new(seq).fact(seq)).collect();
    for part in facts.chunks(2) {
        store.commit(&journal(part)).unwrap();
    }
    assert_eq!(store.journal(0, 100).unwrap(), facts);
    assert_eq!(store.journal(4, 3).unwrap(), facts[4..7]);
    assert_eq!(store.journal(9, 3).unwrap(), []);
    assert_eq!(store.journal(u64::MAX, 3).unwrap(), []);
    assert_eq!(store.journal(0, 0).unwrap(), []);
    assert_eq!(store.journal_before(u64::MAX, 2).unwrap(), facts[7..]);
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
        store.journal_before(u64::MAX, usize::MAX).unwrap().len(),
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
    let (store, rows) = Store::open(&path, &options()).unwrap();
    assert_eq!(rows.seq, 7);
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
    let passed_over: Vec<_> = (1..=1000)
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
    let passed = Arc::new(Passed::of(passed_over, AccountId(1000)));
    let mut entry = dice.entry(1, 1);
    entry.attempts = (1..=20)
        .map(|id| {
            Arc::new(Attempt {
                passed_over: Arc::clone(&passed),
                ..dice.attempt(id)
            })
        })
        .collect();
    let entry = Arc::new(entry);
    let asked = Change::Asked(Arc::clone(&entry.asked));
    let rows = vec![asked, Change::Standing(Arc::clone(&entry))];
    commit(&store, 1, Ended::default(), rows);
    assert!(store.size_bytes().unwrap() < 2 * 1024 * 1024);
    drop(store);
    let (_store, rows) = Store::open(&path, &options()).unwrap();
    assert_eq!(rows.entries, [(*entry).clone()]);
}

#[test]
fn tokens_and_users_are_there_again_and_gone_when_they_are_removed() {
    let (home, path) = database();
    let (store, _) = Store::open(&path, &options()).unwrap();
    let mut dice = Dice::new(11);
    let passes: Vec<_> = (0..12).map(|_| Arc::new(dice.pass())).collect();
    let of = |kept: bool| {
        let rows = passes.iter().cloned();
        rows.map(|it| Change::Pass(it.id.clone(), Some(it).filter(|_| kept)))
            .collect::<Vec<_>>()
    };
    commit(&store, 1, Ended::default(), of(true));
    let copy = home.path().join("copy.redb");
    store.back_up(&copy).unwrap();
    drop(store);
    let mut expected = empty(INSTALLATION);
    let batch = Batch {
        seq: 1,
        next: NextIds::default(),
        rows: of(true),
        ..Batch::default()
    };
    take(&mut expected, &batch);
    assert!(expected.passes.len() > 4);
    let (store, rows) = Store::open(&path, &options()).unwrap();
    assert_eq!(sorted(rows).passes, expected.passes);
    let (_, copied) = Store::open(&copy, &options()).unwrap();
    assert_eq!(sorted(copied).passes, expected.passes);
    commit(&store, 2, Ended::default(), of(false));
    drop(store);
    let (_, rows) = Store::open(&path, &options()).unwrap();
    assert_eq!(rows.passes, []);
}
