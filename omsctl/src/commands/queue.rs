//! `omsctl queue ...`

use std::collections::BTreeMap;
use std::path::Path;

use dialoguer::Confirm;
use oms_proto::EntryId;
use oms_proto::request::{
    EntryCreate, EntryExplain, EntryList, EntryRemove, EntryShow, StatusShow,
};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{EntryView, Status};

use super::Context;
use super::wait::{self, Deadline, Removed, Waited};
use crate::cli::value::some_names;
use crate::cli::{QueueCommand, QueueCreate, QueueDelete, QueueList, QueueWait};
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};
use crate::render;

/// Most bytes of user data, so that its base64 form stays within Nova's 65,535.
const USER_DATA_BYTES_MAX: u64 = 49_149;

/// Most bytes of a public key file; the largest RSA keys have three thousand.
const PUBLIC_KEY_BYTES_MAX: u64 = 16 * 1024;

pub(super) async fn run(context: &mut Context<'_>, command: QueueCommand) -> Result<Exit, Failure> {
    match command {
        QueueCommand::Create(args) => create(context, *args).await,
        QueueCommand::List(args) => list(context, &args).await,
        QueueCommand::Show { id } => {
            let entry = context.daemon().await?.ask(EntryShow { id }).await?;
            context.print_one(&entry)?;
            Ok(Exit::Done)
        }
        QueueCommand::Delete(args) => delete(context, &args).await,
        QueueCommand::Wait(args) => wait(context, &args).await,
        QueueCommand::Explain { id } => explain(context, id).await,
    }
}

async fn create(context: &mut Context<'_>, args: QueueCreate) -> Result<Exit, Failure> {
    let (waits, timeout) = (args.wait, args.timeout);
    let idempotency_key = args.idempotency_key.clone();
    // The files are read before anything is asked for.
    let spec = spec(context, args)?;
    let mut daemon = context.daemon().await?;
    let since = since(context, &daemon, waits).await?;
    let entry = daemon
        .ask(EntryCreate {
            spec,
            idempotency_key,
        })
        .await
        .map_err(|error| maybe_accepted(error.into()))?;
    if !waits {
        context.print_one(&entry)?;
        return Ok(Exit::Done);
    }
    if context.shows_progress() {
        context.note(&format!("entry {} accepted", entry.id));
    }
    follow(context, &mut daemon, entry.id, timeout, since).await
}

/// A request that got no answer may have been heard.
fn maybe_accepted(mut failure: Failure) -> Failure {
    if failure.exit == Exit::Unreachable {
        failure.message.push_str(
            "\n  the entry may have been accepted all the same, see: omsctl queue list\n  with \
             --idempotency-key a request can be sent again without a second instance",
        );
    }
    failure
}

/// Where to begin with the news for people who watch.
async fn since(
    context: &Context<'_>,
    daemon: &Daemon,
    waits: bool,
) -> Result<Option<u64>, Failure> {
    if waits && context.shows_progress() {
        Ok(Some(daemon.ask(StatusShow {}).await?.seq))
    } else {
        Ok(None)
    }
}

fn spec(context: &mut Context<'_>, args: QueueCreate) -> Result<EntrySpec, Failure> {
    let stdin = Some(Path::new("-"));
    if args.user_data.as_deref() == stdin && args.public_key.as_deref() == stdin {
        return Err(Failure::usage(
            "standard input can be the user data or the public key, not both",
        ));
    }
    let user_data = match &args.user_data {
        Some(path) => Some(context.io.read_text(path, USER_DATA_BYTES_MAX)?),
        None => None,
    };
    let public_key = match &args.public_key {
        Some(path) => Some(public_key(context, path)?),
        None => None,
    };
    Ok(EntrySpec {
        name: args.name,
        machine: args.machine.into(),
        user_data,
        metadata: metadata(args.metadata)?,
        public_key,
        key_type: args.key_type.map(Into::into),
        accounts: some_names(args.accounts),
        avoid_accounts: some_names(args.avoid_accounts),
        deadline_seconds: args.deadline_seconds,
    })
}

fn public_key(context: &mut Context<'_>, path: &Path) -> Result<String, Failure> {
    let text = context.io.read_text(path, PUBLIC_KEY_BYTES_MAX)?;
    if text.contains("PRIVATE KEY") {
        return Err(Failure::usage(format!(
            "{}: this is a private key, and it stays here; give the public one, mostly the file \
             with .pub at the end",
            path.display()
        )));
    }
    Ok(text.trim().to_owned())
}

fn metadata(pairs: Vec<(String, String)>) -> Result<Option<BTreeMap<String, String>>, Failure> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let mut metadata = BTreeMap::new();
    for (key, value) in pairs {
        if let Some(before) = metadata.insert(key.clone(), value) {
            return Err(Failure::usage(format!(
                "--metadata {key} is given twice, first as '{before}'"
            )));
        }
    }
    Ok(Some(metadata))
}

async fn list(context: &mut Context<'_>, args: &QueueList) -> Result<Exit, Failure> {
    let status = if args.all {
        Status::ALL.to_vec()
    } else {
        args.status.clone()
    };
    let list = EntryList {
        status,
        ..EntryList::default()
    };
    let entries = context.daemon().await?.ask_all(list).await?;
    context.print_list(&entries, "no entries")?;
    Ok(Exit::Done)
}

async fn wait(context: &mut Context<'_>, args: &QueueWait) -> Result<Exit, Failure> {
    let mut daemon = context.daemon().await?;
    let since = since(context, &daemon, true).await?;
    follow(context, &mut daemon, args.id, args.timeout, since).await
}

/// Waits, prints the entry whatever came of it, and says so in the exit code.
async fn follow(
    context: &mut Context<'_>,
    daemon: &mut Daemon,
    id: EntryId,
    timeout: Option<u32>,
    since: Option<u64>,
) -> Result<Exit, Failure> {
    match wait::until_settled(context, daemon, id, timeout, since).await? {
        Waited::Settled(entry) => {
            context.print_one(&entry)?;
            settled(&entry)
        }
        Waited::TimedOut(entry) => {
            let mut waited = format!("not running after {} s", timeout.unwrap_or_default());
            if let Some(entry) = entry {
                context.print_one(&entry)?;
                waited = format!("{waited}, it is {}", entry.status);
            }
            Err(wait::goes_on(id, &waited, Exit::Timeout))
        }
        Waited::Interrupted => Err(wait::goes_on(id, "stopped waiting", Exit::Interrupted)),
    }
}

fn settled(entry: &EntryView) -> Result<Exit, Failure> {
    let id = entry.id;
    match entry.status {
        Status::Failed => {
            let reason = entry.reason.as_deref().unwrap_or("no reason is given");
            Err(Failure::new(
                Exit::Failed,
                format!("entry {id} FAILED: {reason}\n  every attempt: omsctl queue explain {id}"),
            ))
        }
        Status::Destroy => Err(Failure::new(
            Exit::NotFound,
            format!("entry {id} is being removed"),
        )),
        Status::Run | Status::Request | Status::Recive | Status::Boot | Status::Unknown => {
            Ok(Exit::Done)
        }
    }
}

async fn delete(context: &mut Context<'_>, args: &QueueDelete) -> Result<Exit, Failure> {
    let mut ids = args.ids.clone();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > 1 && !args.yes {
        confirm(context, &ids)?;
    }
    let mut daemon = context.daemon().await?;
    let seq = if args.wait {
        daemon.ask(StatusShow {}).await?.seq
    } else {
        0
    };
    let mut outcome = Ok(Exit::Done);
    let mut removing = Vec::new();
    for id in ids {
        match remove(&daemon, id, args.wait).await {
            Ok(asked) => {
                // One that was asked for earlier may have ended before.
                removing.push((id, if asked == Asked::Now { seq } else { 0 }));
                if !args.wait {
                    context.note(&format!("entry {id} is being removed"));
                }
            }
            // The others are removed all the same.
            Err(failure) => outcome = worse(context, outcome, failure.of_entry(id)),
        }
    }
    if args.wait {
        let clock = Deadline::after(args.timeout);
        for (id, since) in removing {
            match wait::until_gone(context, &mut daemon, id, &clock, since).await? {
                Removed::Gone => context.note(&format!("entry {id} is gone")),
                Removed::TimedOut => {
                    let text = format!(
                        "entry {id} is not gone after {} s; OMS goes on removing it",
                        args.timeout.unwrap_or_default()
                    );
                    outcome = worse(context, outcome, Failure::new(Exit::Timeout, text));
                }
                Removed::Interrupted => {
                    return Err(Failure::new(
                        Exit::Interrupted,
                        "stopped waiting; OMS goes on removing",
                    ));
                }
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
async fn remove(daemon: &Daemon, id: EntryId, waits: bool) -> Result<Asked, Failure> {
    let Err(refused) = daemon.ask(EntryRemove { id }).await else {
        return Ok(Asked::Now);
    };
    let refused = Failure::from(refused);
    if waits && refused.exit == Exit::NotFound && daemon.removing(id).await?.is_some() {
        return Ok(Asked::Earlier);
    }
    Err(refused)
}

/// Keeps the first failure for the end and reports the others where they happen.
fn worse(
    context: &mut Context<'_>,
    outcome: Result<Exit, Failure>,
    failure: Failure,
) -> Result<Exit, Failure> {
    if outcome.is_ok() {
        return Err(failure);
    }
    context.io.say(&format!("omsctl: {failure}"));
    outcome
}

fn confirm(context: &Context<'_>, ids: &[EntryId]) -> Result<(), Failure> {
    let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let what = format!("{} entries ({})", ids.len(), names.join(", "));
    if !(context.io.terminals.stdin && context.io.terminals.stderr) {
        return Err(Failure::usage(format!(
            "this removes {what}; confirm it with --yes"
        )));
    }
    let agreed = Confirm::new()
        .with_prompt(format!("Remove {what} and their instances?"))
        .default(false)
        .interact()
        .map_err(|error| Failure::usage(format!("cannot ask: {error}; use --yes")))?;
    if agreed {
        Ok(())
    } else {
        Err(Failure::new(Exit::Interrupted, "nothing was removed"))
    }
}

impl Failure {
    /// Names the entry that it concerns.
    fn of_entry(mut self, id: EntryId) -> Self {
        self.message = format!("entry {id}: {}", self.message);
        self
    }
}

async fn explain(context: &mut Context<'_>, id: EntryId) -> Result<Exit, Failure> {
    let story = context.daemon().await?.ask(EntryExplain { id }).await?;
    let text = render::story(&story, &context.style())?;
    context.io.print(&text)?;
    Ok(Exit::Done)
}
