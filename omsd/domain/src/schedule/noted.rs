//! What a fact means for the agenda: what it marks, and what it tells of what is under way.

use oms_proto::{AccountId, EntryId, Time};

use crate::rows::attempt::{Attempt, Change, Kind, State};
use crate::rows::scope::Scope;
use crate::schedule::agenda::{Agenda, Thing};
use crate::schedule::coming::Came;
use crate::schedule::waiting::News;
use crate::schedule::watch::Watch;
use crate::world::World;
use crate::world::event::{Event, Fact};

impl Agenda {
    /// Marks what a fact touches. To be told of every fact, right after the world.
    #[expect(
        clippy::too_many_lines,
        reason = "an arm for each kind of event, so that none is forgotten"
    )]
    pub fn note(&mut self, world: &World, fact: &Fact) {
        let about = fact.event.about();
        if let Some(entry) = about.entry {
            self.mark(Thing::Entry(entry));
        }
        if let Some(account) = about.account {
            self.mark(Thing::Account(account));
        }
        match &fact.event {
            Event::Attempt {
                entry,
                attempt,
                change,
            } => {
                let found = world
                    .entries
                    .get(entry)
                    .and_then(|entry| entry.attempt(*attempt));
                if let Some(found) = found {
                    self.note_attempt(world, found, change, fact.at);
                    self.rank(world, found.account);
                    let entry = world.entries.get(entry);
                    let extra = entry.and_then(|it| self.extras.changed(it, found, change));
                    self.made_extra.extend(extra);
                }
            }
            Event::EntryEnded(entry) => self.drop_entry(*entry),
            Event::AttemptStarted { entry, attempt } => {
                self.extras.begun(*entry, attempt);
                self.watch(attempt.account).short = false;
                self.disturb(world, attempt.account);
                self.rank(world, attempt.account);
            }
            Event::Blocked { account, block } => {
                if block.scope == Scope::Account {
                    self.mark_creating(*account);
                    self.mark_building(world, *account);
                    self.mark_seekers(*account);
                }
            }
            Event::AccountRemoved(account) => {
                self.drop_account(*account);
                self.rank(world, *account);
            }
            Event::AccountEdited(account) => {
                self.account_edited(world, account.id);
                self.rank(world, account.id);
                self.tell(account.id, News::Any);
            }
            // What had to wait is thought of anew.
            Event::TakenOver => {
                let entries = world.entries.keys().map(|id| Thing::Entry(*id));
                self.marked.extend(entries);
                for account in world.accounts.keys() {
                    self.tell(*account, News::Any);
                }
            }
            Event::AccountAdded(account) => {
                self.rank(world, account.id);
                self.tell(account.id, News::Any);
            }
            Event::AccountSeen(account)
            | Event::MaintenanceSet { account, .. }
            | Event::Unblocked { account, .. }
            | Event::BlocksForgotten(account)
            | Event::BlockOver { account, .. }
            | Event::BlockLifted { account, .. }
            | Event::MaintenanceOver(account)
            | Event::ProbeOver { account, .. }
            | Event::RoomForgotten(account) => self.tell(*account, News::Any),
            Event::Surveyed { account, .. } => {
                self.tell(*account, News::Room);
                self.note_mates(world, *account);
            }
            Event::Learned { account, .. } | Event::LessonsForgotten { account, .. } => {
                self.tell(*account, News::Place);
            }
            Event::Started { .. }
            | Event::Held(_)
            | Event::IdsRaised(_)
            | Event::ProbeBegun { .. }
            | Event::Stray { .. }
            | Event::EntryAccepted(_)
            | Event::EntryWaiting { .. }
            | Event::EntryUnwanted(_)
            | Event::EntryFailed { .. }
            | Event::EntryReplaced { .. }
            | Event::EntryExtended { .. }
            | Event::EndedRemoved(_)
            | Event::EntryRetried { .. }
            | Event::EndedRetried(_)
            | Event::EntryHeld(_)
            | Event::EntryReleased(_)
            | Event::KeyShown(_)
            | Event::Pass { .. }
            | Event::Asked(_)
            | Event::EntryForgotten { .. } => {}
        }
    }

    fn drop_account(&mut self, account: AccountId) {
        self.watches.remove(&account);
        self.waiting.forget(account);
        self.refused.remove(&account);
        self.news.remove(&account);
        self.creates.remove(&account);
        self.coming.remove(&account);
        self.seekers.remove(&account);
        self.turns.forget(account);
        self.put_off.forget_account(account);
        self.set_due(Thing::Account(account), None);
    }

    fn account_edited(&mut self, world: &World, account: AccountId) {
        self.watches.insert(account, Watch::default());
        let launches_max = self.policy.launches_max;
        let lessons = world.lessons_at(account);
        self.creates(account).changed(lessons, launches_max);
        // Removals may have been held up by what was wrong.
        let removing = world
            .live_at(account)
            .filter(|(_, attempt)| attempt.state.kind() == Kind::Removing);
        let entries = removing.map(|(entry, _)| Thing::Entry(entry.id));
        self.marked.extend(entries);
    }

    /// Something of ours comes or goes at an account.
    fn disturb(&mut self, world: &World, account: AccountId) {
        for id in world.mates(account).chain([account]) {
            self.watch(id).disturbed = true;
        }
    }

    /// An account whose project turns out to be that of others: they have counted what it has there as
    /// somebody else's.
    fn note_mates(&mut self, world: &World, account: AccountId) {
        let count = world.mates(account).count();
        if std::mem::replace(&mut self.watch(account).mates, count) != count {
            for mate in world.mates(account) {
                self.watch(mate).surveyed = None;
                self.mark(Thing::Account(mate));
            }
        }
    }

    fn note_attempt(&mut self, world: &World, attempt: &Attempt, change: &Change, at: Time) {
        let (account, id) = (attempt.account, attempt.id);
        match news(change) {
            Some(news) => self.tell(account, news),
            None => self.mark(Thing::Account(account)),
        }
        self.disturb(world, account);
        if news(change) == Some(News::Room) {
            for mate in world.mates(account) {
                self.tell(mate, News::Room);
            }
        }
        self.note_coming(attempt, change, at);
        if !matches!(change, Change::RemovalAsked | Change::RemovalFailed { .. }) {
            self.ask_after.remove(&id);
        }
        self.cleared.remove(&id);
        self.missed.remove(&id);
        self.put_off.forget_attempt(id);
        if !matches!(attempt.state, State::Building { .. }) {
            self.running.remove(&id);
        }
        if attempt.state != State::Launching {
            self.creates(account).settle(id);
        }
    }

    /// What an attempt tells of when the next look is worth its call.
    fn note_coming(&mut self, attempt: &Attempt, change: &Change, at: Time) {
        let account = attempt.account;
        let asked_before = self.watch(account).asked_before;
        let Some(since) = self.coming.entry(account).or_default().set(attempt) else {
            return;
        };
        let within = self.spent(since, at);
        let before = asked_before.filter(|asked| *asked > since);
        let came = before.map_or_else(
            || Came::at_last(within),
            |asked| Came {
                after: self.spent(since, asked),
                within,
            },
        );
        let coming = self.coming.entry(account).or_default();
        if matches!(change, Change::Ready { watched: true, .. }) {
            coming.built(came);
        } else if matches!(change, Change::ServerGone) {
            coming.removed(came);
        }
    }

    fn drop_entry(&mut self, entry: EntryId) {
        self.stop_waiting(entry);
        self.extras.forget(entry);
        self.lost.forget(entry);
        self.set_due(Thing::Entry(entry), None);
    }
}

/// What a change of an attempt may mean for entries that wait for its account.
const fn news(change: &Change) -> Option<News> {
    match change {
        Change::Accepted { .. }
        | Change::Adopted { .. }
        | Change::Lost { .. }
        | Change::Ready { .. }
        | Change::Failed(_)
        | Change::GivenUp(_)
        | Change::Dismissed => Some(News::Place),
        Change::Refused(_)
        | Change::Absent
        | Change::ServerGone
        | Change::Cleared
        | Change::Vanished => Some(News::Room),
        Change::BegunLate { .. }
        | Change::Seen { .. }
        | Change::Reappeared { .. }
        | Change::RemovalAsked
        | Change::RemovalFailed { .. }
        | Change::RemovalOverdue => None,
    }
}
