//! Chooses the account for an entry, and tells why others cannot take it.

use std::cmp::Reverse;
use std::sync::Arc;

use oms_proto::spec::{AccountDefaults, EntrySpec};
use oms_proto::{AccountId, Time};

use crate::ground::cloud::Wanted;
use crate::ground::failure::FailureClass;
use crate::ground::maintenance;
use crate::plan::{patience, room};
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::Entry;
use crate::rows::passed::{PassedOver, Reason};
use crate::rows::scope::Scope;
use crate::schedule::agenda::Agenda;
use crate::world::World;

/// Where an entry goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// To an account.
    At {
        /// Which.
        account: AccountId,
        /// What to ask there.
        wanted: Wanted,
        /// Those that cannot take it, in the order of accounts.
        passed_over: Vec<PassedOver>,
    },
    /// Nowhere for now.
    Nowhere(Vec<PassedOver>),
}

/// What an entry asks of an account with these defaults.
///
/// # Errors
/// The reason why nothing can be asked there.
pub fn wanted(spec: &EntrySpec, defaults: &AccountDefaults) -> Result<Wanted, Reason> {
    let either = |a: &Option<String>, b: &Option<String>| a.clone().or_else(|| b.clone());
    Ok(Wanted {
        image: either(&spec.image, &defaults.image).ok_or(Reason::NoImage)?,
        flavor: either(&spec.flavor, &defaults.flavor).ok_or(Reason::NoFlavor)?,
        networks: spec
            .networks
            .clone()
            .unwrap_or_else(|| defaults.networks.clone()),
        security_groups: spec
            .security_groups
            .clone()
            .unwrap_or_else(|| defaults.security_groups.clone()),
        availability_zone: either(&spec.availability_zone, &defaults.availability_zone),
    })
}

/// How much may be under way at one account.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// Whether as many launches are under way as it takes at once.
    pub full: &'a dyn Fn(AccountId) -> bool,
    /// Whether it takes no call now, for having taken so many.
    pub paced: &'a dyn Fn(AccountId) -> bool,
    /// Whether it takes so long to answer that another is better asked.
    pub slow: &'a dyn Fn(AccountId) -> bool,
    /// Whether an attempt that is only looked for keeps it from its entry.
    pub kept: &'a dyn Fn(&Attempt) -> bool,
}

/// Chooses the account for an entry, within what may be under way now.
pub(crate) fn choose(world: &World, agenda: &Agenda, entry: &Entry, now: Time) -> Placement {
    let bounds = Bounds {
        full: &|account| agenda.launching(world, account) >= agenda.launches(account),
        paced: &|account| agenda.opens(account, now).is_some(),
        slow: &|account| agenda.is_slow(account),
        kept: &|attempt| patience::keeps_account(agenda, attempt, now),
    };
    place(world, entry, now, bounds)
}

/// Chooses among the accounts of the world.
pub fn place(world: &World, entry: &Entry, now: Time, bounds: Bounds<'_>) -> Placement {
    let mut passed_over = Vec::new();
    let mut best: Option<(Score, &Account, Wanted)> = None;
    for account in world.accounts.values() {
        match suits(world, entry, account, now, bounds) {
            Err(reason) => passed_over.push(PassedOver {
                account: account.id,
                reason,
            }),
            Ok(wanted) => {
                let score = score(world, entry, account, (bounds.slow)(account.id));
                if best.as_ref().is_none_or(|(top, _, _)| score < *top) {
                    best = Some((score, account, wanted));
                }
            }
        }
    }
    let Some((_, account, wanted)) = best else {
        return Placement::Nowhere(passed_over);
    };
    Placement::At {
        account: account.id,
        wanted,
        passed_over,
    }
}

/// Whether an account can take an entry now, and what would be asked there.
fn suits(
    world: &World,
    entry: &Entry,
    account: &Account,
    now: Time,
    bounds: Bounds<'_>,
) -> Result<Wanted, Reason> {
    let spec = &entry.asked.spec;
    if world.lineage.held.is_some() {
        return Err(Reason::Held);
    }
    if !account.enabled {
        return Err(Reason::Disabled);
    }
    if spec
        .accounts
        .as_ref()
        .is_some_and(|names| !names.contains(&account.name))
    {
        return Err(Reason::NotAmongAccounts);
    }
    if spec
        .avoid_accounts
        .as_ref()
        .is_some_and(|names| names.contains(&account.name))
    {
        return Err(Reason::Avoided);
    }
    if world.lineage.unseen.contains(&account.id) {
        return Err(Reason::Unseen);
    }
    if let Some(window) = maintenance::in_force(&account.maintenance, now) {
        return Err(Reason::Maintenance {
            until: window.until,
            reason: window.reason.clone(),
        });
    }
    let wanted = wanted(spec, &account.defaults)?;
    let blocks = world.health(account.id).blocks.iter();
    for block in blocks.filter(|block| block.scope.covers(&wanted)) {
        if block.until > now {
            let failure = Arc::clone(&block.failure);
            return Err(Reason::Blocked {
                scope: block.scope.clone(),
                until: block.until,
                failure,
            });
        }
        // The account itself is probed by looking, never at an entry's expense.
        if block.scope == Scope::Account || block.probe.is_some() {
            return Err(Reason::Probing {
                scope: block.scope.clone(),
            });
        }
    }
    if let Some(reason) = tried(entry, account, bounds) {
        return Err(reason);
    }
    if let Some(short) = room::shortage(world, account, &wanted) {
        return Err(Reason::NoRoom(short));
    }
    let offering = wanted.offering();
    let known = world.lessons_of(account.id, &offering);
    if let Some(budget) = known.and_then(|known| known.budget)
        && world.exhausts(account.id, &offering, budget)
    {
        return Err(Reason::Budget {
            window: budget.window,
        });
    }
    if (bounds.full)(account.id) || (bounds.paced)(account.id) {
        let launches = world.load(account.id).launching;
        return Err(Reason::Busy { launches });
    }
    Ok(wanted)
}

/// Why an entry is not to be tried at an account again, for what came of trying it there.
fn tried(entry: &Entry, account: &Account, bounds: Bounds<'_>) -> Option<Reason> {
    // A create is not repeated while what came of the one before may be about to show.
    let under_way = |attempt: &Attempt| match attempt.state {
        State::Unknown { .. } => (bounds.kept)(attempt),
        State::Launching
        | State::Building { .. }
        | State::Ready
        | State::RemovingServer { .. }
        | State::Clearing
        | State::Gone => attempt.is_hopeful(),
    };
    let rejected = |attempt: &Attempt| {
        let failure = attempt.failure.as_ref();
        failure.is_some_and(|failure| failure.class == FailureClass::Rejected)
    };
    let here = || entry.attempts().filter(|it| it.account == account.id);
    if here().any(under_way) {
        return Some(Reason::Trying);
    }
    let refused = here().any(rejected);
    refused.then_some(Reason::Rejected)
}

/// The lower the better.
type Score = (usize, bool, Reverse<i32>, u32, AccountId);

/// Where this entry has failed least, so that what is preferred and broken is not tried again
/// before what may do; then what answers in time, so that one that does not costs nobody who can be
/// served elsewhere; then preference; then where we have least, so that one provider's bad day
/// hits few; then the older account.
fn score(world: &World, entry: &Entry, account: &Account, slow: bool) -> Score {
    let failed = entry
        .attempts()
        .filter(|attempt| attempt.account == account.id)
        .count();
    let load = world.load(account.id);
    let ours = load.launching + load.building + load.ready;
    (failed, slow, Reverse(account.priority), ours, account.id)
}
