//! The watch over an account: when to list its servers, and whom a change of it concerns.
//!
//! One list serves all builds, removals and searches at an account. The pause between two lists
//! is a small share of the time that the youngest of them has taken already, so a short boot is
//! seen soon and a long one costs few calls.

use std::time::Duration;

use oms_proto::Time;

use crate::ground::limits::{
    FULL_LOOK_EVERY, LOOK_DISABLED_EVERY, LOOK_PAUSE_ALONE, LOOK_PAUSE_FAILING, LOOK_PAUSE_IDLE,
    LOOK_PAUSE_LONGEST, LOOK_PAUSE_SHORTEST, LOOK_SHARE,
};
use crate::ground::maintenance;
use crate::plan::collect;
use crate::plan::room;
use crate::rows::account::Account;
use crate::rows::health::Health;
use crate::rows::scope::Scope;
use crate::rules::policy::{Phase, Policy};
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::due::{Due, Step};
use crate::schedule::effect::{Effect, Flight};
use crate::schedule::watch::Watch;
use crate::world::{Load, World, facts};

/// What an account calls for: entries that wait for it, and a look at it.
pub(super) fn plan_account(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    now: Time,
) -> Step {
    let mut due = Due::default();
    if let Some(at) = world.health(account.id).next_unblock(now) {
        due.by(at);
    }
    if let Some(at) = agenda.release(account.id, now) {
        due.by(at);
    }
    wake(world, agenda, account, now, &mut due);
    let drains = maintenance::drains(&account.maintenance, now);
    agenda.drain(world, account.id, drains);
    if let Some(at) = maintenance::next_change(&account.maintenance, now) {
        due.by(at);
    }
    let mut step = look(world, agenda, account, now, &mut due);
    step.effects
        .extend(room::survey(world, agenda, account, now, &mut due));
    step.effects
        .extend(collect::inspect(world, agenda, account, now, &mut due));
    step.effects
        .extend(collect::next(agenda, world, account, now, &mut due));
    if step.events.is_empty() {
        agenda.set_due(Thing::Account(account.id), due.0);
    }
    step
}

/// Marks entries that wait and may find a place at an account now.
fn wake(world: &World, agenda: &mut Agenda, account: &Account, now: Time, due: &mut Due) {
    let watch = agenda.watch(account.id);
    let planned = watch.planned.replace(now).unwrap_or_default();
    let was_paced = watch.paced.take().is_some();
    let passed = |at: Option<Time>| at.is_some_and(|at| at <= now);
    let news = agenda.take_news(account.id)
        || was_paced
        || passed(world.health(account.id).next_unblock(planned))
        || passed(maintenance::next_change(&account.maintenance, planned));
    let load = world.load(account.id);
    let is_blocked = world.health(account.id).block(&Scope::Account).is_some();
    let closed = maintenance::in_force(&account.maintenance, now).is_some();
    let full = load.launching >= agenda.policy.launches_max;
    if !account.enabled || is_blocked || closed || full || agenda.waiting() == 0 {
        return;
    }
    if let Some(opens) = agenda.opens(account.id, now) {
        agenda.watch(account.id).paced = Some(opens);
        due.by(opens);
        return;
    }
    // Of those that wait, as many as launch there or are looked for there cannot be placed there
    // again.
    let each = agenda.policy.launches_max.saturating_add(load.unknown);
    let each = usize::try_from(each).unwrap_or(usize::MAX);
    if agenda.wake(account.id, &account.name, each, news) {
        due.by(now.plus(LOOK_PAUSE_ALONE));
    }
}

fn look(world: &World, agenda: &mut Agenda, account: &Account, now: Time, due: &mut Due) -> Step {
    let mut load = world.load(account.id);
    load.awaiting += u32::try_from(agenda.overdue(account.id)).unwrap_or(u32::MAX);
    let policy = agenda.policy.clone();
    let flying = agenda.is_flying(Flight::Look(account.id));
    let watch = *agenda.watch(account.id);
    if flying {
        return overdue(world, account, watch, &policy, now, due);
    }
    let in_use = account.enabled || load.total() > 0 || world.stray_count(account.id) > 0;
    let next = if in_use || watch.want_full {
        next_look(world.health(account.id), &watch, load, &policy, now)
    } else {
        // A server whose create was lost may turn up after its account was switched off.
        let ended = watch.ended.unwrap_or(now);
        let closed = world.health(account.id).closed_until(now).unwrap_or(now);
        agenda.watch(account.id).ended = Some(ended);
        ended.plus(LOOK_DISABLED_EVERY).max(closed)
    };
    if now < next {
        due.by(next);
        return Step::default();
    }
    let stale = watch
        .full
        .is_none_or(|full| now >= full.plus(FULL_LOOK_EVERY));
    let since = if stale || watch.want_full {
        None
    } else {
        watch.cursor
    };
    Step {
        events: Vec::new(),
        effects: vec![Effect::Look {
            account: account.id,
            since,
        }],
    }
}

/// When the next look is due.
fn next_look(health: &Health, watch: &Watch, load: Load, policy: &Policy, now: Time) -> Time {
    let Some(ended) = watch.ended else {
        return health.closed_until(now).unwrap_or(now);
    };
    let next = if watch.doubted {
        ended.plus(LOOK_PAUSE_SHORTEST)
    } else {
        ended.plus(pause(watch, load, policy.idle))
    };
    if let Some(closed) = health.closed_until(now) {
        return next.max(closed);
    }
    match health.block(&Scope::Account) {
        // A look is the probe of a blocked account.
        Some(block) if block.until > ended => next.min(block.until),
        _ => next,
    }
}

/// A look without an answer tells that the account is slow.
fn overdue(
    world: &World,
    account: &Account,
    watch: Watch,
    policy: &Policy,
    now: Time,
    due: &mut Due,
) -> Step {
    let Some(began) = watch.began else {
        return Step::default();
    };
    let overdue = began.plus(policy.patience);
    if now < overdue {
        due.by(overdue);
        return Step::default();
    }
    let Some(account) = world.accounts.get(&account.id) else {
        return Step::default();
    };
    let waited = now.since(began);
    let event = facts::slow_account(world, account.id, policy, Phase::Watch, waited, now);
    Step {
        events: event.into_iter().collect(),
        effects: Vec::new(),
    }
}

/// The pause after the last look.
fn pause(watch: &Watch, load: Load, idle: Duration) -> Duration {
    if watch.failures > 0 {
        let doubled = Duration::from_secs(1).saturating_mul(1 << watch.failures.min(16));
        return if load.awaiting > 0 {
            doubled.min(LOOK_PAUSE_FAILING)
        } else {
            doubled.max(idle).min(LOOK_PAUSE_IDLE)
        };
    }
    if watch.want_full {
        return LOOK_PAUSE_SHORTEST;
    }
    if load.awaiting == 0 {
        return idle;
    }
    let (Some(ended), Some(newest)) = (watch.ended, watch.newest) else {
        return LOOK_PAUSE_LONGEST;
    };
    let shortest = (LOOK_PAUSE_ALONE / load.awaiting).max(LOOK_PAUSE_SHORTEST);
    (ended.since(newest) / LOOK_SHARE).clamp(shortest, LOOK_PAUSE_LONGEST)
}
