//! `omsctl queue ...`

use std::collections::BTreeMap;
use std::path::Path;

use oms_proto::EntryId;
use oms_proto::request::{EntryCreate, EntryExplain, EntryList, EntryPreview, StatusShow};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{ChoiceView, EntryView, Status};

use super::choose::{self, Chosen, Listed};
use super::removal::{self, Asks};
use super::wait::{self, Deadline, Waited};
use super::{Context, entries, find, gather};
use crate::cli::value::some_names;
use crate::cli::{EntryName, QueueCommand, QueueCreate, QueueList, QueueShow, QueueWait, Until};
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};
use crate::faults::Faults;
use crate::flags;
use crate::render::{self, Record as _};

/// Most bytes of user data, so that its base64 form stays within Nova's 65,535.
const USER_DATA_BYTES_MAX: u64 = 49_149;

/// Most bytes of a public key file; the largest RSA keys have three thousand.
const PUBLIC_KEY_BYTES_MAX: u64 = 16 * 1024;

pub(super) async fn run(context: &mut Context<'_>, command: QueueCommand) -> Result<Exit, Failure> {
    match command {
        QueueCommand::Create(args) => create(context, *args).await,
        QueueCommand::List(args) => list(context, args).await,
        QueueCommand::Show(args) => show(context, args).await,
        QueueCommand::Delete(args) => {
            let asks = if args.which.is_empty() {
                Asks::Any
            } else {
                Asks::Several
            };
            removal::delete(context, &args, asks).await
        }
        QueueCommand::Wait(args) => wait(context, &args).await,
        QueueCommand::Retry(names) => entries::retry(context, names).await,
        QueueCommand::Hold(names) => entries::hold(context, names, true).await,
        QueueCommand::Release(names) => entries::hold(context, names, false).await,
        QueueCommand::Explain { which } => explain(context, &which).await,
    }
}

async fn create(context: &mut Context<'_>, args: QueueCreate) -> Result<Exit, Failure> {
    if args.dry_run {
        return preview(context, args).await;
    }
    let (waits, timeout, count) = (args.wait, args.timeout, args.count);
    let mut faults = Faults::default();
    faults.see(context.check_columns::<EntryView>(args.columns.clone()));
    let key = args.idempotency_key.clone();
    // The files are read before anything is asked for.
    let spec = spec(context, args, faults).await?;
    let mut daemon = context.daemon().await?;
    let since = since(context, &daemon, waits).await?;
    let mut entries: Vec<EntryView> = Vec::new();
    for number in 1..=count {
        let numbered = |text: &String| {
            if count == 1 {
                text.clone()
            } else {
                format!("{text}-{number}")
            }
        };
        let ask = EntryCreate {
            spec: EntrySpec {
                name: spec.name.as_ref().map(numbered),
                ..spec.clone()
            },
            idempotency_key: key.as_ref().map(numbered),
        };
        match daemon.ask(ask).await {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                let refused = flags::in_flags_with_name(error.into());
                let refused = find::unknown_accounts(&daemon, &spec, refused).await;
                let failure = maybe_accepted(refused);
                if !entries.is_empty() {
                    context.print_list(&entries, "")?;
                }
                return Err(some_accepted(failure, entries.len(), count));
            }
        }
    }
    let ids: Vec<EntryId> = entries.iter().map(|entry| entry.id).collect();
    if waits {
        if context.shows_progress() {
            let accepted = ids.iter().map(|id| format!("entry {id} accepted"));
            context.note(&accepted.collect::<Vec<_>>().join("\n"));
        }
        return follow(context, &mut daemon, &ids, timeout, since).await;
    }
    match entries.as_slice() {
        [entry] => {
            let id = entry.id;
            let advice = format!("entry {id} accepted; wait with: omsctl queue wait {id}");
            context.changed(entry, &advice)?;
        }
        several => context.print_list(several, "")?,
    }
    Ok(Exit::Done)
}

/// Tells what would become of it.
async fn preview(context: &mut Context<'_>, args: QueueCreate) -> Result<Exit, Failure> {
    let count = args.count;
    let mut faults = Faults::default();
    faults.see(context.check_columns::<ChoiceView>(args.columns.clone()));
    let spec = spec(context, args, faults).await?;
    let daemon = context.daemon().await?;
    let asked = daemon.ask(EntryPreview { spec: spec.clone() }).await;
    let preview = match asked {
        Ok(preview) => preview,
        Err(error) => {
            let refused = flags::in_flags_with_name(error.into());
            return Err(find::unknown_accounts(&daemon, &spec, refused).await);
        }
    };
    let text = render::preview(&preview, &context.style())?;
    context.io.print(&text)?;
    if preview.left_out > 0 {
        context.note(&format!("{} accounts more are not shown", preview.left_out));
    }
    if preview.account.is_some() {
        let asked = [
            ("image", &spec.machine.image),
            ("flavor", &spec.machine.flavor),
        ];
        let asked = asked.map(|(what, name)| Some(format!("{what} {}", name.as_ref()?)));
        let asked: Vec<String> = asked.into_iter().flatten().collect();
        if !asked.is_empty() {
            context.note(&format!(
                "whether they have {} is asked of them when it is launched; see: omsctl account \
                 offers NAME",
                asked.join(" and ")
            ));
        }
        if count > 1 {
            context.note(&format!(
                "the same goes for each of the {count}, as long as there is room"
            ));
        }
        return Ok(Exit::Done);
    }
    let message = if preview.choices.is_empty() {
        "there is no account; add one with: omsctl account add --help"
    } else {
        "no account would take it now; it would wait"
    };
    Err(Failure::new(Exit::Failed, message))
}

/// How far it came before it failed.
fn some_accepted(mut failure: Failure, accepted: usize, count: u32) -> Failure {
    if count > 1 {
        let message = failure.message;
        failure.message = format!("{accepted} of {count} entries were accepted; then: {message}");
    }
    failure
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

/// What the flags of a command describe, or all that is wrong with them.
async fn spec(
    context: &mut Context<'_>,
    args: QueueCreate,
    mut faults: Faults,
) -> Result<EntrySpec, Failure> {
    let stdin = Some(Path::new("-"));
    if args.user_data.as_deref() == stdin && args.public_key.as_deref() == stdin {
        faults.tell("standard input can be the user data or the public key, not both");
    }
    let mut user_data = None;
    if let Some(path) = &args.user_data {
        user_data = faults.see(context.io.read_text(path, USER_DATA_BYTES_MAX));
    }
    let mut public = None;
    if let Some(path) = &args.public_key {
        public = faults.see(public_key(context, path));
    }
    let spec = EntrySpec {
        name: args.name,
        machine: args.machine.into(),
        user_data,
        metadata: metadata(args.metadata, &mut faults),
        public_key: public,
        key_type: args.key_type.map(Into::into),
        accounts: some_names(args.accounts),
        avoid_accounts: some_names(args.avoid_accounts),
        deadline_seconds: args.deadline_seconds,
    };
    if !faults.is_empty() {
        // It tells the rest, where it can be asked, and nothing comes of a question.
        let refused = match context.daemon().await {
            Ok(daemon) => daemon.ask(EntryPreview { spec: spec.clone() }).await.err(),
            Err(_) => None,
        };
        let refused = refused.map(|error| flags::in_flags_with_name(error.into()));
        faults.see(
            refused
                .filter(|it| !it.fields.is_empty())
                .map_or(Ok(()), Err),
        );
    }
    faults.unless_any(Some(spec))
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

fn metadata(pairs: Vec<(String, String)>, faults: &mut Faults) -> Option<BTreeMap<String, String>> {
    let mut metadata = BTreeMap::new();
    for (key, value) in pairs {
        if let Some(before) = metadata.insert(key.clone(), value) {
            faults.tell(format!(
                "--metadata {key} is given twice, first as '{before}'"
            ));
        }
    }
    Some(metadata).filter(|metadata| !metadata.is_empty())
}

async fn list(context: &mut Context<'_>, args: QueueList) -> Result<Exit, Failure> {
    let status = if args.all {
        Status::ALL.to_vec()
    } else {
        choose::statuses(&args.entries)
    };
    let listed = Listed {
        chosen: Chosen::read(&args.list.rows, &args.entries.conditions())?,
        with_keys: args.keys.with_keys,
        when_empty: "no entries",
        watch: args.list.watch,
        account: args.entries.account.clone(),
    };
    context.show_columns(args.list.rows.columns);
    let list = EntryList {
        status,
        ..choose::asked(&args.entries)
    };
    choose::show(context, list, listed).await
}

async fn show(context: &mut Context<'_>, args: QueueShow) -> Result<Exit, Failure> {
    context.check_columns::<EntryView>(args.columns)?;
    let daemon = context.daemon().await?;
    let entry = find::entry(&daemon, &args.which).await?;
    context.print_one(&entry)?;
    Ok(Exit::Done)
}

async fn wait(context: &mut Context<'_>, args: &QueueWait) -> Result<Exit, Failure> {
    context.check_columns::<EntryView>(args.columns.clone())?;
    let mut daemon = context.daemon().await?;
    let mut ids = Vec::new();
    for which in &args.which {
        ids.push(find::entry_id(&daemon, which).await?);
    }
    match args.until {
        Until::Run => {
            let since = since(context, &daemon, true).await?;
            follow(context, &mut daemon, &ids, args.timeout, since).await
        }
        Until::Gone => {
            let going = ids.into_iter().map(|id| (id, 0)).collect();
            removal::until_gone(context, &mut daemon, going, args.timeout, Ok(Exit::Done)).await
        }
    }
}

/// Waits, prints the entries whatever came of them, and says so in the exit code.
async fn follow(
    context: &mut Context<'_>,
    daemon: &mut Daemon,
    ids: &[EntryId],
    timeout: Option<u32>,
    since: Option<u64>,
) -> Result<Exit, Failure> {
    let clock = Deadline::after(timeout);
    let mut entries = Vec::new();
    let mut outcome = Ok(Exit::Done);
    let mut late = Vec::new();
    let waited = match ids {
        [id] => {
            let waited = wait::until_settled(context, daemon, *id, &clock, since).await;
            vec![(*id, waited)]
        }
        several => gather::all(context, daemon, several, &clock).await?,
    };
    for (id, waited) in waited {
        match waited {
            Ok(Waited::Settled(entry)) => {
                if let Err(failure) = settled(&entry) {
                    outcome = context.worse(outcome, failure);
                }
                entries.push(entry);
            }
            Ok(Waited::TimedOut(entry)) => {
                late.push(id);
                entries.extend(entry);
            }
            Ok(Waited::Interrupted) => {
                return Err(wait::goes_on(ids, "stopped waiting", Exit::Interrupted));
            }
            Err(failure) if ids.len() == 1 => return Err(failure),
            Err(failure) => outcome = context.worse(outcome, failure.of_entry(id)),
        }
    }
    match entries.as_slice() {
        [entry] if ids.len() == 1 => context.print_one(entry)?,
        several if ids.len() > 1 => context.print_list(several, "")?,
        _ => {}
    }
    if !late.is_empty() {
        let mut waited = format!("not running after {} s", timeout.unwrap_or_default());
        if let ([entry], 1) = (entries.as_slice(), ids.len()) {
            waited = format!("{waited}, it is {}", entry.status);
        }
        outcome = context.worse(outcome, wait::goes_on(&late, &waited, Exit::Timeout));
    }
    outcome
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

pub(super) async fn explain(context: &mut Context<'_>, which: &EntryName) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let id = find::entry_id(&daemon, which).await?;
    let mut story = daemon.ask(EntryExplain { id }).await?;
    // It is told to others.
    story.entry.hide_keys();
    let text = render::story(&story, &context.style())?;
    context.io.print(&text)?;
    Ok(Exit::Done)
}
