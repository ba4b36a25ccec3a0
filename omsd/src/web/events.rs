//! What has happened, the newest first: also who did what, which is what an audit asks for.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use oms_proto::request::EventList;
use oms_proto::view::EventView;
use oms_proto::{Actor, Severity};

use super::passes;
use super::reply::{page, refused};
use super::shell::Shell;
use super::site::Site;
use super::stop::Stop;

/// Events in a page.
const ROWS: usize = 100;

/// Events that are looked through for one page.
const LOOKED: u32 = 1000;

/// Times that so many are looked through for one page of what people asked, for most of what happens is
/// the scheduler's.
const READS_MAX: usize = 20;

/// The severities to choose from; the first is what is shown unless another is chosen.
const WORDS: [&str; 5] = ["info", "debug", "notice", "warning", "error"];

#[expect(
    clippy::struct_field_names,
    reason = "they are the words of the template"
)]
#[derive(Template)]
#[template(path = "events.html")]
struct Events {
    shell: Shell,
    words: &'static [&'static str],
    severity: String,
    by: String,
    events: Vec<EventView>,
    older: Option<String>,
    /// Whether it is of what people and programs asked alone.
    audit: bool,
}

/// `GET /events/`
pub(super) async fn show(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    list(&site, shell, false).await
}

/// `GET /audit/`: who asked for what, and what came of it.
pub(super) async fn audit(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    match passes::for_admins(&shell) {
        Ok(()) => list(&site, shell, true).await,
        Err(stop) => refused(shell, stop),
    }
}

async fn list(site: &Site, shell: Shell, audit: bool) -> Response {
    let lowest = if audit {
        Severity::Debug
    } else {
        Severity::Info
    };
    let severity = match Severity::of(shell.param("severity")) {
        Severity::Unknown => lowest,
        known => known,
    };
    let by = shell.param("by").to_owned();
    let mut before: Option<u64> = shell.param("before").parse().ok();
    let mut found = Vec::new();
    let mut oldest = None;
    for _ in 0..READS_MAX {
        let events = match read(site, &shell, before).await {
            Ok(events) => events,
            Err(stop) => return refused(shell, stop),
        };
        let Some(first) = events.first().map(|event| event.seq) else {
            oldest = None;
            break;
        };
        oldest = Some(first);
        before = oldest;
        let wanted = events.into_iter().rev().filter(|event| {
            event.severity >= severity
                && event.by.to_string().contains(&by)
                && !(audit && event.by == Actor::Scheduler)
        });
        found.extend(wanted);
        // Who looks at all that happens is shown what is at hand.
        if found.len() > ROWS || !audit {
            break;
        }
    }
    let left = found.get(ROWS).map(|event| event.seq + 1);
    found.truncate(ROWS);
    // What was looked through may have held fewer of the kind than fill a page.
    let older = left.or(oldest).filter(|seq| *seq > 1).map(|seq| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("severity", severity.as_str());
        query.append_pair("by", &by);
        query.append_pair("before", &seq.to_string());
        let place = if audit { "/audit/" } else { "/events/" };
        format!("{place}?{}", query.finish())
    });
    page(&Events {
        shell,
        words: &WORDS,
        severity: severity.to_string(),
        by,
        events: found,
        older,
        audit,
    })
}

/// The events before a number, or the latest ones; the oldest first.
async fn read(site: &Site, shell: &Shell, before: Option<u64>) -> Result<Vec<EventView>, Stop> {
    let since = before.map(|before| before.saturating_sub(u64::from(LOOKED) + 1));
    let list = EventList {
        since,
        limit: LOOKED,
        ..EventList::default()
    };
    let page = site.service.ask(shell.caller()?, list).await?;
    let mut events = page.events;
    events.retain(|event| before.is_none_or(|before| event.seq < before));
    Ok(events)
}
