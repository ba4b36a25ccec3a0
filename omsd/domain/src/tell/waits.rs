//! Why an entry waits, in words: what matters most first, and of what failed the words of that failure.

use oms_proto::AccountId;

use super::cause::cause;
use crate::ground::failure::{Failure, FailureClass};
use crate::rows::entry::Entry;
use crate::rows::passed::{Cause, Waits};
use crate::rows::scope::{Block, ScopeKind};
use crate::rules::machine::merge;
use crate::world::World;

/// Characters told of one failure; its whole text stands with the account.
const FAULT_CHARS: usize = 200;

/// What is told of one account that an entry waits for, or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The account; `None` for several.
    pub account: Option<AccountId>,
    /// Why.
    pub cause: Cause,
    /// How many accounts.
    pub count: u32,
    /// The same in words, without anything that changes by the second.
    pub words: String,
}

/// What to tell of an entry that waits, the most telling first. Of what is blocked it is the failure
/// that blocks it now, so these words change with the blocks of the accounts that are named.
pub fn told(world: &World, entry: &Entry, waits: &Waits) -> Vec<Told> {
    tell(waits, Some(entry), |account, kind, class| {
        let now = block(world, entry, account, kind).map(|block| &*block.failure);
        now.filter(|failure| failure.class == class)
    })
}

/// Why an entry waits.
pub(super) fn waiting(world: &World, entry: &Entry, waits: &Waits) -> String {
    line(world, told(world, entry, waits))
}

/// What an entry waited for that waits no more. What became of the accounts since tells nothing of it.
pub(super) fn waited(world: &World, entry: Option<&Entry>, waits: &Waits) -> String {
    line(world, tell(waits, entry, |_, _, _| None))
}

/// What is told, in the words of what blocks an account, or else of how the entry itself failed there.
fn tell<'a>(
    waits: &Waits,
    entry: Option<&'a Entry>,
    blocks: impl Fn(AccountId, ScopeKind, FailureClass) -> Option<&'a Failure>,
) -> Vec<Told> {
    let told = waits.told().into_iter().map(|(account, why, count)| {
        let own = |account, class| own(entry?, account, class);
        let words = match (account, why) {
            (Some(account), Cause::Blocked(kind, class)) => {
                let failure = blocks(account, kind, class).or_else(|| own(account, class));
                failure.map(fault)
            }
            (Some(account), Cause::Rejected) => {
                let failure = own(account, FailureClass::Rejected);
                failure.map(|failure| format!("{}: {}", cause(why), fault(failure)))
            }
            _ => None,
        };
        Told {
            account,
            cause: why,
            count,
            words: words.unwrap_or_else(|| cause(why)),
        }
    });
    told.collect()
}

/// The block that keeps an entry from an account.
fn block<'a>(
    world: &'a World,
    entry: &Entry,
    account: AccountId,
    kind: ScopeKind,
) -> Option<&'a Block> {
    let defaults = &world.accounts.get(&account)?.defaults;
    let wanted = merge(&[&entry.asked.spec.machine, defaults]).ok()?;
    let mut blocks = world.health(account).blocks.iter();
    blocks.find(|block| block.scope.kind() == kind && block.scope.covers(entry.id, &wanted))
}

/// How an entry itself failed at an account of late.
fn own(entry: &Entry, account: AccountId, class: FailureClass) -> Option<&Failure> {
    let here = entry.attempts().rev().filter(|it| it.account == account);
    let mut failures = here.filter_map(|attempt| attempt.failure.as_deref());
    failures.find(|failure| failure.class == class)
}

/// A failure as one says it to somebody who waits: what was being called then is no matter, and most
/// texts of what there is not say what they are about.
fn fault(failure: &Failure) -> String {
    let class = failure.class.as_str().replace('_', " ");
    let message = cut(failure.message.trim().trim_end_matches('.'));
    match failure.class {
        _ if message.is_empty() => class,
        FailureClass::Quota
        | FailureClass::Configuration
        | FailureClass::NoCapacity
        | FailureClass::Rejected => message,
        FailureClass::Unreachable
        | FailureClass::Tls
        | FailureClass::Timeout
        | FailureClass::Throttled
        | FailureClass::ServerError
        | FailureClass::Garbage
        | FailureClass::Unauthorized
        | FailureClass::Forbidden
        | FailureClass::Conflict
        | FailureClass::NotFound
        | FailureClass::BuildFailed
        | FailureClass::BuildTimeout
        | FailureClass::Vanished
        | FailureClass::Interrupted => format!("{class}: {message}"),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(FAULT_CHARS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default().trim_end()),
        None => text.to_owned(),
    }
}

/// All of it in a line; accounts of which the same is to be told stand together.
fn line(world: &World, told: Vec<Told>) -> String {
    if told.is_empty() {
        return "there is no account; add one".to_owned();
    }
    let mut groups: Vec<(Vec<String>, String)> = Vec::new();
    for Told {
        account,
        cause: _,
        count,
        words,
    } in told
    {
        let who = match account {
            Some(account) => account_name(world, account).to_owned(),
            None => format!("{count} more"),
        };
        match groups.iter_mut().find(|(_, known)| *known == words) {
            Some((names, _)) => names.push(who),
            None => groups.push((vec![who], words)),
        }
    }
    let groups = groups.into_iter();
    let lines = groups.map(|(names, words)| format!("{}: {words}", names.join(", ")));
    lines.collect::<Vec<_>>().join("; ")
}

fn account_name(world: &World, account: AccountId) -> &str {
    let account = world.accounts.get(&account);
    account.map_or("a removed account", |account| account.name.as_str())
}
