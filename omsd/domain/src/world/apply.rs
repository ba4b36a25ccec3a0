//! `apply`, the only way in which the world changes.

use std::sync::Arc;

use oms_proto::view::Status;

use crate::ground::failure::FailureClass;
use crate::rows::account::Account;
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::event::{Event, Fact};
use super::index::Weigh;
use super::{Misfit, World};
use crate::rows::attempt::{self, Attempt, Change};
use crate::rows::entry::{self, Entry};
use crate::rows::offering::{Lessons, Stage};

impl World {
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
