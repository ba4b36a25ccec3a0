//! The picture that decisions are made from, and `apply`, the only way to change it.
//!
//! The maps are persistent: a copy costs next to nothing and shares all rows, so readers work on
//! a copy as of the last commit and wait for nobody.

mod apply;
pub mod command;
pub mod event;
pub mod facts;
mod index;
pub mod marks;
pub mod rewind;

use std::sync::Arc;

use imbl::OrdMap;
use oms_proto::view::Status;
use oms_proto::{AccountId, AttemptId, EntryId};

pub use self::index::Load;
use self::index::{Index, Weigh};
use crate::rows::account::Account;
use crate::rows::attempt::{self, Attempt};
use crate::rows::entry::{self, Entry};
use crate::rows::offering::{Budget, Offering, Stage};
use crate::rows::scope::{Block, Scope};

/// Everything the daemon knows that outlives it, and indexes over it.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// This installation's id, as it stands in the metadata of every server.
    pub installation: Arc<str>,
    /// The number of the latest event.
    pub seq: u64,
    /// The next free ids.
    pub next: NextIds,
    /// Accounts.
    pub accounts: OrdMap<AccountId, Arc<Account>>,
    /// Entries.
    pub entries: OrdMap<EntryId, Arc<Entry>>,
    pub(crate) index: Index,
}

/// The next free ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextIds {
    /// For an account.
    pub account: u64,
    /// For an entry.
    pub entry: u64,
    /// For an attempt.
    pub attempt: u64,
}

impl Default for NextIds {
    fn default() -> Self {
        Self {
            account: 1,
            entry: 1,
            attempt: 1,
        }
    }
}

/// A fact that does not fit the world: a mistake of the program, found before it is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The entry is not there.
    #[error("there is no entry {0}")]
    NoEntry(EntryId),
    /// The attempt is not there.
    #[error("there is no attempt {0}")]
    NoAttempt(AttemptId),
    /// The account is not there.
    #[error("there is no account with id {0}")]
    NoAccount(AccountId),
    /// An id is used again.
    #[error("the id {0} was given before")]
    UsedId(u64),
    /// An attempt cannot change so.
    #[error(transparent)]
    Attempt(#[from] attempt::Illegal),
    /// An entry cannot change so.
    #[error(transparent)]
    Entry(#[from] entry::Illegal),
}

impl World {
    /// A world with nothing in it.
    pub fn new(installation: &str) -> Self {
        Self {
            installation: installation.into(),
            ..Self::default()
        }
    }

    /// Puts stored rows together.
    pub fn from_rows(
        installation: &str,
        seq: u64,
        next: NextIds,
        accounts: impl IntoIterator<Item = Account>,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Self {
        let mut world = Self {
            seq,
            next,
            ..Self::new(installation)
        };
        for account in accounts {
            world
                .index
                .account_names
                .insert(account.name.clone(), account.id);
            world.accounts.insert(account.id, Arc::new(account));
        }
        for entry in entries {
            world.index.weigh(&entry, Weigh::Add);
            world.entries.insert(entry.id, Arc::new(entry));
        }
        world
    }

    /// The first part of the installation's id, as it stands in the names of key pairs.
    pub fn short_installation(&self) -> String {
        self.installation.chars().take(8).collect()
    }

    /// How many entries have more than one attempt under way, and how many attempts are.
    pub fn hedges(&self) -> (u32, u32) {
        let under_way = self.index.load.values();
        let under_way = under_way.map(|load| load.launching + load.unknown + load.building);
        (self.index.hedged, under_way.sum())
    }

    /// The account of that name.
    pub fn account_named(&self, name: &str) -> Option<&Arc<Account>> {
        self.accounts.get(self.index.account_names.get(name)?)
    }

    /// The entry that was accepted under that idempotency key.
    pub fn entry_under(&self, key: &str) -> Option<&Arc<Entry>> {
        self.entries.get(self.index.idempotency.get(key)?)
    }

    /// How many attempts of each kind an account has.
    pub fn load(&self, account: AccountId) -> Load {
        self.index.load.get(&account).copied().unwrap_or_default()
    }

    /// Launches and builds of an offering that are under way.
    pub fn under_way(&self, account: AccountId, offering: &Offering) -> u32 {
        let all = self.index.under_way.get(&(account, offering.clone()));
        all.map_or(0, |all| u32::try_from(all.len()).unwrap_or(u32::MAX))
    }

    /// Whether as many attempts at an offering are at risk as its budget allows.
    pub fn exhausts(&self, account: AccountId, offering: &Offering, budget: Budget) -> bool {
        let Some(all) = self.index.under_way.get(&(account, offering.clone())) else {
            return false;
        };
        let window = usize::try_from(budget.window).unwrap_or(usize::MAX);
        let since = (budget.halved, AttemptId(0), Stage::Launch);
        let at_risk = all
            .range(since..)
            .filter(|(_, _, stage)| *stage == Stage::Launch || budget.stage == Stage::Build);
        at_risk.take(window).count() == window
    }

    /// Servers of ours that an account may have, by flavor and number of ports.
    pub fn held(&self, account: AccountId) -> impl Iterator<Item = (&str, u32, u32)> {
        let from = (account, String::new(), 0);
        let held = self.index.held.range(from..);
        held.take_while(move |((at, _, _), _)| *at == account)
            .map(|((_, flavor, ports), count)| (flavor.as_str(), *ports, *count))
    }

    /// The entry and the attempt that a server belongs to, by Nova's id.
    pub fn owner(&self, server: &str) -> Option<(&Arc<Entry>, &Attempt)> {
        let (entry, attempt) = self.index.servers.get(server)?;
        let entry = self.entries.get(entry)?;
        Some((entry, entry.attempt(*attempt)?))
    }

    /// How many entries have that status, those that are past not counted.
    pub fn count(&self, status: Status) -> u64 {
        self.index.statuses.get(&status).copied().unwrap_or(0)
    }

    /// Attempts at an account that are not gone, with their entries.
    pub fn live_at(&self, account: AccountId) -> impl Iterator<Item = (&Arc<Entry>, &Attempt)> {
        let range = (account, AttemptId(0))..=(account, AttemptId(u64::MAX));
        self.index
            .live
            .range(range)
            .filter_map(|((_, attempt), entry)| {
                let entry = self.entries.get(entry)?;
                Some((entry, entry.attempt(*attempt)?))
            })
    }

    /// An attempt that is not gone, with its entry.
    pub fn live(&self, id: AttemptId) -> Option<(&Arc<Entry>, &Attempt)> {
        let entry = self
            .accounts
            .keys()
            .find_map(|account| self.index.live.get(&(*account, id)))?;
        let entry = self.entries.get(entry)?;
        Some((entry, entry.attempt(id)?))
    }

    /// Whether what the indexes say is what the rows say; for tests, it looks at every row.
    pub fn indexes_agree(&self) -> bool {
        let rows = |map: &OrdMap<EntryId, Arc<Entry>>| {
            map.values()
                .map(|entry| (**entry).clone())
                .collect::<Vec<_>>()
        };
        let accounts = self.accounts.values().map(|account| (**account).clone());
        let fresh = Self::from_rows(
            &self.installation,
            self.seq,
            self.next,
            accounts,
            rows(&self.entries),
        );
        fresh.index.content() == self.index.content()
    }
}

impl World {
    /// Removals that take longer than they should, the first begun first.
    pub fn overdue(&self) -> impl Iterator<Item = (EntryId, AttemptId)> {
        let overdue = self.index.overdue.iter();
        overdue.map(|(attempt, entry)| (*entry, *attempt))
    }

    /// How many removals take longer than they should.
    pub fn overdue_count(&self) -> usize {
        self.index.overdue.len()
    }

    /// Instances at an account that vanished.
    pub fn vanished(&self, account: AccountId) -> u32 {
        self.index.vanished.get(&account).copied().unwrap_or(0)
    }

    /// The block of an account's own scope, if any.
    pub fn account_block(&self, id: AccountId) -> Option<&Block> {
        self.accounts.get(&id)?.block(&Scope::Account)
    }

    /// Whether an account has attempts that only a look can settle.
    pub fn awaits_look(&self, account: AccountId) -> bool {
        self.live_at(account)
            .any(|(_, attempt)| attempt.awaits_look())
    }
}
