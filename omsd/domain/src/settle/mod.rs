//! What came of an effect, turned into facts.

mod late;
mod lineage;
mod sight;
mod sighted;
mod surveyed;

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;

use crate::ground::cloud::{Removal, ServerSeen};
use crate::ground::failure::{Failure, FailureClass};
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::entry::Entry;
use crate::rows::lineage::Kin;
use crate::rules::pause;
use crate::rules::policy::Phase;
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::creates::End;
use crate::schedule::effect::{Came, Flight, LaunchFailure, Left, Of, Outcome};
use crate::world::event::Event;
use crate::world::facts::{self, Proof, attempt_event};
use crate::world::{World, marks};

/// The facts that an outcome comes to. An outcome that no longer fits the world tells nothing.
pub fn settle(world: &World, agenda: &mut Agenda, outcome: &Outcome, now: Time) -> Vec<Event> {
    if let Came::Untried(flight) = outcome.result {
        agenda.put_off(flight, now);
    }
    match outcome.of {
        Of::Account(id) => {
            agenda.land(outcome.flight(), Thing::Account(id));
            let Some(account) = world.accounts.get(&id) else {
                return Vec::new();
            };
            // What a person has changed since may be just what this tells of; the watch began
            // anew with the change.
            if account.revision != outcome.revision {
                return Vec::new();
            }
            of_account(world, agenda, account, &outcome.result, now)
        }
        Of::Attempt(entry, attempt) => {
            agenda.land(outcome.flight(), Thing::Entry(entry));
            let Some(entry) = world.entries.get(&entry) else {
                return Vec::new();
            };
            let Some(attempt) = entry.attempt(attempt) else {
                return Vec::new();
            };
            if matches!(outcome.result, Came::Untried(Flight::Launch(_))) {
                agenda.end_create(attempt.account, attempt.id, End::Unanswered, now);
            }
            if let Came::Launched(result) = &outcome.result {
                agenda.end_create(attempt.account, attempt.id, end(result), now);
            }
            let events = of_attempt(world, agenda, entry, attempt, &outcome.result, now);
            let late = late::begun(agenda, entry, attempt).filter(|_| !events.is_empty());
            let events: Vec<_> = late.into_iter().chain(events).collect();
            let account = world.accounts.get(&attempt.account);
            if account.is_some_and(|account| account.revision != outcome.revision) {
                return events
                    .into_iter()
                    .filter(|event| !is_block(event))
                    .collect();
            }
            events
        }
    }
}

/// How a create ended, by what came of its launch.
fn end(result: &Result<String, LaunchFailure>) -> End {
    match result {
        Ok(_) => End::Taken,
        Err(failed) if failed.failure.http_status.is_some() => End::Answered,
        Err(_) => End::Unanswered,
    }
}

fn of_account(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    result: &Came,
    now: Time,
) -> Vec<Event> {
    match result {
        Came::Looked {
            full,
            began,
            result,
        } => sight::looked(world, agenda, account, *full, *began, result, now),
        Came::Surveyed(result) => surveyed::surveyed(world, agenda, account, result, now),
        Came::KeypairsListed(result) => {
            agenda.watch(account.id).keypairs_listed = Some(now);
            match result {
                Ok(names) => sighted::keypairs(world, account, names, now),
                // The looks tell how the account fares.
                Err(_) => Vec::new(),
            }
        }
        Came::Collected { id, result } => sighted::collected(world, account, id, result, now)
            .into_iter()
            .collect(),
        Came::Launched(_)
        | Came::LookedAt(_)
        | Came::ServerRemoval(_)
        | Came::Cleared(_)
        | Came::Untried(_) => Vec::new(),
    }
}

/// Whether it keeps others from an account, which only holds for the account as it stands.
const fn is_block(event: &Event) -> bool {
    matches!(event, Event::Blocked { .. })
}

fn of_attempt(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    result: &Came,
    now: Time,
) -> Vec<Event> {
    let event = |change| attempt_event(entry, attempt, change);
    match (result, attempt.state) {
        (Came::Launched(Ok(server)), State::Launching) => {
            let lessons = facts::lessons(world, attempt);
            let deadline = now.plus(agenda.build_deadline(attempt.account, &lessons));
            let change = Change::Accepted {
                server: server.clone(),
                deadline,
            };
            let proved = facts::proved(world, entry, attempt, Proof::Accepted);
            [vec![event(change)], proved].concat()
        }
        (Came::Launched(Err(failed)), State::Launching) => {
            let settle = agenda.policy.settle_time(&facts::lessons(world, attempt));
            let mut events = vec![event(launch_failed(failed, settle, now))];
            if failed.left == Left::Nothing {
                // An account that lets nobody in could not even be asked to remove it.
                events.push(event(Change::Cleared));
            }
            let account = attempt.account;
            let failure = &failed.failure;
            // A look tells whether the whole account is dead, or what became of a lost create.
            let lost = failed.left == Left::Perhaps;
            if lost || matches!(failure.class, FailureClass::Unreachable | FailureClass::Tls) {
                agenda.doubt(account);
            }
            if failure.class == FailureClass::Quota {
                agenda.set_refused(account, &attempt.wanted);
            }
            events.extend(launch_blocks(world, agenda, entry, attempt, failed, now));
            events
        }
        // A look was faster than the answer. What the answer says of the account holds all the same.
        (Came::Launched(Ok(_)), _) => facts::proved(world, entry, attempt, Proof::Accepted),
        (Came::Launched(Err(failed)), _) => {
            let block = launch_blocks(world, agenda, entry, attempt, failed, now);
            block.into_iter().collect()
        }
        (Came::LookedAt(Ok(server)), _) => {
            looked_at(world, agenda, entry, attempt, server.as_ref(), now)
        }
        (Came::ServerRemoval(Ok(removal)), State::RemovingServer { .. }) => match removal {
            Removal::Accepted => vec![event(Change::RemovalAsked)],
            Removal::Gone => facts::server_gone(world, entry, attempt),
        },
        (Came::Cleared(Ok(())), State::Clearing) => vec![event(Change::Cleared)],
        (
            Came::ServerRemoval(Err(failure)) | Came::LookedAt(Err(failure)),
            State::RemovingServer { .. },
        )
        | (Came::Cleared(Err(failure)), State::Clearing) => {
            removal_failed(world, agenda, entry, attempt, failure, now)
        }
        // Something else has settled it meanwhile.
        (
            Came::ServerRemoval(_) | Came::LookedAt(Err(_)) | Came::Cleared(_),
            State::Launching
            | State::Unknown { .. }
            | State::Building { .. }
            | State::Ready
            | State::RemovingServer { .. }
            | State::Clearing
            | State::Gone,
        )
        // And these are of an account.
        | (
            Came::Looked { .. }
            | Came::Surveyed(_)
            | Came::KeypairsListed(_)
            | Came::Collected { .. }
            | Came::Untried(_),
            _,
        ) => Vec::new(),
    }
}

/// What a launch that failed keeps others from.
fn launch_blocks(
    world: &World,
    agenda: &Agenda,
    entry: &Entry,
    attempt: &Attempt,
    failed: &LaunchFailure,
    now: Time,
) -> Option<Event> {
    let LaunchFailure {
        failure,
        left: _,
        step,
        named,
    } = failed;
    let (policy, account) = (&agenda.policy, attempt.account);
    let wish = facts::wish_at(world, entry, attempt, *step, *named);
    let wish = wish.as_ref();
    facts::blocked(world, policy, account, Phase::Launch, wish, failure, now)
}

/// A removal failed; what keeps all calls away is told of the account as well.
fn removal_failed(
    world: &World,
    agenda: &Agenda,
    entry: &Entry,
    attempt: &Attempt,
    failure: &Arc<Failure>,
    now: Time,
) -> Vec<Event> {
    let change = Change::RemovalFailed {
        failure: Arc::clone(failure),
        next: now.plus(pause::after(attempt.removal.failures)),
    };
    let mut events = vec![attempt_event(entry, attempt, change)];
    if failure.class.closes() {
        let (policy, account) = (&agenda.policy, attempt.account);
        let block = facts::blocked(world, policy, account, Phase::Watch, None, failure, now);
        events.extend(block);
    }
    events
}

fn launch_failed(failed: &LaunchFailure, settle: Duration, now: Time) -> Change {
    let failure = Arc::clone(&failed.failure);
    if failed.left == Left::Perhaps {
        Change::Lost {
            failure,
            until: now.plus(settle),
        }
    } else {
        Change::Refused(failure)
    }
}

/// What a look at one server tells: of a removal that was accepted, whether it is done; of an
/// instance that a list did not show, whether it is there.
fn looked_at(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    server: Option<&ServerSeen>,
    now: Time,
) -> Vec<Event> {
    let event = |change| attempt_event(entry, attempt, change);
    let ours = |server: &ServerSeen| {
        let mark = server.mark.as_ref();
        mark.is_some_and(|mark| {
            marks::is_ours(world, mark)
                && marks::kin(world, mark) == Kin::Known
                && mark.attempt == attempt.id
        })
    };
    match (server, attempt.state) {
        // It is no longer to be touched; the next try to remove it says so.
        (Some(server), State::RemovingServer { asked: None }) if !ours(server) => Vec::new(),
        (Some(server), _) => sight::saw(world, agenda, entry, attempt, server, now),
        (None, State::RemovingServer { .. }) => facts::server_gone(world, entry, attempt),
        (None, State::Ready) if attempt.server.as_ref().is_some_and(|known| !known.vanished) => {
            vec![event(Change::Vanished)]
        }
        (None, _) => Vec::new(),
    }
}
