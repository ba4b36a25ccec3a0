//! Metrics of what happens: counters with each commit, gauges when somebody asks for them, so that
//! they cost nothing in between.

use oms_proto::EventKind;
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::rows::spur::Spur;
use omsd_domain::tell::alert;
use omsd_domain::tell::journal::JournalRow;
use omsd_domain::world::World;

use crate::engine::handle::Published;
use crate::telemetry::Metrics;

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

/// Counts what happened, told from the world after it.
pub(super) fn count(published: &Published, world: &World, metrics: &Metrics) {
    metrics.events(published.rows.len());
    metrics.written(published.written.rows, published.written.bytes);
    for row in &published.rows {
        if let Some((_, outcome)) = OUTCOMES.iter().find(|(kind, _)| *kind == row.kind) {
            attempt(outcome, row, world, metrics);
        }
        if row.kind == EventKind::AccountRemoved
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
    for spur in Spur::ALL {
        // So that it is there before the first.
        metrics.extra_servers(spur.as_str(), 0);
    }
    for account in world.accounts.values() {
        let blocks = &world.health(account.id).blocks;
        metrics.blocks(&account.name, blocks.len());
        metrics.strays(&account.name, world.stray_count(account.id));
    }
    for kind in alert::Kind::ALL {
        metrics.alerts(kind.as_str(), alert::count(world, kind));
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
    let before = entry.attempts().filter(|other| other.id < attempt.id);
    let failed = before.filter_map(|other| other.failure.as_ref().map(|failure| failure.at));
    if let Some(failed) = failed.filter(|at| *at <= attempt.started).max() {
        metrics.failover(attempt.started.since(failed));
    }
}
