//! The watch over an account: when to list its servers, and what a list tells.
//!
//! One list serves all builds, removals and searches at an account. The pause between two lists
//! is a small share of the time that the youngest of them has taken already, so a short boot is
//! seen soon and a long one costs few calls.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::{AttemptId, Time};

use super::account::{Account, Scope};
use super::act;
use super::agenda::{Agenda, Thing, Watch};
use super::attempt::{Attempt, Change, State};
use super::cloud::{Listing, ServerSeen};
use super::collect;
use super::effect::{Effect, Flight};
use super::entry::Entry;
use super::event::Event;
use super::failure::{Failure, FailureClass};
use super::ledger;
use super::limits::{
    FULL_LOOK_EVERY, LOOK_PAUSE_ALONE, LOOK_PAUSE_FAILING, LOOK_PAUSE_LONGEST, LOOK_PAUSE_SHORTEST,
    LOOK_SHARE,
};
use super::maintenance;
use super::plan::{self, Due, Step};
use super::policy::Policy;
use super::rules::Phase;
use super::world::{Load, World};

/// What an account calls for: entries that wait for it, and a look at it.
pub fn plan_account(world: &World, agenda: &mut Agenda, account: &Account, now: Time) -> Step {
    let mut due = Due::default();
    if let Some(at) = account.next_unblock(now) {
        due.by(at);
    }
    let slots = agenda
        .policy
        .launches_max
        .saturating_sub(world.load(account.id).launching);
    if account.enabled && slots > 0 && agenda.waiting() > 0 {
        // Of those that wait, as many as launch there already cannot be placed there again.
        let each = usize::try_from(agenda.policy.launches_max).unwrap_or(usize::MAX);
        if agenda.wake(&account.name, each) {
            due.by(now.plus(LOOK_PAUSE_ALONE));
        }
    }
    let window = maintenance::in_force(&account.maintenance, now);
    agenda.drain(world, account.id, window.is_some_and(|window| window.drain));
    if let Some(at) = maintenance::next_change(&account.maintenance, now) {
        due.by(at);
    }
    let mut step = look(world, agenda, account, now, &mut due);
    step.effects
        .extend(ledger::survey(world, agenda, account, now, &mut due));
    step.effects
        .extend(collect::inspect(world, agenda, account, now, &mut due));
    step.effects
        .extend(collect::next(agenda, world, account, now, &mut due));
    if step.events.is_empty() {
        agenda.set_due(Thing::Account(account.id), due.0);
    }
    step
}

/// Whether an account is worth asking for more than its servers: it is in use, and it lists them.
pub(super) fn answers(world: &World, agenda: &mut Agenda, account: &Account, now: Time) -> bool {
    let in_use =
        account.enabled || world.load(account.id).total() > 0 || !account.strays.is_empty();
    let watch = agenda.watch(account.id);
    in_use
        && watch.full.is_some()
        && watch.failures == 0
        && act::closed_until(account, now).is_none()
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
    if !account.enabled && load.total() == 0 {
        return Step::default();
    }
    let next = next_look(account, &watch, load, &policy, now);
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
fn next_look(account: &Account, watch: &Watch, load: Load, policy: &Policy, now: Time) -> Time {
    let Some(ended) = watch.ended else {
        return act::closed_until(account, now).unwrap_or(now);
    };
    let next = if watch.doubted {
        ended.plus(LOOK_PAUSE_SHORTEST)
    } else {
        ended.plus(pause(watch, load, policy.idle))
    };
    if let Some(closed) = act::closed_until(account, now) {
        return next.max(closed);
    }
    match account.block(&Scope::Account) {
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
    let event = plan::slow_account(account, policy, Phase::Watch, waited, now);
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
            doubled.max(idle)
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

/// Notes a look that ended, and gives what it tells.
pub fn looked(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    full: bool,
    began: Time,
    result: &Result<Listing, Arc<Failure>>,
    now: Time,
) -> Vec<Event> {
    let watch = agenda.watch(account.id);
    watch.began = None;
    watch.ended = Some(now);
    match result {
        Err(failure) => {
            watch.failures = watch.failures.saturating_add(1);
            watch.want_full |= full;
            for (entry, attempt) in world.live_at(account.id) {
                if attempt.state == (State::RemovingServer { asked: None }) {
                    agenda.mark(Thing::Entry(entry.id));
                }
            }
            let policy = &agenda.policy;
            plan::blocked(world, policy, account.id, Phase::Watch, None, failure, now)
                .into_iter()
                .collect()
        }
        Ok(listing) => {
            watch.failures = 0;
            watch.cursor = listing.as_of.or(watch.cursor);
            if full {
                watch.full = Some(began);
            }
            let mut events: Vec<_> = well(account, now).into_iter().collect();
            let mut seen = BTreeSet::new();
            for server in &listing.servers {
                events.extend(see(world, agenda, account, server, &mut seen, now));
            }
            if full {
                events.extend(absent(world, agenda, account, began, &seen));
                events.extend(collect::servers(world, account, listing, now));
            }
            events
        }
    }
}

/// An account that answers is well again, unless it asked to be left alone for longer.
fn well(account: &Account, now: Time) -> Option<Event> {
    let block = account.block(&Scope::Account)?;
    if block.failure.class == FailureClass::Throttled && block.until > now {
        return None;
    }
    Some(Event::Unblocked {
        account: account.id,
        scope: Scope::Account,
    })
}

/// What one server on a list tells.
fn see(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    server: &ServerSeen,
    seen: &mut BTreeSet<AttemptId>,
    now: Time,
) -> Vec<Event> {
    let Some((entry, attempt)) = owner(world, server) else {
        return Vec::new();
    };
    // Two accounts may lead to one project; a server is its own account's affair.
    if attempt.account != account.id {
        return Vec::new();
    }
    // A server under our mark that is not the one on record is a twin of it.
    if attempt
        .server
        .as_ref()
        .is_some_and(|known| known.id != server.id)
        && !attempt.is_gone()
    {
        return Vec::new();
    }
    // Pages may repeat.
    if !seen.insert(attempt.id) {
        return Vec::new();
    }
    saw(world, agenda, entry, attempt, server, now)
}

/// Whose a server is: told by its mark, or, since newer releases show deleted servers without
/// their metadata, by its id.
fn owner<'a>(world: &'a World, server: &ServerSeen) -> Option<(&'a Arc<Entry>, &'a Attempt)> {
    match &server.mark {
        Some(mark) if *mark.installation == *world.installation => {
            let entry = world.entries.get(&mark.entry)?;
            Some((entry, entry.attempt(mark.attempt)?))
        }
        None if is_deleted(server) => world.owner(&server.id),
        _ => None,
    }
}

fn is_deleted(server: &ServerSeen) -> bool {
    matches!(server.status.as_str(), "DELETED" | "SOFT_DELETED")
}

/// What a sight of its server tells an attempt.
pub fn saw(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    server: &ServerSeen,
    now: Time,
) -> Vec<Event> {
    let lessons = super::settle::lessons(world, attempt);
    let deadline = now.plus(lessons.build_deadline(&agenda.policy));
    let event = |change| Event::Attempt {
        entry: entry.id,
        attempt: attempt.id,
        change,
    };
    let deleted = is_deleted(server);
    let id = server.id.clone();
    match attempt.state {
        State::Launching | State::Unknown { .. } | State::Clearing | State::Gone if deleted => {
            Vec::new()
        }
        // How it stands is told along with that it is there: the next partial list shows only
        // what changes from now on.
        State::Unknown { .. } => {
            let mut events = vec![event(Change::Adopted {
                server: id,
                deadline,
            })];
            events.extend(built(world, &agenda.policy, entry, attempt, server, now));
            events
        }
        State::Building { .. } => built(world, &agenda.policy, entry, attempt, server, now),
        State::Ready if deleted => ready_gone(attempt).map(event).into_iter().collect(),
        State::Ready => changed(attempt, server).map(event).into_iter().collect(),
        State::RemovingServer { .. } if deleted => {
            super::settle::server_gone(world, entry, attempt)
        }
        State::RemovingServer { asked: None } => {
            agenda.clear(attempt.id, now);
            agenda.mark(Thing::Entry(entry.id));
            Vec::new()
        }
        State::RemovingServer { asked: Some(_) } if server.status == "ERROR" => {
            // Nova gave up on the removal; asked again it takes it up again.
            let failure = failure(FailureClass::BuildFailed, "delete server", server, now);
            let next = now.plus(super::settle::removal_pause(attempt));
            vec![event(Change::RemovalFailed { failure, next })]
        }
        // The list was faster than the answer to the create, which is no proof that the account
        // answers creates.
        State::Launching => {
            let mut events = vec![event(Change::Accepted {
                server: id,
                deadline,
            })];
            events.extend(built(world, &agenda.policy, entry, attempt, server, now));
            events
        }
        State::RemovingServer { .. } => Vec::new(),
        State::Clearing | State::Gone => vec![event(Change::Reappeared { server: id })],
    }
}

fn built(
    world: &World,
    policy: &Policy,
    entry: &Entry,
    attempt: &Attempt,
    server: &ServerSeen,
    now: Time,
) -> Vec<Event> {
    let event = |change| Event::Attempt {
        entry: entry.id,
        attempt: attempt.id,
        change,
    };
    let class = match server.status.as_str() {
        "ACTIVE" => {
            let (status, addresses) = (server.status.clone(), server.addresses.clone());
            let mut events = vec![event(Change::Ready { status, addresses })];
            events.extend(super::settle::proved(world, attempt, Proof::Ready));
            return events;
        }
        "ERROR" => server
            .fault
            .as_ref()
            .map_or(FailureClass::BuildFailed, super::failure::Fault::class),
        "DELETED" | "SOFT_DELETED" => FailureClass::Vanished,
        _ => return Vec::new(),
    };
    let failure = failure(class, "build server", server, now);
    plan::fail(world, policy, entry, attempt, &failure, now)
}

/// What an attempt has proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The cloud took the create.
    Accepted,
    /// The server became usable.
    Ready,
}

fn failure(class: FailureClass, operation: &str, server: &ServerSeen, now: Time) -> Arc<Failure> {
    let fault = server.fault.as_ref();
    Arc::new(Failure {
        class,
        operation: operation.to_owned(),
        http_status: fault.map(|fault| fault.code),
        message: match (fault, class) {
            (Some(fault), _) => fault.message.clone(),
            (None, FailureClass::Vanished) => "the server was deleted by somebody else".to_owned(),
            (None, _) => "the server went to ERROR and the cloud does not say why".to_owned(),
        },
        request_id: None,
        retry_after: None,
        at: now,
    })
}

fn changed(attempt: &Attempt, server: &ServerSeen) -> Option<Change> {
    let known = attempt.server.as_ref()?;
    let same = !known.vanished
        && known.status == server.status
        && (known.addresses == server.addresses || server.addresses.is_empty());
    (!same).then(|| Change::Seen {
        status: server.status.clone(),
        addresses: server.addresses.clone(),
    })
}

fn ready_gone(attempt: &Attempt) -> Option<Change> {
    let known = attempt.server.as_ref()?;
    (!known.vanished).then_some(Change::Vanished)
}

/// What a complete list tells by what is not on it. A list may lag, so absence is only believed
/// of what was sought long enough; of the rest it is a reason to look closer.
fn absent(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    began: Time,
    seen: &BTreeSet<AttemptId>,
) -> Vec<Event> {
    let mut events = Vec::new();
    for (entry, attempt) in world.live_at(account.id) {
        if seen.contains(&attempt.id) {
            continue;
        }
        match attempt.state {
            State::Unknown { until } if began >= until => {
                let change = Change::Absent;
                events.push(Event::Attempt {
                    entry: entry.id,
                    attempt: attempt.id,
                    change,
                });
            }
            State::Ready
                if attempt
                    .server
                    .as_ref()
                    .is_some_and(|server| server.vanished) => {}
            State::Unknown { .. } | State::RemovingServer { asked: None } | State::Ready => {
                agenda.miss(attempt.id);
                agenda.mark(Thing::Entry(entry.id));
            }
            _ => {}
        }
    }
    events
}
