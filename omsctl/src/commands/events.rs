//! `omsctl events`: the journal, from the past and as it grows.

use std::time::Duration;

use oms_proto::StreamItem;
use oms_proto::client::{ClientError, Subscription};
use oms_proto::request::{EventList, StatusShow};
use oms_proto::response::{Snapshot, StreamEvent};
use oms_proto::view::EventView;

use super::Context;
use crate::cli::EventsArgs;
use crate::daemon::{self, Daemon, EVENTS_PER_PAGE};
use crate::exit::{Exit, Failure};
use crate::render;

/// How many events of the past are shown when nothing is said: a screen of them.
const LATEST: u32 = 20;

/// Most events that one command prints from the past. The journal is pruned long before; this
/// bounds the memory of a command that faces a daemon gone mad.
const EVENTS_MAX: usize = 1_000_000;

/// Pause before the next try to reach a daemon that went away.
const RETRY: Duration = Duration::from_secs(1);

pub(super) async fn run(context: &mut Context<'_>, args: &EventsArgs) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    // Asked before the events: an event in between is shown, not lost.
    let seq = if args.follow {
        Some(daemon.ask(StatusShow {}).await?.seq)
    } else {
        None
    };
    let past = past(&daemon, args).await?;
    let Some(seq) = seq else {
        context.print_list(&past, "no events")?;
        return Ok(Exit::Done);
    };
    let style = context.style();
    let mut text = render::stream_header::<EventView>(&style)?;
    for event in &past {
        text.push_str(&render::stream_item(event, &style)?);
    }
    context.io.print(&text)?;
    let since = past
        .last()
        .map_or(args.since.unwrap_or(seq), |last| last.seq);
    tokio::select! {
        failure = follow(context, daemon, since) => Err(failure),
        _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
    }
}

/// The events of the past that are asked for.
async fn past(daemon: &Daemon, args: &EventsArgs) -> Result<Vec<EventView>, Failure> {
    let Some(since) = args.since else {
        let latest = EventList {
            since: None,
            limit: args.limit.unwrap_or(LATEST),
        };
        return Ok(daemon.ask(latest).await?.events);
    };
    let wanted = args
        .limit
        .map_or(EVENTS_MAX, |limit| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        })
        .min(EVENTS_MAX);
    let mut events: Vec<EventView> = Vec::new();
    while events.len() < wanted {
        let after = events.last().map_or(since, |last| last.seq);
        let missing = u32::try_from(wanted.saturating_sub(events.len())).unwrap_or(EVENTS_PER_PAGE);
        let next = EventList {
            since: Some(after),
            limit: missing.min(EVENTS_PER_PAGE),
        };
        let page = daemon.ask(next).await?.events;
        // A page that does not go on would have this go round for ever.
        if page.last().is_none_or(|last| last.seq <= after) {
            break;
        }
        events.extend(page);
    }
    Ok(events)
}

/// Prints events until that fails for good; a daemon that restarts is waited for.
async fn follow(context: &mut Context<'_>, mut daemon: Daemon, mut since: u64) -> Failure {
    loop {
        let lost = match daemon.subscribe(since).await {
            Ok(subscription) => match print_stream(context, subscription, &mut since).await {
                Ok(lost) => lost,
                Err(failure) => return failure,
            },
            Err(error) => error,
        };
        if !daemon::is_passing(&lost) {
            return lost.into();
        }
        context.note(&format!("{lost}; trying again"));
        loop {
            tokio::time::sleep(RETRY).await;
            match daemon.reconnect().await {
                Ok(()) => break,
                Err(error) if daemon::is_passing(&error) => {}
                Err(error) => return error.into(),
            }
        }
        context.note(&format!("connected again; going on after event {since}"));
    }
}

/// Prints a subscription to its end and gives the reason of the end.
async fn print_stream(
    context: &mut Context<'_>,
    mut subscription: Subscription,
    since: &mut u64,
) -> Result<ClientError, Failure> {
    loop {
        match subscription.next().await {
            Some(Ok(StreamItem::Event(StreamEvent { event, .. }))) => {
                // After a reconnection the daemon may begin a little earlier.
                if event.seq > *since {
                    *since = event.seq;
                    let text = render::stream_item(&event, &context.style())?;
                    context.io.print(&text)?;
                }
            }
            Some(Ok(StreamItem::Snapshot(Snapshot { seq, last, .. }))) => {
                if last && seq > *since {
                    context.note(&format!(
                        "events {} to {seq} were missed or are no longer in the journal",
                        since.saturating_add(1)
                    ));
                    *since = seq;
                }
            }
            Some(Ok(StreamItem::Missed(_) | StreamItem::Changed(_) | StreamItem::Unknown)) => {}
            Some(Err(error)) => return Ok(error),
            None => return Ok(ClientError::Closed),
        }
    }
}
