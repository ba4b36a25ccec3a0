//! What of a failed launch may be the fault of what its entry asked for: that keeps away those that
//! ask the same, and says nothing of the account.
//!
//! A cloud says 403 to a role that may do nothing, and to a network that takes no servers; words alone
//! would tell the two apart, and each cloud has its own. So it is judged by who asked: what an account
//! gives to everybody is the account's affair, and what an entry asks for beyond that is its own.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oms_proto::machine::MachineSpec;
use oms_proto::{EntryId, Time};

use crate::ground::cloud::{Named, Part, Wanted};
use crate::ground::failure::{Failure, FailureClass};
use crate::ground::limits::{SEVERAL, SEVERAL_WITHIN};
use crate::rows::entry::Asked;
use crate::rows::health::Health;
use crate::rows::offering::Stage;
use crate::rows::scope::{Block, Scope};
use crate::rules::machine;
use crate::rules::policy::{Phase, Reach};

/// What of a request is its entry's own, and not what its account gives to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Own {
    /// Parts of what is wanted that are other than the account's.
    parts: BTreeSet<Part>,
    /// Whether it brings user data or metadata.
    brings: bool,
    /// Whether it brings its key.
    key: bool,
    /// Whether its server has a name that somebody gave it.
    name: bool,
}

/// How far a launch had come that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Signing in, and finding what is wanted.
    Before,
    /// The key pair was asked for.
    Key,
    /// The server was asked for.
    Server,
}

/// Whose launch failed, and what it asked.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// What was asked for.
    pub asked: &'a Asked,
    /// What was wanted.
    pub wanted: &'a Arc<Wanted>,
    /// What of it is the entry's own.
    pub own: Own,
    /// How far it had come.
    pub step: Step,
    /// What of it the refusal names.
    pub named: Option<Named>,
    /// What the account gives to everybody.
    pub defaults: &'a MachineSpec,
    /// When a launch there was good for the last time.
    pub last_success: Option<Time>,
    /// Which entries are kept from the account for what they may have brought, and what that was.
    pub kept: Vec<(EntryId, Refused<'a>)>,
}

/// What was refused.
#[derive(Debug, Clone)]
pub struct Refused<'a> {
    /// What was wanted.
    pub wanted: Cow<'a, Wanted>,
    /// What came with it, where that may be why.
    pub asked: Option<&'a Asked>,
}

impl Own {
    /// What of a request is its entry's own.
    pub fn of(asked: &Asked, defaults: &MachineSpec, wanted: &Wanted) -> Self {
        let parts = Part::ALL.into_iter();
        Self {
            parts: parts
                .filter(|part| wanted.each(*part) != machine::named(defaults, *part))
                .collect(),
            brings: asked.brought() > 0,
            key: asked.key.private.is_none(),
            name: asked.spec.name.is_some(),
        }
    }

    /// Whether anything is its own that is no part of the offering.
    fn is_beyond_offering(&self) -> bool {
        let beyond = |part: &Part| !matches!(part, Part::Flavor | Part::Zone);
        self.parts.iter().any(beyond)
    }

    /// Whether a refusal may be the fault of what it brings along: its user data and metadata, or its
    /// name, which may be taken or be none that a cloud's name servers know.
    fn is_brought(&self, failure: &Failure) -> bool {
        self.brings || (self.name && matches!(failure.http_status, Some(400 | 409 | 500)))
    }

    /// Whether a failure may be the fault of what is its own, rather than of the offering.
    pub fn may_explain(&self, stage: Stage, failure: &Failure) -> bool {
        match stage {
            Stage::Launch if is_of_a_wall(failure) => {
                self.brings || self.key || self.name || self.is_beyond_offering()
            }
            Stage::Launch => {
                is_of_request(failure) && (self.is_brought(failure) || self.is_beyond_offering())
            }
            Stage::Build => self.is_beyond_offering() || (self.brings && may_be_of_guest(failure)),
        }
    }
}

/// Whether a failure may come of what was asked, whoever asks it. A 500 may: services fall over what
/// they did not expect. What a gateway answers, or nobody, does not.
fn is_of_request(failure: &Failure) -> bool {
    use FailureClass as F;
    match failure.class {
        F::Forbidden
        | F::Configuration
        | F::NotFound
        | F::Conflict
        | F::Quota
        | F::NoCapacity
        | F::BuildFailed => true,
        F::ServerError => failure.http_status == Some(500),
        F::Unreachable
        | F::Tls
        | F::Timeout
        | F::Throttled
        | F::Garbage
        | F::Unauthorized
        | F::BuildTimeout
        | F::Vanished
        | F::Interrupted
        | F::Rejected => false,
    }
}

/// Whether a request was refused for what it is, whoever did: Nova, or a wall before it that finds
/// it too large or dislikes what is in it.
fn refuses(failure: &Failure) -> bool {
    let status = failure.http_status.unwrap_or_default();
    let is_of_caller = matches!(status, 401 | 407 | 408 | 429) || failure.retry_after.is_some();
    matches!(status, 400..=499) && !is_of_caller && failure.class != FailureClass::Quota
}

/// Whether a wall before the cloud refused it: an answer of no service, which yet says that the request
/// is at fault. Walls look into everything that is sent.
fn is_of_a_wall(failure: &Failure) -> bool {
    failure.class == FailureClass::ServerError && refuses(failure)
}

/// Whether a build may have failed for what its guest was told to do: to power itself off.
fn may_be_of_guest(failure: &Failure) -> bool {
    failure.class == FailureClass::BuildFailed
}

/// Whether a build ended because somebody took its server away, which says nothing of the next.
fn is_of_others(failure: &Failure) -> bool {
    failure.class == FailureClass::Vanished
}

/// Whether two bring nothing alike of what was sent by then. Sealed text for the guest cannot be
/// compared, so it counts as the same.
fn bring_other(one: &Asked, other: &Asked, step: Step) -> bool {
    if step == Step::Key {
        return one.key.public != other.key.public;
    }
    let (mine, theirs) = (&one.spec, &other.spec);
    let alike = |value| {
        theirs
            .metadata
            .iter()
            .flat_map(BTreeMap::values)
            .any(|it| it == value)
    };
    let metadata = mine.metadata.iter().flat_map(BTreeMap::values).any(alike);
    let data = one.user_data().is_some() && other.user_data().is_some();
    let name = mine.name.is_some() && mine.name == theirs.name;
    !(metadata || data || name)
}

impl Wish<'_> {
    /// What a failure that reaches so far keeps others from.
    pub(super) fn scope(
        &self,
        health: &Health,
        phase: Phase,
        reach: Reach,
        failure: &Failure,
        now: Time,
    ) -> Scope {
        let by_rule = match reach {
            Reach::Account => return Scope::Account,
            Reach::Quota => Scope::Quota,
            Reach::Launch => Scope::Launch,
            Reach::Offering => Scope::Offering(self.wanted.offering()),
            Reach::Request => Scope::Request(Arc::clone(self.wanted)),
        };
        match phase {
            Phase::Build if self.own.is_beyond_offering() => {
                Scope::Request(Arc::clone(self.wanted))
            }
            Phase::Build
                if (self.own.brings && may_be_of_guest(failure) || is_of_others(failure))
                    && !self.is_one_of_many(health, failure, now) =>
            {
                Scope::Entry(self.asked.id)
            }
            // That the project has no room for it says nothing of what is smaller.
            Phase::Build if by_rule == Scope::Quota && !self.own.parts.is_empty() => {
                Scope::Offering(self.wanted.offering())
            }
            Phase::Watch | Phase::Build => by_rule,
            Phase::Launch => match self.narrowed(failure) {
                Some(Scope::Request(_) | Scope::Entry(_))
                    if self.is_one_of_several(health, failure, now) =>
                {
                    by_rule
                }
                Some(narrow) => narrow,
                None => by_rule,
            },
        }
    }

    /// What a refused launch keeps others from, where it may be the fault of what was asked.
    fn narrowed(&self, failure: &Failure) -> Option<Scope> {
        if let Some(Named { part, nth }) = self.named
            && let Some(name) = self.wanted.each(part).get(nth)
        {
            return Some(Scope::Named(part, name.clone()));
        }
        if self.step == Step::Server && self.own.is_brought(failure) && refuses(failure) {
            return Some(Scope::Entry(self.asked.id));
        }
        let request = || Scope::Request(Arc::clone(self.wanted));
        if is_of_a_wall(failure) {
            return match self.step {
                Step::Key => self.own.key.then_some(Scope::Entry(self.asked.id)),
                Step::Server if self.own.name => Some(Scope::Entry(self.asked.id)),
                Step::Before | Step::Server => (!self.own.parts.is_empty()).then(request),
            };
        }
        if !is_of_request(failure) {
            return None;
        }
        match self.step {
            Step::Before => None,
            Step::Key => self.own.key.then_some(Scope::Entry(self.asked.id)),
            // What an entry brings along counts against no quota.
            Step::Server if failure.class == FailureClass::Quota => {
                if self.own.is_beyond_offering() {
                    Some(request())
                } else {
                    let offering = || Scope::Offering(self.wanted.offering());
                    (!self.own.parts.is_empty()).then(offering)
                }
            }
            Step::Server if self.own.is_brought(failure) => Some(Scope::Entry(self.asked.id)),
            Step::Server => (!self.own.parts.is_empty()).then(request),
        }
    }

    /// Whether so many that have nothing of their own in common were refused alike, and none was good
    /// since, that it is the account rather than they.
    fn is_one_of_several(&self, health: &Health, failure: &Failure, now: Time) -> bool {
        let mut refused = vec![Refused {
            wanted: Cow::Borrowed(self.wanted),
            asked: Some(self.asked),
        }];
        for block in &health.blocks {
            let other = match &block.scope {
                Scope::Request(wanted) => Refused {
                    wanted: Cow::Borrowed(wanted),
                    asked: None,
                },
                Scope::Entry(entry) => match self.kept.iter().find(|(id, _)| id == entry) {
                    Some((_, refused)) => refused.clone(),
                    None => continue,
                },
                Scope::Account
                | Scope::Quota
                | Scope::Launch
                | Scope::Offering(_)
                | Scope::Named(..) => continue,
            };
            if self.is_alike(block, failure, now)
                && refused.iter().all(|one| self.differ(one, &other))
            {
                refused.push(other);
            }
        }
        refused.len() >= SEVERAL
    }

    /// Whether builds of so many entries failed alike, and none was good since, that it is not what each
    /// of them brings, however alike that is.
    fn is_one_of_many(&self, health: &Health, failure: &Failure, now: Time) -> bool {
        let others = health.blocks.iter().filter(|block| {
            matches!(block.scope, Scope::Entry(entry) if entry != self.asked.id)
                && self.is_alike(block, failure, now)
        });
        others.count() + 1 >= SEVERAL
    }

    /// Whether a block was set for the like of a failure, and nothing was good since.
    fn is_alike(&self, block: &Block, failure: &Failure, now: Time) -> bool {
        block.failure.at.plus(SEVERAL_WITHIN) > now
            && block.failure.class == failure.class
            && self.last_success.is_none_or(|at| block.failure.at > at)
    }

    /// Whether two have nothing of their own in common.
    fn differ(&self, one: &Refused<'_>, other: &Refused<'_>) -> bool {
        let of_offering = Part::ALL.into_iter().all(|part| {
            let given = machine::named(self.defaults, part);
            let wanted = one.wanted.each(part);
            let mut own = wanted.iter().filter(|name| !given.contains(name));
            own.all(|name| !other.wanted.each(part).contains(name))
        });
        let brought = match (one.asked, other.asked) {
            (Some(one), Some(other)) => bring_other(one, other, self.step),
            _ => true,
        };
        of_offering && brought
    }
}
