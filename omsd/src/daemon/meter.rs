//! Turns committed facts into metrics. They follow the feed like any other watcher, so that what
//! they show is what was made durable.

use oms_proto::{EventKind, Subject};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::domain::alert;
use crate::domain::attempt::Attempt;
use crate::domain::entry::{Entry, Status};
use crate::domain::journal::JournalRow;
use crate::domain::world::World;
use crate::engine::handle::{Handle, Published};
use crate::telemetry::Metrics;

/// The events of every launch, which there may be many of and which alert nobody.
const QUIET: [EventKind; 6] = [
    EventKind::EntryAccepted,
    EventKind::EntryWaiting,
    EventKind::EntryUnwanted,
    EventKind::AttemptStarted,
    EventKind::AttemptAccepted,
    EventKind::AttemptReady,
];

/// What can become of an attempt, and its word in metrics. Looks and removals are not outcomes.
const OUTCOMES: [(EventKind, &str); 9] = [
    (EventKind::AttemptStarted, "started"),
    (EventKind::AttemptAccepted, "accepted"),
    (EventKind::AttemptRefused, "refused"),
    (EventKind::AttemptLost, "lost"),
    (EventKind::AttemptAbsent, "absent"),
    (EventKind::AttemptAdopted, "adopted"),
    (EventKind::AttemptReady, "ready"),
    (EventKind::AttemptFailed, "failed"),
    (EventKind::AttemptVanished, "vanished"),
];

/// The outcomes that have a failure to tell.
const FAILURES: [EventKind; 3] = [
    EventKind::AttemptRefused,
    EventKind::AttemptLost,
    EventKind::AttemptFailed,
];

/// The events after which other blocks stand.
const BLOCKS: [EventKind; 5] = [
    EventKind::Blocked,
    EventKind::Unblocked,
    EventKind::AccountAdded,
    EventKind::AccountEdited,
    EventKind::AccountRemoved,
];

/// Counts what happens; made before the engine runs, so that it misses nothing.
pub(super) struct Meter {
    feed: Receiver<std::sync::Arc<Published>>,
    metrics: Metrics,
}

impl Meter {
    pub(super) fn new(handle: &Handle, metrics: Metrics) -> Self {
        let feed = handle.feed();
        let world = handle.world();
        entries(&world, &metrics);
        blocks(&world, &metrics);
        strays(&world, &metrics);
        alerts(&world, &metrics);
        Self { feed, metrics }
    }

    /// Follows the facts until the engine ends.
    pub(super) async fn run(mut self) {
        loop {
            match self.feed.recv().await {
                Ok(published) => count(&published, &self.metrics),
                Err(RecvError::Lagged(batches)) => self.metrics.missed(batches),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn count(published: &Published, metrics: &Metrics) {
    let world = &published.world;
    let (mut other_blocks, mut other_strays, mut other_alerts) = (false, false, false);
    for row in &published.rows {
        if let Some((_, outcome)) = OUTCOMES.iter().find(|(kind, _)| *kind == row.kind) {
            attempt(outcome, row, world, metrics);
        }
        other_blocks |= BLOCKS.contains(&row.kind);
        other_strays |= row.kind.subject() == Subject::Object;
        other_alerts |= !QUIET.contains(&row.kind);
        if row.kind == EventKind::AccountRemoved
            && let Some(account) = &row.account
        {
            metrics.account_gone(account);
        }
    }
    entries(world, metrics);
    metrics.removals_overdue(world.overdue_count());
    if other_blocks {
        blocks(world, metrics);
    }
    if other_strays || other_blocks {
        strays(world, metrics);
    }
    if other_strays || other_blocks || other_alerts {
        alerts(world, metrics);
    }
}

/// Counts the outcome of an attempt under its word.
fn attempt(outcome: &str, row: &JournalRow, world: &World, metrics: &Metrics) {
    let entry = row.entry.and_then(|id| world.entries.get(&id));
    let found = entry.and_then(|entry| Some((entry, entry.attempt(row.attempt?)?)));
    let Some((entry, attempt)) = found else {
        return;
    };
    let Some(account) = world.accounts.get(&attempt.account) else {
        return;
    };
    metrics.attempt(&account.name, outcome);
    if FAILURES.contains(&row.kind)
        && let Some(failure) = &attempt.failure
    {
        metrics.failure(&account.name, failure.class.as_str());
    }
    if row.kind == EventKind::AttemptReady
        && let Some(boot) = attempt.boot
    {
        metrics.boot(&account.name, boot);
    }
    if row.kind == EventKind::AttemptStarted {
        failover(entry, attempt, metrics);
    }
}

/// How long after the latest failure of its entry an attempt began.
fn failover(entry: &Entry, attempt: &Attempt, metrics: &Metrics) {
    let before = entry.attempts.iter().filter(|other| other.id < attempt.id);
    let failed = before.filter_map(|other| other.failure.as_ref().map(|failure| failure.at));
    if let Some(failed) = failed.filter(|at| *at <= attempt.started).max() {
        metrics.failover(attempt.started.since(failed));
    }
}

fn entries(world: &World, metrics: &Metrics) {
    for status in Status::ALL {
        metrics.entries(status.as_str(), world.count(status));
    }
}

fn blocks(world: &World, metrics: &Metrics) {
    for account in world.accounts.values() {
        metrics.blocks(&account.name, account.blocks.len());
    }
}

/// What needs a person.
fn alerts(world: &World, metrics: &Metrics) {
    for kind in alert::Kind::ALL {
        metrics.alerts(kind.as_str(), alert::count(world, kind));
    }
}

fn strays(world: &World, metrics: &Metrics) {
    for account in world.accounts.values() {
        metrics.strays(&account.name, account.strays.len());
    }
}
