//! Lists as they were asked for: which rows, in which order, once or whenever something changes.

use std::cmp::Ordering;
use std::time::Duration;

use oms_proto::columns::{Column, Condition, ENTRIES, Table};
use oms_proto::request::{EntryList, Paged, StatusShow};
use oms_proto::view::Status;
use oms_proto::{StreamItem, Time};

use super::wait::{self, Deadline, Return};
use super::{Context, find};
use crate::cli::{EntryFlags, RowFlags};
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};
use crate::render::{self, Record};

/// How long changes are gathered before a list is printed anew.
const GATHER: Duration = Duration::from_millis(500);

/// How often a list on a terminal is printed anew although nothing has changed, for the ages in it.
const AGE: Duration = Duration::from_secs(10);

/// Clears a terminal and begins at its top.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// In which order.
pub(super) struct Order<T: 'static>(Vec<(&'static Column<T>, bool)>);

impl<T> Order<T> {
    /// What a person wrote; what is wrong with it goes to `faults`.
    pub(super) fn read(
        table: &'static Table<T>,
        written: &[String],
        faults: &mut Vec<String>,
    ) -> Self {
        let mut order = Vec::new();
        for word in written {
            let (down, name) = word
                .strip_prefix('-')
                .map_or((false, word.as_str()), |name| (true, name));
            match table.column(name) {
                Some(column) => order.push((column, down)),
                None => faults.push(format!(
                    "--sort: there is no column {name}; there are {}",
                    table.keys().join(", ")
                )),
            }
        }
        Self(order)
    }

    /// Brings rows into it; what is alike stays as it was.
    pub(super) fn sort(&self, items: &mut [T], now: Time) {
        items.sort_by(|one, other| {
            let orders = self.0.iter().map(|(column, down)| {
                let order = column.order(one, other, now);
                if *down { order.reverse() } else { order }
            });
            orders.fold(Ordering::Equal, Ordering::then)
        });
    }
}

/// Which rows, in which order.
pub(super) struct Chosen<T: 'static> {
    table: &'static Table<T>,
    conditions: Vec<Condition>,
    order: Order<T>,
    limit: usize,
}

impl<T: Record> Chosen<T> {
    /// What the flags say, and what is said in `conditions` besides.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub(super) fn read(flags: &RowFlags, conditions: &[String]) -> Result<Self, Failure> {
        let mut faults = render::check_columns::<T>(&flags.columns.columns);
        let conditions = self::conditions(T::TABLE, conditions, &flags.filter, &mut faults);
        let order = Order::read(T::TABLE, &flags.sort, &mut faults);
        if !faults.is_empty() {
            return Err(Failure::usage(faults.join("\n  ")));
        }
        Ok(Self {
            table: T::TABLE,
            conditions,
            order,
            limit: flags.limit.unwrap_or(usize::MAX),
        })
    }

    /// The rows of these that were asked for.
    pub(super) fn of(&self, mut items: Vec<T>, now: Time) -> Vec<T> {
        items.retain(|item| hold(&self.conditions, self.table, item, now));
        self.order.sort(&mut items, now);
        items.truncate(self.limit);
        items
    }
}

/// Whether a row is as all conditions say.
pub(super) fn hold<T>(conditions: &[Condition], table: &Table<T>, item: &T, now: Time) -> bool {
    conditions.iter().all(|it| it.holds(table, item, now))
}

/// Conditions of our own, and those that a person wrote; what is wrong with these goes to `faults`.
pub(super) fn conditions<T>(
    table: &Table<T>,
    own: &[String],
    written: &[String],
    faults: &mut Vec<String>,
) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let read = own
        .iter()
        .chain(written)
        .map(|text| Condition::read(text, table));
    for condition in read {
        match condition {
            Ok(condition) => conditions.push(condition),
            Err(error) => faults.push(format!("--filter: {error}")),
        }
    }
    conditions
}

/// The statuses that the flags name; none means all but those being removed.
pub(super) fn statuses(flags: &EntryFlags) -> Vec<Status> {
    let words = flags.status.iter().map(|word| Status::of(word));
    words.collect()
}

/// What the daemon is asked for: what it leaves out need not come. One that is older leaves out
/// nothing, and patterns are not its business, so the conditions are looked at here as well.
pub(super) fn asked(flags: &EntryFlags) -> EntryList {
    let is_plain = |text: &&String| !text.contains(['*', ',']);
    EntryList {
        account: flags.account.as_ref().filter(is_plain).cloned(),
        // A comma is a part of a value; patterns are among the conditions.
        metadata: flags.exact_metadata(),
        ..EntryList::default()
    }
}

/// The entries that flags choose, for a command that does something about them.
pub(super) async fn entries(
    context: &Context<'_>,
    daemon: &Daemon,
    flags: &EntryFlags,
    filter: &[String],
) -> Result<Vec<oms_proto::view::EntryView>, Failure> {
    let mut faults = Vec::new();
    let conditions = conditions(&ENTRIES, &flags.conditions(), filter, &mut faults);
    if !faults.is_empty() {
        return Err(Failure::usage(faults.join("\n  ")));
    }
    let list = EntryList {
        status: statuses(flags),
        ..asked(flags)
    };
    let mut entries = daemon.ask_all(list).await?;
    let now = (context.io.now)();
    entries.retain(|entry| hold(&conditions, &ENTRIES, entry, now));
    if entries.is_empty() {
        find::check_account(daemon, flags.account.as_deref()).await?;
    }
    Ok(entries)
}

/// What a list shows.
pub(super) struct Listed<'a, T: 'static> {
    /// Which rows.
    pub(super) chosen: Chosen<T>,
    /// Whether with private keys.
    pub(super) with_keys: bool,
    /// What is said where there are none.
    pub(super) when_empty: &'a str,
    /// Whether it goes on.
    pub(super) watch: bool,
    /// The account of which something is looked for.
    pub(super) account: Option<String>,
}

/// Prints a list, and goes on doing so where that is wanted.
pub(super) async fn show<T: Record, P: Paged<Item = T>>(
    context: &mut Context<'_>,
    ask: P,
    listed: Listed<'_, T>,
) -> Result<Exit, Failure> {
    let mut daemon = context.daemon().await?;
    if !listed.watch {
        let items = items(context, &daemon, ask, &listed).await?;
        if items.is_empty() {
            find::check_account(&daemon, listed.account.as_deref()).await?;
        }
        let when_empty = if listed.chosen.conditions.is_empty() {
            listed.when_empty
        } else {
            "nothing that there is is as was asked for"
        };
        context.print_list(&items, when_empty)?;
        return Ok(Exit::Done);
    }
    let mut before = String::new();
    loop {
        let seen = tokio::select! {
            seen = look(context, &daemon, ask.clone(), &listed) => seen,
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
        };
        let changed = match seen {
            Ok((text, seq)) => {
                if text != before {
                    let clear = if context.io.terminals.stdout {
                        CLEAR
                    } else {
                        ""
                    };
                    context.io.print(&format!("{clear}{text}"))?;
                    before = text;
                }
                changed(context, &daemon, seq).await
            }
            Err(error) => Err(error),
        };
        match changed {
            Ok(true) => {}
            Ok(false) => return Ok(Exit::Interrupted),
            Err(Lost::Client(error)) => {
                context.note(&format!("{error}; trying again"));
                match wait::come_back(&mut daemon, error, &Deadline::after(None)).await? {
                    Return::Back | Return::TimeOver => {}
                    Return::Interrupted => return Ok(Exit::Interrupted),
                }
            }
            Err(Lost::Print(failure)) => return Err(failure),
        }
    }
}

/// Why a list cannot be gone on with.
enum Lost {
    Client(oms_proto::ClientError),
    Print(Failure),
}

async fn items<T: Record, P: Paged<Item = T>>(
    context: &Context<'_>,
    daemon: &Daemon,
    ask: P,
    listed: &Listed<'_, T>,
) -> Result<Vec<T>, oms_proto::ClientError> {
    let items = daemon.ask_all(ask).await?;
    let mut items = listed.chosen.of(items, (context.io.now)());
    if !listed.with_keys {
        items.iter_mut().for_each(Record::hide_keys);
    }
    Ok(items)
}

/// The list as text, and the event before which it was read.
async fn look<T: Record, P: Paged<Item = T>>(
    context: &Context<'_>,
    daemon: &Daemon,
    ask: P,
    listed: &Listed<'_, T>,
) -> Result<(String, u64), Lost> {
    let status = daemon.ask(StatusShow {}).await.map_err(Lost::Client)?;
    let items = items(context, daemon, ask, listed)
        .await
        .map_err(Lost::Client)?;
    let text = render::list(&items, &context.style()).map_err(Lost::Print)?;
    Ok((text, status.seq))
}

/// Waits until something has happened after an event, or until ages want to be written anew; `false`
/// for Ctrl-C.
async fn changed(context: &Context<'_>, daemon: &Daemon, since: u64) -> Result<bool, Lost> {
    let happened = async {
        let mut subscription = daemon.subscribe(since).await?;
        loop {
            match subscription.next().await {
                Some(Ok(StreamItem::Event(_) | StreamItem::Missed(_) | StreamItem::Changed(_))) => {
                    tokio::time::sleep(GATHER).await;
                    return Ok(true);
                }
                Some(Ok(StreamItem::Snapshot(_) | StreamItem::Unknown)) => {}
                Some(Err(error)) => return Err(error),
                None => return Err(oms_proto::ClientError::Closed),
            }
        }
    };
    let aged = async {
        if context.io.terminals.stdout {
            tokio::time::sleep(AGE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        happened = happened => happened.map_err(Lost::Client),
        () = aged => Ok(true),
        _ = tokio::signal::ctrl_c() => Ok(false),
    }
}
