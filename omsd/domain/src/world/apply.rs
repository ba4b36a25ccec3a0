//! `apply`, the only way in which a row changes. An event changes one row, so that a commit may be cut
//! at any event; what follows for other rows is events of their own, see [`super::follow`].

use std::collections::BTreeSet;
use std::sync::Arc;

use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::event::{Event, Fact};
use super::holds::{self, Numbers};
use super::index::Weigh;
use super::row::Row;
use super::{Misfit, World};
use crate::ground::limits::STRAYS_MAX;
use crate::ground::maintenance;
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, Change};
use crate::rows::entry::{self, Asked, Entry, Status};
use crate::rows::health::Health;
use crate::rows::lineage::{Doubt, Held, Lineage};
use crate::rows::offering::{Lessons, Offering};
use crate::rows::passed::Passed;
use crate::rows::stray::{self, Stray};
use crate::rows::why::Why;

impl World {
    /// Applies a fact, and tells which row it has changed.
    ///
    /// # Errors
    /// [`Misfit`], and the world stays as it was.
    #[expect(clippy::too_many_lines, reason = "a line or two an event")]
    pub(super) fn apply(&mut self, fact: &Fact) -> Result<Row, Misfit> {
        let at = fact.at;
        let numbers = Numbers::of(self);
        let row = match &fact.event {
            Event::Started { incarnation, doubt } => self.begin(incarnation, doubt.as_ref(), at),
            Event::Held(doubt) => self.change_lineage(|lineage| {
                lineage.held = Some(Held {
                    since: at,
                    doubt: doubt.clone(),
                });
            }),
            Event::TakenOver => self.change_lineage(|lineage| {
                lineage.held = None;
                lineage.taken_over = Some(at);
            }),
            Event::AccountSeen(account) => self.change_lineage(|lineage| {
                lineage.unseen.remove(account);
            }),
            Event::IdsRaised(free) => {
                self.next.entry = self.next.entry.max(free.entry.0);
                self.next.attempt = self.next.attempt.max(free.attempt.0);
                Row::Lineage
            }
            Event::AccountAdded(account) => self.add_account(account)?,
            Event::AccountEdited(account) => self.edit_account(account)?,
            Event::AccountRemoved(id) => self.remove_account(*id)?,
            Event::MaintenanceSet { account, windows } => {
                let known = self.accounts.get_mut(account);
                let known = known.ok_or(Misfit::NoAccount(*account))?;
                Arc::make_mut(known).maintenance.clone_from(windows);
                Row::Account(*account)
            }
            Event::Blocked { account, block } => {
                self.change_health(*account, |health| health.set_block((**block).clone()))?
            }
            Event::Unblocked { account, scope } => {
                self.change_health(*account, |health| health.lift(scope))?
            }
            Event::BlocksForgotten(account) => {
                self.change_health(*account, |health| *health = Health::well())?
            }
            Event::BlockOver { account, scope } => {
                self.change_health(*account, |health| health.end(scope, at))?
            }
            Event::BlockLifted { account, scope } => {
                self.change_health(*account, |health| health.lift_early(scope, at))?
            }
            Event::MaintenanceOver(account) => {
                let known = self.accounts.get_mut(account);
                let known = known.ok_or(Misfit::NoAccount(*account))?;
                let ahead = maintenance::ahead(&known.maintenance, at);
                Arc::make_mut(known).maintenance = ahead;
                Row::Account(*account)
            }
            Event::ProbeBegun {
                account,
                entry,
                attempt,
                wanted,
            } => self.change_health(*account, |health| {
                health.probe((*entry, *attempt), wanted, at);
            })?,
            Event::ProbeOver { account, attempt } => {
                self.change_health(*account, |health| health.end_probe(*attempt))?
            }
            Event::Surveyed { account, room } => {
                self.account(*account)?;
                holds::of_room(*account, room);
                let known = self.rooms.insert(*account, Arc::new((**room).clone()));
                if known.is_none_or(|known| known.identity != room.identity) {
                    self.find_mates(*account);
                }
                Row::Room(*account)
            }
            Event::RoomForgotten(account) => {
                self.rooms.remove(account);
                self.find_mates(*account);
                Row::Room(*account)
            }
            Event::Learned {
                account,
                offering,
                lesson,
            } => self.change_lessons(*account, offering, |lessons| lessons.learn(*lesson, at))?,
            Event::LessonsForgotten { account, offering } => {
                self.forget_lessons(*account, offering)
            }
            Event::Stray {
                account,
                id,
                change,
            } => self.change_stray(*account, id, change)?,
            Event::EntryAccepted(asked) => self.accept(asked)?,
            Event::EntryWaiting { entry, waits } => self.change_entry(*entry, |entry| {
                entry.why = Some(Why::Waits(Arc::clone(waits)));
                tell(entry, entry.signal(), at)
            })?,
            Event::EntryUnwanted(entry) => self.change_entry(*entry, |entry| {
                entry.why = None;
                tell(entry, entry::Signal::Unwanted, at)
            })?,
            Event::EntryFailed { entry, why } => self.change_entry(*entry, |entry| {
                entry.why = Some(Why::Failed(Arc::clone(why)));
                // There is nothing left to be held.
                entry.held = false;
                tell(entry, entry::Signal::Failed, at)
            })?,
            Event::EntryReplaced { entry, deadline } => self.change_entry(*entry, |entry| {
                entry.deadline = *deadline;
                tell(entry, entry::Signal::Vanished, at)
            })?,
            Event::EntryExtended { entry, deadline } => self.change_entry(*entry, |entry| {
                entry.deadline = entry.deadline.max(*deadline);
                Ok(())
            })?,
            Event::EntryRetried { entry, deadline } => self.change_entry(*entry, |entry| {
                entry::next_status(entry.status, entry::Signal::Retried)?;
                *entry = entry.retried(at, *deadline);
                Ok(())
            })?,
            Event::EndedRetried(entry) => self.take_back(entry)?,
            Event::EntryHeld(entry) => self.change_entry(*entry, |entry| {
                entry.held = true;
                Ok(())
            })?,
            Event::EntryReleased(entry) => self.change_entry(*entry, |entry| {
                entry.held = false;
                Ok(())
            })?,
            Event::KeyShown(entry) => self.change_entry(*entry, |entry| {
                entry.key_shown = true;
                Ok(())
            })?,
            Event::Pass { id, change } => self.change_pass(id, change, at)?,
            Event::Asked(_) => Row::Journal,
            Event::EntryEnded(entry) => self.end(*entry)?,
            Event::EndedRemoved(entry) => {
                self.ended.failed = less(self.ended.failed)?;
                self.ended.removed += 1;
                Row::Ended(*entry)
            }
            Event::EntryForgotten { entry, status } => {
                let count = match status {
                    Status::Failed => &mut self.ended.failed,
                    Status::Request
                    | Status::Recive
                    | Status::Boot
                    | Status::Run
                    | Status::Destroy => &mut self.ended.removed,
                };
                *count = less(*count)?;
                Row::Ended(*entry)
            }
            Event::AttemptStarted { entry, attempt } => self.start(*entry, attempt, at)?,
            Event::Attempt {
                entry,
                attempt,
                change,
            } => self.change_attempt(*entry, *attempt, change, at)?,
        };
        self.seq += 1;
        numbers.hold(self);
        Ok(row)
    }

    fn change_lineage(&mut self, change: impl FnOnce(&mut Lineage)) -> Row {
        change(Arc::make_mut(&mut self.lineage));
        holds::of_lineage(&self.lineage);
        Row::Lineage
    }

    /// Another incarnation begins. Where the database went back, each account is to be looked at
    /// before anything is launched there.
    fn begin(&mut self, incarnation: &str, doubt: Option<&Doubt>, at: Time) -> Row {
        let free = self.free();
        let accounts = self.accounts.keys().copied();
        let unseen: BTreeSet<_> = accounts.filter(|_| doubt.is_some()).collect();
        self.change_lineage(|lineage| {
            lineage.begin(incarnation, free, at);
            lineage.unseen.extend(unseen);
            if let Some(doubt) = doubt.filter(|doubt| doubt.holds()) {
                lineage.held = Some(Held {
                    since: at,
                    doubt: doubt.clone(),
                });
            }
        })
    }

    fn account(&self, id: AccountId) -> Result<&Arc<Account>, Misfit> {
        self.accounts.get(&id).ok_or(Misfit::NoAccount(id))
    }

    fn add_account(&mut self, account: &Account) -> Result<Row, Misfit> {
        if account.id.0 < self.next.account {
            return Err(Misfit::UsedId(account.id.0));
        }
        self.next.account = account.id.0 + 1;
        self.index.name(account);
        self.accounts.insert(account.id, Arc::new(account.clone()));
        holds::of_account(account, self);
        Ok(Row::Account(account.id))
    }

    fn edit_account(&mut self, account: &Account) -> Result<Row, Misfit> {
        let old = Arc::clone(self.account(account.id)?);
        self.index.unname(&old);
        self.index.name(account);
        self.accounts.insert(account.id, Arc::new(account.clone()));
        holds::of_account(account, self);
        if account.region_name != old.region_name || account.auth_url != old.auth_url {
            self.find_mates(account.id);
        }
        Ok(Row::Account(account.id))
    }

    fn remove_account(&mut self, id: AccountId) -> Result<Row, Misfit> {
        let old = Arc::clone(self.account(id)?);
        assert_eq!(
            self.load(id).total(),
            0,
            "account {} is forgotten while something of ours stands there",
            old.name
        );
        self.index.unname(&old);
        self.index.load.remove(&id);
        self.accounts.remove(&id);
        self.healths.remove(&id);
        self.rooms.remove(&id);
        self.lessons.remove(&id);
        self.strays.remove(&id);
        self.find_mates(id);
        holds::of_removed_account(id, self);
        Ok(Row::Account(id))
    }

    fn change_health(
        &mut self,
        id: AccountId,
        change: impl FnOnce(&mut Health),
    ) -> Result<Row, Misfit> {
        self.account(id)?;
        let health = self.healths.entry(id).or_default();
        change(Arc::make_mut(health));
        holds::of_health(id, health);
        if **health == Health::well() {
            self.healths.remove(&id);
        }
        Ok(Row::Health(id))
    }

    fn change_lessons(
        &mut self,
        id: AccountId,
        offering: &Offering,
        change: impl FnOnce(&mut Lessons),
    ) -> Result<Row, Misfit> {
        self.account(id)?;
        let lessons = self.lessons.entry(id).or_default();
        let lessons = lessons
            .entry(offering.clone())
            .or_insert_with(|| Arc::new(Lessons::of(offering.clone())));
        change(Arc::make_mut(lessons));
        holds::of_lessons(offering, lessons);
        Ok(Row::Lessons(id, offering.clone()))
    }

    fn forget_lessons(&mut self, id: AccountId, offering: &Offering) -> Row {
        if let Some(lessons) = self.lessons.get_mut(&id) {
            lessons.remove(offering);
            if lessons.is_empty() {
                self.lessons.remove(&id);
            }
        }
        Row::Lessons(id, offering.clone())
    }

    /// Where there are more strays than [`STRAYS_MAX`], the others have their turn once these are
    /// gone.
    fn change_stray(
        &mut self,
        account: AccountId,
        id: &stray::Id,
        change: &stray::Change,
    ) -> Result<Row, Misfit> {
        self.account(account)?;
        let after = Stray::after(self.stray(account, id), change);
        let strays = self.strays.entry(account).or_default();
        match after {
            Some(stray) if strays.len() < STRAYS_MAX || strays.contains_key(id) => {
                holds::of_stray(id, &stray, strays.len());
                strays.insert(id.clone(), Arc::new(stray));
            }
            Some(_) => {}
            None => drop(strays.remove(id)),
        }
        if strays.is_empty() {
            self.strays.remove(&account);
        }
        Ok(Row::Stray(account, id.clone()))
    }

    fn accept(&mut self, asked: &Arc<Asked>) -> Result<Row, Misfit> {
        if asked.id.0 < self.next.entry {
            return Err(Misfit::UsedId(asked.id.0));
        }
        self.next.entry = asked.id.0 + 1;
        let entry = Entry::new(Arc::clone(asked));
        holds::of_new_entry(&entry, self);
        self.index.weigh(&entry, Weigh::Add);
        self.entries.insert(entry.id, Arc::new(entry));
        Ok(Row::Asked(asked.id))
    }

    /// An entry that has ended is in the database only.
    fn end(&mut self, id: EntryId) -> Result<Row, Misfit> {
        let entry = self.entries.get(&id).ok_or(Misfit::NoEntry(id))?;
        holds::of_ended(entry);
        let entry = Arc::clone(entry);
        match entry.status {
            Status::Failed => self.ended.failed += 1,
            Status::Request | Status::Recive | Status::Boot | Status::Run | Status::Destroy => {
                self.ended.removed += 1;
            }
        }
        self.index.weigh(&entry, Weigh::Take);
        self.entries.remove(&id);
        holds::of_left_entry(&entry, self);
        Ok(Row::Ended(id))
    }

    /// An entry that had failed and ended is looked after again.
    fn take_back(&mut self, entry: &Arc<Entry>) -> Result<Row, Misfit> {
        let failed = less(self.ended.failed)?;
        if self.entries.contains_key(&entry.id) {
            return Err(Misfit::UsedId(entry.id.0));
        }
        holds::of_taken_back(entry, self);
        self.ended.failed = failed;
        self.index.weigh(entry, Weigh::Add);
        self.entries.insert(entry.id, Arc::clone(entry));
        Ok(Row::Returned(entry.id))
    }

    fn start(&mut self, entry: EntryId, attempt: &Attempt, at: Time) -> Result<Row, Misfit> {
        if attempt.id.0 < self.next.attempt {
            return Err(Misfit::UsedId(attempt.id.0));
        }
        self.account(attempt.account)?;
        let row = self.change_entry(entry, |entry| {
            // Whom the attempts before have passed over is no longer asked for.
            for before in &mut entry.attempts {
                if *before.passed_over != Passed::default() {
                    Arc::make_mut(before).passed_over = Arc::default();
                }
            }
            entry.attempts.push(Arc::new(attempt.clone()));
            entry.why = None;
            tell(entry, entry.signal(), at)
        })?;
        self.next.attempt = attempt.id.0 + 1;
        if let Some(entry) = self.entries.get(&entry) {
            holds::of_begun(entry, attempt, self);
        }
        Ok(row)
    }

    fn change_attempt(
        &mut self,
        entry: EntryId,
        id: AttemptId,
        change: &Change,
        at: Time,
    ) -> Result<Row, Misfit> {
        self.change_entry(entry, |entry| {
            let attempt = entry.attempts.iter_mut().find(|attempt| attempt.id == id);
            let attempt = attempt.ok_or(Misfit::NoAttempt(id))?;
            Arc::make_mut(attempt).apply(change, at)?;
            tell(entry, entry.signal(), at)
        })
    }

    /// Changes how an entry stands and what the indexes say of it; an error leaves both as they
    /// were.
    fn change_entry(
        &mut self,
        id: EntryId,
        change: impl FnOnce(&mut Entry) -> Result<(), Misfit>,
    ) -> Result<Row, Misfit> {
        let before = Arc::clone(self.entries.get(&id).ok_or(Misfit::NoEntry(id))?);
        let mut after = (*before).clone();
        change(&mut after)?;
        holds::of_entry(&before, &after);
        self.index.change(&before, &after);
        self.entries.insert(id, Arc::new(after));
        Ok(Row::Standing(id))
    }
}

/// One less.
fn less(count: u64) -> Result<u64, Misfit> {
    count.checked_sub(1).ok_or(Misfit::NoneEnded)
}

/// Tells an entry what its attempts or its owner say.
fn tell(entry: &mut Entry, signal: entry::Signal, at: Time) -> Result<(), Misfit> {
    let status = entry::next_status(entry.status, signal)?;
    if status != entry.status {
        entry.status = status;
        entry.changed = at;
        if matches!(status, Status::Boot | Status::Run) {
            // It no longer waits.
            entry.why = None;
        }
    }
    Ok(())
}
