//! What a look at an account tells: of the attempts whose servers it shows, and of those whose
//! servers it does not show.

use std::collections::BTreeSet;
use std::iter;
use std::sync::Arc;

use oms_proto::{AttemptId, Time};

use crate::ground::cloud::{Address, Listing, SOFT_DELETED, ServerSeen};
use crate::ground::failure::{Failure, FailureClass, Fault};
use crate::ground::limits::{ADDRESS_AWAITED, CONFIRM_ABSENT_AFTER, WATCHED_GAP};
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::entry::Entry;
use crate::rows::lineage::Kin;
use crate::rows::scope::Scope;
use crate::rules::machine;
use crate::rules::pause;
use crate::rules::policy::Phase;
use crate::rules::status::{self, Means};
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::watch::Watch;
use crate::settle::{late, lineage, sighted};
use crate::world::event::Event;
use crate::world::facts::{self, attempt_event};
use crate::world::{World, marks};

/// Notes a look that ended, and gives what it tells.
pub(super) fn looked(
    world: &World,
    agenda: &mut Agenda,
    account: &Account,
    full: bool,
    began: Time,
    result: &Result<Listing, Arc<Failure>>,
    now: Time,
) -> Vec<Event> {
    let took = agenda.spent(began, now);
    let watch = agenda.watch(account.id);
    watch.began = None;
    watch.ended = Some(now);
    watch.asked_before = watch.asked.replace(began);
    if result.is_ok() {
        watch.note_look(took);
        agenda.rank(world, account.id);
    }
    agenda.mark_seekers(account.id);
    let watch = agenda.watch(account.id);
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
            facts::blocked(world, policy, account.id, Phase::Watch, None, failure, now)
                .into_iter()
                .collect()
        }
        Ok(listing) => {
            watch.failures = 0;
            if full {
                (watch.full, watch.full_took) = (Some(began), took);
                // What was deleted meanwhile is shown by a partial look alone.
                watch.cursor = watch.cursor.or(listing.as_of);
            } else {
                watch.cursor = listing.as_of.or(watch.cursor);
            }
            let mut events: Vec<_> = well(world, account, now).into_iter().collect();
            events.extend(lineage::looked(world, account, full, began, listing));
            let mut seen = BTreeSet::new();
            for server in &listing.servers {
                events.extend(see(world, agenda, account, server, &mut seen, now));
            }
            if full {
                events.extend(absent(world, agenda, account, began, &seen));
                events.extend(sighted::servers(world, account, listing, now));
            }
            events
        }
    }
}

/// An account that answers is well again, unless it asked to be left alone for longer.
fn well(world: &World, account: &Account, now: Time) -> Option<Event> {
    let block = world.health(account.id).block(&Scope::Account)?;
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
        Some(mark) if marks::is_ours(world, mark) && marks::kin(world, mark) == Kin::Known => {
            let entry = world.entries.get(&mark.entry)?;
            Some((entry, entry.attempt(mark.attempt)?))
        }
        None if is_deleted(server) => world.owner(&server.id),
        _ => None,
    }
}

fn is_deleted(server: &ServerSeen) -> bool {
    server.status == "DELETED"
}

/// Whether a removal that the cloud accepted has come to nothing and must be asked for again: Nova
/// gave it up, or keeps the server for a while in case somebody wants it back.
fn is_stopped(server: &ServerSeen) -> bool {
    match server.status.as_str() {
        "ERROR" => server.task_state.as_deref() != Some("deleting"),
        SOFT_DELETED => true,
        _ => false,
    }
}

/// What a sight of its server tells an attempt.
pub(super) fn saw(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    server: &ServerSeen,
    now: Time,
) -> Vec<Event> {
    let lessons = facts::lessons(world, attempt);
    let deadline = now.plus(agenda.build_deadline(attempt.account, &lessons));
    let event = |change| attempt_event(entry, attempt, change);
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
            events.extend(built(world, agenda, entry, attempt, server, now));
            events
        }
        State::Building { .. } => built(world, agenda, entry, attempt, server, now),
        State::Ready if deleted => ready_gone(attempt).map(event).into_iter().collect(),
        State::Ready => changed(world, entry, attempt, server)
            .map(event)
            .into_iter()
            .collect(),
        State::RemovingServer { .. } if deleted => facts::server_gone(world, entry, attempt),
        State::RemovingServer { asked: None } => {
            if server.status == SOFT_DELETED {
                // Its removal takes another call, as a look at it alone tells.
                agenda.miss(attempt.id);
            } else {
                agenda.clear(attempt.id, now);
            }
            agenda.mark(Thing::Entry(entry.id));
            Vec::new()
        }
        State::RemovingServer { asked: Some(_) } if is_stopped(server) => {
            let class = match server.status.as_str() {
                SOFT_DELETED => FailureClass::Conflict,
                _ => FailureClass::BuildFailed,
            };
            let failure = failure(class, "delete server", server, now);
            let next = now.plus(pause::after(attempt.removal.failures));
            vec![event(Change::RemovalFailed { failure, next })]
        }
        // The list was faster than the answer to the create, which is no proof that the account
        // answers creates.
        State::Launching => {
            let late = late::begun(agenda, entry, attempt);
            let mut events: Vec<_> = late.into_iter().collect();
            events.push(event(Change::Accepted {
                server: id,
                deadline,
            }));
            events.extend(built(world, agenda, entry, attempt, server, now));
            events
        }
        State::RemovingServer { .. } => Vec::new(),
        State::Clearing | State::Gone => vec![event(Change::Reappeared { server: id })],
    }
}

fn built(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    server: &ServerSeen,
    now: Time,
) -> Vec<Event> {
    let class = match status::of(server) {
        Means::Runs => return runs(world, agenda, entry, attempt, server, now),
        Means::UnderWay => {
            // That it builds is known.
            let before = attempt
                .server
                .as_ref()
                .map_or("", |known| known.status.as_str());
            let is_news = server.status != status::BUILD || !matches!(before, "" | status::BUILD);
            let seen = is_news
                .then(|| changed(world, entry, attempt, server))
                .flatten();
            return seen
                .map(|change| attempt_event(entry, attempt, change))
                .into_iter()
                .collect();
        }
        Means::Failed => server
            .fault
            .as_ref()
            .map_or(FailureClass::BuildFailed, Fault::class),
        Means::Stopped => FailureClass::BuildFailed,
        Means::Gone => FailureClass::Vanished,
    };
    let failure = failure(class, "build server", server, now);
    facts::fail(world, &agenda.policy, entry, attempt, &failure, now)
}

/// A server that runs is usable once it has an address. One that shows none for long is taken as it
/// is: what it lacks is shown with it.
fn runs(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    attempt: &Attempt,
    server: &ServerSeen,
    now: Time,
) -> Vec<Event> {
    let first = agenda.runs_since(attempt.id, now);
    if server.addresses.is_empty() && now < agenda.after(first, ADDRESS_AWAITED) {
        let seen = changed(world, entry, attempt, server);
        return seen
            .map(|change| attempt_event(entry, attempt, change))
            .into_iter()
            .collect();
    }
    let watched = is_watched(agenda.watch(attempt.account), attempt);
    let addresses = addresses(world, entry, attempt, server);
    facts::ready(world, entry, attempt, (&server.status, addresses), watched)
}

/// What a server can be reached at, the best first, by the wish of its entry and then of its account.
fn addresses(world: &World, entry: &Entry, attempt: &Attempt, server: &ServerSeen) -> Vec<String> {
    let defaults = world.accounts.get(&attempt.account).map(|it| &it.defaults);
    let layers: Vec<_> = iter::once(&entry.asked.spec.machine)
        .chain(defaults)
        .collect();
    Address::best_first(
        &server.addresses,
        &attempt.wanted.networks,
        machine::preferred(&layers),
    )
}

/// Whether looks came close enough upon each other to tell how long a boot took: not so after a
/// stop of the daemon or a sleep of the machine.
fn is_watched(watch: &Watch, attempt: &Attempt) -> bool {
    let since = watch.asked_before.unwrap_or_default().max(attempt.started);
    let asked = watch.asked.unwrap_or(since);
    asked.since(since) <= WATCHED_GAP
}

fn failure(class: FailureClass, operation: &str, server: &ServerSeen, now: Time) -> Arc<Failure> {
    let fault = server.fault.as_ref();
    let code = fault.map(|fault| fault.code).filter(|code| *code > 0);
    let words = fault.map(|fault| fault.message.trim());
    Arc::new(Failure {
        class,
        operation: operation.to_owned(),
        http_status: code,
        message: match (words.filter(|words| !words.is_empty()), class) {
            (Some(words), _) => words.to_owned(),
            (None, _) if status::of(server) == Means::Stopped => format!(
                "the server is {} and nothing is done about it, so it will not run by itself",
                server.status
            ),
            (None, FailureClass::Vanished) => "the server was deleted by somebody else".to_owned(),
            (None, _) if server.status == SOFT_DELETED => {
                "the cloud keeps the deleted server for a while; OMS asks for its end".to_owned()
            }
            (None, _) => match code {
                Some(code) => format!(
                    "the server went to {} and the cloud does not say why (code {code})",
                    server.status
                ),
                None => format!(
                    "the server went to {} and the cloud does not say why",
                    server.status
                ),
            },
        },
        request_id: None,
        retry_after: None,
        at: now,
    })
}

fn changed(world: &World, entry: &Entry, attempt: &Attempt, server: &ServerSeen) -> Option<Change> {
    let known = attempt.server.as_ref()?;
    let addresses = addresses(world, entry, attempt, server);
    let same = !known.vanished
        && known.status == server.status
        && (known.addresses == addresses || addresses.is_empty());
    (!same).then(|| Change::Seen {
        status: server.status.clone(),
        addresses,
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
                events.push(attempt_event(entry, attempt, Change::Absent));
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
            // Lists that tell by the clock what has changed had their chance; asked after early once.
            State::RemovingServer { asked: Some(asked) }
                if began >= asked.plus(CONFIRM_ABSENT_AFTER)
                    && agenda.ask_after(attempt.id).is_none() =>
            {
                agenda.set_ask_after(attempt.id, began);
                agenda.mark(Thing::Entry(entry.id));
            }
            State::Launching
            | State::Building { .. }
            | State::RemovingServer { asked: Some(_) }
            | State::Clearing
            | State::Gone => {}
        }
    }
    events
}
