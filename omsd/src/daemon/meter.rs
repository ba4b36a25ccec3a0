//! Metrics of what happens: counters with each commit, gauges when somebody asks for them, so that
//! they cost nothing in between.

use oms_proto::view::Status;
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::Entry;
use omsd_domain::tell::alert;
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::World;

use crate::engine::handle::Published;
use crate::telemetry::Metrics;

/// What every kind of event about an attempt begins with.
const ATTEMPT: &str = "attempt_";

/// What can become of an attempt, as events name it. Looks and removals are not outcomes.
const OUTCOMES: [&str; 9] = [
    "started", "accepted", "refused", "lost", "absent", "adopted", "ready", "failed", "vanished",
];

/// The outcomes that have a failure to tell.
const FAILURES: [&str; 3] = ["refused", "lost", "failed"];

/// Counts what happened, told from the world after it.
pub(super) fn count(published: &Published, world: &World, metrics: &Metrics) {
    metrics.events(published.rows.len());
    for row in &published.rows {
        let kind = row.kind.as_str();
        if let Some(outcome) = kind.strip_prefix(ATTEMPT) {
            attempt(outcome, row, world, metrics);
        }
        if kind == "account_removed"
            && let Some(account) = &row.account
        {
            metrics.account_gone(account);
        }
    }
}

/// How things stand.
pub(super) fn gauge(world: &World, metrics: &Metrics) {
    for status in Status::ALL {
        metrics.entries(status.as_str(), world.count(status));
    }
    metrics.removals_overdue(world.overdue_count());
    for account in world.accounts.values() {
        let blocks = &world.health(account.id).blocks;
        metrics.blocks(&account.name, blocks.len());
        metrics.strays(&account.name, world.stray_count(account.id));
    }
    for kind in alert::Kind::ALL {
        metrics.alerts(kind.as_str(), alert::count(world, kind));
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
    let before = entry.attempts().filter(|other| other.id < attempt.id);
    let failed = before.filter_map(|other| other.failure.as_ref().map(|failure| failure.at));
    if let Some(failed) = failed.filter(|at| *at <= attempt.started).max() {
        metrics.failover(attempt.started.since(failed));
    }
}
