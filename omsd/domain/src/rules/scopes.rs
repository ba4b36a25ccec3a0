//! The error-scope table: what each class of failure keeps other entries from, and for how long.
//!
//! A block is as narrow as explains the failure. It ends with one probe; a probe that fails
//! renews it for twice as long, up to a bound.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;

use crate::ground::failure::{Failure, FailureClass};
use crate::ground::limits::{BLOCK_LONGEST, PASSING_FIRST};
use crate::rows::health::Health;
use crate::rows::scope::{Block, Scope};
use crate::rules::policy::{Phase, Policy, Reach, Rule};
use crate::rules::wish::Wish;

/// The built-in rule for a failure; `None` where it says nothing about the next entry. An operator
/// may have put another in its place, see [`Policy::rule`].
pub const fn rule(phase: Phase, class: FailureClass) -> Option<Rule> {
    use FailureClass as F;
    let (reach, first) = match (phase, class) {
        (Phase::Build | Phase::Watch, F::Throttled | F::Unreachable | F::Tls)
        | (Phase::Watch, F::Timeout | F::ServerError | F::Garbage) => (Reach::Account, 30),
        (_, F::Unauthorized) => (Reach::Account, 3600),
        // A cloud that lists servers and cannot make them is a broken cloud, not an absent one:
        // its other calls are needed to clean up.
        // Throttled creates say nothing of deletes, which free what is paid for and learn for
        // themselves whether they are welcome.
        // A launch talks to services that nothing else does; whether the account is dead
        // altogether is told by the look that follows at once, and only launches tell when
        // they are well again.
        (Phase::Launch, F::Throttled | F::Unreachable | F::Tls | F::Timeout) => (Reach::Launch, 30),
        // The account answered, so it may well be one bad moment: where it is not, the blocks that
        // follow are soon longer.
        (Phase::Launch, F::ServerError | F::Garbage) => (Reach::Launch, 5),
        // A role may be given what it lacks at any time.
        (Phase::Launch, F::Forbidden) => (Reach::Launch, 300),
        (Phase::Watch, F::Forbidden) => (Reach::Account, 300),
        (Phase::Launch | Phase::Build, F::Quota) => (Reach::Quota, 300),
        (Phase::Launch, F::Configuration | F::NotFound) => (Reach::Request, 600),
        (Phase::Launch, F::Conflict) => (Reach::Request, 60),
        (Phase::Launch | Phase::Build, F::NoCapacity | F::BuildTimeout) => (Reach::Offering, 180),
        (
            Phase::Build,
            F::BuildFailed
            | F::Vanished
            | F::Timeout
            | F::ServerError
            | F::Garbage
            | F::Forbidden
            | F::Configuration
            | F::NotFound
            | F::Conflict,
        )
        | (Phase::Launch, F::BuildFailed | F::Vanished) => (Reach::Offering, 60),
        (Phase::Watch, F::Quota | F::Configuration | F::NotFound | F::Conflict) => {
            (Reach::Account, 60)
        }
        (Phase::Watch, F::NoCapacity | F::BuildTimeout | F::BuildFailed | F::Vanished)
        | (_, F::Interrupted | F::Rejected) => return None,
    };
    let first = Duration::from_secs(first);
    let longest = if first.as_secs() > BLOCK_LONGEST.as_secs() {
        first
    } else {
        BLOCK_LONGEST
    };
    Some(Rule {
        reach,
        first,
        longest,
    })
}

/// Whether the credentials of an account were ever good. Those that were are refused for a while where
/// an identity service has lost its keys or its cache, and nobody need do anything about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// They were.
    Proved,
    /// Nobody knows.
    Unproved,
}

/// The block that a failure sets at an account that fares so: for the wish whose launch it was, or of
/// the account itself.
pub fn block(
    health: &Health,
    policy: &Policy,
    phase: Phase,
    (wish, trust): (Option<&Wish<'_>>, Trust),
    failure: &Arc<Failure>,
    now: Time,
) -> Option<Block> {
    let rule = policy.rule(phase, failure.class)?;
    let rule = match trust {
        Trust::Proved if failure.class == FailureClass::Unauthorized => Rule {
            first: rule.first.min(PASSING_FIRST),
            longest: rule.longest.min(BLOCK_LONGEST),
            ..rule
        },
        Trust::Proved | Trust::Unproved => rule,
    };
    let scope = match (wish, rule.reach) {
        (Some(wish), reach) => wish.scope(health, phase, reach, failure, now),
        (None, Reach::Quota) => Scope::Quota,
        (None, Reach::Launch) => Scope::Launch,
        (None, Reach::Account | Reach::Offering | Reach::Request) => Scope::Account,
    };
    let before = health.block(&scope);
    // Several calls that were under way together fail together; that is one failure, and no news.
    let known = |block: &Block| block.until > now && block.failure.class == failure.class;
    if before.is_some_and(known) && failure.retry_after.is_none() {
        return None;
    }
    // What keeps all calls away must go on to do so, whatever a call says that was under way.
    let closed = |block: &Block| block.until > now && block.closes();
    if before.is_some_and(closed) && !failure.class.closes() {
        return None;
    }
    let failures = match before {
        Some(block) if block.until > now => block.failures,
        Some(block) => block.failures.saturating_add(1),
        None => 1,
    };
    let doubled = rule
        .first
        .saturating_mul(1 << failures.saturating_sub(1).min(16));
    let lasts = failure.retry_after.unwrap_or(doubled).min(rule.longest);
    let until = now.plus(lasts).max(before.map_or(now, |block| block.until));
    Some(Block {
        scope,
        until,
        failures,
        failure: Arc::clone(failure),
        probe: None,
        over: false,
    })
}

impl Policy {
    /// What a failure keeps other entries from; `None` where it says nothing about the next one.
    pub fn rule(&self, phase: Phase, class: FailureClass) -> Option<Rule> {
        match self.rules.get(&(phase, class)) {
            Some(set) => *set,
            None => rule(phase, class),
        }
    }
}
