//! The picture that decisions are made from, and `happen`, the only way to change it.
//!
//! The maps are persistent: a copy costs next to nothing and shares all rows, so readers work on
//! a copy as of the last commit and wait for nobody.

mod apply;
pub mod command;
pub mod event;
pub mod facts;
pub mod follow;
mod holds;
mod index;
pub mod marks;
mod mates;
mod passes;
pub mod rewind;
pub mod row;
pub mod verdict;
mod wishes;

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use imbl::{OrdMap, OrdSet};
use oms_proto::{AccountId, AttemptId, EntryId, Time};

pub use self::index::Load;
use self::index::{Index, Weigh};
use crate::ground::limits::BROUGHT_BYTES_MAX;
use crate::rows::account::Account;
use crate::rows::attempt::{self, Attempt};
use crate::rows::entry::{self, Entry, Status};
use crate::rows::health::Health;
use crate::rows::lineage::{Free, Lineage};
use crate::rows::offering::{Budget, Lessons, Offering, Stage};
use crate::rows::pass::{self, Pass};
use crate::rows::room::Room;
use crate::rows::stray::{self, Stray};

/// Everything that is under way, and indexes over it. Entries of which nothing is left at any cloud
/// are in the database only; here they are counted.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// This installation's id, as it stands in the metadata of every server.
    pub installation: Arc<str>,
    /// The number of the latest event.
    pub seq: u64,
    /// The next free ids.
    pub next: NextIds,
    /// How many entries have ended and stand in the database still.
    pub ended: Ended,
    /// Which daemons have written the database.
    pub lineage: Arc<Lineage>,
    /// Accounts, as people have set them.
    pub accounts: OrdMap<AccountId, Arc<Account>>,
    /// How accounts fare; of those that are not among them nothing is known.
    pub healths: OrdMap<AccountId, Arc<Health>>,
    /// What accounts have room for, once that was told.
    pub rooms: OrdMap<AccountId, Arc<Room>>,
    /// What launches have taught, by account and offering.
    pub lessons: OrdMap<AccountId, OrdMap<Offering, Arc<Lessons>>>,
    /// Objects of ours that have no owner, by account.
    pub strays: OrdMap<AccountId, OrdMap<stray::Id, Arc<Stray>>>,
    /// Entries.
    pub entries: OrdMap<EntryId, Arc<Entry>>,
    /// Tokens and users.
    pub passes: OrdMap<pass::Id, Arc<Pass>>,
    pub(crate) index: Index,
}

/// Entries that have ended and stand in the database still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// Those that failed.
    pub failed: u64,
    /// Those that were removed.
    pub removed: u64,
}

/// Every row that stands in the database, but for those of entries that have ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// This installation's id.
    pub installation: String,
    /// The number of the latest event.
    pub seq: u64,
    /// The next free ids.
    pub next: NextIds,
    /// How many entries have ended.
    pub ended: Ended,
    /// Which daemons have written the database.
    pub lineage: Lineage,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// How accounts fare.
    pub healths: Vec<(AccountId, Health)>,
    /// What accounts have room for.
    pub rooms: Vec<(AccountId, Room)>,
    /// What launches have taught.
    pub lessons: Vec<(AccountId, Lessons)>,
    /// Objects of ours that have no owner.
    pub strays: Vec<(AccountId, Stray)>,
    /// Entries.
    pub entries: Vec<Entry>,
    /// Tokens and users.
    pub passes: Vec<Pass>,
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
    /// The token or user is not there.
    #[error("there is no {} '{}'", .0.kind.as_str(), .0.name)]
    NoPass(pass::Id),
    /// The attempt is not there.
    #[error("there is no attempt {0}")]
    NoAttempt(AttemptId),
    /// The account is not there.
    #[error("there is no account with id {0}")]
    NoAccount(AccountId),
    /// An id is used again.
    #[error("the id {0} was given before")]
    UsedId(u64),
    /// An entry that has ended is forgotten, and none has.
    #[error("no entry has ended that could be forgotten")]
    NoneEnded,
    /// An attempt cannot change so.
    #[error(transparent)]
    Attempt(#[from] attempt::Illegal),
    /// An entry cannot change so.
    #[error(transparent)]
    Entry(#[from] entry::Illegal),
}

/// Of an account where nothing has failed.
static WELL: Health = Health::well();

impl World {
    /// A world with nothing in it.
    pub fn new(installation: &str) -> Self {
        Self {
            installation: installation.into(),
            ..Self::default()
        }
    }

    /// Puts stored rows together.
    pub fn from_rows(rows: Rows) -> Self {
        let Rows {
            installation,
            seq,
            next,
            ended,
            lineage,
            accounts,
            healths,
            rooms,
            lessons,
            strays,
            entries,
            passes,
        } = rows;
        let mut world = Self {
            seq,
            next,
            ended,
            lineage: Arc::new(lineage),
            ..Self::new(&installation)
        };
        for account in accounts {
            world.index.name(&account);
            world.accounts.insert(account.id, Arc::new(account));
        }
        let healths = healths.into_iter();
        world.healths = healths.map(|(id, health)| (id, Arc::new(health))).collect();
        let rooms = rooms.into_iter();
        world.rooms = rooms.map(|(id, room)| (id, Arc::new(room))).collect();
        let surveyed: Vec<_> = world.rooms.keys().copied().collect();
        for account in surveyed {
            world.find_mates(account);
        }
        for (account, lessons) in lessons {
            let of_account = world.lessons.entry(account).or_default();
            of_account.insert(lessons.offering.clone(), Arc::new(lessons));
        }
        for (account, stray) in strays {
            let of_account = world.strays.entry(account).or_default();
            of_account.insert(stray.id.clone(), Arc::new(stray));
        }
        for entry in entries {
            world.index.weigh(&entry, Weigh::Add);
            world.entries.insert(entry.id, Arc::new(entry));
        }
        for pass in passes {
            world.index.admit(&pass);
            world.passes.insert(pass.id.clone(), Arc::new(pass));
        }
        world
    }

    /// Whether there is room for so many bytes of what an entry brings for its machine.
    pub fn has_room_for(&self, brought: u64) -> bool {
        self.index.brought.saturating_add(brought) <= BROUGHT_BYTES_MAX
    }

    /// How an account fares.
    pub fn health(&self, account: AccountId) -> &Health {
        self.healths.get(&account).map_or(&WELL, |health| health)
    }

    /// What an account has room for, once that was told.
    pub fn room(&self, account: AccountId) -> Option<&Room> {
        self.rooms.get(&account).map(|room| &**room)
    }

    /// What launches of an offering have taught.
    pub fn lessons_of(&self, account: AccountId, offering: &Offering) -> Option<&Lessons> {
        let lessons = self.lessons.get(&account)?.get(offering);
        lessons.map(|lessons| &**lessons)
    }

    /// The offering of that flavor and zone at an account, and its budget, where it has one.
    pub fn budget_of(
        &self,
        account: AccountId,
        flavor: &str,
        zone: Option<&str>,
    ) -> Option<(&Offering, Budget)> {
        let lessons = self.lessons.get(&account)?.iter();
        let mut budgets = lessons.filter_map(|(it, lessons)| Some((it, lessons.budget?)));
        budgets.find(|(it, _)| it.flavor == flavor && it.availability_zone.as_deref() == zone)
    }

    /// What launches at an account have taught, in the order of offerings.
    pub fn lessons_at(&self, account: AccountId) -> impl Iterator<Item = &Lessons> {
        let lessons = self.lessons.get(&account).into_iter();
        lessons.flat_map(|lessons| lessons.values().map(|lessons| &**lessons))
    }

    /// An object of ours at an account that has no owner.
    pub fn stray(&self, account: AccountId, id: &stray::Id) -> Option<&Stray> {
        self.strays.get(&account)?.get(id).map(|stray| &**stray)
    }

    /// Objects of ours at an account that have no owner, in the order of their ids.
    pub fn strays_at(&self, account: AccountId) -> impl Iterator<Item = &Stray> {
        let strays = self.strays.get(&account).into_iter();
        strays.flat_map(|strays| strays.values().map(|stray| &**stray))
    }

    /// How many objects of ours at an account have no owner.
    pub fn stray_count(&self, account: AccountId) -> usize {
        self.strays.get(&account).map_or(0, OrdMap::len)
    }

    /// The median of the boot times that are remembered of an account.
    pub fn median_boot(&self, account: AccountId) -> Option<Duration> {
        let boots = self.lessons_at(account).flat_map(|it| &it.boots);
        let mut boots: Vec<_> = boots.copied().collect();
        boots.sort_unstable();
        boots.get(boots.len() / 2).copied()
    }

    /// When an account last made us a usable server.
    pub fn last_success(&self, account: AccountId) -> Option<Time> {
        let lessons = self.lessons_at(account);
        lessons.filter_map(|lessons| lessons.last_success).max()
    }

    /// The ids that are free now.
    pub const fn free(&self) -> Free {
        Free {
            entry: EntryId(self.next.entry),
            attempt: AttemptId(self.next.attempt),
        }
    }

    /// The first part of the installation's id, as it stands in the names of key pairs.
    pub fn short_installation(&self) -> String {
        self.installation.chars().take(8).collect()
    }

    /// The account of that name.
    pub fn account_named(&self, name: &str) -> Option<&Arc<Account>> {
        self.accounts.get(self.index.account_names.get(name)?)
    }

    /// The entry that was accepted under that idempotency key, and the digest of what it asked; one
    /// that has ended is in the database only.
    pub fn under(&self, key: &str) -> Option<(EntryId, [u8; 32])> {
        let entry = self.entries.get(self.index.idempotency.get(key)?)?;
        Some((entry.id, entry.asked.idempotency.as_ref()?.digest))
    }

    /// How many attempts of each kind an account has.
    pub fn load(&self, account: AccountId) -> Load {
        self.index.load.get(&account).copied().unwrap_or_default()
    }

    /// Launches and builds of an offering that are under way.
    pub fn under_way(&self, account: AccountId, offering: &Offering) -> u32 {
        let all = self.index.under_way(account, offering);
        all.map_or(0, |all| u32::try_from(all.len()).unwrap_or(u32::MAX))
    }

    /// Whether as many attempts at an offering are at risk as its budget allows.
    pub fn exhausts(&self, account: AccountId, offering: &Offering, budget: Budget) -> bool {
        let Some(all) = self.index.under_way(account, offering) else {
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
        let held = self.index.held.get(&account).into_iter().flatten();
        held.map(|((flavor, ports), count)| (flavor.as_str(), *ports, *count))
    }

    /// The entry and the attempt that a server belongs to, by Nova's id.
    pub fn owner(&self, server: &str) -> Option<(&Arc<Entry>, &Attempt)> {
        let (entry, attempt) = self.index.servers.get(server)?;
        let entry = self.entries.get(entry)?;
        Some((entry, entry.attempt(*attempt)?))
    }

    /// How many entries have that status, those that were removed and have ended not counted.
    pub fn count(&self, status: Status) -> u64 {
        let living = self.index.statuses.get(&status).map_or(0, OrdSet::len);
        let ended = if status == Status::Failed {
            self.ended.failed
        } else {
            0
        };
        ended.saturating_add(u64::try_from(living).unwrap_or(u64::MAX))
    }

    /// Entries with that status and a greater id, in the order of ids; those that have ended are not
    /// among them.
    pub fn with_status(
        &self,
        status: Status,
        after: Option<EntryId>,
    ) -> impl Iterator<Item = &Arc<Entry>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.index.statuses.get(&status).into_iter();
        ids.flat_map(move |ids| ids.range((from, Bound::Unbounded)))
            .filter_map(|id| self.entries.get(id))
    }

    /// Instances with a greater id, with their entries, in the order of ids.
    pub fn instances(
        &self,
        after: Option<AttemptId>,
    ) -> impl Iterator<Item = (&Arc<Entry>, &Attempt)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let ready = self.index.ready.range((from, Bound::Unbounded));
        ready.filter_map(|(attempt, entry)| {
            let entry = self.entries.get(entry)?;
            let kept = entry.kept().filter(|kept| kept.id == *attempt)?;
            Some((entry, kept))
        })
    }

    /// Attempts at an account that are not gone, with their entries.
    pub fn live_at(&self, account: AccountId) -> impl Iterator<Item = (&Arc<Entry>, &Attempt)> {
        let live = self.index.live.get(&account).into_iter().flatten();
        live.filter_map(|(attempt, entry)| {
            let entry = self.entries.get(entry)?;
            Some((entry, entry.attempt(*attempt)?))
        })
    }

    /// Accounts whose servers are yet to be looked at since the database may have gone back. One that
    /// nobody uses is not looked at.
    pub fn unseen(&self) -> impl Iterator<Item = &Arc<Account>> {
        let unseen = self.lineage.unseen.iter();
        let accounts = unseen.filter_map(|id| self.accounts.get(id));
        accounts.filter(|account| self.is_in_use(account))
    }

    /// Whether an account is to serve entries, or has anything of ours.
    pub fn is_in_use(&self, account: &Account) -> bool {
        let id = account.id;
        account.enabled || self.load(id).total() > 0 || self.stray_count(id) > 0
    }

    /// The entry of an attempt that may have something at an account.
    pub fn entry_at(&self, account: AccountId, attempt: AttemptId) -> Option<EntryId> {
        self.index.live.get(&account)?.get(&attempt).copied()
    }

    /// Whether what the indexes say is what the rows say; for tests, it looks at every row.
    pub fn indexes_agree(&self) -> bool {
        let fresh = Self::from_rows(Rows {
            accounts: self.accounts.values().map(|it| (**it).clone()).collect(),
            entries: self.entries.values().map(|it| (**it).clone()).collect(),
            passes: self.passes.values().map(|it| (**it).clone()).collect(),
            ..Rows::default()
        });
        fresh.index.content() == self.index.content()
    }

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
}
