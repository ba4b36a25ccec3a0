//! What is wrong now, one line a cause.
//!
//! What needs a person comes first, then accounts that are kept away from, then entries that wait,
//! those with one reason together. What is over is not here: that is what events are for.

use std::collections::BTreeMap;

use oms_proto::Time;
use oms_proto::columns::account_blocks;
use oms_proto::view::{AccountStatus, AccountView, AlertView, StatusView};

use crate::row::{Cause, CauseKey};
use crate::text;
use crate::theme::Tone;
use crate::world::World;

/// All of them, the worst first.
pub fn causes(world: &World, status: Option<&StatusView>, now: Time) -> Vec<Cause> {
    let asked = status.map(|status| status.alerts.as_slice());
    let alerts = world.alerts().or(asked).unwrap_or_default();
    let mut causes: Vec<Cause> = alerts.iter().map(alert).collect();
    for account in world.accounts().filter(|account| account.enabled) {
        of_account(account, now, &mut causes);
    }
    causes.extend(waiting(world, now));
    causes.sort_by_key(|cause| cause.tone != Tone::Bad);
    causes
}

fn alert(alert: &AlertView) -> Cause {
    Cause {
        key: CauseKey {
            kind: alert.kind.to_string(),
            account: alert.account.clone(),
            entry: alert.entry,
        },
        tone: Tone::Bad,
        // An older daemon does not tell.
        count: u64::from(alert.count.max(1)),
        message: alert.message.clone(),
        since: alert.since,
        until: alert.until,
    }
}

fn of_account(account: &AccountView, now: Time, causes: &mut Vec<Cause>) {
    let key = |kind: &str| CauseKey {
        kind: kind.to_owned(),
        account: Some(account.name.clone()),
        entry: None,
    };
    let before = causes.len();
    for block in account_blocks(account, now) {
        let whole = account.status == AccountStatus::Unavailable;
        causes.push(Cause {
            key: key(&block.scope),
            tone: if whole { Tone::Bad } else { Tone::Warn },
            count: block.failures.into(),
            message: block.reason.clone(),
            since: None,
            until: Some(block.until),
        });
    }
    let told = causes.len() > before || account.maintenance.iter().any(|window| window.covers(now));
    if account.status == AccountStatus::Unavailable && !told {
        causes.push(Cause {
            key: key("account"),
            tone: Tone::Bad,
            count: 1,
            message: account.reason.clone().unwrap_or_default(),
            since: None,
            until: None,
        });
    }
    let defaults = &account.defaults;
    if defaults.image.is_none() || defaults.flavor.is_none() {
        causes.push(Cause {
            key: key("defaults"),
            tone: Tone::Warn,
            count: 1,
            message: text::no_defaults(&account.name),
            since: None,
            until: None,
        });
    }
}

/// Entries that wait or whose removal hangs, those with one reason together.
fn waiting(world: &World, now: Time) -> impl Iterator<Item = Cause> {
    let mut by_reason: BTreeMap<String, Cause> = BTreeMap::new();
    for entry in world.active() {
        let Some(reason) = entry.reason.clone() else {
            continue;
        };
        let named = match entry.waits.as_slice() {
            [wait] => wait.account.clone(),
            _ => None,
        };
        let cause = by_reason.entry(reason.clone()).or_insert_with(|| Cause {
            key: CauseKey {
                kind: entry.status.to_string(),
                account: named,
                entry: Some(entry.id),
            },
            tone: Tone::Warn,
            count: 0,
            message: reason,
            since: Some(entry.changed),
            until: None,
        });
        cause.count += 1;
        cause.since = cause.since.min(Some(entry.changed));
        if !entry.status.is_settled() {
            let ends = entry
                .waits
                .iter()
                .filter_map(|wait| world.end_of(wait, now));
            let end = ends
                .filter(|end| *end > now)
                .fold(entry.deadline, Time::min);
            cause.until = Some(cause.until.map_or(end, |until| until.min(end)));
        }
    }
    by_reason.into_values()
}
