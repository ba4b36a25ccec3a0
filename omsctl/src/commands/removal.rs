//! Removing entries: which, whether that is meant, and waiting until nothing is left of them.

use dialoguer::Input;
use oms_proto::EntryId;
use oms_proto::request::{EntryRemove, StatusShow};

use super::wait::{self, Deadline, Removed};
use super::{Context, choose, find};
use crate::cli::QueueDelete;
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};

/// Most entries that a question names.
const NAMED_MAX: usize = 20;

/// When a person is asked whether the removal is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// Where it is of several.
    Several,
    /// In any case: the entries were chosen and not named.
    Any,
}

/// Removes the entries that are named or chosen, after a question where that is due.
pub(super) async fn delete(
    context: &mut Context<'_>,
    args: &QueueDelete,
    asks: Asks,
) -> Result<Exit, Failure> {
    let mut daemon = context.daemon().await?;
    let mut outcome = Ok(Exit::Done);
    let mut ids = Vec::new();
    for which in &args.which {
        match find::entry_id(&daemon, which).await {
            Ok(id) => ids.push(id),
            // The others are removed all the same.
            Err(failure) => outcome = context.worse(outcome, failure),
        }
    }
    let by_name = !args.which.is_empty();
    if !by_name {
        let chosen = choose::entries(context, &daemon, &args.entries, &args.filter).await?;
        ids.extend(chosen.iter().map(|entry| entry.id));
        if ids.is_empty() {
            context.note("no entry is as was asked for");
        }
    }
    ids.sort_unstable();
    ids.dedup();
    let is_due = ids.len() > 1 || (asks == Asks::Any && !ids.is_empty());
    if is_due && !args.yes {
        confirm(context, &ids)?;
    }
    let seq = if args.wait {
        daemon.ask(StatusShow {}).await?.seq
    } else {
        0
    };
    let mut removing = Vec::new();
    for id in ids {
        match remove(&daemon, id).await {
            Ok(asked) => {
                // One that was asked for earlier may have ended before.
                removing.push((id, if asked == Asked::Now { seq } else { 0 }));
                if !args.wait {
                    let already = if asked == Asked::Now { "" } else { " already" };
                    context.note(&format!("entry {id} is being removed{already}"));
                }
            }
            // The others are removed all the same.
            Err(failure) => outcome = context.worse(outcome, failure.of_entry(id)),
        }
    }
    if args.wait {
        return until_gone(context, &mut daemon, removing, args.timeout, outcome).await;
    }
    outcome
}

/// Waits until nothing is left of entries, each since an event.
pub(super) async fn until_gone(
    context: &mut Context<'_>,
    daemon: &mut Daemon,
    going: Vec<(EntryId, u64)>,
    timeout: Option<u32>,
    mut outcome: Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let clock = Deadline::after(timeout);
    for (id, since) in going {
        match wait::until_gone(context, daemon, id, &clock, since).await? {
            Removed::Gone => context.note(&format!("entry {id} is gone")),
            Removed::TimedOut => {
                let text = format!(
                    "entry {id} is not gone after {} s; OMS goes on removing what is to go",
                    timeout.unwrap_or_default()
                );
                outcome = context.worse(outcome, Failure::new(Exit::Timeout, text));
            }
            Removed::Interrupted => {
                let text =
                    "stopped waiting; OMS goes on removing\n  wait again with: omsctl queue wait \
                            --for gone "
                        .to_owned()
                        + &id.to_string();
                return Err(Failure::new(Exit::Interrupted, text));
            }
        }
    }
    outcome
}

/// When a removal was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Now,
    Earlier,
}

/// Asks for the removal. Where it is waited for, an entry that is being removed already is as
/// good as one that was just asked for, so that an interrupted command can be repeated.
async fn remove(daemon: &Daemon, id: EntryId) -> Result<Asked, Failure> {
    let Err(refused) = daemon.ask(EntryRemove { id }).await else {
        return Ok(Asked::Now);
    };
    let refused = Failure::from(refused);
    if refused.exit == Exit::NotFound && daemon.row(id).await?.is_some() {
        return Ok(Asked::Earlier);
    }
    Err(refused)
}

/// Has a person type how many entries are to go.
fn confirm(context: &Context<'_>, ids: &[EntryId]) -> Result<(), Failure> {
    let names: Vec<String> = ids
        .iter()
        .take(NAMED_MAX)
        .map(ToString::to_string)
        .collect();
    let more = if ids.len() > NAMED_MAX { ", ..." } else { "" };
    let count = match ids.len() {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    };
    let what = format!("{count} ({}{more})", names.join(", "));
    if !(context.io.terminals.stdin && context.io.terminals.stderr) {
        return Err(Failure::usage(format!(
            "this removes {what}; confirm it with --yes"
        )));
    }
    let typed: String = Input::new()
        .with_prompt(format!(
            "This removes {what} and their instances; type their number"
        ))
        .allow_empty(true)
        .interact_text()
        .map_err(|error| Failure::usage(format!("cannot ask: {error}; use --yes")))?;
    if typed.trim() == ids.len().to_string() {
        Ok(())
    } else {
        Err(Failure::new(Exit::Interrupted, "nothing was removed"))
    }
}
