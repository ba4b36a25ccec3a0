//! An entry that is to run: keep one attempt, end those that are stuck, begin one if none is
//! hopeful.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;

use crate::ground::limits::{ATTEMPTS_MAX, LOOK_PAUSE_ALONE, UNANSWERED_MAX};
use crate::plan::intent;
use crate::plan::patience::{self, Word};
use crate::plan::placement::{self, Placement};
use crate::plan::{hedge, retire};
use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::entry::{Entry, Status};
use crate::rows::passed::{Reason, Waits};
use crate::rows::spur::Spur;
use crate::rows::why::{End, Failed, Why};
use crate::rules::policy::{Policy, Vanished};
use crate::rules::status;
use crate::schedule::agenda::Agenda;
use crate::schedule::due::Due;
use crate::schedule::owed::Extension;
use crate::world::World;
use crate::world::event::Event;
use crate::world::facts::{attempt_event, build_timeout, fail, ready};

/// An entry that is to run: keep one attempt, end those that are stuck, begin one if none is
/// hopeful.
pub(super) fn serve(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    now: Time,
    due: &mut Due,
) -> Vec<Event> {
    if let Some(kept) = entry.kept() {
        if has_vanished(kept) && agenda.policy.vanished == Vanished::Replace {
            return replace(&agenda.policy, entry, kept, now);
        }
        let beaten = hedge::beaten(world, agenda, entry, kept, now);
        if !beaten.is_empty() {
            return beaten;
        }
        agenda.forgive(entry.id);
        return retire::dismiss_all_but(agenda, entry, kept, now);
    }
    match agenda.extension(entry, now) {
        Some(Extension::Now(deadline)) if deadline > entry.deadline => {
            return vec![Event::EntryExtended {
                entry: entry.id,
                deadline,
            }];
        }
        Some(Extension::Later(ask)) => due.by(ask),
        Some(Extension::Now(_)) | None => {}
    }
    let overdue = overdue(world, agenda, entry, now);
    if !overdue.is_empty() {
        return overdue;
    }
    due.by(if now < entry.deadline {
        entry.deadline
    } else {
        now.plus(LOOK_PAUSE_ALONE)
    });
    let stuck = stuck_builds(world, agenda, entry, now, due);
    if !stuck.is_empty() {
        return stuck;
    }
    let (mut beside, mut building) = (Vec::new(), Vec::new());
    for attempt in entry.attempts() {
        match attempt.state {
            State::Building { .. } => building.push(attempt),
            State::Launching | State::Unknown { .. } => {
                match patience::word(world, agenda, entry, attempt, now) {
                    Word::Wait(until) => {
                        due.by(until);
                        return Vec::new();
                    }
                    Word::Go(cause) => {
                        // Its own account may take the entry again then, whatever happens there.
                        let kept = patience::keeps_until(agenda, attempt);
                        if kept > now {
                            due.by(kept);
                        }
                        beside.push((attempt, cause));
                    }
                }
            }
            State::Ready | State::RemovingServer { .. } | State::Clearing | State::Gone => {}
        }
    }
    if !building.is_empty() {
        let launching = |(attempt, _): &(&Attempt, Spur)| attempt.state == State::Launching;
        // One that runs is usable before another could be made.
        let runs = |attempt: &&Attempt| seen_to_run(attempt).is_some();
        if beside.iter().any(launching) || building.iter().any(runs) {
            return Vec::new();
        }
        return hedge::beside(world, agenda, entry, &building, now, due);
    }
    let used_up = entry.attempts.len() >= ATTEMPTS_MAX;
    if beside.len() >= UNANSWERED_MAX || (used_up && !beside.is_empty()) {
        return Vec::new();
    }
    begin(world, agenda, entry, &beside, now)
}

fn has_vanished(attempt: &Attempt) -> bool {
    attempt
        .server
        .as_ref()
        .is_some_and(|server| server.vanished)
}

/// Lets another instance take the place of one that vanished. Should that turn up again, it is
/// removed like any other that was dismissed.
fn replace(policy: &Policy, entry: &Entry, kept: &Attempt, now: Time) -> Vec<Event> {
    let own = entry.asked.spec.deadline_seconds;
    let patience = own.map_or(policy.entry_deadline, |own| Duration::from_secs(own.into()));
    vec![
        attempt_event(entry, kept, Change::Dismissed),
        Event::EntryReplaced {
            entry: entry.id,
            deadline: now.plus(patience),
        },
    ]
}

/// Begins an attempt, or lets the entry wait.
fn begin(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    beside: &intent::Beside<'_>,
    now: Time,
) -> Vec<Event> {
    if entry.attempts.len() >= ATTEMPTS_MAX {
        return vec![give_up(entry, End::Attempts)];
    }
    match placement::choose(world, agenda, entry, now) {
        Placement::At {
            account,
            wanted,
            passed_over,
        } => vec![intent::start(
            world,
            agenda,
            entry,
            (account, wanted),
            passed_over,
            beside,
            now,
        )],
        Placement::Nowhere(passed_over) => {
            agenda.wait(entry, &passed_over);
            for over in &passed_over {
                if matches!(over.reason, Reason::NoRoom(_)) {
                    agenda.set_short(over.account);
                }
            }
            let waits = Waits::of(passed_over);
            // Slots come and go many times a second under load; that is no news.
            let known = match &entry.why {
                Some(Why::Waits(known)) => **known == waits,
                Some(Why::Failed(_)) | None => false,
            };
            if entry.status != Status::Request && (known || waits.is_busy()) {
                return Vec::new();
            }
            vec![Event::EntryWaiting {
                entry: entry.id,
                waits: agenda.share_waits(waits),
            }]
        }
    }
}

/// An entry's time or attempts are used up.
fn give_up(entry: &Entry, end: End) -> Event {
    let mut attempts = entry.attempts().rev();
    let last = attempts.find_map(|attempt| attempt.failure.as_ref());
    let waited = match &entry.why {
        Some(Why::Waits(waits)) => Some(Arc::clone(waits)),
        Some(Why::Failed(_)) | None => None,
    };
    Event::EntryFailed {
        entry: entry.id,
        why: Arc::new(Failed {
            end,
            last: last.cloned(),
            waited,
        }),
    }
}

/// Whether a build was not looked at since the entry's deadline: after a stop or a sleep it may
/// have ended well long ago.
fn awaits_word(world: &World, agenda: &mut Agenda, entry: &Entry, now: Time) -> bool {
    entry.attempts().any(|attempt| {
        matches!(attempt.state, State::Building { .. })
            && !agenda.has_asked_since(world, attempt.account, entry.deadline, now)
    })
}

/// What there is to be done about an entry or a build whose time is over.
fn overdue(world: &World, agenda: &mut Agenda, entry: &Entry, now: Time) -> Vec<Event> {
    let last = last_word(world, agenda, entry, now);
    let is_over = last.is_empty()
        && now >= entry.deadline
        && !agenda.owes_attempt(entry, now)
        && !awaits_word(world, agenda, entry, now);
    if is_over {
        return vec![give_up(entry, End::Deadline)];
    }
    last
}

/// How a server was seen that runs and has shown no address yet.
fn seen_to_run(attempt: &Attempt) -> Option<&str> {
    let builds = matches!(attempt.state, State::Building { .. });
    let shown = attempt.server.as_ref().filter(|_| builds)?.status.as_str();
    status::runs(shown).then_some(shown)
}

/// Where there is no more time to wait for an address, a server that runs is taken without.
fn last_word(world: &World, agenda: &Agenda, entry: &Entry, now: Time) -> Vec<Event> {
    for attempt in entry.attempts() {
        let State::Building { deadline } = attempt.state else {
            continue;
        };
        let is_late = now >= entry.deadline.min(agenda.later(deadline, attempt.since));
        if let Some(shown) = seen_to_run(attempt).filter(|_| is_late) {
            return ready(world, entry, attempt, (shown, Vec::new()), false);
        }
    }
    Vec::new()
}

fn stuck_builds(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    now: Time,
    due: &mut Due,
) -> Vec<Event> {
    let mut events = Vec::new();
    for attempt in entry.attempts() {
        let State::Building { deadline } = attempt.state else {
            continue;
        };
        let deadline = agenda.later(deadline, attempt.since);
        if now < deadline {
            due.by(deadline);
            continue;
        }
        if !agenda.has_asked_since(world, attempt.account, deadline, now) {
            due.by(now.plus(LOOK_PAUSE_ALONE));
            continue;
        }
        let took = now.since(attempt.since).as_secs();
        let shown = attempt.server.as_ref().map(|known| known.status.as_str());
        let shown = shown.filter(|shown| !matches!(*shown, "" | status::BUILD));
        let words = match shown {
            Some(shown) => format!("still building after {took} s; the cloud shows it as {shown}"),
            None => format!("still building after {took} s"),
        };
        let failure = build_timeout(words, now);
        let policy = &agenda.policy;
        events.extend(fail(world, policy, entry, attempt, &failure, now));
    }
    events
}
