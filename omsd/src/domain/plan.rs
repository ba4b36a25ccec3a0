//! Decides what to do next: marked rows in, facts and effects out.
//!
//! Planning is deterministic, and planning again changes nothing: an effect that is under way is
//! known to the agenda, and a fact that is planned changes the row that called for it.
//!
//! Cost: one event costs O(log n) of the rows for the maps, plus the attempts of its entry (at most
//! [`ATTEMPTS_MAX`]), plus, if an account changed, the first waiting entries of at most
//! [`SHAPES_PER_TURN`](super::limits::SHAPES_PER_TURN) shapes. No row is looked at that did not
//! change and is not due; `cargo bench -p oms-tests --bench scale` measures it.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{AccountId, AttemptId, Time};

use super::account::{Account, Scope};
use super::act::act;
use super::agenda::{Agenda, Thing};
use super::attempt::{Attempt, Change, Removing, State};
use super::cloud::{MARK_CANARY, Wanted};
use super::effect::Effect;
use super::entry::{Entry, Status};
use super::event::Event;
use super::failure::{Failure, FailureClass};
use super::limits::{ATTEMPTS_MAX, LOOK_FIRST, LOOK_PAUSE_ALONE, UNANSWERED_MAX};
use super::placement::{PassedOver, Placement, Reason};
use super::policy::{Policy, Vanished};
use super::rules::{self, Phase};
use super::words;
use super::world::World;
use super::{hedge, retire, settle, stray, watch};

/// What a row calls for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Facts to apply and commit.
    pub events: Vec<Event>,
    /// Acts to begin once the facts are durable.
    pub effects: Vec<Effect>,
}

/// Plans the next marked or due row; `None` when nothing is left to do now.
pub fn next(world: &World, agenda: &mut Agenda, now: Time) -> Option<Step> {
    let step = match agenda.take(now)? {
        Thing::Entry(id) => match world.entries.get(&id) {
            Some(entry) => plan_entry(world, agenda, entry, now),
            None => Step::default(),
        },
        Thing::Account(id) => match world.accounts.get(&id) {
            Some(account) => super::watch::plan_account(world, agenda, account, now),
            None => Step::default(),
        },
    };
    Some(step)
}

/// What a start calls for: whatever was under way when the daemon stopped has lost its answer.
pub fn at_start(world: &World, policy: &Policy, now: Time) -> Vec<Event> {
    let lost = |entry: &Arc<Entry>, attempt: &Attempt| {
        let failure = Arc::new(Failure {
            class: FailureClass::Interrupted,
            operation: "create server".to_owned(),
            http_status: None,
            message: "the daemon stopped before the answer came".to_owned(),
            request_id: None,
            retry_after: None,
            at: now,
        });
        let change = Change::Lost {
            failure,
            until: now.plus(super::settle::lessons(world, attempt).settle_time(policy)),
        };
        Event::Attempt {
            entry: entry.id,
            attempt: attempt.id,
            change,
        }
    };
    let live = world
        .accounts
        .keys()
        .flat_map(|account| world.live_at(*account));
    let lost = live
        .filter(|(_, attempt)| attempt.state == State::Launching)
        .map(|(entry, attempt)| lost(entry, attempt));
    // Nobody waits for a canary that a stop has outlived.
    let canary = |entry: &&Arc<Entry>| {
        let metadata = entry.spec.metadata.as_ref();
        entry.status != Status::Destroy && metadata.is_some_and(|it| it.contains_key(MARK_CANARY))
    };
    let canaries = world.entries.values().filter(canary);
    lost.chain(canaries.map(|entry| Event::EntryUnwanted(entry.id)))
        .collect()
}

fn plan_entry(world: &World, agenda: &mut Agenda, entry: &Entry, now: Time) -> Step {
    let mut due = Due::default();
    let overdue = retire::overdue_removals(&agenda.policy, entry, now, &mut due);
    if !overdue.is_empty() {
        agenda.mark(Thing::Entry(entry.id));
        return Step {
            events: overdue,
            effects: Vec::new(),
        };
    }
    // Whether it waits is told anew below: one that builds must not be woken in another's place.
    agenda.stop_waiting(entry.id);
    let events = if entry.is_wanted() {
        serve(world, agenda, entry, now, &mut due)
    } else {
        retire::retire(agenda, entry, now, &mut due)
    };
    if !events.is_empty() {
        // What the row calls for after these facts is planned then.
        agenda.mark(Thing::Entry(entry.id));
        return Step {
            events,
            effects: Vec::new(),
        };
    }
    let mut effects = Vec::new();
    for attempt in &entry.attempts {
        effects.extend(act(world, agenda, entry, attempt, now, &mut due));
    }
    agenda.set_due(Thing::Entry(entry.id), due.0);
    Step {
        events: Vec::new(),
        effects,
    }
}

/// The earliest of several times.
#[derive(Default)]
pub(super) struct Due(pub(super) Option<Time>);

impl Due {
    pub(super) fn by(&mut self, at: Time) {
        self.0 = Some(self.0.map_or(at, |before| before.min(at)));
    }
}

pub(super) fn attempt_event(entry: &Entry, attempt: &Attempt, change: Change) -> Event {
    Event::Attempt {
        entry: entry.id,
        attempt: attempt.id,
        change,
    }
}

/// An entry that is to run: keep one attempt, end those that are stuck, begin one if none is
/// hopeful.
fn serve(
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
        let beaten = hedge::beaten(world, &agenda.policy, entry, kept, now);
        if !beaten.is_empty() {
            return beaten;
        }
        return retire::dismiss_all_but(agenda, entry, kept, now);
    }
    if now >= entry.deadline && !awaits_word(world, agenda, entry, now) {
        let reason = words::gave_up(entry, "its deadline passed");
        return vec![Event::EntryGaveUp {
            entry: entry.id,
            reason,
        }];
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
    let (mut unanswered, mut building) = (0, Vec::new());
    for attempt in &entry.attempts {
        match attempt.state {
            State::Building { .. } => building.push(attempt),
            State::Launching => {
                if awaits_answer(world, agenda, attempt, now, due) {
                    return Vec::new();
                }
                // Told once, so that others may try again while this one stays silent.
                let news = agenda.set_overdue(attempt.account, attempt.id, now);
                if news && let Some(event) = slow(world, agenda, attempt, now) {
                    return vec![event];
                }
                unanswered += 1;
            }
            State::Unknown { .. } => {
                let first = attempt.since.plus(LOOK_FIRST);
                let interrupted = attempt
                    .failure
                    .as_ref()
                    .is_some_and(|failure| failure.class == FailureClass::Interrupted);
                if interrupted && now < first && !agenda.is_missed(attempt.id) {
                    due.by(first);
                    return Vec::new();
                }
                unanswered += 1;
            }
            State::Ready | State::RemovingServer { .. } | State::Clearing | State::Gone => {}
        }
    }
    if !building.is_empty() {
        if unanswered == 0 {
            return hedge::beside(world, agenda, entry, &building, now, due);
        }
        return Vec::new();
    }
    let used_up = entry.attempts.len() >= ATTEMPTS_MAX;
    if unanswered >= UNANSWERED_MAX || (used_up && unanswered > 0) {
        return Vec::new();
    }
    begin(world, agenda, entry, now)
}

/// Whether the answer to a launch may still come in time; or the launch is put off, and no answer is
/// due.
fn awaits_answer(
    world: &World,
    agenda: &Agenda,
    attempt: &Attempt,
    now: Time,
    due: &mut Due,
) -> bool {
    let Some(launched) = agenda.launched(attempt) else {
        return true;
    };
    let patience = settle::lessons(world, attempt).patience(&agenda.policy);
    let overdue = launched.plus(patience);
    if now < overdue {
        due.by(overdue);
    }
    now < overdue
}

/// The intent to try an entry at an account.
pub(super) fn start(
    world: &World,
    entry: &Entry,
    (account, wanted): (AccountId, Wanted),
    passed_over: Vec<PassedOver>,
    now: Time,
) -> Event {
    let id = AttemptId(world.next.attempt);
    let attempt = Attempt {
        id,
        account,
        wanted: Arc::new(wanted),
        server_name: server_name(&entry.spec, entry, id),
        key_name: stray::key_name(world, entry.id, id),
        started: now,
        state: State::Launching,
        since: now,
        server: None,
        boot: None,
        failure: None,
        removal: Removing::default(),
        passed_over: Arc::new(passed_over),
    };
    Event::AttemptStarted {
        entry: entry.id,
        attempt: Box::new(attempt),
    }
}

fn has_vanished(attempt: &Attempt) -> bool {
    attempt
        .server
        .as_ref()
        .is_some_and(|server| server.vanished)
}

pub(super) fn build_timeout(message: String, now: Time) -> Arc<Failure> {
    Arc::new(Failure {
        class: FailureClass::BuildTimeout,
        operation: "build server".to_owned(),
        http_status: None,
        message,
        request_id: None,
        retry_after: None,
        at: now,
    })
}

/// Lets another instance take the place of one that vanished. Should that turn up again, it is
/// removed like any other that was dismissed.
fn replace(policy: &Policy, entry: &Entry, kept: &Attempt, now: Time) -> Vec<Event> {
    let own = entry.spec.deadline_seconds;
    let patience = own.map_or(policy.entry, |own| Duration::from_secs(own.into()));
    vec![
        attempt_event(entry, kept, Change::Dismissed),
        Event::EntryReplaced {
            entry: entry.id,
            deadline: now.plus(patience),
        },
    ]
}

/// Begins an attempt, or lets the entry wait.
fn begin(world: &World, agenda: &mut Agenda, entry: &Entry, now: Time) -> Vec<Event> {
    if entry.attempts.len() >= ATTEMPTS_MAX {
        let reason = words::gave_up(entry, "its attempts are used up");
        return vec![Event::EntryGaveUp {
            entry: entry.id,
            reason,
        }];
    }
    match agenda.place(world, entry, now) {
        Placement::At {
            account,
            wanted,
            passed_over,
        } => vec![start(world, entry, (account, wanted), passed_over, now)],
        Placement::Nowhere(passed_over) => {
            agenda.wait(entry);
            let reason = words::waits(world, &passed_over);
            if entry.status != Status::Request && entry.reason.as_deref() == Some(&*reason) {
                return Vec::new();
            }
            if entry.status != Status::Request && is_busy(&passed_over) {
                // Slots come and go many times a second under load; that is no news.
                return Vec::new();
            }
            vec![Event::EntryWaiting {
                entry: entry.id,
                reason,
            }]
        }
    }
}

fn is_busy(passed_over: &[PassedOver]) -> bool {
    passed_over
        .iter()
        .any(|over| matches!(over.reason, Reason::Busy { .. } | Reason::Budget { .. }))
}

fn server_name(spec: &EntrySpec, entry: &Entry, attempt: AttemptId) -> String {
    spec.name
        .clone()
        .unwrap_or_else(|| format!("oms-{}-{attempt}", entry.id))
}

/// An account that has not answered a launch in time counts as slow; other launches keep away.
/// Whether it is slow altogether is told by the looks for the server.
fn slow(world: &World, agenda: &Agenda, attempt: &Attempt, now: Time) -> Option<Event> {
    let account = world.accounts.get(&attempt.account)?;
    let waited = now.since(agenda.launched(attempt)?);
    slow_account(account, &agenda.policy, Phase::Launch, waited, now)
}

/// Blocks what does not answer, unless it is blocked already: an account that keeps silent on a
/// create may well list its servers, and is then no good for launches alone.
pub(super) fn slow_account(
    account: &Account,
    policy: &Policy,
    phase: Phase,
    waited: Duration,
    now: Time,
) -> Option<Event> {
    let (scope, operation) = match phase {
        Phase::Launch => (Scope::Launch, "create server"),
        Phase::Watch | Phase::Build => (Scope::Account, "list servers"),
    };
    if account.block(&scope).is_some_and(|block| block.until > now) {
        return None;
    }
    let failure = Arc::new(Failure {
        class: FailureClass::Timeout,
        operation: operation.to_owned(),
        http_status: None,
        message: format!("no answer for {:.1} s; still waiting", waited.as_secs_f32()),
        request_id: None,
        retry_after: None,
        at: now,
    });
    let block = rules::block(account, policy, phase, None, &failure, now)?;
    Some(Event::Blocked {
        account: account.id,
        block: Box::new(block),
    })
}

/// Whether a build was not looked at since the entry's deadline: after a stop or a sleep it may
/// have ended well long ago.
fn awaits_word(world: &World, agenda: &mut Agenda, entry: &Entry, now: Time) -> bool {
    entry.attempts.iter().any(|attempt| {
        matches!(attempt.state, State::Building { .. })
            && !watch::has_asked_since(world, agenda, attempt.account, entry.deadline, now)
    })
}

fn stuck_builds(
    world: &World,
    agenda: &mut Agenda,
    entry: &Entry,
    now: Time,
    due: &mut Due,
) -> Vec<Event> {
    let mut events = Vec::new();
    for attempt in &entry.attempts {
        let State::Building { deadline } = attempt.state else {
            continue;
        };
        if now < deadline {
            due.by(deadline);
            continue;
        }
        if !watch::has_asked_since(world, agenda, attempt.account, deadline, now) {
            due.by(now.plus(LOOK_PAUSE_ALONE));
            continue;
        }
        let took = now.since(attempt.since).as_secs();
        let failure = build_timeout(format!("still building after {took} s"), now);
        let policy = &agenda.policy;
        events.extend(fail(world, policy, entry, attempt, &failure, now));
    }
    events
}

/// A build that failed, and what that blocks.
pub(super) fn fail(
    world: &World,
    policy: &Policy,
    entry: &Entry,
    attempt: &Attempt,
    failure: &Arc<Failure>,
    now: Time,
) -> Vec<Event> {
    let change = Change::Failed(Arc::clone(failure));
    let mut events = vec![attempt_event(entry, attempt, change)];
    let (account, wanted) = (attempt.account, Some(&attempt.wanted));
    let block = blocked(world, policy, account, Phase::Build, wanted, failure, now);
    events.extend(block);
    events
}

/// What a failure blocks.
pub(super) fn blocked(
    world: &World,
    policy: &Policy,
    account: AccountId,
    phase: Phase,
    wanted: Option<&Arc<Wanted>>,
    failure: &Arc<Failure>,
    now: Time,
) -> Option<Event> {
    let known = world.accounts.get(&account)?;
    let block = rules::block(known, policy, phase, wanted, failure, now)?;
    Some(Event::Blocked {
        account,
        block: Box::new(block),
    })
}
