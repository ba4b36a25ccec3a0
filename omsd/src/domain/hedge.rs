//! A second attempt beside a slow one: when it is begun, and what becomes of the one that lost.

use oms_proto::Time;

use super::agenda::Agenda;
use super::attempt::{Attempt, State};
use super::entry::Entry;
use super::event::Event;
use super::limits::{ATTEMPTS_MAX, HEDGE_AGAIN, HEDGE_SHARE, HEDGES_MIN};
use super::placement::{Placement, place};
use super::plan::{self, Due};
use super::policy::Policy;
use super::world::World;
use super::{maintenance, settle};

/// Begins a second attempt elsewhere beside one that builds for longer than is usual there, or
/// whose account is being drained. The first to be ready is kept, the other removed.
pub(super) fn beside(
    world: &World,
    agenda: &Agenda,
    entry: &Entry,
    slow: &Attempt,
    now: Time,
    due: &mut Due,
) -> Vec<Event> {
    let policy = &agenda.policy;
    let account = world.accounts.get(&slow.account);
    let window = account.and_then(|account| maintenance::in_force(&account.maintenance, now));
    let drained = window.is_some_and(|window| window.drain);
    if !drained {
        if !policy.hedge {
            return Vec::new();
        }
        let after = settle::lessons(world, slow).hedge_after(policy);
        let slow_from = slow.started.plus(after);
        if now < slow_from {
            due.by(slow_from);
            return Vec::new();
        }
    }
    let (hedges, under_way) = world.hedges();
    let budget = HEDGES_MIN.max(under_way / HEDGE_SHARE);
    // Half of the attempts are left for what comes after this.
    if entry.attempts.len() < ATTEMPTS_MAX / 2
        && (drained || hedges < budget)
        && let Placement::At {
            account,
            wanted,
            passed_over,
        } = place(world, entry, now, policy.launches_max)
    {
        return vec![plan::start(
            world,
            entry,
            (account, wanted),
            passed_over,
            now,
        )];
    }
    due.by(now.plus(HEDGE_AGAIN));
    Vec::new()
}

/// What was begun before the attempt that is kept, and still builds after so long that it was given
/// company, has failed, and the next entry is not to wait for the like of it.
pub(super) fn beaten(
    world: &World,
    policy: &Policy,
    entry: &Entry,
    kept: &Attempt,
    now: Time,
) -> Vec<Event> {
    let mut events = Vec::new();
    for attempt in entry.attempts.iter().filter(|it| it.id < kept.id) {
        let took = now.since(attempt.started);
        let builds = matches!(attempt.state, State::Building { .. });
        if builds && took >= settle::lessons(world, attempt).hedge_after(policy) {
            let message = format!(
                "still building after {} s, when another account had made an instance",
                took.as_secs()
            );
            let failure = plan::build_timeout(message, now);
            events.extend(plan::fail(world, policy, entry, attempt, &failure, now));
        }
    }
    events
}
