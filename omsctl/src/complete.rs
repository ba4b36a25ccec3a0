//! What shells offer where a word is to be completed: what there is at the daemon just now.
//!
//! A shell asks through the variable [`VARIABLE`] while its user waits, so whoever is slow or away
//! offers nothing, and says nothing about it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::CompletionCandidate;
use futures::future::join_all;
use oms_proto::Ask;
use oms_proto::request::{
    AccountList, AccountOffers, EntryList, InstanceList, TokenList, UserList,
};
use oms_proto::response::{AccountPage, EntryPage, InstancePage, TokenPage, UserPage};
use oms_proto::view::{OffersView, Status};
use tokio::time::timeout;

use crate::daemon::{DEFAULT_SOCKET, Daemon};

/// Says that a shell asks, and which one.
pub(crate) const VARIABLE: &str = "OMSCTL_COMPLETE";

/// How long the daemon has.
const PATIENCE: Duration = Duration::from_millis(700);

/// How long a cloud has, which is signed in at first.
const CLOUD_PATIENCE: Duration = Duration::from_millis(2500);

/// Clouds that are asked for one word.
const CLOUDS_MAX: usize = 4;

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

/// Images that there are at accounts.
pub(crate) fn images() -> Vec<CompletionCandidate> {
    offered(|offers| &offers.images)
}

/// Flavors that there are at accounts.
pub(crate) fn flavors() -> Vec<CompletionCandidate> {
    offered(|offers| &offers.flavors)
}

/// Networks that there are at accounts.
pub(crate) fn networks() -> Vec<CompletionCandidate> {
    offered(|offers| &offers.networks)
}

/// Security groups that there are at accounts.
pub(crate) fn security_groups() -> Vec<CompletionCandidate> {
    offered(|offers| &offers.security_groups)
}

/// Availability zones that there are at accounts.
pub(crate) fn zones() -> Vec<CompletionCandidate> {
    offered(|offers| &offers.availability_zones)
}

/// One kind of what the clouds offer that answer in time, each name once, with where it is.
fn offered(kind: fn(&OffersView) -> &Vec<String>) -> Vec<CompletionCandidate> {
    let mut at: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for offers in with_daemon(offers).unwrap_or_default() {
        for name in kind(&offers) {
            at.entry(name.clone())
                .or_default()
                .push(offers.account.clone());
        }
    }
    let names = at.iter();
    names
        .map(|(name, accounts)| candidate(name, &accounts.join(", ")))
        .collect()
}

/// What clouds offer that answer in time; a few of them, for each has its own calls to answer.
async fn offers(daemon: Daemon) -> Option<Vec<OffersView>> {
    let AccountPage { accounts, .. } = daemon.ask(AccountList::default()).await.ok()?;
    let asked = accounts.into_iter().take(CLOUDS_MAX).map(async |account| {
        let name = account.name;
        let answer = timeout(CLOUD_PATIENCE, daemon.ask(AccountOffers { name })).await;
        answer.ok()?.ok()
    });
    Some(join_all(asked).await.into_iter().flatten().collect())
}

fn candidate(word: &str, help: &str) -> CompletionCandidate {
    let help = crate::render::human::clean(help);
    CompletionCandidate::new(word).help(Some(help.into()))
}

/// Asks the daemon in the time that there is.
fn ask<A: Ask>(question: A) -> Option<A::Answer> {
    with_daemon(async |daemon| timeout(PATIENCE, daemon.ask(question)).await.ok()?.ok())
}

/// Does something with the daemon, if it is there.
fn with_daemon<T>(work: impl AsyncFnOnce(Daemon) -> Option<T>) -> Option<T> {
    let socket =
        std::env::var_os("OMS_SOCKET").map_or_else(|| DEFAULT_SOCKET.into(), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .ok()?;
    runtime.block_on(async {
        let daemon = timeout(PATIENCE, Daemon::connect(&socket)).await.ok()?;
        work(daemon.ok()?).await
    })
}
