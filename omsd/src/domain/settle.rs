//! What came of an effect, turned into facts.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;

use super::account::{Account, Block, Scope};
use super::agenda::{Agenda, Thing};
use super::attempt::{Attempt, Change, State};
use super::cloud::{Removal, ServerSeen};
use super::collect;
use super::effect::{Came, LaunchFailure, Left, Of, Outcome};
use super::entry::Entry;
use super::event::Event;
use super::failure::{Failure, FailureClass};
use super::ledger;
use super::limits::{REMOVAL_PAUSE_FIRST, REMOVAL_PAUSE_LONGEST};
use super::offering::Lessons;
use super::plan::{self, attempt_event};
use super::put_off;
use super::rules::Phase;
use super::sight::{self, Proof};
use super::world::World;

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
            let events = of_attempt(world, agenda, entry, attempt, &outcome.result, now);
            let late = put_off::begun_late(agenda, entry, attempt).filter(|_| !events.is_empty());
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
        Came::Surveyed(result) => ledger::surveyed(world, agenda, account, result, now),
        Came::Inspected(result) => {
            agenda.watch(account.id).inspected = Some(now);
            match result {
                Ok(names) => collect::keypairs(world, account, names, now),
                // The looks tell how the account fares.
                Err(_) => Vec::new(),
            }
        }
        Came::Collected { id, result } => collect::collected(account, id, result, now)
            .into_iter()
            .collect(),
        _ => Vec::new(),
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
            let deadline = now.plus(lessons(world, attempt).build_deadline(&agenda.policy));
            let change = Change::Accepted {
                server: server.clone(),
                deadline,
            };
            let proved = proved(world, attempt, Proof::Accepted);
            [vec![event(change)], proved].concat()
        }
        (Came::Launched(Err(failed)), State::Launching) => {
            let settle = lessons(world, attempt).settle_time(&agenda.policy);
            let mut events = vec![event(launch_failed(failed, settle, now))];
            if failed.left == Left::Nothing {
                // An account that lets nobody in could not even be asked to remove it.
                events.push(event(Change::Cleared));
            }
            let (account, wanted) = (attempt.account, Some(&attempt.wanted));
            let failure = &failed.failure;
            if matches!(failure.class, FailureClass::Unreachable | FailureClass::Tls) {
                agenda.doubt(account);
            }
            if failure.class == FailureClass::Quota {
                agenda.set_refused(account, &attempt.wanted);
            }
            let policy = &agenda.policy;
            let block = plan::blocked(world, policy, account, Phase::Launch, wanted, failure, now);
            events.extend(block);
            events
        }
        // A look was faster than the answer. What the answer says of the account holds all the same.
        (Came::Launched(Ok(_)), _) => proved(world, attempt, Proof::Accepted),
        (Came::Launched(Err(failed)), _) => {
            let (policy, failure) = (&agenda.policy, &failed.failure);
            let (account, wanted) = (attempt.account, Some(&attempt.wanted));
            let block = plan::blocked(world, policy, account, Phase::Launch, wanted, failure, now);
            block.into_iter().collect()
        }
        (Came::LookedAt(Ok(server)), _) => {
            looked_at(world, agenda, entry, attempt, server.as_ref(), now)
        }
        (Came::ServerRemoval(Ok(removal)), State::RemovingServer { .. }) => match removal {
            Removal::Accepted => vec![event(Change::RemovalAsked)],
            Removal::Gone => server_gone(world, entry, attempt),
        },
        (Came::Cleared(Ok(())), State::Clearing) => vec![event(Change::Cleared)],
        (
            Came::ServerRemoval(Err(failure)) | Came::LookedAt(Err(failure)),
            State::RemovingServer { .. },
        )
        | (Came::Cleared(Err(failure)), State::Clearing) => {
            removal_failed(world, agenda, entry, attempt, failure, now)
        }
        _ => Vec::new(),
    }
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
        next: now.plus(removal_pause(attempt)),
    };
    let mut events = vec![attempt_event(entry, attempt, change)];
    if failure.class.closes() {
        let (policy, account) = (&agenda.policy, attempt.account);
        let block = plan::blocked(world, policy, account, Phase::Watch, None, failure, now);
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
            *mark.installation == *world.installation && mark.attempt == attempt.id
        })
    };
    match (server, attempt.state) {
        // It is no longer to be touched; the next try to remove it says so.
        (Some(server), State::RemovingServer { asked: None }) if !ours(server) => Vec::new(),
        (Some(server), _) => sight::saw(world, agenda, entry, attempt, server, now),
        (None, State::RemovingServer { .. }) => server_gone(world, entry, attempt),
        (None, State::Ready) if attempt.server.as_ref().is_some_and(|known| !known.vanished) => {
            vec![event(Change::Vanished)]
        }
        (None, _) => Vec::new(),
    }
}

/// A server of ours that is gone makes room under the quota, unless it was refused for want of room
/// itself.
pub(super) fn server_gone(world: &World, entry: &Entry, attempt: &Attempt) -> Vec<Event> {
    let mut events = vec![attempt_event(entry, attempt, Change::ServerGone)];
    let refused = attempt
        .failure
        .as_ref()
        .is_some_and(|failure| failure.class == FailureClass::Quota);
    let account = world.accounts.get(&attempt.account).filter(|_| !refused);
    if let Some(account) = account.filter(|account| account.block(&Scope::Quota).is_some()) {
        events.push(Event::Unblocked {
            account: account.id,
            scope: Scope::Quota,
        });
    }
    events
}

/// What an attempt's success unblocks: what is blocked since before it began says nothing more.
pub(super) fn proved(world: &World, attempt: &Attempt, proof: Proof) -> Vec<Event> {
    let Some(account) = world.accounts.get(&attempt.account) else {
        return Vec::new();
    };
    let refuted = |block: &&Block| {
        let later = attempt.started >= block.failure.at || block.probe == Some(attempt.id);
        let covers = block.scope.covers(&attempt.wanted);
        let slow = block.failure.class == FailureClass::Timeout;
        covers
            && match (&block.scope, proof) {
                // What was slow is not, once the late answer is there.
                (Scope::Account | Scope::Launch, Proof::Accepted) => later || slow,
                (Scope::Quota | Scope::Request(_), Proof::Accepted)
                | (Scope::Offering(_), Proof::Ready) => later,
                _ => false,
            }
    };
    let blocks = account.blocks.iter().filter(refuted);
    let event = |block: &Block| Event::Unblocked {
        account: account.id,
        scope: block.scope.clone(),
    };
    blocks.map(event).collect()
}

/// What is known of an attempt's offering.
pub(super) fn lessons<'a>(world: &'a World, attempt: &Attempt) -> Cow<'a, Lessons> {
    let offering = attempt.wanted.offering();
    let account = world.accounts.get(&attempt.account);
    let known = account.and_then(|account| account.lessons(&offering));
    known.map_or_else(|| Cow::Owned(Lessons::of(offering)), Cow::Borrowed)
}

/// The pause before a removal is tried again: doubled with each failure, up to a bound.
pub(super) fn removal_pause(attempt: &Attempt) -> Duration {
    pause_after(attempt.removal.failures)
}

/// The pause after so many failures in a row.
pub(super) fn pause_after(failures: u32) -> Duration {
    let doubled = REMOVAL_PAUSE_FIRST.saturating_mul(1 << failures.min(16));
    doubled.min(REMOVAL_PAUSE_LONGEST)
}
