//! What shells offer where a word is to be completed: what there is at the daemon just now.
//!
//! A shell asks through the variable [`VARIABLE`] while its user waits, so whoever is slow or away
//! offers nothing, and says nothing about it.

use std::path::PathBuf;
use std::time::Duration;

use clap_complete::CompletionCandidate;
use oms_proto::Ask;
use oms_proto::request::{AccountList, EntryList, InstanceList, TokenList, UserList};
use oms_proto::response::{AccountPage, EntryPage, InstancePage, TokenPage, UserPage};
use oms_proto::view::Status;

use crate::daemon::{DEFAULT_SOCKET, Daemon};

/// Says that a shell asks, and which one.
pub(crate) const VARIABLE: &str = "OMSCTL_COMPLETE";

/// How long the daemon has.
const PATIENCE: Duration = Duration::from_millis(700);

/// Most that is offered: more is not read, and a shell asks again with more letters.
const OFFERED_MAX: u32 = 500;

/// Entries, the names first.
pub(crate) fn entries() -> Vec<CompletionCandidate> {
    let list = EntryList {
        status: Status::ALL.to_vec(),
        limit: Some(OFFERED_MAX),
        ..EntryList::default()
    };
    let page = ask(list).unwrap_or_default();
    let EntryPage { entries, .. } = page;
    let mut offered = Vec::new();
    for entry in &entries {
        let (id, status) = (entry.id, entry.status);
        let name = entry.name.as_deref().unwrap_or_default();
        offered.push(candidate(&id.to_string(), &format!("{status} {name}")));
        if !name.is_empty() {
            offered.push(candidate(name, &format!("{status} entry {id}")));
        }
    }
    offered
}

/// Instances by id and by server name.
pub(crate) fn instances() -> Vec<CompletionCandidate> {
    let list = InstanceList {
        limit: Some(OFFERED_MAX),
        ..InstanceList::default()
    };
    let InstancePage { instances, .. } = ask(list).unwrap_or_default();
    let mut offered = Vec::new();
    for it in &instances {
        let address = it.ip_addr.as_deref().unwrap_or_default();
        offered.push(candidate(
            &it.id.to_string(),
            &format!("{} {address}", it.name),
        ));
        offered.push(candidate(
            &it.name,
            &format!("{} at {}", it.id, it.account.name),
        ));
    }
    offered
}

/// Accounts by name.
pub(crate) fn accounts() -> Vec<CompletionCandidate> {
    let AccountPage { accounts, .. } = ask(AccountList::default()).unwrap_or_default();
    let names = accounts.iter();
    names
        .map(|it| candidate(&it.name, it.status.as_str()))
        .collect()
}

/// Tokens by name.
pub(crate) fn tokens() -> Vec<CompletionCandidate> {
    let TokenPage { tokens } = ask(TokenList {}).unwrap_or_default();
    let names = tokens.iter();
    names
        .map(|it| candidate(&it.name, it.role.as_str()))
        .collect()
}

/// Users by name.
pub(crate) fn users() -> Vec<CompletionCandidate> {
    let UserPage { users } = ask(UserList {}).unwrap_or_default();
    let names = users.iter();
    names
        .map(|it| candidate(&it.name, it.role.as_str()))
        .collect()
}

fn candidate(word: &str, help: &str) -> CompletionCandidate {
    let help = crate::render::human::clean(help);
    CompletionCandidate::new(word).help(Some(help.into()))
}

/// Asks the daemon in the time that there is.
fn ask<A: Ask>(question: A) -> Option<A::Answer> {
    let socket =
        std::env::var_os("OMS_SOCKET").map_or_else(|| DEFAULT_SOCKET.into(), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    let asked = async {
        let daemon = Daemon::connect(&socket).await.ok()?;
        daemon.ask(question).await.ok()
    };
    runtime
        .block_on(async { tokio::time::timeout(PATIENCE, asked).await })
        .ok()?
}
