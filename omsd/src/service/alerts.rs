//! What needs a person, as clients see it.

use oms_proto::view::{AlertKind, AlertView};
use omsd_domain::tell::alert::{self, Alert, Kind};
use omsd_domain::world::World;

use crate::telemetry::Health;

/// Alerts in one answer. With more than these, a person has a place to begin.
const ALERTS_MAX: usize = 100;

/// What needs a person: the daemon's own troubles first, for they are those of all accounts.
pub(super) fn standing(health: &Health, world: &World) -> Vec<AlertView> {
    let own = health.troubles().into_iter();
    let own = own.map(|(trouble, told)| AlertView {
        kind: trouble.kind(),
        account: None,
        entry: None,
        message: told.message,
        since: Some(told.since),
        until: None,
        count: 1,
    });
    let others = alert::alerts(world, ALERTS_MAX).into_iter().map(shown);
    own.chain(others).take(ALERTS_MAX).collect()
}

fn shown(alert: Alert) -> AlertView {
    let Alert {
        kind,
        account,
        entry,
        message,
        since,
        until,
        count,
    } = alert;
    AlertView {
        kind: alert_kind(kind),
        account,
        entry,
        message,
        since,
        until,
        count,
    }
}

const fn alert_kind(kind: Kind) -> AlertKind {
    match kind {
        Kind::RemovalOverdue => AlertKind::RemovalOverdue,
        Kind::Credentials => AlertKind::Credentials,
        Kind::Configuration => AlertKind::Configuration,
        Kind::Vanished => AlertKind::Vanished,
        Kind::Strays => AlertKind::Strays,
        Kind::Shared => AlertKind::Shared,
        Kind::Held => AlertKind::Held,
        Kind::WentBack => AlertKind::WentBack,
        Kind::Unknown => AlertKind::Strangers,
    }
}
