//! A clock that was put back while the daemon was down. What is due stands in the rows by the time
//! of day; were it left so, nothing would fall due for as long as the clock was put back.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;

use crate::ground::limits::{BLOCK_LONGEST, REMOVAL_PAUSE_LONGEST, SETTLE_LONGEST};
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::rules::policy::{Phase, Policy};
use crate::world::World;

/// The world with nothing due later than it could be, had it been written at `now`, and nothing
/// begun after that. Where the clock was not put back, that is the world as it is.
pub fn forward(world: World, policy: &Policy, now: Time) -> World {
    if latest(&world) <= now {
        return world;
    }
    let accounts = world.accounts.values().map(|account| {
        let mut account = (**account).clone();
        set_account(&mut account, policy, now);
        account
    });
    let entries = world.entries.values().map(|entry| {
        let mut entry = (**entry).clone();
        set_entry(&mut entry, policy, now);
        entry
    });
    World::from_rows(
        &world.installation,
        world.seq,
        world.next,
        accounts,
        entries,
    )
}

/// The latest time at which anything is said to have happened.
fn latest(world: &World) -> Time {
    let attempts = |entry: &Arc<Entry>| entry.attempts.iter().map(|it| it.since).max();
    let entries = world.entries.values();
    let entries = entries.flat_map(|entry| [Some(entry.changed), attempts(entry)]);
    let blocks = world.accounts.values().flat_map(|account| &account.blocks);
    let blocks = blocks.map(|block| Some(block.failure.at));
    entries.chain(blocks).flatten().max().unwrap_or_default()
}

fn set_account(account: &mut Account, policy: &Policy, now: Time) {
    for block in &mut account.blocks {
        let class = block.failure.class;
        let longest = Phase::ALL
            .into_iter()
            .filter_map(|phase| policy.rule(phase, class))
            .map(|rule| rule.longest)
            .max();
        at_most(&mut block.until, now, longest.unwrap_or(BLOCK_LONGEST));
    }
    for stray in &mut account.strays {
        at_most(&mut stray.since, now, Duration::ZERO);
        at_most(&mut stray.removal.next, now, REMOVAL_PAUSE_LONGEST);
    }
    for lessons in &mut account.lessons {
        if let Some(budget) = &mut lessons.budget {
            at_most(&mut budget.halved, now, Duration::ZERO);
        }
    }
}

fn set_entry(entry: &mut Entry, policy: &Policy, now: Time) {
    if entry.is_past() {
        return;
    }
    let patience = entry.deadline.since(entry.accepted);
    at_most(&mut entry.deadline, now, patience);
    for attempt in entry.attempts.iter_mut().filter(|it| !it.is_gone()) {
        set_attempt(attempt, policy, now);
    }
}

fn set_attempt(attempt: &mut Attempt, policy: &Policy, now: Time) {
    at_most(&mut attempt.started, now, Duration::ZERO);
    at_most(&mut attempt.since, now, Duration::ZERO);
    at_most(&mut attempt.removal.next, now, REMOVAL_PAUSE_LONGEST);
    match &mut attempt.state {
        State::Unknown { until } => {
            let longest = policy.settle.max(SETTLE_LONGEST);
            at_most(until, now, longest);
        }
        State::Building { deadline } => at_most(deadline, now, policy.build),
        State::RemovingServer { asked: Some(asked) } => at_most(asked, now, Duration::ZERO),
        State::Launching
        | State::Ready
        | State::RemovingServer { asked: None }
        | State::Clearing
        | State::Gone => {}
    }
}

fn at_most(time: &mut Time, now: Time, later: Duration) {
    *time = (*time).min(now.plus(later));
}
