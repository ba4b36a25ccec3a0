//! From the names that people give to what they mean.

use oms_proto::EntryId;
use oms_proto::request::{
    AccountList, AccountShow, EntryList, EntryShow, InstanceList, InstanceShow,
};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{EntryView, InstanceView, Status};

use crate::cli::{EntryName, InstanceName};
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};

/// Fewer letters than this of a server's id could be the begin of a word.
const ID_LETTERS_MIN: usize = 4;

/// Most ids that a message names.
const NAMED_MAX: usize = 10;

/// The id of the entry that is meant.
pub(super) async fn entry_id(daemon: &Daemon, which: &EntryName) -> Result<EntryId, Failure> {
    let name = match which {
        EntryName::Id(id) => return Ok(*id),
        EntryName::Name(name) => name,
    };
    let list = EntryList {
        status: Status::ALL.to_vec(),
        ..EntryList::default()
    };
    let mut entries = daemon.ask_all(list).await?;
    entries.retain(|entry| is_named(entry, name));
    // One that is going stands back behind one that is there.
    if entries.iter().any(|entry| entry.status != Status::Destroy) {
        entries.retain(|entry| entry.status != Status::Destroy);
    }
    match entries.as_slice() {
        [entry] => Ok(entry.id),
        [] => Err(Failure::new(
            Exit::NotFound,
            format!("there is no entry named {name}; see: omsctl queue list"),
        )),
        several => {
            let ids = several.iter().take(NAMED_MAX).map(|it| it.id.to_string());
            let ids: Vec<String> = ids.collect();
            Err(Failure::usage(format!(
                "there are {} entries named {name}; name one by its id: {}",
                several.len(),
                ids.join(", ")
            )))
        }
    }
}

/// Tells an account that there is not from one of which there is nothing: for commands that have found
/// nothing, since of an account that was removed something may be left to find.
pub(super) async fn check_account(daemon: &Daemon, name: Option<&str>) -> Result<(), Failure> {
    // Several, or some of a pattern, may well be none.
    if let Some(name) = name.filter(|name| !name.contains(['*', ','])) {
        let name = name.to_owned();
        daemon.ask(AccountShow { name }).await?;
    }
    Ok(())
}

/// Tells an entry that there is not from one of which nothing was found.
pub(super) async fn check_entry(daemon: &Daemon, id: Option<EntryId>) -> Result<(), Failure> {
    let Some(id) = id else { return Ok(()) };
    match daemon.row(id).await? {
        Some(_) => Ok(()),
        None => Err(Failure::new(
            Exit::NotFound,
            format!(
                "there is no entry {id}, and no such event of it; see: omsctl queue list --all"
            ),
        )),
    }
}

/// The refusal of a request that names accounts which there are not, as what it is.
pub(super) async fn unknown_accounts(
    daemon: &Daemon,
    spec: &EntrySpec,
    refused: Failure,
) -> Failure {
    let of_accounts = |flag: &String| matches!(flag.as_str(), "--account" | "--avoid-account");
    if refused.fields.is_empty() || !refused.fields.keys().all(of_accounts) {
        return refused;
    }
    let Ok(known) = daemon.ask_all(AccountList::default()).await else {
        return refused;
    };
    let lists = [&spec.accounts, &spec.avoid_accounts].into_iter();
    let mut named = lists.flatten().flatten();
    let is_known = |name: &String| known.iter().any(|account| account.name == *name);
    if named.all(is_known) {
        return refused;
    }
    Failure {
        fields: refused.fields,
        ..Failure::new(Exit::NotFound, refused.message)
    }
}

fn is_named(entry: &EntryView, name: &str) -> bool {
    let server = entry.instance.as_ref().map(|there| there.name.as_str());
    entry.name.as_deref() == Some(name) || server == Some(name)
}

/// The entry that is meant, also while it is being removed.
pub(super) async fn entry(daemon: &Daemon, which: &EntryName) -> Result<EntryView, Failure> {
    let id = entry_id(daemon, which).await?;
    match daemon.ask(EntryShow { id }).await.map_err(Failure::from) {
        Err(failure) if failure.exit == Exit::NotFound => daemon.row(id).await?.ok_or(failure),
        answered => answered,
    }
}

/// The instance that an entry has.
pub(super) async fn instance_of(
    daemon: &Daemon,
    which: &EntryName,
) -> Result<InstanceView, Failure> {
    let entry = entry(daemon, which).await?;
    let (id, status) = (entry.id, entry.status);
    let advice = match status {
        Status::Failed => format!("why: omsctl queue explain {id}"),
        Status::Destroy => "it is being removed".to_owned(),
        _ => format!("wait with: omsctl queue wait {id}"),
    };
    entry.instance.ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            format!("entry {id} has no instance, it is {status}; {advice}"),
        )
    })
}

/// The instance of this id, server name, or server id or its begin.
pub(super) async fn instance(daemon: &Daemon, which: &str) -> Result<InstanceView, Failure> {
    let text = match InstanceName::from(which) {
        InstanceName::Id(id) => return Ok(daemon.ask(InstanceShow { id }).await?),
        InstanceName::Text(text) => text,
    };
    let instances = daemon.ask_all(InstanceList::default()).await?;
    let exact = |it: &&InstanceView| it.name == text || it.instance_id == text;
    let begins =
        |it: &&InstanceView| text.len() >= ID_LETTERS_MIN && it.instance_id.starts_with(&text);
    let mut fits: Vec<&InstanceView> = instances.iter().filter(exact).collect();
    if fits.is_empty() {
        fits = instances.iter().filter(begins).collect();
    }
    match fits.as_slice() {
        // The list may leave out what showing one tells.
        [instance] => Ok(daemon.ask(InstanceShow { id: instance.id }).await?),
        [] => Err(Failure::new(
            Exit::NotFound,
            format!("no instance named {text}; see: omsctl instance list"),
        )),
        several => {
            let ids = several.iter().take(NAMED_MAX).map(|it| it.id.to_string());
            let ids: Vec<String> = ids.collect();
            Err(Failure::usage(format!(
                "there are {} instances named {text}; name one by its id: {}",
                several.len(),
                ids.join(", ")
            )))
        }
    }
}
