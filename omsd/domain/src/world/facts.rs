//! Facts that several decisions come to, and what is known of an offering when they do.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::{AccountId, EntryId, Time};

use crate::ground::cloud::Named;
use crate::ground::failure::{Failure, FailureClass};
use crate::rows::attempt::{Attempt, Change};
use crate::rows::entry::Entry;
use crate::rows::offering::Lessons;
use crate::rows::scope::{Block, Scope};
use crate::rules::machine;
use crate::rules::policy::{Phase, Policy};
use crate::rules::scopes::{self, Trust};
use crate::rules::wish::{Own, Refused, Step, Wish};
use crate::world::World;
use crate::world::event::Event;

pub(crate) fn attempt_event(entry: &Entry, attempt: &Attempt, change: Change) -> Event {
    Event::Attempt {
        entry: entry.id,
        attempt: attempt.id,
        change,
    }
}

pub(crate) fn build_timeout(message: String, now: Time) -> Arc<Failure> {
    Arc::new(Failure {
        class: FailureClass::BuildTimeout,
        operation: "build server".to_owned(),
        http_status: None,
        message,
        request_id: None,
        retry_after: None,
        at: now,
    })
}

/// Blocks what does not answer, unless it is blocked already: an account that keeps silent on a
/// create may well list its servers, and is then no good for launches alone.
pub(crate) fn slow_account(
    world: &World,
    account: AccountId,
    policy: &Policy,
    phase: Phase,
    waited: Duration,
    now: Time,
) -> Option<Event> {
    let (scope, operation) = match phase {
        Phase::Launch => (Scope::Launch, "create server"),
        Phase::Watch | Phase::Build => (Scope::Account, "list servers"),
    };
    let health = world.health(account);
    if health.block(&scope).is_some_and(|block| block.until > now) {
        return None;
    }
    let failure = Arc::new(Failure {
        class: FailureClass::Timeout,
        operation: operation.to_owned(),
        http_status: None,
        message: format!("no answer for {:.1} s; still waiting", waited.as_secs_f32()),
        request_id: None,
        retry_after: None,
        at: now,
    });
    let asker = (None, Trust::Unproved);
    let block = scopes::block(health, policy, phase, asker, &failure, now)?;
    Some(Event::Blocked {
        account,
        block: Box::new(block),
    })
}

/// A server that is usable, and what that proves.
pub(crate) fn ready(
    world: &World,
    entry: &Entry,
    attempt: &Attempt,
    (status, addresses): (&str, Vec<String>),
    watched: bool,
) -> Vec<Event> {
    // Of one without an address nobody knows how long it will take to be of use.
    let watched = watched && !addresses.is_empty();
    let change = Change::Ready {
        status: status.to_owned(),
        addresses,
        watched,
    };
    let mut events = vec![attempt_event(entry, attempt, change)];
    events.extend(proved(world, entry, attempt, Proof::Ready));
    events
}

/// A build that failed, and what that blocks.
pub(crate) fn fail(
    world: &World,
    policy: &Policy,
    entry: &Entry,
    attempt: &Attempt,
    failure: &Arc<Failure>,
    now: Time,
) -> Vec<Event> {
    let change = Change::Failed(Arc::clone(failure));
    let mut events = vec![attempt_event(entry, attempt, change)];
    let (account, wish) = (attempt.account, wish(world, entry, attempt));
    let wish = wish.as_ref();
    let block = blocked(world, policy, account, Phase::Build, wish, failure, now);
    events.extend(block);
    events
}

/// What an attempt asks, and what of that is its entry's own; `None` if its account is gone.
pub(crate) fn wish<'a>(
    world: &'a World,
    entry: &'a Entry,
    attempt: &'a Attempt,
) -> Option<Wish<'a>> {
    let defaults = &world.accounts.get(&attempt.account)?.defaults;
    let lessons = world.lessons_at(attempt.account);
    Some(Wish {
        asked: &entry.asked,
        wanted: &attempt.wanted,
        own: Own::of(&entry.asked, defaults, &attempt.wanted),
        step: Step::Server,
        named: None,
        defaults,
        last_success: lessons.filter_map(|it| it.last_success).max(),
        kept: kept(world, attempt.account).collect(),
    })
}

/// The entries that an account is kept from for what they may have brought, and what that was.
fn kept(world: &World, account: AccountId) -> impl Iterator<Item = (EntryId, Refused<'_>)> {
    let defaults = world.accounts.get(&account).map(|row| &row.defaults);
    let blocks = world.health(account).blocks.iter();
    blocks.filter_map(move |block| {
        let Scope::Entry(id) = block.scope else {
            return None;
        };
        let asked = &world.entries.get(&id)?.asked;
        // Its attempt there may be forgotten.
        let wanted = machine::merge(&[&asked.spec.machine, defaults?]).ok()?;
        let refused = Refused {
            wanted: Cow::Owned(wanted),
            asked: Some(asked),
        };
        Some((id, refused))
    })
}

/// The same of a launch that failed when it had come so far, for what is named.
pub(crate) fn wish_at<'a>(
    world: &'a World,
    entry: &'a Entry,
    attempt: &'a Attempt,
    step: Step,
    named: Option<Named>,
) -> Option<Wish<'a>> {
    let wish = wish(world, entry, attempt)?;
    Some(Wish {
        step,
        named,
        ..wish
    })
}

/// What a failure blocks.
pub(crate) fn blocked(
    world: &World,
    policy: &Policy,
    account: AccountId,
    phase: Phase,
    wish: Option<&Wish<'_>>,
    failure: &Arc<Failure>,
    now: Time,
) -> Option<Event> {
    if !world.accounts.contains_key(&account) {
        return None;
    }
    let health = world.health(account);
    // What it has room for is told to those who have signed in, and so is a server made.
    let served = world.room(account).is_some() || world.last_success(account).is_some();
    let trust = if served {
        Trust::Proved
    } else {
        Trust::Unproved
    };
    let block = scopes::block(health, policy, phase, (wish, trust), failure, now)?;
    Some(Event::Blocked {
        account,
        block: Box::new(block),
    })
}

/// A server of ours that is gone makes room under the quota, unless it was refused for want of room
/// itself.
pub(crate) fn server_gone(world: &World, entry: &Entry, attempt: &Attempt) -> Vec<Event> {
    let mut events = vec![attempt_event(entry, attempt, Change::ServerGone)];
    let refused = attempt
        .failure
        .as_ref()
        .is_some_and(|failure| failure.class == FailureClass::Quota);
    if !refused {
        events.extend(has_room(world, attempt.account));
    }
    events
}

/// There is room again where there was too little.
pub(crate) fn has_room(world: &World, account: AccountId) -> impl Iterator<Item = Event> {
    let blocks = world.health(account).blocks.iter();
    let short = blocks.filter(|block| block.failure.class == FailureClass::Quota);
    short.map(move |block| Event::Unblocked {
        account,
        scope: block.scope.clone(),
    })
}

/// What an attempt's success unblocks: what is blocked since before it began says nothing more.
pub(crate) fn proved(world: &World, entry: &Entry, attempt: &Attempt, proof: Proof) -> Vec<Event> {
    let refuted = |block: &&Block| {
        let later = attempt.started >= block.failure.at || block.probe == Some(attempt.id);
        let covers = block.scope.covers(entry.id, &attempt.wanted);
        let slow = block.failure.class == FailureClass::Timeout;
        covers
            && proof == needed(block)
            && match &block.scope {
                // What was slow is not, once the late answer is there.
                Scope::Account | Scope::Launch => later || slow,
                Scope::Quota
                | Scope::Request(_)
                | Scope::Offering(_)
                | Scope::Named(..)
                | Scope::Entry(_) => later,
            }
    };
    let health = world.health(attempt.account);
    let blocks = health.blocks.iter().filter(refuted);
    let event = |block: &Block| Event::Unblocked {
        account: attempt.account,
        scope: block.scope.clone(),
    };
    blocks.map(event).collect()
}

/// What proves that something is well again: that a create is taken says nothing of builds.
fn needed(block: &Block) -> Proof {
    use FailureClass as F;
    match (&block.scope, block.failure.class) {
        (Scope::Account | Scope::Launch | Scope::Quota, _) | (Scope::Offering(_), F::Quota) => {
            Proof::Accepted
        }
        (Scope::Offering(_), _)
        | (_, F::NoCapacity | F::BuildFailed | F::BuildTimeout | F::Vanished) => Proof::Ready,
        (Scope::Request(_) | Scope::Named(..) | Scope::Entry(_), _) => Proof::Accepted,
    }
}

/// What is known of an attempt's offering.
pub(crate) fn lessons<'a>(world: &'a World, attempt: &Attempt) -> Cow<'a, Lessons> {
    let offering = attempt.wanted.offering();
    let known = world.lessons_of(attempt.account, &offering);
    known.map_or_else(|| Cow::Owned(Lessons::of(offering)), Cow::Borrowed)
}

/// What an attempt has proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The cloud took the create.
    Accepted,
    /// The server became usable.
    Ready,
}
