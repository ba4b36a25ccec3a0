//! What can be told from the rows of a world, kept so that nothing looks at every row.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use crate::rows::account::Account;
use crate::rows::attempt::{Attempt, Kind, Server, State};
use crate::rows::entry::{Entry, Status};
use crate::rows::offering::{Offering, Stage};
use crate::rows::pass::{self, Pass, Proof};
use crate::rows::room;

/// What can be told from the rows, kept so that nothing looks at every row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) account_names: OrdMap<String, AccountId>,
    pub(crate) idempotency: OrdMap<String, EntryId>,
    /// Attempts that are not gone.
    pub(crate) live: OrdMap<AccountId, OrdMap<AttemptId, EntryId>>,
    /// Attempts whose server is usable.
    pub(crate) ready: OrdMap<AttemptId, EntryId>,
    /// Servers of live attempts, by Nova's id.
    pub(crate) servers: OrdMap<String, (EntryId, AttemptId)>,
    pub(crate) load: OrdMap<AccountId, Load>,
    pub(crate) statuses: OrdMap<Status, OrdSet<EntryId>>,
    /// Launches and builds of each offering, by their begin.
    pub(crate) under_way: OrdMap<AccountId, OrdMap<Offering, AtRisk>>,
    /// Attempts whose server takes room, by flavor and number of ports.
    pub(crate) held: OrdMap<AccountId, OrdMap<(String, u32), u32>>,
    /// Removals that take longer than they should.
    pub(crate) overdue: OrdMap<AttemptId, EntryId>,
    /// The other accounts of an account's project and region, where there are any.
    pub(crate) mates: OrdMap<AccountId, OrdSet<AccountId>>,
    /// Instances that vanished, by account.
    pub(crate) vanished: OrdMap<AccountId, u32>,
    /// Bytes of what entries bring for their machines.
    pub(crate) brought: u64,
    /// Tokens by their digest.
    pub(crate) digests: OrdMap<[u8; 32], pass::Id>,
}

/// Attempts by their begin, with what of them is at risk.
type AtRisk = OrdSet<(Time, AttemptId, Stage)>;

/// How many attempts of each kind an account has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Launches under way.
    pub launching: u32,
    /// Servers looked for.
    pub unknown: u32,
    /// Servers building.
    pub building: u32,
    /// Instances.
    pub ready: u32,
    /// Removals under way.
    pub removing: u32,
}

impl Load {
    /// Everything that may exist at the cloud.
    pub const fn total(&self) -> u32 {
        self.launching + self.unknown + self.building + self.ready + self.removing
    }

    const fn slot(&mut self, kind: Kind) -> Option<&mut u32> {
        match kind {
            Kind::Launching => Some(&mut self.launching),
            Kind::Unknown => Some(&mut self.unknown),
            Kind::Building => Some(&mut self.building),
            Kind::Ready => Some(&mut self.ready),
            Kind::Removing => Some(&mut self.removing),
            Kind::Gone => None,
        }
    }
}

impl Index {
    /// An account has that name.
    pub(crate) fn name(&mut self, account: &Account) {
        self.account_names.insert(account.name.clone(), account.id);
    }

    /// An account has its name no more.
    pub(crate) fn unname(&mut self, account: &Account) {
        self.account_names.remove(&account.name);
    }

    /// A token or user is there.
    pub(crate) fn admit(&mut self, pass: &Pass) {
        if let Proof::Token(digest) = &pass.proof {
            self.digests.insert(*digest, pass.id.clone());
        }
    }

    /// A token or user is there no more.
    pub(crate) fn dismiss(&mut self, pass: &Pass) {
        if let Proof::Token(digest) = &pass.proof {
            self.digests.remove(digest);
        }
    }

    /// Launches and builds of an offering.
    pub(crate) fn under_way(&self, account: AccountId, offering: &Offering) -> Option<&AtRisk> {
        self.under_way.get(&account)?.get(offering)
    }

    /// Takes an entry into account, or out of it.
    pub(crate) fn weigh(&mut self, entry: &Entry, weigh: Weigh) {
        let bytes = entry.asked.brought();
        let brought = match weigh {
            Weigh::Add => self.brought.checked_add(bytes),
            Weigh::Take => self.brought.checked_sub(bytes),
        };
        assert!(
            brought.is_some(),
            "what entry {} brings was counted twice, or not at all",
            entry.id
        );
        self.brought = brought.unwrap_or_default();
        self.weigh_entry(entry, weigh);
        for attempt in entry.attempts() {
            self.weigh_attempt(entry.id, attempt, weigh);
        }
    }

    /// An entry has changed; what has not is not weighed again.
    pub(crate) fn change(&mut self, before: &Entry, after: &Entry) {
        if before.status != after.status {
            self.weigh_entry(before, Weigh::Take);
            self.weigh_entry(after, Weigh::Add);
        }
        let same = |entry: &Entry, attempt: &Arc<Attempt>| {
            let mut attempts = entry.attempts.iter();
            attempts.any(|other| Arc::ptr_eq(other, attempt))
        };
        for attempt in before.attempts.iter().filter(|it| !same(after, it)) {
            self.weigh_attempt(before.id, attempt, Weigh::Take);
        }
        for attempt in after.attempts.iter().filter(|it| !same(before, it)) {
            self.weigh_attempt(after.id, attempt, Weigh::Add);
        }
    }

    /// What concerns the entry as a whole.
    fn weigh_entry(&mut self, entry: &Entry, weigh: Weigh) {
        let with_status = self.statuses.entry(entry.status).or_default();
        let was = match weigh {
            Weigh::Add => with_status.insert(entry.id),
            Weigh::Take => with_status.remove(&entry.id),
        };
        assert!(
            was.is_some() == matches!(weigh, Weigh::Take),
            "entry {} was counted twice, or not at all, in {}",
            entry.id,
            entry.status
        );
        if let Some(idempotency) = &entry.asked.idempotency {
            let was = match weigh {
                Weigh::Add => self.idempotency.insert(idempotency.key.clone(), entry.id),
                Weigh::Take => self.idempotency.remove(&idempotency.key),
            };
            assert!(
                was.is_none_or(|was| was == entry.id),
                "entry {} is found under another's idempotency key",
                entry.id
            );
        }
    }

    fn weigh_attempt(&mut self, entry: EntryId, attempt: &Attempt, weigh: Weigh) {
        if attempt.is_gone() {
            return;
        }
        let live = self.live.entry(attempt.account).or_default();
        let was = match weigh {
            Weigh::Add => live.insert(attempt.id, entry),
            Weigh::Take => live.remove(&attempt.id),
        };
        assert!(
            was.is_some() == matches!(weigh, Weigh::Take),
            "attempt {} was counted twice, or not at all",
            attempt.id
        );
        if live.is_empty() {
            self.live.remove(&attempt.account);
        }
        if attempt.state == State::Ready {
            let was = match weigh {
                Weigh::Add => self.ready.insert(attempt.id, entry),
                Weigh::Take => self.ready.remove(&attempt.id),
            };
            assert!(
                was.is_some() == matches!(weigh, Weigh::Take),
                "the instance of attempt {} was counted twice, or not at all",
                attempt.id
            );
        }
        if let Some(server) = &attempt.server {
            match weigh {
                Weigh::Add => self.servers.insert(server.id.clone(), (entry, attempt.id)),
                Weigh::Take => self.servers.remove(&server.id),
            };
        }
        let load = self.load.entry(attempt.account).or_default();
        if let Some(slot) = load.slot(attempt.state.kind()) {
            weigh.on(slot);
        }
        self.weigh_risk(attempt, weigh);
        self.weigh_alerts(entry, attempt, weigh);
    }

    /// What takes room, and what of an offering is under way.
    fn weigh_risk(&mut self, attempt: &Attempt, weigh: Weigh) {
        let wanted = &attempt.wanted;
        if attempt.takes_room() {
            let held = self.held.entry(attempt.account).or_default();
            let key = (wanted.flavor.clone(), room::ports(wanted.networks.len()));
            let count = held.entry(key.clone()).or_default();
            weigh.on(count);
            if *count == 0 {
                held.remove(&key);
            }
            if held.is_empty() {
                self.held.remove(&attempt.account);
            }
        }
        let stage = match attempt.state {
            State::Launching => Stage::Launch,
            State::Building { .. } => Stage::Build,
            State::Unknown { .. }
            | State::Ready
            | State::RemovingServer { .. }
            | State::Clearing
            | State::Gone => return,
        };
        let offering = wanted.offering();
        let of_account = self.under_way.entry(attempt.account).or_default();
        let all = of_account.entry(offering.clone()).or_default();
        let this = (attempt.started, attempt.id, stage);
        let was = match weigh {
            Weigh::Add => all.insert(this),
            Weigh::Take => all.remove(&this),
        };
        assert!(
            was.is_some() == matches!(weigh, Weigh::Take),
            "attempt {} is under way twice, or not at all",
            attempt.id
        );
        if all.is_empty() {
            of_account.remove(&offering);
        }
        if of_account.is_empty() {
            self.under_way.remove(&attempt.account);
        }
    }

    /// What needs a person.
    fn weigh_alerts(&mut self, entry: EntryId, attempt: &Attempt, weigh: Weigh) {
        if attempt.state.kind() == Kind::Removing && attempt.removal.alerted {
            match weigh {
                Weigh::Add => self.overdue.insert(attempt.id, entry),
                Weigh::Take => self.overdue.remove(&attempt.id),
            };
        }
        let vanished = |server: &Server| server.vanished;
        if attempt.state == State::Ready && attempt.server.as_ref().is_some_and(vanished) {
            weigh.on(self.vanished.entry(attempt.account).or_default());
        }
    }

    /// What it says, without what is zero.
    pub(crate) fn content(&self) -> impl PartialEq + '_ {
        let load = self.load.iter().filter(|(_, load)| load.total() > 0);
        let statuses = self.statuses.iter().filter(|(_, ids)| !ids.is_empty());
        let vanished = self.vanished.iter().filter(|(_, count)| **count > 0);
        (
            load.map(|(id, load)| (*id, *load)).collect::<Vec<_>>(),
            statuses
                .map(|(status, ids)| (*status, ids.clone()))
                .collect::<Vec<_>>(),
            (self.live.clone(), self.ready.clone()),
            self.servers.clone(),
            self.account_names.clone(),
            self.idempotency.clone(),
            self.under_way.clone(),
            (
                self.held.clone(),
                self.mates.clone(),
                self.overdue.clone(),
                self.brought,
                vanished
                    .map(|(id, count)| (*id, *count))
                    .collect::<Vec<_>>(),
            ),
        )
    }
}

/// Adding to a count or taking from it.
#[derive(Clone, Copy)]
pub(crate) enum Weigh {
    Add,
    Take,
}

impl Weigh {
    /// A count that went below zero would look like four thousand million launches under way.
    fn on(self, count: &mut u32) {
        let changed = match self {
            Self::Add => count.checked_add(1),
            Self::Take => count.checked_sub(1),
        };
        assert!(
            changed.is_some(),
            "more was taken from a count than is in it"
        );
        *count = changed.unwrap_or(*count);
    }
}
