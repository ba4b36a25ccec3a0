//! Chooses the account for an entry, and tells why others cannot take it.

use std::sync::Arc;

use oms_proto::{AccountId, EntryId, Time};

use crate::ground::cloud::Wanted;
use crate::ground::failure::FailureClass;
use crate::ground::limits::LOOKED_AT;
use crate::ground::maintenance;
use crate::plan::{patience, room};
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, State};
use crate::rows::entry::{Asked, Entry};
use crate::rows::passed::{PassedOver, Reason};
use crate::rows::scope::{Block, Scope};
use crate::rules::machine::Asks;
use crate::schedule::agenda::Agenda;
use crate::schedule::waiting::{Fit, Lack, is_own};
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

/// How much may be under way at one account.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// Whether as many launches are under way as it takes at once.
    pub full: &'a dyn Fn(AccountId) -> bool,
    /// Whether it takes no call now, for having taken so many.
    pub paced: &'a dyn Fn(AccountId) -> bool,
    /// Whether an attempt that is only looked for keeps it from its entry.
    pub kept: &'a dyn Fn(&Attempt) -> bool,
}

/// Chooses the account for an entry, within what may be under way now.
pub(crate) fn choose(world: &World, agenda: &Agenda, entry: &Entry, now: Time) -> Placement {
    let bounds = Bounds {
        full: &|account| agenda.launching(world, account) >= agenda.launches(account),
        paced: &|account| agenda.opens(account, now).is_some(),
        kept: &|attempt| now < patience::keeps_until(agenda, attempt),
    };
    place(world, entry, now, bounds, agenda.ranked())
}

/// Whether an entry that waits may go to an account that takes another launch now.
pub(crate) fn fit(
    world: &World,
    agenda: &Agenda,
    entry: EntryId,
    account: &Account,
    now: Time,
) -> Fit {
    let Some(entry) = world.entries.get(&entry) else {
        return Fit::NotThis;
    };
    let bounds = Bounds {
        full: &|_| false,
        paced: &|_| false,
        kept: &|attempt| now < patience::keeps_until(agenda, attempt),
    };
    match suits(world, entry, account, now, bounds) {
        Ok(_) if probes_its_own(world, entry, account.id, now) => Fit::Last,
        Ok(_) => Fit::Yes,
        Err(reason) if is_own(&reason) => Fit::NotThis,
        Err(reason) => Fit::No(Lack::of(&reason)),
    }
}

/// Whether an entry would probe what its own launch has blocked. If it was to blame, it would fail
/// again, and keep away the others that would have shown it.
fn probes_its_own(world: &World, entry: &Entry, account: AccountId, now: Time) -> bool {
    let blocks = world.health(account).blocks.iter();
    let mut over = blocks.filter(|block| block.until <= now && block.probe.is_none());
    over.any(|block| {
        let here = entry.attempts().filter(|it| it.account == account);
        let mut failures = here.filter_map(|it| it.failure.as_ref());
        failures.any(|failure| *failure == block.failure)
    })
}

/// Chooses among the accounts of the world, given the better ones first: where this entry has failed
/// least, so that what is preferred and broken is not tried again before what may do; then the better
/// one. Those behind it are looked at as far as [`LOOKED_AT`], to tell of them.
pub fn place(
    world: &World,
    entry: &Entry,
    now: Time,
    bounds: Bounds<'_>,
    ranked: impl Iterator<Item = AccountId>,
) -> Placement {
    let mut passed_over = Vec::new();
    let mut best: Option<(usize, &Account, Asks<'_>)> = None;
    let accounts = ranked.filter_map(|id| world.accounts.get(&id));
    for (place, account) in accounts.enumerate() {
        let is_untried = matches!(best, Some((0, ..)));
        if is_untried && place >= LOOKED_AT {
            break;
        }
        match suits(world, entry, account, now, bounds) {
            Err(reason) => passed_over.push(PassedOver {
                account: account.id,
                reason,
            }),
            Ok(asks) => {
                let here = entry.attempts().filter(|it| it.account == account.id);
                let failed = here.count();
                if best.as_ref().is_none_or(|(least, ..)| failed < *least) {
                    best = Some((failed, account, asks));
                }
            }
        }
    }
    passed_over.sort_unstable_by_key(|over| over.account);
    let Some((_, account, asks)) = best else {
        return Placement::Nowhere(passed_over);
    };
    Placement::At {
        account: account.id,
        wanted: asks.wanted(),
        passed_over,
    }
}

/// What every account says to an entry, in the order of `ranked`: what would be asked there, or why it
/// cannot take it now. The first that can is where [`place`] puts an entry that has not been tried
/// anywhere, and the next is where it goes should that fail.
pub fn judge(
    world: &World,
    entry: &Entry,
    now: Time,
    bounds: Bounds<'_>,
    ranked: impl Iterator<Item = AccountId>,
) -> Vec<(AccountId, Result<Wanted, Reason>)> {
    let accounts = ranked.filter_map(|id| world.accounts.get(&id));
    let said = accounts.map(|account| {
        let asks = suits(world, entry, account, now, bounds);
        (account.id, asks.map(Asks::wanted))
    });
    said.collect()
}

/// Why an entry that asks for nothing in particular would not be placed at an account now, however
/// many launches are under way there; `None` where it would be.
pub fn unfit(world: &World, account: &Account, now: Time) -> Option<Reason> {
    let bounds = Bounds {
        full: &|_| false,
        paced: &|_| false,
        kept: &|_| false,
    };
    let next = Entry::new(Arc::new(Asked::next(
        world.free().entry,
        Arc::default(),
        now,
    )));
    suits(world, &next, account, now, bounds).err()
}

/// Whether an account can take an entry now, and what would be asked there.
fn suits<'a>(
    world: &World,
    entry: &'a Entry,
    account: &'a Account,
    now: Time,
    bounds: Bounds<'_>,
) -> Result<Asks<'a>, Reason> {
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
    let asks = Asks::of(&[&spec.machine, &account.defaults])?;
    if let Some(reason) = blocked(world, entry.id, account, asks, now) {
        return Err(reason);
    }
    if let Some(reason) = tried(entry, account, bounds) {
        return Err(reason);
    }
    let ports = room::ports(asks.networks.len());
    if let Some(short) = room::shortage(world, account, asks.flavor, ports) {
        return Err(Reason::NoRoom(short));
    }
    let budget = world.budget_of(account.id, asks.flavor, asks.availability_zone);
    if let Some((offering, budget)) = budget
        && world.exhausts(account.id, offering, budget)
    {
        return Err(Reason::Budget {
            window: budget.window,
        });
    }
    if (bounds.full)(account.id) || (bounds.paced)(account.id) {
        let launches = world.load(account.id).launching;
        return Err(Reason::Busy { launches });
    }
    Ok(asks)
}

/// What of it is kept away from at an account.
fn blocked(
    world: &World,
    entry: EntryId,
    account: &Account,
    asks: Asks<'_>,
    now: Time,
) -> Option<Reason> {
    let blocks = &world.health(account.id).blocks;
    if blocks.is_empty() {
        return None;
    }
    let wanted = asks.wanted();
    let covers = |block: &&Block| block.scope.covers(entry, &wanted);
    for block in blocks.iter().filter(covers) {
        if block.until > now {
            let failure = Arc::clone(&block.failure);
            return Some(Reason::Blocked {
                scope: block.scope.clone(),
                until: block.until,
                failure,
            });
        }
        // The account itself is probed by looking, never at an entry's expense.
        if block.scope == Scope::Account || block.probe.is_some() {
            return Some(Reason::Probing {
                scope: block.scope.clone(),
            });
        }
    }
    None
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
