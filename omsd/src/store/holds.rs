//! What holds of every commit, whatever clouds and people do. Each of these would cost somebody a machine
//! if it did not: a server whose row was lost, an id that two servers carry in their marks, a request that
//! is repeated and served twice. It is asserted before anything is committed; the daemon stops where one
//! fails, and starts from what was durable before.
//!
//! What a file says is not asserted: a damaged one is an error with words, see [`super::StoreError`].

use std::path::Path;

use oms_proto::{AccountId, EntryId};
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::{Asked, Entry, Past};
use omsd_domain::world::NextIds;

use super::batch::{Batch, Change};
use super::met::Met;

/// Of a commit: `seq` and `next` are those of the one before.
pub(super) fn of_batch(batch: &Batch, seq: u64, next: &NextIds) {
    let Batch {
        seq: last,
        next: after,
        ended: _,
        journal,
        rows,
    } = batch;
    assert!(*last >= seq, "event {last} follows event {seq}");
    assert!(after.account >= next.account, "an account's id came back");
    assert!(after.entry >= next.entry, "an entry's id came back");
    assert!(after.attempt >= next.attempt, "an attempt's id came back");
    assert!(
        *last > seq || rows.is_empty(),
        "a row changed, and nobody would be told"
    );
    assert!(
        journal.is_sorted_by(|one, later| one.seq < later.seq),
        "one number is of two events"
    );
    assert!(
        journal.last().is_none_or(|fact| fact.seq <= *last),
        "an event is told that has not happened"
    );
    for change in rows {
        of_change(change, after);
    }
}

fn of_change(change: &Change, next: &NextIds) {
    match change {
        // The domain knows what holds of it.
        Change::Lineage(_) => {}
        Change::Account(id, account) => {
            of_account(*id, next);
            assert!(
                account.as_ref().is_none_or(|account| account.id == *id),
                "an account is kept under another's id"
            );
            assert!(
                account
                    .as_ref()
                    .is_none_or(|account| !account.name.is_empty()),
                "account {id} has no name to be asked for by"
            );
        }
        Change::Health(id, _) | Change::Room(id, _) => of_account(*id, next),
        Change::Lessons(id, offering, lessons) => {
            of_account(*id, next);
            assert!(
                lessons.as_ref().is_none_or(|it| it.offering == *offering),
                "what one offering taught is kept under another"
            );
        }
        Change::Stray(id, which, stray) => {
            of_account(*id, next);
            assert!(
                stray.as_ref().is_none_or(|stray| stray.id == *which),
                "an object without an owner is kept under another's id"
            );
        }
        Change::Pass(id, pass) => {
            assert!(
                pass.as_ref().is_none_or(|pass| pass.id == *id),
                "somebody would be let in under another's name"
            );
            assert!(
                pass.as_ref().is_none_or(|pass| pass.proof.is_of(id.kind)),
                "'{}' would be let in by what it is not",
                id.name
            );
        }
        Change::Asked(asked) => of_asked(asked, next),
        Change::Standing(entry) => of_entry(entry, next),
        Change::Ended(past, _) => {
            let Past { entry, ended: _ } = &**past;
            of_entry(entry, next);
        }
        Change::EndedRemoved(entry) | Change::Forgotten(entry) => of_entry_id(*entry, next),
        Change::Returned(id, entry) => {
            of_entry_id(*id, next);
            if let Some(entry) = entry {
                of_entry(entry, next);
            }
        }
    }
}

fn of_account(id: AccountId, next: &NextIds) {
    assert!(
        id.0 < next.account,
        "the id of account {id} would be given again"
    );
}

fn of_entry_id(id: EntryId, next: &NextIds) {
    assert!(
        id.0 < next.entry,
        "the id of entry {id} would be given again"
    );
}

fn of_asked(asked: &Asked, next: &NextIds) {
    of_entry_id(asked.id, next);
    let key = asked.idempotency.as_ref().map(|under| under.key.as_str());
    assert_ne!(
        key,
        Some(""),
        "entry {} would be found by every request without a key",
        asked.id
    );
}

fn of_entry(entry: &Entry, next: &NextIds) {
    of_asked(&entry.asked, next);
    let id = entry.id;
    assert_eq!(id, entry.asked.id, "entry {id} asks for what another does");
    let ids = entry.attempts().map(|attempt| attempt.id);
    assert!(
        ids.is_sorted_by(|one, later| one < later),
        "attempts of entry {id} are out of order"
    );
    entry.attempts().for_each(|it| of_attempt(it, next));
}

fn of_attempt(attempt: &Attempt, next: &NextIds) {
    let id = attempt.id;
    assert!(
        id.0 < next.attempt,
        "the id of attempt {id} would be given again"
    );
    assert!(
        attempt.is_gone() || !attempt.server_name.is_empty(),
        "the server of attempt {id} has no name to be looked for by"
    );
}

/// Of what a commit found where it wrote, before it is committed.
pub(super) fn of_met(met: &Met) {
    match met {
        Met::Nothing => {}
        Met::Asked { entry, before } => {
            assert!(!before, "what entry {entry} asks would be another's");
        }
        Met::Standing { entry, asked } => assert!(
            asked,
            "entry {entry} would be lost at the next start: what it asks is not there"
        ),
        Met::Key { entry, holder } => assert!(
            holder.is_none_or(|holder| holder == *entry),
            "entry {entry} takes the idempotency key of another, whose request would be served twice"
        ),
        Met::Account {
            account,
            removed,
            before,
        } => assert!(
            *before || !removed,
            "account {account} is removed, which is not there"
        ),
        Met::Known { account, there } => assert!(
            there,
            "something is known of account {account}, which is not there"
        ),
        Met::Ended { entry, before } => assert!(!before, "entry {entry} ends twice"),
        Met::Removed { entry, failed } => assert!(
            failed,
            "entry {entry} is removed as if it had failed and ended, which it has not"
        ),
        Met::Forgotten {
            entry,
            rows,
            holder,
        } => {
            assert_ne!(*rows, 0, "entry {entry} is forgotten before it ended");
            assert_eq!(*rows, 1, "entry {entry} had ended twice");
            assert!(
                holder.is_none_or(|holder| holder == *entry),
                "with entry {entry} the idempotency key of another is forgotten"
            );
        }
    }
}

/// Of where a database stands, which is looked up from anywhere, and on which machine.
pub(super) fn of_home(path: &str, ids: [&str; 2]) {
    assert!(
        path.is_empty() || Path::new(path).is_absolute(),
        "{path} would be taken for a copy of itself"
    );
    let is_digest = |id: &str| id.len() == 32 && id.bytes().all(|it| it.is_ascii_hexdigit());
    assert!(
        ids.iter().all(|id| id.is_empty() || is_digest(id)),
        "an id of the machine that is no digest of one would be given away"
    );
}

/// Of what is removed from the journal: never what is just written.
pub(super) fn of_pruned(last: Option<u64>, seq: u64) {
    assert!(
        last.is_none_or(|last| last <= seq),
        "an event is forgotten before it was told"
    );
}

/// Of the numbers a database says it has come to, kept apart from it.
pub(super) fn of_acknowledged(before: u64, after: u64) {
    assert!(
        after >= before,
        "event {after} is acknowledged after event {before}"
    );
}

/// Of what a fresh database is made with.
pub(super) fn of_options(installation: &str, key_check: &[u8]) {
    assert!(
        !installation.is_empty(),
        "every installation's machines would be taken for this one's"
    );
    assert!(!key_check.is_empty(), "every key would be the right one");
}

/// Of the journal's bound.
pub(super) fn of_bound(rows_kept: u64) {
    assert_ne!(rows_kept, 0, "every event would be forgotten at once");
}

/// Of a companion of a database.
pub(super) fn of_companion(path: &Path, suffix: &str) {
    assert!(
        !suffix.is_empty() && !suffix.contains('/'),
        "{} would be written over",
        path.display()
    );
    assert!(
        path.file_name().is_some(),
        "{} is no file that could have a companion",
        path.display()
    );
}

/// Of the begin of the names of files that are removed.
pub(super) fn of_swept(begin: &str, kind: &str) {
    assert!(
        begin.len() > kind.len() && begin.ends_with(kind),
        "files called {begin}... would be removed, which are no copies"
    );
}

/// Of where a database is set aside.
pub(super) fn of_aside(path: &Path, aside: &Path) {
    assert_ne!(path, aside, "what is set aside would be written over");
}

/// Of where a copy goes.
pub(super) fn of_copy(from: &Path, to: &Path) {
    assert_ne!(from, to, "a copy would be written over what it is of");
}

/// Of the steps to the format of this omsd from the format found.
pub(super) fn of_ladder(current: u32, from: u32, taken: usize) {
    assert_eq!(
        u32::try_from(taken).ok(),
        current.checked_sub(from),
        "a step from format {from} to format {current} is left out"
    );
}

/// Of a line that is written over another of its kind: a shorter one would leave the other's end.
pub(super) fn of_line(line: &str, longest: u64) {
    let length = u64::try_from(line.len()).ok();
    assert!(
        length.is_some_and(|length| length <= longest),
        "what is acknowledged would not be read again"
    );
    assert!(line.ends_with('\n'), "what is acknowledged has no end");
}
