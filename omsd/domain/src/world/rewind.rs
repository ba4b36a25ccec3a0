//! A clock that was put back while the daemon was down. What is due stands in the rows by the time
//! of day; were it left so, nothing would fall due for as long as the clock was put back.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;

use crate::ground::limits::{BLOCK_LONGEST, REMOVAL_PAUSE_LONGEST, SETTLE_LONGEST};
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::rows::health::Health;
use crate::rules::policy::{Phase, Policy};
use crate::world::Rows;

/// The rows with nothing due later than it could be, had they been written at `now`, and nothing
/// begun after that. Where the clock was not put back, those are the rows as they are.
#[must_use]
pub fn forward(mut rows: Rows, policy: &Policy, now: Time) -> Rows {
    if latest(&rows) <= now {
        return rows;
    }
    for (_, health) in &mut rows.healths {
        set_health(health, policy, now);
    }
    for (_, stray) in &mut rows.strays {
        at_most(&mut stray.since, now, Duration::ZERO);
        at_most(&mut stray.removal.next, now, REMOVAL_PAUSE_LONGEST);
    }
    for (_, lessons) in &mut rows.lessons {
        if let Some(budget) = &mut lessons.budget {
            at_most(&mut budget.halved, now, Duration::ZERO);
        }
    }
    for entry in &mut rows.entries {
        set_entry(entry, policy, now);
    }
    rows
}

/// The latest time at which anything is said to have happened.
pub fn latest(rows: &Rows) -> Time {
    let attempts = |entry: &Entry| entry.attempts().map(|it| it.since).max();
    let entries = rows.entries.iter();
    let entries = entries.flat_map(|entry| [Some(entry.changed), attempts(entry)]);
    let blocks = rows.healths.iter().flat_map(|(_, health)| &health.blocks);
    let blocks = blocks.map(|block| Some(block.failure.at));
    entries.chain(blocks).flatten().max().unwrap_or_default()
}

fn set_health(health: &mut Health, policy: &Policy, now: Time) {
    for block in &mut health.blocks {
        let class = block.failure.class;
        let longest = Phase::ALL
            .into_iter()
            .filter_map(|phase| policy.rule(phase, class))
            .map(|rule| rule.longest)
            .max();
        at_most(&mut block.until, now, longest.unwrap_or(BLOCK_LONGEST));
    }
}

fn set_entry(entry: &mut Entry, policy: &Policy, now: Time) {
    let patience = entry.deadline.since(entry.asked.accepted);
    at_most(&mut entry.deadline, now, patience);
    for attempt in entry.attempts.iter_mut().filter(|it| !it.is_gone()) {
        set_attempt(Arc::make_mut(attempt), policy, now);
    }
}

fn set_attempt(attempt: &mut Attempt, policy: &Policy, now: Time) {
    at_most(&mut attempt.started, now, Duration::ZERO);
    at_most(&mut attempt.since, now, Duration::ZERO);
    at_most(&mut attempt.removal.next, now, REMOVAL_PAUSE_LONGEST);
    match &mut attempt.state {
        State::Unknown { until } => {
            let longest = policy.settle_time.max(SETTLE_LONGEST);
            at_most(until, now, longest);
        }
        State::Building { deadline } => at_most(deadline, now, policy.build_deadline),
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
