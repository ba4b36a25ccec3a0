//! What is to be looked at next. Nothing here outlives the daemon: it is rebuilt from the world at
//! start, so it may hold only what can be told anew.
//!
//! A change marks its entry or account; a timer marks them when something falls due. So a turn
//! costs as much as there is to do, however many rows there are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use oms_proto::spec::EntrySpec;
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::attempt::{Change, Kind, State};
use super::effect::{Effect, Flight};
use super::entry::{Entry, Status};
use super::event::{Event, Fact};
use super::limits::{CLEARED_FOR, SHAPES_PER_TURN};
use super::policy::Policy;
use super::world::{World, awaits_look};

/// What is marked, due, under way and waiting.
#[derive(Debug)]
pub struct Agenda {
    /// The scheduler's settings.
    pub policy: Policy,
    marked: BTreeSet<Thing>,
    timers: BTreeSet<(Time, Thing)>,
    due: BTreeMap<Thing, Time>,
    flights: BTreeSet<Flight>,
    waiting: BTreeMap<Shape, BTreeSet<EntryId>>,
    shapes: BTreeMap<EntryId, Shape>,
    wake_from: Option<Shape>,
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
}

/// A row that can be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// An entry.
    Entry(EntryId),
    /// An account.
    Account(AccountId),
}

/// What an entry asks of an account: entries of one shape are placed alike, so when the first
/// finds no place the others need not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    accounts: Option<Vec<String>>,
    avoid: Option<Vec<String>>,
    image: Option<String>,
    flavor: Option<String>,
    networks: Option<Vec<String>>,
    security_groups: Option<Vec<String>>,
    availability_zone: Option<String>,
}

/// The watch over an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watch {
    /// Where the next partial look begins, by the cloud's clock.
    pub cursor: Option<Time>,
    /// When the look under way began.
    pub began: Option<Time>,
    /// When the last look ended.
    pub ended: Option<Time>,
    /// When the last complete look began.
    pub full: Option<Time>,
    /// Whether a complete look is needed.
    pub want_full: bool,
    /// Looks that failed in a row.
    pub failures: u32,
    /// Whether a launch found a service dead: a look tells whether it is the whole account.
    pub doubted: bool,
    /// When the youngest thing that awaits a look began to.
    pub newest: Option<Time>,
    /// When it was told last what there is room for.
    pub surveyed: Option<Time>,
    /// Whether that has proved wrong.
    pub want_survey: bool,
    /// Whether entries are being moved elsewhere.
    pub draining: bool,
    /// When the key pairs were listed last.
    pub inspected: Option<Time>,
    /// Whether they are to be listed anew.
    pub want_inspection: bool,
}

impl Agenda {
    /// The agenda at start: everything that is not at rest is marked.
    pub fn new(policy: Policy, world: &World) -> Self {
        let rests = |entry: &Entry| {
            entry.status == Status::Run
                && entry
                    .attempts
                    .iter()
                    .all(|a| matches!(a.state, State::Ready | State::Gone))
        };
        let entries = world.entries.values().filter(|entry| !rests(entry));
        let entries = entries.map(|entry| Thing::Entry(entry.id));
        let accounts = world.accounts.keys().map(|id| Thing::Account(*id));
        let watch = |account: &AccountId| {
            let awaits = world
                .live_at(*account)
                .filter(|(_, attempt)| awaits_look(attempt));
            let newest = awaits.map(|(_, attempt)| attempt.since).max();
            (
                *account,
                Watch {
                    newest,
                    ..Watch::default()
                },
            )
        };
        Self {
            policy,
            marked: entries.chain(accounts).collect(),
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            flights: BTreeSet::new(),
            waiting: BTreeMap::new(),
            shapes: BTreeMap::new(),
            wake_from: None,
            watches: world.accounts.keys().map(watch).collect(),
            cleared: BTreeMap::new(),
            missed: BTreeSet::new(),
            overdue: BTreeSet::new(),
            ask_after: BTreeMap::new(),
        }
    }

    /// Marks what a fact touches. To be told of every fact, right after the world.
    pub fn note(&mut self, world: &World, fact: &Fact) {
        if let Some(entry) = fact.event.entry() {
            self.mark(Thing::Entry(entry));
        }
        if let Some(account) = fact.event.account() {
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
            Event::EntryForgotten(entry) => self.drop_entry(*entry),
            Event::AccountRemoved(account) => {
                self.watches.remove(account);
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
            _ => {}
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
    }

    /// Marks a row.
    pub fn mark(&mut self, thing: Thing) {
        self.marked.insert(thing);
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
        self.flights.contains(&flight)
    }

    /// Whether anything is under way.
    pub fn any_flight(&self) -> bool {
        !self.flights.is_empty()
    }

    /// Counts an effect as under way.
    pub fn launch(&mut self, effect: &Effect, now: Time) {
        self.flights.insert(effect.flight());
        if let Effect::Look { account, since } = effect {
            let watch = self.watch(*account);
            watch.began = Some(now);
            watch.doubted = false;
            if since.is_none() {
                watch.want_full = false;
            }
        }
        match effect {
            Effect::Inspect { account } => self.watch(*account).want_inspection = false,
            Effect::Survey { account } => self.watch(*account).want_survey = false,
            _ => {}
        }
    }

    /// Counts an effect as over.
    pub fn land(&mut self, flight: Flight, thing: Thing) {
        self.flights.remove(&flight);
        self.mark(thing);
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
        watch.want_inspection = true;
        self.mark(Thing::Account(account));
    }

    /// A launch found a service of the account dead.
    pub fn doubt(&mut self, account: AccountId) {
        self.watch(account).doubted = true;
        self.mark(Thing::Account(account));
    }

    /// Lets an entry wait for a change of some account.
    pub fn wait(&mut self, entry: &Entry) {
        if !self.shapes.contains_key(&entry.id) {
            let shape = Shape::of(&entry.spec);
            self.waiting
                .entry(shape.clone())
                .or_default()
                .insert(entry.id);
            self.shapes.insert(entry.id, shape);
        }
    }

    /// The entry waits no more.
    pub fn stop_waiting(&mut self, entry: EntryId) {
        if let Some(shape) = self.shapes.remove(&entry)
            && let Some(entries) = self.waiting.get_mut(&shape)
        {
            entries.remove(&entry);
            if entries.is_empty() {
                self.waiting.remove(&shape);
            }
        }
    }

    /// Marks the first waiting entries of each shape that may go to an account, and says whether
    /// shapes were left for the next time. Where there are more shapes than a turn may look at,
    /// the next time begins where this one ended.
    pub fn wake(&mut self, account: &str, each: usize) -> bool {
        let from = self.wake_from.take();
        let after = from.clone().map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.waiting.range((after, Bound::Unbounded));
        let earlier = from
            .iter()
            .flat_map(|from| self.waiting.range(..=from.clone()));
        let mut woken = Vec::new();
        for (count, (shape, entries)) in later.chain(earlier).enumerate() {
            if count == SHAPES_PER_TURN {
                break;
            }
            if self.waiting.len() > SHAPES_PER_TURN {
                self.wake_from = Some(shape.clone());
            }
            if shape.admits(account) {
                woken.extend(entries.iter().take(each).map(|entry| Thing::Entry(*entry)));
            }
        }
        self.marked.extend(woken);
        self.wake_from.is_some()
    }

    /// Entries that wait for an account.
    pub fn waiting(&self) -> usize {
        self.shapes.len()
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

impl Shape {
    fn of(spec: &Arc<EntrySpec>) -> Self {
        Self {
            accounts: spec.accounts.clone(),
            avoid: spec.avoid_accounts.clone(),
            image: spec.image.clone(),
            flavor: spec.flavor.clone(),
            networks: spec.networks.clone(),
            security_groups: spec.security_groups.clone(),
            availability_zone: spec.availability_zone.clone(),
        }
    }

    fn admits(&self, account: &str) -> bool {
        let names = |names: &Option<Vec<String>>| {
            names
                .as_ref()
                .map(|names| names.iter().any(|name| name == account))
        };
        names(&self.accounts).unwrap_or(true) && !names(&self.avoid).unwrap_or(false)
    }
}
