//! The picture that decisions are made from, and `apply`, the only way to change it.
//!
//! The maps are persistent: a copy costs next to nothing and shares all rows, so readers work on
//! a copy as of the last commit and wait for nobody.

use std::sync::Arc;

use imbl::OrdMap;
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::account::Account;
use super::attempt::{self, Attempt, Change};
use super::entry::{self, Entry, Status};
use super::event::{Event, Fact};
use super::failure::FailureClass;
use super::index::{Index, Weigh};
pub use super::index::{Load, awaits_look};
use super::offering::{Budget, Lessons, Offering, Stage};

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
    pub(super) index: Index,
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

    /// Applies a fact.
    ///
    /// # Errors
    /// [`Misfit`], and the world stays as it was but for the event's number.
    pub fn apply(&mut self, fact: &Fact) -> Result<(), Misfit> {
        let at = fact.at;
        match &fact.event {
            Event::AccountAdded(account) => self.add_account(account)?,
            Event::AccountEdited(account) => self.edit_account(account)?,
            Event::AccountRemoved(id) => self.remove_account(*id)?,
            Event::Blocked { account, block } => {
                self.change_account(*account, |account| account.set_block((**block).clone()))?;
            }
            Event::Unblocked { account, scope } => {
                self.change_account(*account, |account| {
                    account.blocks.retain(|block| block.scope != *scope);
                })?;
            }
            Event::Surveyed { account, room } => {
                self.change_account(*account, |account| account.room = Some((**room).clone()))?;
            }
            Event::MaintenanceSet { account, windows } => {
                self.change_account(*account, |account| account.maintenance.clone_from(windows))?;
            }
            Event::Stray {
                account,
                id,
                change,
            } => self.change_account(*account, |account| account.change_stray(id, change))?,
            Event::EntryAccepted(entry) => self.accept(entry)?,
            Event::EntryWaiting { entry, reason } => self.change_entry(*entry, |entry| {
                entry.reason = Some(Arc::clone(reason));
                tell(entry, entry.signal(), at)
            })?,
            Event::EntryUnwanted(entry) => self.change_entry(*entry, |entry| {
                entry.reason = None;
                tell(entry, entry::Signal::Unwanted, at)
            })?,
            Event::EntryGaveUp { entry, reason } => self.change_entry(*entry, |entry| {
                entry.reason = Some(Arc::clone(reason));
                tell(entry, entry::Signal::GivenUp, at)
            })?,
            Event::EntryReplaced { entry, deadline } => self.change_entry(*entry, |entry| {
                entry.deadline = *deadline;
                tell(entry, entry::Signal::Vanished, at)
            })?,
            Event::EntryEnded(entry) => self.change_entry(*entry, |entry| {
                entry.ended = Some(at);
                Ok(())
            })?,
            Event::EntryForgotten(entry) => self.forget(*entry)?,
            Event::AttemptStarted { entry, attempt } => self.start(*entry, attempt, at)?,
            Event::Attempt {
                entry,
                attempt,
                change,
            } => {
                self.change_attempt(*entry, *attempt, change, at)?;
            }
        }
        self.seq += 1;
        Ok(())
    }

    fn account(&self, id: AccountId) -> Result<&Arc<Account>, Misfit> {
        self.accounts.get(&id).ok_or(Misfit::NoAccount(id))
    }

    fn add_account(&mut self, account: &Account) -> Result<(), Misfit> {
        if account.id.0 < self.next.account {
            return Err(Misfit::UsedId(account.id.0));
        }
        self.next.account = account.id.0 + 1;
        self.index
            .account_names
            .insert(account.name.clone(), account.id);
        self.accounts.insert(account.id, Arc::new(account.clone()));
        Ok(())
    }

    fn edit_account(&mut self, account: &Account) -> Result<(), Misfit> {
        let old = self.account(account.id)?.name.clone();
        self.index.account_names.remove(&old);
        self.index
            .account_names
            .insert(account.name.clone(), account.id);
        self.accounts.insert(account.id, Arc::new(account.clone()));
        Ok(())
    }

    fn remove_account(&mut self, id: AccountId) -> Result<(), Misfit> {
        let name = self.account(id)?.name.clone();
        self.index.account_names.remove(&name);
        self.index.load.remove(&id);
        self.accounts.remove(&id);
        Ok(())
    }

    fn change_account(
        &mut self,
        id: AccountId,
        change: impl FnOnce(&mut Account),
    ) -> Result<(), Misfit> {
        let account = self.accounts.get_mut(&id).ok_or(Misfit::NoAccount(id))?;
        change(Arc::make_mut(account));
        Ok(())
    }

    fn accept(&mut self, entry: &Entry) -> Result<(), Misfit> {
        if entry.id.0 < self.next.entry {
            return Err(Misfit::UsedId(entry.id.0));
        }
        self.next.entry = entry.id.0 + 1;
        self.index.weigh(entry, Weigh::Add);
        self.entries.insert(entry.id, Arc::new(entry.clone()));
        Ok(())
    }

    fn forget(&mut self, id: EntryId) -> Result<(), Misfit> {
        let entry = self.entries.remove(&id).ok_or(Misfit::NoEntry(id))?;
        self.index.weigh(&entry, Weigh::Take);
        Ok(())
    }

    fn start(&mut self, entry: EntryId, attempt: &Attempt, at: Time) -> Result<(), Misfit> {
        if attempt.id.0 < self.next.attempt {
            return Err(Misfit::UsedId(attempt.id.0));
        }
        self.account(attempt.account)?;
        self.change_entry(entry, |entry| {
            entry.attempts.push(attempt.clone());
            entry.reason = None;
            tell(entry, entry.signal(), at)
        })?;
        self.next.attempt = attempt.id.0 + 1;
        let (id, wanted) = (attempt.id, Arc::clone(&attempt.wanted));
        let probes = |account: &Account| {
            account
                .blocks
                .iter()
                .any(|block| block.until <= at && block.scope.covers(&wanted))
        };
        if self
            .accounts
            .get(&attempt.account)
            .is_some_and(|account| probes(account))
        {
            self.change_account(attempt.account, |account| {
                for block in &mut account.blocks {
                    if block.until <= at && block.scope.covers(&wanted) {
                        block.probe = Some(id);
                    }
                }
            })?;
        }
        Ok(())
    }

    fn change_attempt(
        &mut self,
        entry: EntryId,
        id: AttemptId,
        change: &Change,
        at: Time,
    ) -> Result<(), Misfit> {
        let before = self.entries.get(&entry);
        let before = before.and_then(|entry| entry.attempt(id));
        let under_way = before.map_or(0, |attempt| {
            self.under_way(attempt.account, &attempt.wanted.offering())
        });
        let was_known = before.is_some_and(|attempt| attempt.server.is_some());
        let mut told = None;
        self.change_entry(entry, |entry| {
            let attempt = entry.attempts.iter_mut().find(|attempt| attempt.id == id);
            let attempt = attempt.ok_or(Misfit::NoAttempt(id))?;
            attempt.apply(change, at)?;
            told = Some(attempt.clone());
            tell(entry, entry.signal(), at)
        })?;
        let Some(attempt) = told else {
            return Ok(());
        };
        self.learn(&attempt, change, (under_way, was_known), at);
        let account = attempt.account;
        let pending = matches!(
            attempt.state,
            attempt::State::Launching | attempt::State::Building { .. }
        );
        // A probe that ended without a verdict leaves the block to the next one.
        let probes = |account: &Arc<Account>| account.blocks.iter().any(|b| b.probe == Some(id));
        if !pending && self.accounts.get(&account).is_some_and(probes) {
            self.change_account(account, |account| {
                for block in account.blocks.iter_mut().filter(|b| b.probe == Some(id)) {
                    block.probe = None;
                }
            })?;
        }
        Ok(())
    }

    /// What a change of an attempt teaches about its offering; `under_way` counts the launches
    /// and builds there before the change, and `was_known` tells whether its server was known.
    fn learn(
        &mut self,
        attempt: &Attempt,
        change: &Change,
        (under_way, was_known): (u32, bool),
        at: Time,
    ) {
        let Some(account) = self.accounts.get_mut(&attempt.account) else {
            return;
        };
        let offering = attempt.wanted.offering();
        match change {
            // What turns up after it was settled that there was none has taken longer than thought.
            // A create that a stop cut short tells how long the stop was.
            Change::Accepted { .. } | Change::Adopted { .. } | Change::Reappeared { .. }
                if !was_known
                    && attempt
                        .failure
                        .as_ref()
                        .is_none_or(|failure| failure.class != FailureClass::Interrupted) =>
            {
                let create = at.since(attempt.started);
                Arc::make_mut(account).learn(&offering, |lessons| lessons.known_after(create, at));
            }
            Change::Ready { watched, .. } => {
                let account = Arc::make_mut(account);
                let boot = attempt.boot.filter(|_| *watched);
                account.learn(&offering, |lessons| lessons.succeeded(boot, at));
                account.last_success = Some(at);
            }
            Change::Refused(failure) | Change::Failed(failure) | Change::Lost { failure, .. }
                if Lessons::is_told_by(failure.class) =>
            {
                let stage = match change {
                    Change::Failed(_) => Stage::Build,
                    _ => Stage::Launch,
                };
                let started = attempt.started;
                Arc::make_mut(account).learn(&offering, |lessons| {
                    lessons.failed(stage, started, under_way, at);
                });
            }
            _ => {}
        }
    }

    /// Changes a row and what the indexes say of it; an error leaves both as they were.
    fn change_entry(
        &mut self,
        id: EntryId,
        change: impl FnOnce(&mut Entry) -> Result<(), Misfit>,
    ) -> Result<(), Misfit> {
        let before = Arc::clone(self.entries.get(&id).ok_or(Misfit::NoEntry(id))?);
        let mut after = (*before).clone();
        change(&mut after)?;
        self.index.weigh(&before, Weigh::Take);
        self.index.weigh(&after, Weigh::Add);
        self.entries.insert(id, Arc::new(after));
        Ok(())
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

/// Tells an entry what its attempts or its owner say.
fn tell(entry: &mut Entry, signal: entry::Signal, at: Time) -> Result<(), Misfit> {
    let status = entry::next_status(entry.status, signal)?;
    if status != entry.status {
        entry.status = status;
        entry.changed = at;
        if matches!(status, Status::Boot | Status::Run) {
            // It no longer waits.
            entry.reason = None;
        }
    }
    Ok(())
}
