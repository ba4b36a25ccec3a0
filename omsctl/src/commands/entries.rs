//! `omsctl queue retry|hold|release`: one wish for several entries.

use oms_proto::request::{EntryHold, EntryRetry};
use oms_proto::view::EntryView;
use oms_proto::{Ask, EntryId};

use super::{Context, find};
use crate::cli::EntryNames;
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};

pub(super) async fn retry(context: &mut Context<'_>, names: EntryNames) -> Result<Exit, Failure> {
    let said = |id| format!("entry {id} is tried again");
    each(context, names, |id| EntryRetry { id }, said).await
}

pub(super) async fn hold(
    context: &mut Context<'_>,
    names: EntryNames,
    held: bool,
) -> Result<Exit, Failure> {
    let said = |id| {
        if held {
            format!("entry {id} is held, and cannot be removed until: omsctl queue release {id}")
        } else {
            format!("entry {id} can be removed again")
        }
    };
    each(context, names, |id| EntryHold { id, held }, said).await
}

/// Asks the same of every entry; those that follow one that is refused are asked all the same.
async fn each<A: Ask<Answer = EntryView>>(
    context: &mut Context<'_>,
    names: EntryNames,
    wish: impl Fn(EntryId) -> A,
    said: impl Fn(EntryId) -> String,
) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let mut outcome = Ok(Exit::Done);
    for which in &names.which {
        match ask(&daemon, which, &wish).await {
            Ok(entry) => {
                context.changed(&entry, &said(entry.id))?;
            }
            Err(failure) => outcome = context.worse(outcome, failure),
        }
    }
    outcome
}

async fn ask<A: Ask<Answer = EntryView>>(
    daemon: &Daemon,
    which: &crate::cli::EntryName,
    wish: impl Fn(EntryId) -> A,
) -> Result<EntryView, Failure> {
    let id = find::entry_id(daemon, which).await?;
    let refused = match daemon.ask(wish(id)).await {
        Ok(entry) => return Ok(entry),
        Err(error) => Failure::from(error),
    };
    if refused.exit == Exit::NotFound && daemon.row(id).await?.is_some() {
        let text = format!("entry {id} is being removed");
        return Err(Failure::new(Exit::NotFound, text));
    }
    Err(refused.of_entry(id))
}
