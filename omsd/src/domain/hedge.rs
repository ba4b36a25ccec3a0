//! Another attempt beside slow ones: when it is begun, and what becomes of those that lost.

use oms_proto::Time;

use super::agenda::Agenda;
use super::attempt::{Attempt, State};
use super::entry::Entry;
use super::event::Event;
use super::limits::{ATTEMPTS_MAX, HEDGE_AGAIN, HEDGE_SHARE, HEDGES_MIN};
use super::placement::Placement;
use super::plan::{self, Due};
use super::policy::Policy;
use super::world::World;
use super::{maintenance, settle};

/// Begins another attempt elsewhere beside those that build, once each of them builds for longer
/// than is usual there or has its account drained. The first to be ready is kept, the others
/// removed.
pub(super) fn beside(
    world: &World,
    agenda: &Agenda,
    entry: &Entry,
    building: &[&Attempt],
    now: Time,
    due: &mut Due,
) -> Vec<Event> {
    let policy = &agenda.policy;
    let mut all_drained = true;
    for attempt in building {
        if is_drained(world, attempt, now) {
            continue;
        }
        all_drained = false;
        if !policy.hedge {
            return Vec::new();
        }
        let after = settle::lessons(world, attempt).hedge_after(policy);
        let slow_from = attempt.started.plus(after);
        if now < slow_from {
            due.by(slow_from);
            return Vec::new();
        }
    }
    let (hedges, under_way) = world.hedges();
    let budget = HEDGES_MIN.max(under_way / HEDGE_SHARE);
    // Half of the attempts are left for what comes after this.
    if entry.attempts.len() < ATTEMPTS_MAX / 2
        && (all_drained || hedges < budget)
        && let Placement::At {
            account,
            wanted,
            passed_over,
        } = agenda.place(world, entry, now)
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

fn is_drained(world: &World, attempt: &Attempt, now: Time) -> bool {
    let account = world.accounts.get(&attempt.account);
    account.is_some_and(|account| maintenance::drains(&account.maintenance, now))
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
