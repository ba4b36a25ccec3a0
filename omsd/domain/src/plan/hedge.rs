//! Another attempt beside slow ones: when it is begun, and what becomes of those that lost.

use oms_proto::Time;

use crate::ground::failure::FailureClass;
use crate::ground::limits::{ATTEMPTS_MAX, HEDGE_AGAIN, LAST_LOOK, LOOK_FIRST};
use crate::ground::maintenance;
use crate::plan::intent;
use crate::plan::placement::{self, Placement};
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::rows::scope::Scope;
use crate::rows::spur::Spur;
use crate::schedule::agenda::Agenda;
use crate::schedule::due::Due;
use crate::world::event::Event;
use crate::world::{World, facts};

/// Begins another attempt elsewhere beside those that build, once each of them builds for longer
/// than is usual there, has its account silent for long, or has it drained. The first to be ready is
/// kept, the others removed.
pub(crate) fn beside(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    building: &[&Attempt],
    now: Time,
    due: &mut Due,
) -> Vec<Event> {
    let hedges = agenda.policy.hedge;
    let mut beside = Vec::new();
    let mut is_free = true;
    for attempt in building {
        if is_drained(world, attempt, now) {
            beside.push((*attempt, Spur::Drain));
            continue;
        }
        if !hedges {
            return Vec::new();
        }
        let lessons = facts::lessons(world, attempt);
        let usual = agenda.hedge_after(attempt.account, &lessons);
        let slow = agenda.after(attempt.started, usual);
        let silent = agenda.silent_from(world, attempt.account);
        let silent = silent.filter(|silent| *silent < slow);
        let from = silent.unwrap_or(slow);
        if now < from {
            due.by(from);
            return Vec::new();
        }
        if let Some(until) = unseen(world, agenda, entry, attempt, from, now) {
            due.by(until);
            return Vec::new();
        }
        is_free &= silent.is_some() || is_stuck(world, attempt);
        let cause = silent.map_or(Spur::Hedge, |_| Spur::Silence);
        beside.push((*attempt, cause));
    }
    // Half of the attempts are left for what comes after this.
    if entry.attempts.len() < ATTEMPTS_MAX / 2
        && (is_free || agenda.allows_extra(entry.id))
        && let Placement::At {
            account,
            wanted,
            passed_over,
        } = placement::choose(world, agenda, entry, now)
    {
        return vec![intent::start(
            world,
            agenda,
            entry,
            (account, wanted),
            passed_over,
            &beside,
            now,
        )];
    }
    due.by(now.plus(HEDGE_AGAIN));
    Vec::new()
}

/// Until when a look is waited for that tells whether a build is ready by now; `None` once one has not
/// shown it so. After a stop nobody has looked for long.
fn unseen(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    from: Time,
    now: Time,
) -> Option<Time> {
    let until = from.max(agenda.began()).plus(LOOK_FIRST);
    let look = from.minus(LAST_LOOK);
    if now >= until || agenda.has_asked_since(world, attempt.account, look, now) {
        return None;
    }
    agenda.seek(attempt.account, entry.id);
    Some(until)
}

/// Whether builds like this one are known to be stuck where it builds: others were, and nothing has
/// been built there since.
fn is_stuck(world: &World, attempt: &Attempt) -> bool {
    let scope = Scope::Offering(attempt.wanted.offering());
    let block = world.health(attempt.account).block(&scope);
    block.is_some_and(|block| block.failure.class == FailureClass::BuildTimeout)
}

fn is_drained(world: &World, attempt: &Attempt, now: Time) -> bool {
    let account = world.accounts.get(&attempt.account);
    account.is_some_and(|account| maintenance::drains(&account.maintenance, now))
}

/// What was begun before the attempt that is kept, and still builds after so long that it was given
/// company, has failed, and the next entry is not to wait for the like of it.
pub(crate) fn beaten(
    world: &World,
    agenda: &Agenda,
    entry: &Entry,
    kept: &Attempt,
    now: Time,
) -> Vec<Event> {
    let mut events = Vec::new();
    for attempt in entry.attempts().filter(|it| it.id < kept.id) {
        let took = now.since(attempt.started);
        let builds = matches!(attempt.state, State::Building { .. });
        let lessons = facts::lessons(world, attempt);
        let usual = agenda.hedge_after(attempt.account, &lessons);
        if builds && now >= agenda.after(attempt.started, usual) {
            let message = format!(
                "still building after {} s, when another account had made an instance",
                took.as_secs()
            );
            let failure = facts::build_timeout(message, now);
            let policy = &agenda.policy;
            events.extend(facts::fail(world, policy, entry, attempt, &failure, now));
        }
    }
    events
}
