//! Turns committed facts into metrics. They follow the feed like any other watcher, so that what
//! they show is what was made durable.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use oms_proto::view::Status;
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::Entry;
use omsd_domain::tell::alert;
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::World;

use crate::engine::handle::{Handle, Published};
use crate::telemetry::Metrics;

/// What every kind of event about an attempt begins with.
const ATTEMPT: &str = "attempt_";

/// What every kind of event about a stray begins with.
const STRAY: &str = "stray_";

/// The events of every launch, which there may be many of and which alert nobody.
const QUIET: [&str; 6] = [
    "entry_accepted",
    "entry_waiting",
    "entry_unwanted",
    "attempt_started",
    "attempt_accepted",
    "attempt_ready",
];

/// What can become of an attempt, as events name it. Looks and removals are not outcomes.
const OUTCOMES: [&str; 9] = [
    "started", "accepted", "refused", "lost", "absent", "adopted", "ready", "failed", "vanished",
];

/// The outcomes that have a failure to tell.
const FAILURES: [&str; 3] = ["refused", "lost", "failed"];

/// The events after which other blocks stand.
const BLOCKS: [&str; 5] = [
    "blocked",
    "unblocked",
    "account_added",
    "account_edited",
    "account_removed",
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
        let kind = row.kind.as_str();
        if let Some(outcome) = kind.strip_prefix(ATTEMPT) {
            attempt(outcome, row, world, metrics);
        }
        other_blocks |= BLOCKS.contains(&kind);
        other_strays |= kind.starts_with(STRAY);
        other_alerts |= !QUIET.contains(&kind);
        if kind == "account_removed"
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

fn attempt(outcome: &str, row: &JournalRow, world: &World, metrics: &Metrics) {
    let entry = row.entry.and_then(|id| world.entries.get(&id));
    let found = entry.and_then(|entry| Some((entry, entry.attempt(row.attempt?)?)));
    let Some((entry, attempt)) = found.filter(|_| OUTCOMES.contains(&outcome)) else {
        return;
    };
    let Some(account) = world.accounts.get(&attempt.account) else {
        return;
    };
    metrics.attempt(&account.name, outcome);
    if FAILURES.contains(&outcome)
        && let Some(failure) = &attempt.failure
    {
        metrics.failure(&account.name, failure.class.as_str());
    }
    if outcome == "ready"
        && let Some(boot) = attempt.boot
    {
        metrics.boot(&account.name, boot);
    }
    if outcome == "started" {
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
