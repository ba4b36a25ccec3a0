//! What holds of every row, whatever clouds and people do. Each of these would cost somebody a machine
//! if it did not: a server that nobody knows of, one that two entries share, one that is removed while
//! it runs. It is asserted after each fact and before anything of it is written or done; the daemon
//! stops where one fails, and starts from what was durable before.
//!
//! Nothing here depends on what a peer says. What a peer must not say is refused where it comes in.

use std::sync::Arc;

use oms_proto::{AccountId, Role};

use super::{Ended, NextIds, World};
use crate::ground::limits::{
    ATTEMPTS_MAX, BLOCKS_MAX, BUDGET_MAX, FLAVORS_MAX, INCARNATIONS_MAX, STRAYS_MAX, TIMES_MAX,
};
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, Kind, State};
use crate::rows::entry::{Entry, Status};
use crate::rows::health::Health;
use crate::rows::lineage::Lineage;
use crate::rows::offering::{Lessons, Offering};
use crate::rows::pass::{self, Pass};
use crate::rows::room::Room;
use crate::rows::stray::{self, Stray};

/// The numbers before a fact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    seq: u64,
    next: NextIds,
    ended: Ended,
}

impl Numbers {
    pub(super) const fn of(world: &World) -> Self {
        Self {
            seq: world.seq,
            next: world.next,
            ended: world.ended,
        }
    }

    /// An id that is given twice is in the marks of two servers, and each is taken for the other.
    pub(super) fn hold(self, world: &World) {
        let Self { seq, next, ended } = self;
        let after = &world.next;
        assert_eq!(world.seq, seq + 1, "one fact has one number");
        assert!(after.account >= next.account, "an account's id came back");
        assert!(after.entry >= next.entry, "an entry's id came back");
        assert!(after.attempt >= next.attempt, "an attempt's id came back");
        let count = |ended: Ended| ended.failed + ended.removed;
        assert!(
            count(world.ended).abs_diff(count(ended)) <= 1,
            "one fact ended or forgot several entries"
        );
        let last = world.lineage.incarnations.last();
        assert!(
            last.is_none_or(|last| last.first.0 <= after.attempt),
            "what is launched next would be taken for another daemon's"
        );
    }
}

/// Of which daemon made what.
pub(super) fn of_lineage(lineage: &Lineage) {
    let all = &lineage.incarnations;
    assert!(all.len() <= INCARNATIONS_MAX, "incarnations pile up");
    let last = all.last();
    assert!(
        last.is_none_or(|last| last.end.is_none()),
        "this daemon would take its own servers for another's"
    );
    for pair in all.windows(2) {
        let [before, after] = pair else { continue };
        assert_ne!(before.id, after.id, "two daemons have one incarnation");
        let end = before.end.map(|end| end.attempt);
        assert!(
            end.is_some_and(|end| end >= before.first && end <= after.first),
            "two incarnations gave out the same attempts"
        );
    }
}

/// Of a token or user that was made, changed or used.
pub(super) fn of_pass(id: &pass::Id, pass: &Pass) {
    assert_eq!(*id, pass.id, "somebody is let in under another's name");
    assert!(
        pass.role.may(Role::Viewer),
        "nobody can say what '{}' may do",
        id.name
    );
    assert!(
        pass.proof.is_of(id.kind),
        "'{}' would be let in by what it is not",
        id.name
    );
}

/// Of an account that was added or edited.
pub(super) fn of_account(account: &Account, world: &World) {
    assert!(
        account.id.0 < world.next.account,
        "the id of account {} would be given again",
        account.name
    );
    assert_eq!(
        world.index.account_names.get(&account.name),
        Some(&account.id),
        "two accounts are called {}",
        account.name
    );
}

/// Of what is kept of an account that is there no more: what is still counted there is looked after by
/// nobody.
pub(super) fn of_removed_account(id: AccountId, world: &World) {
    let index = &world.index;
    assert!(
        !index.live.contains_key(&id),
        "account {id} is forgotten, and attempts there are not"
    );
    assert!(
        !index.under_way.contains_key(&id),
        "account {id} is forgotten while something is launched there"
    );
    assert!(
        !index.held.contains_key(&id),
        "account {id} is forgotten while a server of ours takes room there"
    );
    let named = index.account_names.values().any(|named| *named == id);
    assert!(!named, "account {id} is forgotten and has a name");
}

/// Of how an account fares: a block that is not found is not lifted, and one that is doubled is lifted
/// by half.
pub(super) fn of_health(id: AccountId, health: &Health) {
    let blocks = &health.blocks;
    assert!(blocks.len() <= BLOCKS_MAX, "blocks of account {id} pile up");
    assert!(
        blocks.is_sorted_by(|one, next| one.scope < next.scope),
        "something of account {id} is blocked twice, or not found again"
    );
    assert!(
        blocks.is_empty() || health.last_failure.is_some(),
        "account {id} is blocked for nothing"
    );
}

/// Of what an account has room for, however much its cloud says.
pub(super) fn of_room(id: AccountId, room: &Room) {
    let bounds = &room.bounds;
    assert!(
        bounds.is_sorted_by(|one, next| one.resource < next.resource),
        "two limits of account {id} are of one resource"
    );
    assert!(
        room.flavors.iter().count() <= FLAVORS_MAX,
        "flavors of account {id} pile up"
    );
}

/// Of what launches have taught.
pub(super) fn of_lessons(offering: &Offering, lessons: &Lessons) {
    assert_eq!(
        lessons.offering, *offering,
        "what one offering taught is told of another"
    );
    assert!(
        lessons.boots.len() <= TIMES_MAX && lessons.creates.len() <= TIMES_MAX,
        "times of {offering} pile up"
    );
    let window = lessons.budget.map(|budget| budget.window);
    assert_ne!(window, Some(0), "nothing would be launched at {offering}");
    assert!(
        window.is_none_or(|window| window <= BUDGET_MAX),
        "more is launched at {offering} at once than ever should be"
    );
}

/// Of an object without an owner.
pub(super) fn of_stray(id: &stray::Id, stray: &Stray, among: usize) {
    assert_eq!(stray.id, *id, "a stray is kept under another's name");
    assert!(among <= STRAYS_MAX, "strays pile up");
    assert!(!stray.id.id.is_empty(), "a stray has no id to remove it by");
}

/// Of an entry that was just accepted.
pub(super) fn of_new_entry(entry: &Entry, world: &World) {
    assert!(
        entry.id.0 < world.next.entry,
        "the id of entry {} would be given again",
        entry.id
    );
    assert_eq!(
        entry.id, entry.asked.id,
        "an entry asks for what another does"
    );
    assert!(entry.attempts.is_empty(), "a new entry has attempts");
    assert!(entry.is_wanted(), "a new entry is not wanted");
    assert!(
        entry.deadline >= entry.asked.accepted,
        "entry {} is over before it began",
        entry.id
    );
    let key = entry.asked.idempotency.as_ref();
    let holder = key.and_then(|under| world.index.idempotency.get(&under.key));
    assert_eq!(holder, None, "entry {} repeats another's request", entry.id);
}

/// Of an entry that had ended and is looked after again.
pub(super) fn of_taken_back(entry: &Entry, world: &World) {
    assert!(
        entry.id.0 < world.next.entry,
        "entry {} comes back and was never given out",
        entry.id
    );
    assert!(
        entry.is_wanted(),
        "entry {} comes back for nothing",
        entry.id
    );
    assert!(
        entry.attempts.is_empty(),
        "entry {} had ended and something of it is left",
        entry.id
    );
}

/// Of an entry before and after a fact.
pub(super) fn of_entry(before: &Entry, after: &Entry) {
    let id = before.id;
    assert_eq!(id, after.id, "an entry became another");
    assert!(
        Arc::ptr_eq(&before.asked, &after.asked),
        "entry {id} asks for something else than was asked"
    );
    assert!(
        may_become(before.status, after.status),
        "entry {id} went from {} to {}",
        before.status,
        after.status
    );
    assert!(
        after.attempts.len() <= ATTEMPTS_MAX,
        "attempts of entry {id} pile up"
    );
    assert!(
        after.attempts.len() <= before.attempts.len() + 1,
        "one fact began several attempts of entry {id}"
    );
    let is_retried = before.status == Status::Failed && after.is_wanted();
    // What vanished is replaced within a time of its own.
    let is_replaced = before.status == Status::Run && after.status == Status::Recive;
    assert!(
        is_retried || is_replaced || after.deadline >= before.deadline,
        "entry {id} was promised more time than it has"
    );
    let mut left = after.attempts().peekable();
    for was in before.attempts() {
        match left.next_if(|is| is.id == was.id) {
            Some(is) => of_attempt(was, is),
            None => assert!(
                is_retried && was.is_gone(),
                "attempt {} of entry {id} was forgotten while the entry is here",
                was.id
            ),
        }
    }
    for attempt in left {
        of_new_attempt(before, attempt);
    }
    let known = after
        .attempts()
        .zip(after.attempts().skip(1))
        .all(|(one, next)| one.id < next.id);
    assert!(known, "attempts of entry {id} are out of order");
    if after.status == Status::Boot && before.status != Status::Boot {
        let builds = |attempt: &Attempt| matches!(attempt.state, State::Building { .. });
        assert!(
            after.attempts().any(builds),
            "entry {id} boots, and nothing of it is built"
        );
    }
    if after.status == Status::Run && before.status != Status::Run {
        assert!(after.kept().is_some(), "entry {id} runs without a server");
    }
    if after.status == Status::Run {
        // Only a server that is not there may be let go before the entry waits for another.
        let vanished = |kept: &Attempt| kept.server.as_ref().is_none_or(|it| it.vanished);
        assert!(
            after.kept().is_some() || before.kept().is_none_or(vanished),
            "entry {id} runs and has lost its server"
        );
    }
}

/// FAILED is final unless somebody has it tried again, and so is what the owner no longer wants.
fn may_become(before: Status, after: Status) -> bool {
    match before {
        Status::Destroy => after == Status::Destroy,
        Status::Failed => matches!(after, Status::Failed | Status::Destroy | Status::Recive),
        // It waits again where its instance vanished and is replaced.
        Status::Run => matches!(after, Status::Run | Status::Recive | Status::Destroy),
        Status::Request | Status::Recive | Status::Boot => {
            after != Status::Request || before == Status::Request
        }
    }
}

/// Of an attempt that was just begun: it is the intent, and nothing of it exists yet.
fn of_new_attempt(entry: &Entry, attempt: &Attempt) {
    let id = attempt.id;
    assert!(
        entry.is_wanted(),
        "attempt {id} is for entry {}, which nobody wants",
        entry.id
    );
    assert_eq!(
        attempt.state,
        State::Launching,
        "attempt {id} did not begin with its intent"
    );
    assert!(attempt.server.is_none(), "attempt {id} began with a server");
    assert!(
        !attempt.key_name.is_empty(),
        "attempt {id} has a key pair that nobody would find"
    );
    let last = entry.attempts().next_back();
    assert!(
        last.is_none_or(|last| last.id < id),
        "attempt {id} of entry {} was begun before",
        entry.id
    );
    assert!(
        !entry
            .attempts()
            .any(|other| other.account == attempt.account && other.state == State::Launching),
        "entry {} launches twice at account {}",
        entry.id,
        attempt.account
    );
}

/// Of an attempt before and after a fact: what its server and its key pair are found by never changes,
/// and a server that is known is not forgotten.
fn of_attempt(before: &Attempt, after: &Attempt) {
    let id = before.id;
    assert_eq!(id, after.id, "an attempt became another");
    assert_eq!(
        before.account, after.account,
        "attempt {id} went to another account"
    );
    assert_eq!(
        before.key_name, after.key_name,
        "the key pair of attempt {id} has another name"
    );
    assert_eq!(
        before.server_name, after.server_name,
        "the server of attempt {id} has another name"
    );
    assert!(
        Arc::ptr_eq(&before.wanted, &after.wanted) || before.wanted == after.wanted,
        "attempt {id} wants something else than was created"
    );
    // A launch that was put off for want of something of our own begins later than it was meant to.
    let put_off = before.state == State::Launching
        && after.state == State::Launching
        && after.started > before.started;
    assert!(
        before.started == after.started || put_off,
        "attempt {id} began at another time"
    );
    if let Some(was) = &before.server {
        let is = after.server.as_ref();
        assert!(is.is_some(), "the server of attempt {id} was forgotten");
        let settled = matches!(before.state, State::Clearing | State::Gone);
        assert!(
            settled || is.is_some_and(|is| is.id == was.id),
            "attempt {id} has another server"
        );
    }
    let kind = after.state.kind();
    let has_server = matches!(
        after.state,
        State::Building { .. } | State::Ready | State::RemovingServer { .. }
    );
    assert!(
        !has_server || after.server.is_some(),
        "attempt {id} is {} and its server is not known",
        kind.as_str()
    );
    assert!(
        follows(before.state.kind(), kind),
        "attempt {id} went from {} to {}",
        before.state.kind().as_str(),
        kind.as_str()
    );
}

/// Whether a kind of state can follow another: forward, to its removal, or back where a server turns
/// up late.
fn follows(before: Kind, after: Kind) -> bool {
    before == after
        || match before {
            Kind::Launching => matches!(after, Kind::Unknown | Kind::Building | Kind::Removing),
            Kind::Unknown => matches!(after, Kind::Building | Kind::Removing),
            Kind::Building => matches!(after, Kind::Ready | Kind::Removing),
            Kind::Ready | Kind::Gone => after == Kind::Removing,
            Kind::Removing => after == Kind::Gone,
        }
}

/// Of an entry that leaves memory: nobody looks after it any more.
pub(super) fn of_ended(entry: &Entry) {
    let id = entry.id;
    assert!(
        entry.is_clean(),
        "entry {id} ends while something of it is left"
    );
    assert!(!entry.is_wanted(), "entry {id} ends while it is wanted");
    assert!(entry.kept().is_none(), "entry {id} ends while it runs");
}

/// Of an entry that has left memory: what is still counted of it is waited for without end.
pub(super) fn of_left_entry(entry: &Entry, world: &World) {
    let (id, index) = (entry.id, &world.index);
    let with_status = index.statuses.get(&entry.status);
    assert!(
        with_status.is_none_or(|ids| !ids.contains(&id)),
        "entry {id} has ended and is counted"
    );
    for attempt in entry.attempts() {
        let live = index.live.get(&attempt.account);
        assert!(
            live.is_none_or(|live| !live.contains_key(&attempt.id)),
            "entry {id} has ended, and its attempt {} has not",
            attempt.id
        );
        assert!(
            !index.ready.contains_key(&attempt.id),
            "entry {id} has ended, and its attempt {} is an instance",
            attempt.id
        );
        assert!(
            !index.overdue.contains_key(&attempt.id),
            "entry {id} has ended, and the removal of attempt {} has not",
            attempt.id
        );
    }
}

/// Of an attempt that was begun: it is counted, so that it is looked for.
pub(super) fn of_begun(entry: &Entry, attempt: &Attempt, world: &World) {
    let (id, account) = (attempt.id, attempt.account);
    assert!(
        id.0 < world.next.attempt,
        "the id of attempt {id} would be given again"
    );
    assert!(
        world.accounts.contains_key(&account),
        "attempt {id} is at account {account}, which is not there"
    );
    let live = world.index.live.get(&account);
    assert_eq!(
        live.and_then(|live| live.get(&id)),
        Some(&entry.id),
        "attempt {id} is begun, and nobody would look for it"
    );
}
