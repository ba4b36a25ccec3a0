//! What is to be looked at next. Nothing here outlives the daemon: it is rebuilt from the world at
//! start, so it may hold only what can be told anew.
//!
//! A change marks its entry or account; a timer marks them when something falls due. So a turn
//! costs as much as there is to do, however many rows there are.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use oms_proto::{AccountId, AttemptId, EntryId, Time};

use crate::ground::cloud::Wanted;
use crate::ground::limits::CLEARED_FOR;
use crate::rows::attempt::{Attempt, Change, Kind, State};
use crate::rows::entry::{Entry, Status};
use crate::rows::passed::{Passed, Waits};
use crate::rules::policy::Policy;
use crate::schedule::effect::{Effect, Flight};
use crate::schedule::put_off::PutOff;
use crate::schedule::turns::Turns;
use crate::schedule::waiting::Waiting;
use crate::schedule::watch::Watch;
use crate::world::World;
use crate::world::event::{Event, Fact};

/// What is marked, due, under way and waiting.
#[derive(Debug)]
pub struct Agenda {
    /// The scheduler's settings.
    pub policy: Policy,
    marked: BTreeSet<Thing>,
    timers: BTreeSet<(Time, Thing)>,
    due: BTreeMap<Thing, Time>,
    flights: BTreeMap<Flight, AccountId>,
    turns: Turns,
    waiting: Waiting,
    /// What each account refused last for want of room.
    refused: BTreeMap<AccountId, Arc<Wanted>>,
    /// Accounts that have changed since their waiting entries were looked at.
    news: BTreeSet<AccountId>,
    watches: BTreeMap<AccountId, Watch>,
    /// Servers to be removed, and when a look showed that they carry our mark.
    cleared: BTreeMap<AttemptId, Time>,
    /// Attempts cut short by a stop that a look has not found.
    missed: BTreeSet<AttemptId>,
    /// Launches without an answer in time, by account: a look may show their servers before
    /// the answer comes.
    overdue: BTreeSet<(AccountId, AttemptId)>,
    /// When a removal that the cloud accepted is asked after next.
    ask_after: BTreeMap<AttemptId, Time>,
    put_off: PutOff,
    /// What was waited for last, and who was passed over last. Entries that are placed one after the
    /// other have the same to tell as a rule, and share it.
    waits: Arc<Waits>,
    passed: Arc<Passed>,
}

/// A row that can be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// An entry.
    Entry(EntryId),
    /// An account.
    Account(AccountId),
}

impl Agenda {
    /// The agenda at start: everything that is not at rest is marked.
    pub fn new(policy: Policy, world: &World) -> Self {
        let rests = |entry: &Entry| {
            entry.status == Status::Run
                && entry.attempts().all(|attempt| {
                    let server = attempt.server.as_ref();
                    let vanished = server.is_some_and(|server| server.vanished);
                    match attempt.state {
                        State::Gone => true,
                        State::Ready => !vanished,
                        State::Launching
                        | State::Unknown { .. }
                        | State::Building { .. }
                        | State::RemovingServer { .. }
                        | State::Clearing => false,
                    }
                })
        };
        let entries = world.entries.values().filter(|entry| !rests(entry));
        let entries = entries.map(|entry| Thing::Entry(entry.id));
        let accounts = world.accounts.keys().map(|id| Thing::Account(*id));
        let watch = |account: &AccountId| {
            let awaits = world
                .live_at(*account)
                .filter(|(_, attempt)| attempt.awaits_look());
            let newest = awaits.map(|(_, attempt)| attempt.since).max();
            (
                *account,
                Watch {
                    newest,
                    ..Watch::default()
                },
            )
        };
        let turns = Turns::of(&policy);
        Self {
            policy,
            marked: entries.chain(accounts).collect(),
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            flights: BTreeMap::new(),
            turns,
            waiting: Waiting::default(),
            news: world.accounts.keys().copied().collect(),
            refused: BTreeMap::new(),
            watches: world.accounts.keys().map(watch).collect(),
            cleared: BTreeMap::new(),
            missed: BTreeSet::new(),
            overdue: BTreeSet::new(),
            ask_after: BTreeMap::new(),
            put_off: PutOff::default(),
            waits: Arc::default(),
            passed: Arc::default(),
        }
    }

    /// Marks what a fact touches. To be told of every fact, right after the world.
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
                    self.note_attempt(found.account, *attempt, change, fact.at);
                }
            }
            Event::EntryEnded(entry) => self.drop_entry(*entry),
            Event::AccountRemoved(account) => {
                self.watches.remove(account);
                self.waiting.forget(*account);
                self.refused.remove(account);
                self.news.remove(account);
                self.turns.forget(*account);
                self.put_off.forget_account(*account);
                self.set_due(Thing::Account(*account), None);
            }
            Event::AccountEdited(account) => {
                self.watches.insert(account.id, Watch::default());
                // Removals may have been held up by what was wrong.
                let removing = world
                    .live_at(account.id)
                    .filter(|(_, attempt)| attempt.state.kind() == Kind::Removing);
                let entries = removing.map(|(entry, _)| Thing::Entry(entry.id));
                self.marked.extend(entries);
            }
            // What had to wait is thought of anew.
            Event::TakenOver => {
                let entries = world.entries.keys().map(|id| Thing::Entry(*id));
                let accounts = world.accounts.keys().map(|id| Thing::Account(*id));
                self.marked.extend(entries.chain(accounts));
            }
            Event::Started { .. }
            | Event::Held(_)
            | Event::IdsRaised(_)
            | Event::AccountSeen(_)
            | Event::AccountAdded(_)
            | Event::MaintenanceSet { .. }
            | Event::Blocked { .. }
            | Event::Unblocked { .. }
            | Event::BlocksForgotten(_)
            | Event::ProbeBegun { .. }
            | Event::ProbeOver { .. }
            | Event::Surveyed { .. }
            | Event::RoomForgotten(_)
            | Event::Learned { .. }
            | Event::LessonsForgotten { .. }
            | Event::Stray { .. }
            | Event::EntryAccepted(_)
            | Event::EntryWaiting { .. }
            | Event::EntryUnwanted(_)
            | Event::EntryGaveUp { .. }
            | Event::EntryReplaced { .. }
            | Event::EndedRemoved(_)
            | Event::EntryForgotten { .. }
            | Event::AttemptStarted { .. } => {}
        }
    }

    fn note_attempt(&mut self, account: AccountId, id: AttemptId, change: &Change, at: Time) {
        self.mark(Thing::Account(account));
        let awaits = matches!(
            change,
            Change::Accepted { .. }
                | Change::Adopted { .. }
                | Change::Lost { .. }
                | Change::RemovalAsked
        );
        if awaits {
            self.watch(account).newest = Some(at);
        }
        if !matches!(change, Change::RemovalAsked | Change::RemovalFailed { .. }) {
            self.ask_after.remove(&id);
        }
        self.cleared.remove(&id);
        self.missed.remove(&id);
        self.overdue.remove(&(account, id));
        self.put_off.forget_attempt(id);
    }

    /// Marks a row.
    pub fn mark(&mut self, thing: Thing) {
        if let Thing::Account(account) = thing {
            self.news.insert(account);
        }
        self.marked.insert(thing);
    }

    /// Marks an account that has not changed, and of which those that wait need not hear.
    fn recall(&mut self, account: AccountId) {
        self.marked.insert(Thing::Account(account));
    }

    /// Takes the next marked row, after marking what is due.
    pub fn take(&mut self, now: Time) -> Option<Thing> {
        while let Some((at, thing)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, thing));
            self.due.remove(&thing);
            self.marked.insert(thing);
        }
        self.marked.pop_first()
    }

    /// When something falls due next; at once if something is marked.
    pub fn next_due(&self, now: Time) -> Option<Time> {
        if self.marked.is_empty() {
            self.timers.first().map(|(at, _)| *at)
        } else {
            Some(now)
        }
    }

    /// Sets the one timer of a row.
    pub fn set_due(&mut self, thing: Thing, at: Option<Time>) {
        let before = match at {
            Some(at) => self.due.insert(thing, at),
            None => self.due.remove(&thing),
        };
        if let Some(before) = before {
            self.timers.remove(&(before, thing));
        }
        if let Some(at) = at {
            self.timers.insert((at, thing));
        }
    }

    /// Whether it is under way.
    pub fn is_flying(&self, flight: Flight) -> bool {
        self.flights.contains_key(&flight)
    }

    /// Whether anything is under way.
    pub fn any_flight(&self) -> bool {
        !self.flights.is_empty()
    }

    /// Counts an effect as under way.
    pub fn launch(&mut self, effect: &Effect, now: Time) {
        self.flights.insert(effect.flight(), effect.account());
        self.turns.began(effect, now);
        self.put_off.begin(effect.flight(), now);
        if let Effect::Look { account, since } = effect {
            let watch = self.watch(*account);
            watch.began = Some(now);
            watch.doubted = false;
            if since.is_none() {
                watch.want_full = false;
            }
        }
    }

    /// Counts an effect as over.
    pub fn land(&mut self, flight: Flight, thing: Thing) {
        if let Some(account) = self.flights.remove(&flight)
            && self.turns.ended(account, flight)
        {
            self.mark(Thing::Account(account));
        }
        self.mark(thing);
    }

    /// An effect was not begun for want of something of our own, see [`PutOff`].
    pub fn put_off(&mut self, flight: Flight, now: Time) {
        self.put_off.add(flight, now);
        if let Flight::Look(account) = flight {
            let watch = self.watch(account);
            watch.began = None;
            // It may have been a complete one.
            watch.want_full = true;
        }
    }

    /// Whether an effect that is planned is put off; its row is planned again in time.
    pub fn waits(&mut self, effect: &Effect, now: Time) -> bool {
        let Some(until) = self.put_off.until(effect.flight(), now) else {
            return false;
        };
        let account = Thing::Account(effect.account());
        let row = effect.entry().map_or(account, Thing::Entry);
        let due = self.due.get(&row).map_or(until, |due| until.min(*due));
        self.set_due(row, Some(due));
        true
    }

    /// Since when the answer to a launch is waited for; `None` while it is put off.
    pub fn launched(&self, attempt: &Attempt) -> Option<Time> {
        self.put_off.launched(attempt)
    }

    /// When an account may be called next, if not now.
    pub fn opens(&self, account: AccountId, now: Time) -> Option<Time> {
        self.turns.opens(account, now)
    }

    /// Whether an entry may tidy up at an account now; if not, it is marked when its turn has come.
    pub fn admits(&mut self, account: AccountId, entry: EntryId, now: Time) -> bool {
        let admits = self.turns.admits(account, entry, now);
        if !admits {
            self.recall(account);
        }
        admits
    }

    /// Marks the entries whose turn to tidy up at an account has come, and tells when to do so
    /// again.
    pub fn release(&mut self, account: AccountId, now: Time) -> Option<Time> {
        let (released, next) = self.turns.release(account, now);
        self.marked.extend(released.into_iter().map(Thing::Entry));
        next
    }

    /// An account refused a launch for want of room: what is known of its room has proved wrong.
    pub fn set_refused(&mut self, account: AccountId, wanted: &Arc<Wanted>) {
        self.refused.insert(account, Arc::clone(wanted));
        self.watch(account).surveyed = None;
        self.mark(Thing::Account(account));
    }

    /// What an account refused last for want of room.
    pub fn refused(&self, account: AccountId) -> Option<&Arc<Wanted>> {
        self.refused.get(&account)
    }

    /// Whether an account has changed since this was asked last.
    pub fn take_news(&mut self, account: AccountId) -> bool {
        self.news.remove(&account)
    }

    /// The watch over an account.
    pub fn watch(&mut self, account: AccountId) -> &mut Watch {
        self.watches.entry(account).or_default()
    }

    /// Marks the entries that build at an account when it begins to be drained, and no more until
    /// that is over.
    pub fn drain(&mut self, world: &World, account: AccountId, drains: bool) {
        let watch = self.watch(account);
        let begins = drains && !watch.draining;
        watch.draining = drains;
        if begins {
            let building = world
                .live_at(account)
                .filter(|(_, attempt)| attempt.state.kind() == Kind::Building);
            let entries = building.map(|(entry, _)| Thing::Entry(entry.id));
            self.marked.extend(entries);
        }
    }

    /// Somebody wants to know of everything at an account now.
    pub fn want_inspection(&mut self, account: AccountId) {
        let watch = self.watch(account);
        watch.want_full = true;
        watch.inspected = None;
        self.mark(Thing::Account(account));
    }

    /// Something about the account must be known now.
    pub fn doubt(&mut self, account: AccountId) {
        self.watch(account).doubted = true;
        self.recall(account);
    }

    /// What an entry waits for, shared with the one before if that waits for the same.
    pub fn share_waits(&mut self, waits: Waits) -> Arc<Waits> {
        share(&mut self.waits, waits)
    }

    /// Who was passed over for an entry, shared in the same way.
    pub fn share_passed(&mut self, passed: Passed) -> Arc<Passed> {
        share(&mut self.passed, passed)
    }

    /// Lets an entry wait for a change of some account.
    pub fn wait(&mut self, entry: &Entry) {
        self.waiting.add(entry);
    }

    /// The entry waits no more.
    pub fn stop_waiting(&mut self, entry: EntryId) {
        self.waiting.take(entry);
    }

    /// Marks waiting entries that may go to an account, see [`Waiting::wake`].
    pub fn wake(&mut self, id: AccountId, account: &str, each: usize, news: bool) -> bool {
        let (woken, more) = self.waiting.wake(id, account, each, news);
        self.marked.extend(woken.into_iter().map(Thing::Entry));
        more
    }

    /// Entries that wait for an account.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// A look showed that this server, to be removed, carries our mark.
    pub fn clear(&mut self, attempt: AttemptId, now: Time) {
        self.cleared.insert(attempt, now);
    }

    /// Whether a look has just shown that.
    pub fn is_cleared(&self, attempt: AttemptId, now: Time) -> bool {
        let cleared = self.cleared.get(&attempt);
        cleared.is_some_and(|at| now < at.plus(CLEARED_FOR))
    }

    /// A look did not show the server of this attempt, which a stop had cut short.
    pub fn miss(&mut self, attempt: AttemptId) {
        self.missed.insert(attempt);
    }

    /// Whether a look has not shown it.
    pub fn is_missed(&self, attempt: AttemptId) -> bool {
        self.missed.contains(&attempt)
    }

    /// A launch has had no answer in time; tells whether that is news.
    pub fn set_overdue(&mut self, account: AccountId, attempt: AttemptId, now: Time) -> bool {
        let news = self.overdue.insert((account, attempt));
        if news {
            self.watch(account).newest = Some(now);
            self.mark(Thing::Account(account));
        }
        news
    }

    /// How many launches at an account have had no answer in time.
    pub fn overdue(&self, account: AccountId) -> usize {
        let all = (account, AttemptId(0))..=(account, AttemptId(u64::MAX));
        self.overdue.range(all).count()
    }

    /// That was looked into.
    pub fn unmiss(&mut self, attempt: AttemptId) {
        self.missed.remove(&attempt);
    }

    /// When a removal is asked after next.
    pub fn ask_after(&self, attempt: AttemptId) -> Option<Time> {
        self.ask_after.get(&attempt).copied()
    }

    /// Sets when a removal is asked after next.
    pub fn set_ask_after(&mut self, attempt: AttemptId, at: Time) {
        self.ask_after.insert(attempt, at);
    }

    fn drop_entry(&mut self, entry: EntryId) {
        self.stop_waiting(entry);
        self.set_due(Thing::Entry(entry), None);
    }
}

/// The last one if it says the same, else this one from now on.
fn share<T: PartialEq>(last: &mut Arc<T>, this: T) -> Arc<T> {
    if **last != this {
        *last = Arc::new(this);
    }
    Arc::clone(last)
}
