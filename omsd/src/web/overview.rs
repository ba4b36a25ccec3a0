//! The overview: what is wrong now, what is under way, how the accounts stand, and what has happened
//! over the last hours.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use oms_proto::EventKind;
use oms_proto::request::{AccountList, EventList, StatusShow};
use oms_proto::view::{AccountView, EventView, Status, StatusView};

use super::reply::{page, refused};
use super::shell::Shell;
use super::site::Site;

/// Events that the chart is drawn from.
const EVENTS: u32 = 1000;

/// Groups in the chart.
const GROUPS: usize = 10;

/// The height of the highest bar.
const HIGH: u64 = 36;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    shell: Shell,
    status: StatusView,
    counts: Vec<(String, u64)>,
    accounts: Vec<AccountView>,
    chart: Vec<Bar>,
    totals: (u64, u64, u64),
}

/// A group of the chart, in its measures.
#[derive(Debug, PartialEq, Eq)]
struct Bar {
    x: usize,
    asked: u64,
    ready: u64,
    failed: u64,
}

/// `GET /`
pub(super) async fn show(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    match read(&site, &shell).await {
        Ok((status, accounts, events)) => {
            let (chart, totals) = chart(&events);
            let count = |one: &Status| status.entries.get(one).copied().unwrap_or(0);
            let counts = Status::ALL.iter().map(|one| (one.to_string(), count(one)));
            page(&Overview {
                counts: counts.collect(),
                shell,
                status,
                accounts,
                chart,
                totals,
            })
        }
        Err(stop) => refused(shell, stop),
    }
}

async fn read(
    site: &Site,
    shell: &Shell,
) -> Result<(StatusView, Vec<AccountView>, Vec<EventView>), super::stop::Stop> {
    let caller = shell.caller()?;
    let events = EventList {
        since: None,
        limit: EVENTS,
        ..EventList::default()
    };
    let status = site.service.ask(caller, StatusShow {}).await?;
    let accounts = site.service.ask(caller, AccountList::default()).await?;
    let events = site.service.ask(caller, events).await?;
    Ok((status, accounts.accounts, events.events))
}

/// What was asked, became ready and failed, in groups of equal time.
fn chart(events: &[EventView]) -> (Vec<Bar>, (u64, u64, u64)) {
    let mut groups = [[0_u64; 3]; GROUPS];
    let times = || events.iter().map(|event| event.at);
    let (first, last) = (times().min(), times().max());
    let mut totals = [0_u64; 3];
    if let (Some(first), Some(last)) = (first, last) {
        let span = last.since(first).as_micros().saturating_add(1);
        for event in events {
            let row = match event.kind {
                EventKind::EntryAccepted => 0,
                EventKind::AttemptReady => 1,
                EventKind::AttemptRefused
                | EventKind::AttemptFailed
                | EventKind::AttemptGivenUp => 2,
                _ => continue,
            };
            let at = event.at.since(first).as_micros() * 10 / span;
            let group = usize::try_from(at).ok().and_then(|at| groups.get_mut(at));
            if let Some(count) = group.and_then(|group| group.get_mut(row)) {
                *count += 1;
            }
            if let Some(total) = totals.get_mut(row) {
                *total += 1;
            }
        }
    }
    let most = groups.iter().flatten().copied().max().unwrap_or(0).max(1);
    let high = |count: u64| count * HIGH / most;
    let bars = groups
        .iter()
        .enumerate()
        .map(|(at, [asked, ready, failed])| Bar {
            x: at * 12,
            asked: high(*asked),
            ready: high(*ready),
            failed: high(*failed),
        });
    let [asked, ready, failed] = totals;
    (bars.collect(), (asked, ready, failed))
}
