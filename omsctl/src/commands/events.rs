//! `omsctl events`: the journal, from the past and as it grows.

use std::collections::VecDeque;
use std::time::Duration;

use oms_proto::client::{ClientError, Subscription};
use oms_proto::columns::{Condition, EVENTS};
use oms_proto::request::{EventList, StatusShow};
use oms_proto::response::{EventPage, Snapshot, StreamEvent};
use oms_proto::view::EventView;
use oms_proto::{EntryId, EventKind, StreamItem, Time};

use super::choose::Order;
use super::{Context, choose, find};
use crate::cli::{Begin, EventsArgs};
use crate::daemon::{self, Daemon, EVENTS_PER_PAGE};
use crate::exit::{Exit, Failure};
use crate::render;

/// How many events of the past are shown when nothing is said: a screen of them.
const LATEST: u32 = 20;
/// The same of those that were looked for.
const LATEST_FOUND: usize = 20;

/// Most events that one command prints from the past. The journal is pruned long before; this
/// bounds the memory of a command that faces a daemon gone mad.
const EVENTS_MAX: usize = 1_000_000;

/// Pause before the next try to reach a daemon that went away.
const RETRY: Duration = Duration::from_secs(1);

pub(super) async fn run(context: &mut Context<'_>, args: EventsArgs) -> Result<Exit, Failure> {
    let mut faults = render::check_columns::<EventView>(&args.columns.columns);
    let mut own = Vec::new();
    own.extend(args.account.as_ref().map(|name| format!("account={name}")));
    if !args.kind.is_empty() {
        own.push(format!("kind={}", args.kind.join(",")));
    }
    let conditions = choose::conditions(&EVENTS, &own, &args.filter, &mut faults);
    let order = Order::read(&EVENTS, &args.sort, &mut faults);
    if !faults.is_empty() {
        return Err(Failure::usage(faults.join("\n  ")));
    }
    let daemon = context.daemon().await?;
    let entry = match &args.entry {
        Some(which) => Some(find::entry_id(&daemon, which).await?),
        None => None,
    };
    let wanted = Wanted {
        conditions,
        entry,
        // Several, or some of a pattern, are chosen here alone.
        account: args
            .account
            .clone()
            .filter(|name| !name.contains(['*', ','])),
        kinds: args.kind.iter().map(|word| EventKind::of(word)).collect(),
        actor: args.actor.clone(),
    };
    context.show_columns(args.columns.clone());
    // Asked before the events: an event in between is shown, not lost.
    let seq = if args.follow {
        Some(daemon.ask(StatusShow {}).await?.seq)
    } else {
        None
    };
    let now = (context.io.now)();
    let mut past = past(&daemon, &args, &wanted, now).await?;
    if past.is_empty() {
        find::check_account(&daemon, args.account.as_deref()).await?;
        find::check_entry(&daemon, wanted.entry).await?;
    }
    let Some(seq) = seq else {
        order.sort(&mut past, now);
        context.print_list(&past, "no events")?;
        return Ok(Exit::Done);
    };
    show_past(context, &past)?;
    let since = going_on(&args, &wanted, past.last(), seq);
    tokio::select! {
        failure = follow(context, daemon, since, &wanted) => Err(failure),
        _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
    }
}

/// Prints what happened before that is followed.
fn show_past(context: &mut Context<'_>, past: &[EventView]) -> Result<(), Failure> {
    let style = context.style();
    let mut text = render::stream_header::<EventView>(&style)?;
    for event in past {
        text.push_str(&render::stream_item(event, &style)?);
    }
    context.io.print(&text)
}

/// After which event the following goes on.
fn going_on(args: &EventsArgs, wanted: &Wanted, last: Option<&EventView>, seq: u64) -> u64 {
    let after = match args.since {
        Some(Begin::After(after)) => after,
        _ => seq,
    };
    match last {
        Some(last) if wanted.is_all() || args.limit.is_some() => last.seq,
        Some(last) => last.seq.max(after),
        None => after,
    }
}

/// Which events.
struct Wanted {
    conditions: Vec<Condition>,
    entry: Option<EntryId>,
    account: Option<String>,
    kinds: Vec<EventKind>,
    actor: Option<String>,
}

impl Wanted {
    fn is_all(&self) -> bool {
        self.conditions.is_empty() && self.entry.is_none() && self.actor.is_none()
    }

    /// What the daemon is asked for. What it leaves out need not come; one that is older leaves out
    /// nothing, so all of it is looked at here as well.
    fn asked(&self, from: Time) -> EventList {
        EventList {
            entry: self.entry,
            account: self.account.clone(),
            kinds: self.kinds.clone(),
            actor: self.actor.clone(),
            from: Some(from).filter(|from| from.0 > i64::MIN),
            ..EventList::default()
        }
    }

    fn has(&self, event: &EventView, now: Time) -> bool {
        let by = event.by.to_string();
        self.entry.is_none_or(|id| event.entry == Some(id))
            && self.actor.as_ref().is_none_or(|actor| by.contains(actor))
            && choose::hold(&self.conditions, &EVENTS, event, now)
    }
}

/// The events of the past that are asked for.
async fn past(
    daemon: &Daemon,
    args: &EventsArgs,
    wanted: &Wanted,
    now: Time,
) -> Result<Vec<EventView>, Failure> {
    let limit = args
        .limit
        .map(|limit| u32::try_from(limit).unwrap_or(u32::MAX));
    if args.since.is_none() && wanted.is_all() {
        let latest = EventList {
            since: None,
            limit: limit.unwrap_or(LATEST),
            ..EventList::default()
        };
        return Ok(daemon.ask(latest).await?.events);
    }
    let (mut after, from) = match args.since {
        Some(Begin::After(after)) => (after, Time(i64::MIN)),
        Some(Begin::Ago(seconds)) => (0, now.minus(Duration::from_secs(seconds))),
        Some(Begin::At(stamp)) => (0, stamp.into()),
        None => (0, Time(i64::MIN)),
    };
    let limit = args.limit;
    // Without a beginning it is the latest that are wanted, which nobody knows before the end.
    let latest = args.since.is_none().then(|| limit.unwrap_or(LATEST_FOUND));
    let most = latest.map_or(limit.unwrap_or(EVENTS_MAX), |_| EVENTS_MAX);
    let mut events: VecDeque<EventView> = VecDeque::new();
    while events.len() < most {
        let next = EventList {
            since: Some(after),
            limit: EVENTS_PER_PAGE,
            ..wanted.asked(from)
        };
        let EventPage {
            events: page,
            reached,
        } = daemon.ask(next).await?;
        // A daemon that chooses looks on from there, also where a page is empty.
        let last = reached.max(page.last().map(|last| last.seq));
        // A page that does not go on would have this go round for ever.
        let Some(last) = last.filter(|last| *last > after) else {
            break;
        };
        after = last;
        for event in page {
            if event.at >= from && wanted.has(&event, now) && events.len() < most {
                events.push_back(event);
            }
            if latest.is_some_and(|latest| events.len() > latest) {
                events.pop_front();
            }
        }
    }
    Ok(events.into())
}

/// Prints events until that fails for good; a daemon that restarts is waited for.
async fn follow(
    context: &mut Context<'_>,
    mut daemon: Daemon,
    mut since: u64,
    wanted: &Wanted,
) -> Failure {
    loop {
        let lost = match daemon.subscribe(since).await {
            Ok(subscription) => match print_stream(context, subscription, &mut since, wanted).await
            {
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
    wanted: &Wanted,
) -> Result<ClientError, Failure> {
    loop {
        match subscription.next().await {
            Some(Ok(StreamItem::Event(StreamEvent { event, .. }))) => {
                // After a reconnection the daemon may begin a little earlier.
                if event.seq > *since {
                    *since = event.seq;
                    if !wanted.has(&event, (context.io.now)()) {
                        continue;
                    }
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
