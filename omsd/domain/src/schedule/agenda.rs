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
use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, Kind, State};
use crate::rows::entry::{Entry, Status};
use crate::rows::passed::{Passed, PassedOver, Waits};
use crate::rows::spur::Spur;
use crate::rules::policy::Policy;
use crate::schedule::coming::Coming;
use crate::schedule::creates::Creates;
use crate::schedule::effect::{Effect, Flight};
use crate::schedule::extras::Extras;
use crate::schedule::lost::Lost;
use crate::schedule::put_off::PutOff;
use crate::schedule::ranking::Ranking;
use crate::schedule::turns::Turns;
use crate::schedule::waiting::{Fit, News, Places, Waiting};
use crate::schedule::watch::Watch;
use crate::world::World;

/// What is marked, due, under way and waiting.
#[derive(Debug)]
pub struct Agenda {
    /// The scheduler's settings.
    pub policy: Policy,
    pub(super) marked: BTreeSet<Thing>,
    pub(super) timers: BTreeSet<(Time, Thing)>,
    pub(super) due: BTreeMap<Thing, Time>,
    pub(super) flights: BTreeMap<Flight, AccountId>,
    pub(super) turns: Turns,
    pub(super) waiting: Waiting,
    pub(super) ranking: Ranking,
    /// What each account refused last for want of room.
    pub(super) refused: BTreeMap<AccountId, Arc<Wanted>>,
    /// What has changed at accounts since the entries that wait were looked at.
    pub(super) news: BTreeMap<AccountId, News>,
    pub(super) watches: BTreeMap<AccountId, Watch>,
    /// Servers to be removed, and when a look showed that they carry our mark.
    pub(super) cleared: BTreeMap<AttemptId, Time>,
    /// Attempts cut short by a stop that a look has not found.
    pub(super) missed: BTreeSet<AttemptId>,
    /// Since when servers run that are not usable yet.
    pub(super) running: BTreeMap<AttemptId, Time>,
    /// Looks and launches under way, by account, where there are any.
    pub(super) awaited: BTreeMap<AccountId, u32>,
    pub(super) creates: BTreeMap<AccountId, Creates>,
    pub(super) coming: BTreeMap<AccountId, Coming>,
    /// Entries that wait for the end of a look, by account.
    pub(super) seekers: BTreeMap<AccountId, BTreeSet<EntryId>>,
    pub(super) extras: Extras,
    pub(super) lost: Lost,
    /// Extra servers that were made since that was told.
    pub(super) made_extra: Vec<Spur>,
    /// Whether anything was learned since that was told.
    pub(super) learned: bool,
    /// When a removal that the cloud accepted is asked after next.
    pub(super) ask_after: BTreeMap<AttemptId, Time>,
    pub(super) put_off: PutOff,
    /// What was waited for last, and who was passed over last. Entries that are placed one after the
    /// other have the same to tell as a rule, and share it.
    pub(super) waits: Arc<Waits>,
    pub(super) passed: Arc<Passed>,
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
        let turns = Turns::of(&policy);
        let launches_max = policy.launches_max;
        let coming = |account: &Arc<Account>| {
            let mut coming = Coming::default();
            let latest = world.lessons_at(account.id).max_by_key(|it| it.learned);
            coming.remember(latest.map_or(&[], |lessons| &lessons.boots), launches_max);
            for (_, attempt) in world.live_at(account.id) {
                coming.set(attempt);
            }
            (account.id, coming)
        };
        let creates = |account: &Arc<Account>| {
            let lessons = world.lessons_at(account.id);
            (account.id, Creates::of(lessons, launches_max))
        };
        let mut agenda = Self {
            policy,
            marked: entries.chain(accounts).collect(),
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            flights: BTreeMap::new(),
            turns,
            waiting: Waiting::default(),
            ranking: Ranking::default(),
            news: world.accounts.keys().map(|id| (*id, News::Any)).collect(),
            refused: BTreeMap::new(),
            watches: BTreeMap::new(),
            coming: world.accounts.values().map(coming).collect(),
            cleared: BTreeMap::new(),
            missed: BTreeSet::new(),
            running: BTreeMap::new(),
            awaited: BTreeMap::new(),
            creates: world.accounts.values().map(creates).collect(),
            seekers: BTreeMap::new(),
            extras: Extras::of(world),
            lost: Lost::default(),
            made_extra: Vec::new(),
            learned: true,
            ask_after: BTreeMap::new(),
            put_off: PutOff::default(),
            waits: Arc::default(),
            passed: Arc::default(),
        };
        for account in world.accounts.keys() {
            agenda.rank(world, *account);
        }
        agenda
    }

    /// The accounts, the better ones first.
    pub(crate) fn ranked(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.ranking.iter()
    }

    /// Marks a row.
    pub fn mark(&mut self, thing: Thing) {
        self.marked.insert(thing);
    }

    /// Marks an account that has changed so that entries which wait may find a place there.
    pub(crate) fn tell(&mut self, account: AccountId, news: News) {
        self.mark(Thing::Account(account));
        self.note_news(account, news);
    }

    /// An account that is being planned has changed in that way.
    pub(crate) fn note_news(&mut self, account: AccountId, news: News) {
        let known = self.news.entry(account).or_insert(news);
        *known = news.max(*known);
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
        let account = effect.account();
        let twin = self.flights.insert(effect.flight(), account);
        assert!(
            twin.is_none(),
            "{:?} is begun while it is under way",
            effect.flight()
        );
        self.turns.began(effect, now);
        self.put_off.begin(effect.flight(), now);
        if effect.flight().is_awaited() {
            *self.awaited.entry(account).or_default() += 1;
            // When it counts as silent is to be thought of.
            self.mark(Thing::Account(account));
        }
        match effect {
            Effect::Look { since, .. } => {
                let beside = self.beside_look(account);
                let watch = self.watch(account);
                watch.began = Some(now);
                watch.beside = beside;
                watch.doubted = false;
                if since.is_none() {
                    watch.want_full = false;
                }
            }
            Effect::Launch(launch) => {
                let mark = &launch.mark;
                let creates = self.creates(account);
                creates.begin(mark.attempt, mark.entry, now);
            }
            Effect::Survey { .. } => {
                let creates = self.creates(account).oldest();
                self.watch(account).disturbed = creates.is_some();
            }
            Effect::LookAt(_)
            | Effect::RemoveServer { .. }
            | Effect::ListKeypairs { .. }
            | Effect::Collect { .. }
            | Effect::Clear { .. } => {}
        }
    }

    /// Counts an effect as over.
    pub fn land(&mut self, flight: Flight, thing: Thing) {
        if let Some(account) = self.flights.remove(&flight) {
            if flight.is_awaited()
                && let Some(count) = self.awaited.get_mut(&account)
            {
                *count -= 1;
                if *count == 0 {
                    self.awaited.remove(&account);
                }
            }
            if self.turns.ended(account, flight) {
                self.mark(Thing::Account(account));
            }
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
            self.mark(Thing::Account(account));
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

    /// An entry found no room at an account, so that room which others make there is worth knowing.
    pub fn set_short(&mut self, account: AccountId) {
        if !std::mem::replace(&mut self.watch(account).short, true) {
            self.mark(Thing::Account(account));
        }
    }

    /// What an account refused last for want of room.
    pub fn refused(&self, account: AccountId) -> Option<&Arc<Wanted>> {
        self.refused.get(&account)
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
    pub fn want_keypairs(&mut self, account: AccountId) {
        let watch = self.watch(account);
        watch.want_full = true;
        watch.keypairs_listed = None;
        self.mark(Thing::Account(account));
    }

    /// Something about the account must be known now.
    pub fn doubt(&mut self, account: AccountId) {
        self.watch(account).doubted = true;
        self.mark(Thing::Account(account));
    }

    /// What an entry waits for, shared with the one before if that waits for the same.
    pub fn share_waits(&mut self, waits: Waits) -> Arc<Waits> {
        share(&mut self.waits, waits)
    }

    /// Who was passed over for an entry, shared in the same way.
    pub fn share_passed(&mut self, passed: Passed) -> Arc<Passed> {
        share(&mut self.passed, passed)
    }

    /// Lets an entry wait for a change of one of the accounts that could not take it.
    pub(crate) fn wait(&mut self, entry: &Entry, passed_over: &[PassedOver]) {
        self.waiting.add(entry, passed_over);
    }

    /// The entry waits no more.
    pub fn stop_waiting(&mut self, entry: EntryId) {
        self.waiting.take(entry);
    }

    /// Marks waiting entries that may go to an account, see [`Waiting::wake`].
    pub(crate) fn wake(
        &mut self,
        account: (AccountId, &str),
        places: Places,
        fit: impl Fn(&Self, EntryId) -> Fit,
    ) -> bool {
        let news = self.news.remove(&account.0);
        let mut waiting = std::mem::take(&mut self.waiting);
        let (woken, more) = waiting.wake(account, places, news, |entry| fit(self, entry));
        self.waiting = waiting;
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

    /// That was looked into.
    pub fn unmiss(&mut self, attempt: AttemptId) {
        self.missed.remove(&attempt);
    }

    /// Since when a server is seen to run that is seen so now.
    pub(crate) fn runs_since(&mut self, attempt: AttemptId, now: Time) -> Time {
        *self.running.entry(attempt).or_insert(now)
    }

    /// When a removal is asked after next.
    pub fn ask_after(&self, attempt: AttemptId) -> Option<Time> {
        self.ask_after.get(&attempt).copied()
    }

    /// Sets when a removal is asked after next.
    pub fn set_ask_after(&mut self, attempt: AttemptId, at: Time) {
        self.ask_after.insert(attempt, at);
    }
}

/// The last one if it says the same, else this one from now on.
fn share<T: PartialEq>(last: &mut Arc<T>, this: T) -> Arc<T> {
    if **last != this {
        *last = Arc::new(this);
    }
    Arc::clone(last)
}
