//! `omsctl bundle ENTRY`: what a provider's support desk asks for, and nothing that is not theirs to
//! know: no key, no password, no user, nothing of other providers.

use std::collections::BTreeSet;

use oms_proto::request::{AccountShow, EntryExplain, EventList};
use oms_proto::view::{AttemptView, EventView};
use oms_proto::{EntryId, EventKind, Time};

use super::{Context, find};
use crate::cli::BundleArgs;
use crate::daemon::{Daemon, EVENTS_PER_PAGE};
use crate::exit::{Exit, Failure};
use crate::render::{self, Bundle, BundlePlace};

/// Most events of one report; a support desk reads no more.
const EVENTS_MAX: usize = 500;

pub(super) async fn run(context: &mut Context<'_>, args: BundleArgs) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let id = find::entry_id(&daemon, &args.which).await?;
    let story = daemon.ask(EntryExplain { id }).await?;
    let name = account(id, &story.attempts, args.account)?;
    let mut attempts = story.attempts;
    attempts.retain(|attempt| attempt.account == name);
    let place = match daemon.ask(AccountShow { name: name.clone() }).await {
        Ok(account) => BundlePlace {
            provider: Some(account.provider),
            region_name: account.region_name,
            project_name: account.tenant_name,
            project_id: account.tenant_id,
            auth_url: Some(account.auth_url),
        },
        // It may have been removed since.
        Err(_) => BundlePlace::default(),
    };
    let begin = attempts.iter().map(|it| it.started).min();
    let events = events(&daemon, &attempts, begin).await?;
    let bundle = Bundle {
        program: concat!("OpenMultiStack ", env!("CARGO_PKG_VERSION")),
        written: (context.io.now)(),
        place,
        attempts,
        events,
    };
    let text = render::bundle(&bundle, &context.style())?;
    context.io.print(&text)?;
    Ok(Exit::Done)
}

/// The account whose provider is to get the report.
fn account(
    id: EntryId,
    attempts: &[AttemptView],
    wanted: Option<String>,
) -> Result<String, Failure> {
    let known: BTreeSet<&str> = attempts.iter().map(|it| it.account.as_str()).collect();
    let names = known.iter().copied().collect::<Vec<_>>().join(", ");
    match (wanted, known.first()) {
        (_, None) => Err(Failure::new(
            Exit::NotFound,
            format!("entry {id} has not been tried anywhere, so there is nothing to report"),
        )),
        (Some(name), _) if known.contains(name.as_str()) => Ok(name),
        (Some(name), _) => Err(Failure::usage(format!(
            "--account {name}: entry {id} was not tried there, but at: {names}"
        ))),
        (None, Some(only)) if known.len() == 1 => Ok((*only).to_owned()),
        (None, Some(_)) => Err(Failure::usage(format!(
            "entry {id} was tried at several accounts, and a provider is not to read of others; name \
             one with --account: {names}"
        ))),
    }
}

/// An event as a provider may read it: why an attempt was begun there tells of others.
fn theirs(event: EventView) -> EventView {
    let message = match (event.kind, event.attempt) {
        (EventKind::AttemptStarted, Some(attempt)) => format!("attempt {attempt} was begun"),
        _ => event.message,
    };
    EventView { message, ..event }
}

/// The events of these attempts since the first of them began.
async fn events(
    daemon: &Daemon,
    attempts: &[AttemptView],
    begin: Option<Time>,
) -> Result<Vec<EventView>, Failure> {
    let mut events: Vec<EventView> = Vec::new();
    let mut after = 0;
    loop {
        let next = EventList {
            since: Some(after),
            limit: EVENTS_PER_PAGE,
            ..EventList::default()
        };
        let page = daemon.ask(next).await?.events;
        let Some(last) = page.last().filter(|last| last.seq > after) else {
            return Ok(events);
        };
        after = last.seq;
        let ours = |event: &EventView| {
            let of = |attempt: &AttemptView| Some(attempt.id) == event.attempt;
            begin.is_none_or(|begin| event.at >= begin) && attempts.iter().any(of)
        };
        events.extend(page.into_iter().filter(ours).map(theirs));
        if events.len() >= EVENTS_MAX {
            events.truncate(EVENTS_MAX);
            return Ok(events);
        }
    }
}
