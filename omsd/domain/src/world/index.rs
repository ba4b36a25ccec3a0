//! What can be told from the rows of a world, kept so that nothing looks at every row.

use imbl::OrdMap;
use imbl::OrdSet;
use oms_proto::view::Status;
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use crate::rows::attempt::{Attempt, Kind, Server, State};
use crate::rows::entry::Entry;
use crate::rows::offering::{Offering, Stage};
use crate::rows::room;

/// What can be told from the rows, kept so that nothing looks at every row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) account_names: OrdMap<String, AccountId>,
    pub(crate) idempotency: OrdMap<String, EntryId>,
    /// Attempts that are not gone.
    pub(crate) live: OrdMap<(AccountId, AttemptId), EntryId>,
    /// Servers of live attempts, by Nova's id.
    pub(crate) servers: OrdMap<String, (EntryId, AttemptId)>,
    pub(crate) load: OrdMap<AccountId, Load>,
    pub(crate) statuses: OrdMap<Status, u64>,
    /// Launches and builds of each offering, by their begin.
    pub(crate) under_way: OrdMap<(AccountId, Offering), AtRisk>,
    /// Attempts whose server takes room, by flavor and number of ports.
    pub(crate) held: OrdMap<(AccountId, String, u32), u32>,
    /// Wanted entries with more than one launch or build under way.
    pub(crate) hedged: u32,
    /// Removals that take longer than they should.
    pub(crate) overdue: OrdMap<AttemptId, EntryId>,
    /// Instances that vanished, by account.
    pub(crate) vanished: OrdMap<AccountId, u32>,
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
    /// Those among them that only a look at the cloud can settle.
    pub awaiting: u32,
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
    /// Takes an entry into account, or out of it.
    pub(crate) fn weigh(&mut self, entry: &Entry, weigh: Weigh) {
        if !entry.is_past() {
            weigh.on(self.statuses.entry(entry.status).or_default());
        }
        if let Some(idempotency) = &entry.idempotency {
            match weigh {
                Weigh::Add => self.idempotency.insert(idempotency.key.clone(), entry.id),
                Weigh::Take => self.idempotency.remove(&idempotency.key),
            };
        }
        // What is merely looked for, or no longer wanted, is no hedge any more.
        let tries =
            |attempt: &&Attempt| matches!(attempt.state, State::Launching | State::Building { .. });
        if entry.is_wanted() && entry.attempts.iter().filter(tries).count() > 1 {
            weigh.on(&mut self.hedged);
        }
        for attempt in entry.attempts.iter().filter(|attempt| !attempt.is_gone()) {
            self.weigh_attempt(entry.id, attempt, weigh);
            self.weigh_risk(attempt, weigh);
            self.weigh_alerts(entry.id, attempt, weigh);
        }
    }

    fn weigh_attempt(&mut self, entry: EntryId, attempt: &Attempt, weigh: Weigh) {
        match weigh {
            Weigh::Add => self.live.insert((attempt.account, attempt.id), entry),
            Weigh::Take => self.live.remove(&(attempt.account, attempt.id)),
        };
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
        if attempt.awaits_look() {
            weigh.on(&mut load.awaiting);
        }
    }

    /// What takes room, and what of an offering is under way.
    fn weigh_risk(&mut self, attempt: &Attempt, weigh: Weigh) {
        let wanted = &attempt.wanted;
        if !matches!(attempt.state, State::Clearing) {
            let ports = room::ports(wanted);
            let key = (attempt.account, wanted.flavor.clone(), ports);
            let count = self.held.entry(key.clone()).or_default();
            weigh.on(count);
            if *count == 0 {
                self.held.remove(&key);
            }
        }
        let stage = match attempt.state {
            State::Launching => Stage::Launch,
            State::Building { .. } => Stage::Build,
            _ => return,
        };
        let key = (attempt.account, wanted.offering());
        let all = self.under_way.entry(key.clone()).or_default();
        let this = (attempt.started, attempt.id, stage);
        match weigh {
            Weigh::Add => all.insert(this),
            Weigh::Take => all.remove(&this),
        };
        if all.is_empty() {
            self.under_way.remove(&key);
        }
    }

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
        let statuses = self.statuses.iter().filter(|(_, count)| **count > 0);
        let vanished = self.vanished.iter().filter(|(_, count)| **count > 0);
        (
            load.map(|(id, load)| (*id, *load)).collect::<Vec<_>>(),
            statuses
                .map(|(status, count)| (*status, *count))
                .collect::<Vec<_>>(),
            self.live.clone(),
            self.servers.clone(),
            self.account_names.clone(),
            self.idempotency.clone(),
            self.under_way.clone(),
            self.hedged,
            (
                self.held.clone(),
                self.overdue.clone(),
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
    fn on<N: From<u8> + std::ops::AddAssign + std::ops::SubAssign>(self, count: &mut N) {
        match self {
            Self::Add => *count += N::from(1),
            Self::Take => *count -= N::from(1),
        }
    }
}
