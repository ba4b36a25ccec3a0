//! Accounts that placement did not choose, and why: in full while placement looks at them, with the
//! telling ones by name where a row keeps it. Of those that would have suited as well nothing is
//! kept, for that follows from the one that was chosen.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::{AccountId, AttemptId, Time};

use super::room::Shortage;
use super::scope::{Scope, ScopeKind};
use super::spur::Spur;
use crate::ground::failure::{Failure, FailureClass};
use crate::ground::limits::{NAMED_MAX, PASSED_OVER_MAX};
use crate::ground::resource::Resource;

/// An account that was not chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// Which.
    pub account: AccountId,
    /// Why.
    pub reason: Reason,
}

/// Why an account was not chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing is launched anywhere until a person says that no other daemon is at work.
    Held,
    /// What stands there has not been listed since the database went back.
    Unseen,
    /// A person has switched it off.
    Disabled,
    /// The entry names other accounts.
    NotAmongAccounts,
    /// The entry avoids it.
    Avoided,
    /// Neither the entry nor the account names an image.
    NoImage,
    /// Neither the entry nor the account names a flavor.
    NoFlavor,
    /// A person keeps entries away for a time.
    Maintenance {
        /// Until when, if that is known.
        until: Option<Time>,
        /// Why, in that person's words.
        reason: String,
    },
    /// Something is blocked there.
    Blocked {
        /// What.
        scope: Scope,
        /// Until when.
        until: Time,
        /// Why.
        failure: Arc<Failure>,
    },
    /// The block has run out and another attempt is probing.
    Probing {
        /// What is probed.
        scope: Scope,
    },
    /// As many launches as it takes at once are under way.
    Busy {
        /// How many that is.
        launches: u32,
    },
    /// It is known not to fit there.
    NoRoom(Shortage),
    /// Launches there have failed of late, so only so many are made at once.
    Budget {
        /// How many.
        window: u32,
    },
    /// An attempt of this very entry is still under way there.
    Trying,
    /// An attempt of this very entry there may yet serve it, and is not waited for any more.
    Overtaken {
        /// Which.
        attempt: AttemptId,
        /// Why not.
        cause: Spur,
        /// How long it was waited for.
        waited: Duration,
    },
    /// It has refused what this very entry brings.
    Rejected,
}

/// What of a reason does not change by the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// See [`Reason::Overtaken`]: why not.
    Overtaken(Spur),
    /// See [`Reason::Held`].
    Held,
    /// See [`Reason::Unseen`].
    Unseen,
    /// See [`Reason::NoRoom`]: what there is too little of.
    NoRoom(Resource),
    /// See [`Reason::Blocked`]: what is blocked, and for what.
    Blocked(ScopeKind, FailureClass),
    /// See [`Reason::Maintenance`].
    Maintenance,
    /// See [`Reason::Budget`].
    Budget,
    /// See [`Reason::Busy`].
    Busy,
    /// See [`Reason::Probing`].
    Probing,
    /// See [`Reason::Trying`].
    Trying,
    /// See [`Reason::Rejected`].
    Rejected,
    /// See [`Reason::Disabled`].
    Disabled,
    /// See [`Reason::NoImage`].
    NoImage,
    /// See [`Reason::NoFlavor`].
    NoFlavor,
    /// See [`Reason::Avoided`].
    Avoided,
    /// See [`Reason::NotAmongAccounts`].
    NotAmongAccounts,
}

impl Cause {
    /// Whether the entry itself excludes the account.
    pub const fn is_excluded(self) -> bool {
        match self {
            Self::Avoided | Self::NotAmongAccounts => true,
            Self::Overtaken(_)
            | Self::Held
            | Self::Unseen
            | Self::NoRoom(_)
            | Self::Blocked(..)
            | Self::Maintenance
            | Self::Budget
            | Self::Busy
            | Self::Probing
            | Self::Trying
            | Self::Rejected
            | Self::Disabled
            | Self::NoImage
            | Self::NoFlavor => false,
        }
    }

    /// How telling it is; what tells most has the least. What keeps this very entry away comes first,
    /// for only that is to be mended at the entry; then what passes, that which is over sooner first;
    /// then what stands until somebody changes it; and then what only takes its turn.
    const fn rank(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Rejected => 1,
            Self::Blocked(kind, _) => match kind {
                ScopeKind::Request
                | ScopeKind::Image
                | ScopeKind::Flavor
                | ScopeKind::Network
                | ScopeKind::SecurityGroup
                | ScopeKind::Zone
                | ScopeKind::Entry => 1,
                ScopeKind::Offering => 2,
                ScopeKind::Account | ScopeKind::Quota => 3,
                ScopeKind::Launch => 4,
            },
            Self::Unseen | Self::Overtaken(_) => 2,
            Self::NoRoom(_) => 3,
            Self::Maintenance => 5,
            Self::NoImage | Self::NoFlavor => 6,
            Self::Disabled => 7,
            Self::Probing | Self::Trying | Self::Budget | Self::Busy => 8,
            Self::Avoided | Self::NotAmongAccounts => 9,
        }
    }

    /// What one is told of before another.
    const fn order(self) -> (u8, Self) {
        (self.rank(), self)
    }
}

impl Reason {
    /// Until when, where that is known.
    pub const fn until(&self) -> Option<Time> {
        match self {
            Self::Maintenance { until, .. } => *until,
            Self::Blocked { until, .. } => Some(*until),
            Self::Held
            | Self::Unseen
            | Self::Disabled
            | Self::NotAmongAccounts
            | Self::Avoided
            | Self::NoImage
            | Self::NoFlavor
            | Self::Probing { .. }
            | Self::Busy { .. }
            | Self::NoRoom(_)
            | Self::Budget { .. }
            | Self::Trying
            | Self::Overtaken { .. }
            | Self::Rejected => None,
        }
    }

    /// What of it does not change by the second.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Held => Cause::Held,
            Self::Unseen => Cause::Unseen,
            Self::Disabled => Cause::Disabled,
            Self::NotAmongAccounts => Cause::NotAmongAccounts,
            Self::Avoided => Cause::Avoided,
            Self::NoImage => Cause::NoImage,
            Self::NoFlavor => Cause::NoFlavor,
            Self::Maintenance { .. } => Cause::Maintenance,
            Self::Blocked { scope, failure, .. } => Cause::Blocked(scope.kind(), failure.class),
            Self::Probing { .. } => Cause::Probing,
            Self::Busy { .. } => Cause::Busy,
            Self::NoRoom(shortage) => Cause::NoRoom(shortage.resource),
            Self::Budget { .. } => Cause::Budget,
            Self::Trying => Cause::Trying,
            Self::Overtaken { cause, .. } => Cause::Overtaken(*cause),
            Self::Rejected => Cause::Rejected,
        }
    }
}

/// The accounts that the placement of an attempt passed over, as the attempt keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The more telling ones, in the order of accounts.
    pub named: Vec<PassedOver>,
    /// How many others there were, by cause.
    pub others: Vec<(Cause, u32)>,
    /// The newest account that was looked at.
    pub newest: AccountId,
}

/// Why an entry waits: the accounts that cannot take it now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waits {
    /// The more telling ones, in the order of accounts.
    pub named: Vec<(AccountId, Cause)>,
    /// How many others there are, by cause.
    pub others: Vec<(Cause, u32)>,
}

impl Default for Passed {
    fn default() -> Self {
        Self::of(Vec::new(), AccountId(0))
    }
}

impl Passed {
    /// The more telling of them by name, the others by number.
    pub fn of(mut passed_over: Vec<PassedOver>, newest: AccountId) -> Self {
        let others = surplus(&mut passed_over, PASSED_OVER_MAX);
        Self {
            named: passed_over,
            others,
            newest,
        }
    }
}

impl Waits {
    /// The more telling of them by name, the others by number.
    pub fn of(mut passed_over: Vec<PassedOver>) -> Self {
        let others = surplus(&mut passed_over, NAMED_MAX);
        let named = passed_over.iter();
        Self {
            named: named
                .map(|over| (over.account, over.reason.cause()))
                .collect(),
            others,
        }
    }

    /// What to tell of it, the most telling first: each account that is named, and the others by number.
    /// Accounts that the entry itself excludes are left out, unless it excludes all.
    pub fn told(&self) -> Vec<(Option<AccountId>, Cause, u32)> {
        let named = self.named.iter().map(|(id, cause)| (Some(*id), *cause, 1));
        let others = self
            .others
            .iter()
            .map(|(cause, count)| (None, *cause, *count));
        let mut told: Vec<_> = named.chain(others).collect();
        if told.iter().any(|(_, cause, _)| !cause.is_excluded()) {
            told.retain(|(_, cause, _)| !cause.is_excluded());
        }
        told.sort_by_key(|(account, cause, _)| (account.is_none(), cause.order()));
        told
    }

    /// Whether an account would take it, were fewer launches under way there.
    pub fn is_busy(&self) -> bool {
        let mut causes = self.named.iter().map(|(_, cause)| cause);
        let busy = |cause: &Cause| matches!(cause, Cause::Busy | Cause::Budget);
        causes.any(busy) || self.others.iter().any(|(cause, _)| busy(cause))
    }
}

/// Takes out what is beyond `named_max`, the least telling first, and counts it by cause.
fn surplus(passed_over: &mut Vec<PassedOver>, named_max: usize) -> Vec<(Cause, u32)> {
    let mut others = BTreeMap::new();
    if passed_over.len() > named_max {
        passed_over.sort_by_key(|over| (over.reason.cause().order(), over.account));
        for over in passed_over.drain(named_max..) {
            *others.entry(over.reason.cause()).or_default() += 1;
        }
        passed_over.sort_by_key(|over| over.account);
    }
    others.into_iter().collect()
}
