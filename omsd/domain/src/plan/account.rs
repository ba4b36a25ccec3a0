//! The watch over an account: when to list its servers, and whom a change of it concerns.
//!
//! One list serves all builds, removals and searches at an account. What is about to show there, and
//! how soon that is worth a call, is told by what they have taken of late.

use std::time::Duration;

use oms_proto::{AccountId, Time};

use crate::ground::limits::{
    LOOK_DISABLED_EVERY, LOOK_PAUSE_ALONE, LOOK_PAUSE_FAILING, LOOK_PAUSE_IDLE, LOOK_PAUSE_SHORTEST,
};
use crate::ground::maintenance;
use crate::plan::room;
use crate::plan::{collect, placement};
use crate::rows::account::Account;
use crate::rows::health::Health;
use crate::rows::scope::Scope;
use crate::rules::policy::Phase;
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::due::{Due, Step};
use crate::schedule::effect::{Effect, Flight};
use crate::schedule::waiting::{News, Places};
use crate::schedule::watch::Watch;
use crate::world::event::Event;
use crate::world::{World, facts};

/// What an account calls for: entries that wait for it, and a look at it.
pub(super) fn plan_account(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    now: Time,
) -> Step {
    let mut due = Due::default();
    let hangs = hangs(world, agenda, account, now);
    let events: Vec<_> = hangs.into_iter().chain(ends(world, account, now)).collect();
    if !events.is_empty() {
        agenda.mark(Thing::Account(account.id));
        return Step {
            events,
            effects: Vec::new(),
        };
    }
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
    step.effects.extend(collect::list_keypairs(
        world, agenda, account, now, &mut due,
    ));
    step.effects
        .extend(collect::next(agenda, world, account, now, &mut due));
    if step.events.is_empty() {
        agenda.set_due(Thing::Account(account.id), due.0);
    }
    step
}

/// Blocks and maintenance windows whose time is over: people who watch are to know.
fn ends(world: &World, account: &Account, now: Time) -> impl Iterator<Item = Event> {
    let id = account.id;
    let past = account.maintenance.iter().any(|it| it.is_past(now));
    let blocks = world
        .health(id)
        .ended(now)
        .map(move |block| Event::BlockOver {
            account: id,
            scope: block.scope.clone(),
        });
    blocks.chain(past.then_some(Event::MaintenanceOver(id)))
}

/// Launches keep away from an account where a create seems to hang, so that others may try again
/// while that one stays silent. Whether the account is silent altogether is told by the looks.
fn hangs(world: &World, agenda: &mut Agenda, account: &Account, now: Time) -> Option<Event> {
    let began = agenda.take_suspect(account.id)?;
    let (waited, policy) = (now.since(began), &agenda.policy);
    facts::slow_account(world, account.id, policy, Phase::Launch, waited, now)
}

/// Marks entries that wait and may find a place at an account now.
fn wake(world: &World, agenda: &mut Agenda, account: &Account, now: Time, due: &mut Due) {
    let watch = agenda.watch(account.id);
    let planned = watch.planned.replace(now).unwrap_or_default();
    if watch.paced.take().is_some() {
        agenda.note_news(account.id, News::Place);
    }
    let passed = |at: Option<Time>| at.is_some_and(|at| at <= now);
    if passed(world.health(account.id).next_unblock(planned))
        || passed(maintenance::next_change(&account.maintenance, planned))
    {
        agenda.note_news(account.id, News::Any);
    }
    let is_blocked = world.health(account.id).block(&Scope::Account).is_some();
    let closed = maintenance::in_force(&account.maintenance, now).is_some();
    let launches = agenda.launches(account.id);
    let free = launches.saturating_sub(agenda.launching(world, account.id));
    if !account.enabled || is_blocked || closed || free == 0 || agenda.waiting() == 0 {
        return;
    }
    if let Some(opens) = agenda.opens(account.id, now) {
        agenda.watch(account.id).paced = Some(opens);
        due.by(opens);
        return;
    }
    // Of those that wait, as many as launch there or are looked for there cannot be placed there
    // again; one more tells that there are more.
    let unknown = world.load(account.id).unknown;
    let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let places = Places {
        free: size(free),
        each: size(launches.saturating_add(unknown).saturating_add(1)),
    };
    let fit = |agenda: &Agenda, entry| placement::fit(world, agenda, entry, account, now);
    if agenda.wake((account.id, &account.name), places, fit) {
        due.by(now.plus(LOOK_PAUSE_ALONE));
    }
}

fn look(world: &World, agenda: &mut Agenda, account: &Account, now: Time, due: &mut Due) -> Step {
    if agenda.is_flying(Flight::Look(account.id)) {
        return silent(world, agenda, account.id, now, due);
    }
    let watch = *agenda.watch(account.id);
    let load = world.load(account.id);
    let in_use = account.enabled || load.total() > 0 || world.stray_count(account.id) > 0;
    let next = if in_use || watch.want_full {
        next_look(agenda, world.health(account.id), account.id, &watch, now)
    } else {
        // A server whose create was lost may turn up after its account was switched off.
        let ended = watch.ended.unwrap_or(now);
        let closed = world.health(account.id).quiet_until(now).unwrap_or(now);
        agenda.watch(account.id).ended = Some(ended);
        ended.plus(LOOK_DISABLED_EVERY).max(closed)
    };
    if now < next {
        due.by(next);
        return Step::default();
    }
    let all = watch.wants_all(agenda.awaits_look(account.id), now);
    let since = watch.cursor.filter(|_| !all);
    Step {
        events: Vec::new(),
        effects: vec![Effect::Look {
            account: account.id,
            since,
        }],
    }
}

/// When the next look is due.
fn next_look(
    agenda: &mut Agenda,
    health: &Health,
    account: AccountId,
    watch: &Watch,
    now: Time,
) -> Time {
    let Some(ended) = watch.ended else {
        return health.quiet_until(now).unwrap_or(now);
    };
    let soonest = ended.plus(LOOK_PAUSE_SHORTEST);
    let next = if watch.doubted {
        soonest
    } else if watch.failures > 0 {
        let awaits = agenda.awaits_look(account);
        ended.plus(pause_failing(
            watch.failures,
            awaits,
            agenda.policy.idle_pause,
        ))
    } else if watch.want_full {
        soonest
    } else {
        let idle = ended.plus(agenda.policy.idle_pause);
        let coming = agenda.next_look(account);
        let witness = agenda.witness(account);
        let next = coming.into_iter().chain(witness).fold(idle, Time::min);
        next.max(soonest)
    };
    if let Some(closed) = health.quiet_until(now) {
        return next.max(closed);
    }
    match health.block(&Scope::Account) {
        // A look is the probe of a blocked account.
        Some(block) if block.until > ended => next.min(block.until),
        _ => next,
    }
}

/// An account is silent where a look is not answered in time, nor anything else meanwhile.
fn silent(
    world: &World,
    agenda: &mut Agenda,
    account: AccountId,
    now: Time,
    due: &mut Due,
) -> Step {
    let patience = agenda.look_patience(world, account);
    let watch = *agenda.watch(account);
    let Some(began) = watch.began else {
        return Step::default();
    };
    let said = watch.heard.map_or(began, |heard| heard.max(began));
    let overdue = agenda.after(said, patience);
    if now < overdue {
        due.by(overdue);
        return Step::default();
    }
    let waited = now.since(said);
    let policy = &agenda.policy;
    let event = facts::slow_account(world, account, policy, Phase::Watch, waited, now);
    Step {
        events: event.into_iter().collect(),
        effects: Vec::new(),
    }
}

/// The pause after looks that failed, so many in a row.
fn pause_failing(failures: u32, awaits: bool, idle: Duration) -> Duration {
    let doubled = Duration::from_secs(1).saturating_mul(1 << failures.min(16));
    if awaits {
        doubled.min(LOOK_PAUSE_FAILING)
    } else {
        doubled.max(idle).min(LOOK_PAUSE_IDLE)
    }
}
