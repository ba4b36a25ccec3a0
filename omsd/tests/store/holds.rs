//! What must hold of a commit: one that would cost somebody a machine is never made, and stops whoever
//! asked for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use oms_proto::{AccountId, EntryId, Time};
use omsd::store::{Batch, Change, Store, StoreError};
use omsd_domain::rows::entry::Idempotency;
use omsd_domain::world::NextIds;

use crate::worlds::Dice;
use crate::{database, options};

/// A batch of these rows.
fn batch(seq: u64, rows: Vec<Change>) -> Batch {
    Batch {
        seq,
        next: NextIds {
            account: 9,
            entry: 99,
            attempt: 999,
        },
        rows,
        ..Batch::default()
    }
}

/// What an entry asks, under an idempotency key.
fn asked(id: u64, key: &str) -> Change {
    let mut asked = Arc::clone(&Dice::new(id).entry(id, id * 4).asked);
    Arc::make_mut(&mut asked).idempotency = Some(Idempotency {
        key: key.to_owned(),
        digest: [7; 32],
    });
    Change::Asked(asked)
}

/// Why a commit stops whoever asks for it.
fn stopped(store: &Store, batch: &Batch) -> String {
    let commit = AssertUnwindSafe(|| store.commit(batch));
    let panic = catch_unwind(commit).unwrap_err();
    let words = panic.downcast_ref::<String>().cloned();
    let words = words.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
    words.unwrap_or_default()
}

#[test]
fn a_commit_that_would_cost_a_machine_is_not_made() {
    let mut dice = Dice::new(0xc057);
    let (past, _) = dice.past(1, 4);
    let past = Arc::new(past);
    let standing = |id| Change::Standing(Arc::new(Dice::new(id).entry(id, id * 4)));
    let known = Change::Health(AccountId(3), Some(Arc::default()));
    let lower = Batch {
        next: NextIds::default(),
        ..batch(2, Vec::new())
    };
    let second = |rows| batch(2, rows);
    let cases = [
        (lower, "an account's id came back"),
        (batch(1, vec![asked(5, "c")]), "nobody would be told"),
        (second(vec![asked(1, "a")]), "would be another's"),
        (second(vec![asked(2, "a")]), "would be served twice"),
        (second(vec![asked(99, "b")]), "would be given again"),
        (second(vec![asked(2, "")]), "without a key"),
        (second(vec![standing(2)]), "would be lost at the next start"),
        (second(vec![known]), "which is not there"),
        (
            second(vec![Change::Account(AccountId(3), None)]),
            "which is not there",
        ),
        (
            second(vec![Change::Forgotten(EntryId(1))]),
            "is forgotten before it ended",
        ),
        (
            second(vec![Change::EndedRemoved(EntryId(1))]),
            "which it has not",
        ),
        (
            second(vec![
                Change::Ended(Arc::clone(&past), Time(7)),
                Change::Ended(past, Time(7)),
            ]),
            "ends twice",
        ),
    ];
    for (bad, words) in cases {
        let (_home, path) = database();
        let (store, _) = Store::open(&path, &options()).unwrap();
        store.commit(&batch(1, vec![asked(1, "a")])).unwrap();
        let said = stopped(&store, &bad);
        assert!(said.contains(words), "{words:?}: {said}");
        let next = store.commit(&batch(3, Vec::new()));
        assert!(matches!(next, Err(StoreError::Stopped { .. })), "{next:?}");
        drop(store);
        let (_, rows) = Store::open(&path, &options()).unwrap();
        assert_eq!((rows.seq, rows.entries.len()), (1, 1), "{words}");
    }
}
