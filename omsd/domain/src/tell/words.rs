//! Facts and reasons in words, for journals and people. Nothing is decided by them.

use oms_proto::Time;
use oms_proto::spec::Window;

pub use super::clock::{clock, span};
use super::journal::JournalRow;
use super::{passes, spurs, waits};
use crate::ground::failure::Failure;
use crate::rows::attempt::Change;
use crate::rows::entry::Entry;
use crate::rows::lineage::{Doubt, Kin};
use crate::rows::offering::{Lesson, Offering, Stage};
use crate::rows::passed::Reason;
use crate::rows::room::{Bound, Shortage};
use crate::rows::scope::Scope;
use crate::rows::stray;
use crate::rows::why::{End, Failed, Why};
use crate::world::World;
use crate::world::event::{About, Event, Fact};

/// A fact as the journal keeps it, told from the world after it.
pub fn journal_row(
    world: &World,
    seq: u64,
    fact: &Fact,
    account_before: Option<String>,
) -> JournalRow {
    let About {
        entry,
        attempt,
        account,
    } = fact.event.about();
    let at = || {
        let entry = world.entries.get(&entry?)?;
        Some(entry.attempt(attempt?)?.account)
    };
    let name = account.or_else(at).and_then(|id| world.accounts.get(&id));
    let account = name.map(|it| it.name.clone()).or(account_before);
    JournalRow {
        seq,
        at: fact.at,
        kind: fact.event.kind(),
        entry,
        attempt,
        message: message(world, fact),
        account,
        by: fact.by.clone(),
    }
}

/// What happened, but for whom it concerns: wherever a row is shown, its entry and account stand beside
/// its message. Times are told by how far off they are, for rows are read in many time zones.
#[expect(clippy::too_many_lines, reason = "a line or two an event")]
fn message(world: &World, fact: &Fact) -> String {
    let ahead = |time: Time| span(time.since(fact.at));
    match &fact.event {
        Event::Started {
            incarnation,
            doubt: None,
        } => format!("the daemon started, as incarnation {incarnation}"),
        Event::Started {
            incarnation,
            doubt: Some(it),
        } => format!(
            "the daemon started, as incarnation {incarnation}: {}",
            doubt(world, it)
        ),
        Event::Held(it) => format!(
            "nothing is launched and nothing is removed from now on: {}",
            doubt(world, it)
        ),
        Event::TakenOver => "this daemon is the one that goes on, somebody has said".to_owned(),
        Event::AccountSeen(_) => {
            "the account has been looked at since the daemon started".to_owned()
        }
        Event::IdsRaised(free) => format!(
            "entries go on from {} and attempts from {}, above what clouds show",
            free.entry, free.attempt
        ),
        Event::AccountAdded(_) => "the account was added".to_owned(),
        Event::AccountEdited(_) => "the account was changed".to_owned(),
        Event::AccountRemoved(_) => "the account was removed".to_owned(),
        Event::Blocked { block, .. } => {
            let (what, lasts) = (&block.scope, ahead(block.until));
            let why = failure(&block.failure);
            format!("{what} is blocked for {lasts}: {why}")
        }
        Event::Unblocked { scope, .. } => format!("{scope} is no longer blocked"),
        Event::BlocksForgotten(_) => {
            "what was blocked is tried anew, for the account was changed".to_owned()
        }
        Event::BlockOver { scope, .. } => {
            format!("the time of the block of {scope} is over, the next launch tries it")
        }
        Event::BlockLifted { scope, .. } => {
            format!("{scope} is no longer blocked, somebody has said; the next launch tries it")
        }
        Event::MaintenanceOver(_) => "maintenance is over".to_owned(),
        Event::ProbeBegun { attempt, .. } => format!("attempt {attempt} tries what was blocked"),
        Event::ProbeOver { attempt, .. } => {
            format!("attempt {attempt} did not tell whether what was blocked is well")
        }
        Event::Surveyed { room, .. } => {
            let bounds: Vec<_> = room.bounds.iter().map(bound).collect();
            format!("there is room for: {}", bounds.join(", "))
        }
        Event::RoomForgotten(_) => {
            "the account leads elsewhere; what it may have is asked anew".to_owned()
        }
        Event::Learned {
            offering, lesson, ..
        } => learned(offering, *lesson),
        Event::LessonsForgotten { offering, .. } => {
            format!("what launches of {offering} had taught is forgotten")
        }
        Event::MaintenanceSet { windows, .. } if windows.is_empty() => {
            "the account is under maintenance no more".to_owned()
        }
        Event::MaintenanceSet { windows, .. } => {
            let windows: Vec<_> = windows.iter().map(|it| window(it, fact.at)).collect();
            format!("the account is under maintenance {}", windows.join(", "))
        }
        Event::Stray { id, change, .. } => stray_changed(change, &object(id), fact.at),
        Event::EntryReplaced { .. } => {
            "it gets another instance, because its own vanished".to_owned()
        }
        Event::EntryExtended { deadline, .. } => format!(
            "it has {} more, for there was time in which nobody worked",
            ahead(*deadline)
        ),
        Event::EntryAccepted(_) => "the entry was accepted".to_owned(),
        Event::EntryWaiting { entry, waits: it } => {
            let entry = world.entries.get(entry);
            let why = entry.map(|entry| waits::waiting(world, entry, it));
            format!("waits: {}", why.unwrap_or_default())
        }
        Event::EntryUnwanted(_) | Event::EndedRemoved(_) => "the entry is to be removed".to_owned(),
        Event::EntryFailed { entry, why } => {
            let entry = world.entries.get(entry).map(|entry| &**entry);
            format!("failed: {}", failed(world, entry, why))
        }
        Event::EntryRetried { deadline, .. } => {
            format!("tried again for {} at most", ahead(*deadline))
        }
        Event::EndedRetried(entry) => {
            format!("tried again for {} at most", ahead(entry.deadline))
        }
        Event::EntryHeld(_) => "held: it is not removed until it is released".to_owned(),
        Event::EntryReleased(_) => "released".to_owned(),
        Event::KeyShown(_) => "the private key was shown".to_owned(),
        Event::Pass { id, change } => passes::change(id, change, fact.at),
        Event::Asked(deed) => passes::deed(deed),
        Event::EntryEnded(_) => "nothing of it is left at any cloud".to_owned(),
        Event::EntryForgotten { .. } => "the entry was taken out of the database".to_owned(),
        Event::AttemptStarted { attempt, .. } => format!(
            "attempt {}: image {} on {}{}",
            attempt.id,
            attempt.wanted.image,
            attempt.wanted.flavor,
            spurs::beside(world, attempt)
        ),
        Event::Attempt {
            entry,
            attempt,
            change,
        } => {
            let entry = world.entries.get(entry);
            let attempt = entry.and_then(|entry| entry.attempt(*attempt));
            let server = attempt.and_then(|attempt| attempt.server.as_ref());
            changed(change, server.map(|server| &*server.id), fact.at)
        }
    }
}

fn learned(offering: &Offering, lesson: Lesson) -> String {
    match lesson {
        Lesson::Known(after) => format!(
            "a server of {offering} was known after {:.1} s",
            after.as_secs_f32()
        ),
        Lesson::Usable(Some(boot)) => format!(
            "a server of {offering} was usable after {:.1} s",
            boot.as_secs_f32()
        ),
        Lesson::Usable(None) => {
            format!("a server of {offering} became usable while nobody watched")
        }
        Lesson::Failed {
            stage, under_way, ..
        } => {
            let what = match stage {
                Stage::Launch => "launch",
                Stage::Build => "build",
            };
            let were = if under_way == 1 { "was" } else { "were" };
            format!("a {what} of {offering} failed, {under_way} {were} under way")
        }
    }
}

/// Why the database may not be the newest, or not the only one.
pub fn doubt(world: &World, doubt: &Doubt) -> String {
    match doubt {
        Doubt::Restored => {
            "the database is an older copy that was put back, or something else has written it"
                .to_owned()
        }
        Doubt::Rebooted => {
            "the machine has booted since the database was written, so the clouds are looked at first"
                .to_owned()
        }
        Doubt::WentBack { from, to } => {
            format!("the database has lost what was acknowledged between events {to} and {from}")
        }
        Doubt::Copied => "the database was written on another machine or disk, or is a copy of one \
                          that another daemon has open"
            .to_owned(),
        Doubt::Twin { account, server } => {
            let account = world.accounts.get(account);
            let name = account.map_or("a removed account", |account| account.name.as_str());
            format!(
                "another daemon of this installation is at work: it has made server {server} at {name}"
            )
        }
    }
}

/// A limit in words.
fn bound(bound: &Bound) -> String {
    let what = bound.resource;
    let others = match bound.unmanaged {
        0 => String::new(),
        others => format!(" ({others} taken by others)"),
    };
    match bound.max {
        Some(max) => format!("{what} {max}{others}"),
        None => format!("{what} without a limit{others}"),
    }
}

/// A maintenance window in words, as it was set at a time.
fn window(window: &Window, at: Time) -> String {
    let begins = if window.from <= at {
        String::new()
    } else {
        format!("in {} ", span(window.from.since(at)))
    };
    let lasts = window.until.map_or_else(
        || "until somebody ends it".to_owned(),
        |until| format!("for {}", span(until.since(window.from.max(at)))),
    );
    let drain = if window.drain { ", draining" } else { "" };
    format!("{begins}{lasts}{drain}{}", because(&window.reason))
}

/// That an account takes no entries for now, and why. Until when stands beside it.
pub fn under_maintenance(reason: &str) -> String {
    format!("under maintenance{}", because(reason))
}

/// That something is kept from an account for now, and why. Until when stands beside it.
pub fn blocked(scope: &Scope, why: &Failure) -> String {
    format!("{scope} is blocked: {}", failure(why))
}

/// A reason, if one was given.
fn because(reason: &str) -> String {
    if reason.is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    }
}

/// An object at a cloud in words.
fn object(id: &stray::Id) -> String {
    match id.kind {
        stray::Kind::Server => format!("server {}", id.id),
        stray::Kind::Keypair => format!("key pair {}", id.id),
    }
}

fn stray_changed(change: &stray::Change, object: &str, at: Time) -> String {
    match change {
        stray::Change::Seen(stray) => match stray.kin {
            Kin::Known => format!(
                "it carries our mark, of entry {}, and has no owner: {object}",
                stray.entry
            ),
            Kin::FromAhead | Kin::Stranger => format!(
                "it carries our mark, of entry {}, and is not known to this database: {object}",
                stray.entry
            ),
        },
        stray::Change::Gone { removed: true } => {
            format!("what had no owner is removed: {object}")
        }
        stray::Change::Gone { removed: false } => {
            format!("what had no owner is gone or owned: {object}")
        }
        stray::Change::Ordered => format!("it is to be removed, somebody has said: {object}"),
        stray::Change::RemovalAsked { .. } => {
            format!("what has no owner is being removed: {object}")
        }
        stray::Change::RemovalFailed { failure: why, next } => format!(
            "what has no owner could not be removed, next try in {}: {}; {object}",
            span(next.since(at)),
            failure(why)
        ),
    }
}

/// What became of an attempt; a server's id tells least, and comes last.
fn changed(change: &Change, server: Option<&str>, at: Time) -> String {
    let of = |what: String| match server {
        Some(server) => format!("{what}; server {server}"),
        None => what,
    };
    match change {
        Change::Accepted { server, .. } => format!("builds server {server}"),
        Change::Refused(why) => format!("refused: {}", failure(why)),
        Change::Lost { failure: why, .. } => {
            let why = failure(why);
            format!("the answer was lost, looking for the server: {why}")
        }
        Change::Adopted { server, .. } => format!("found server {server}"),
        Change::BegunLate { .. } => {
            "the cloud was asked late, for want of something of this machine".to_owned()
        }
        Change::Absent => "no server was made".to_owned(),
        Change::Ready { addresses, .. } => {
            let address = addresses.first().map_or("no address yet", String::as_str);
            of(format!("runs ({address})"))
        }
        Change::Failed(why) => of(format!("failed: {}", failure(why))),
        Change::GivenUp(why) => of(format!("comes too late: {}", failure(why))),
        Change::Dismissed => of("to be removed".to_owned()),
        Change::RemovalAsked => of("is being removed".to_owned()),
        Change::RemovalFailed { failure: why, next } => {
            let next = span(next.since(at));
            format!("removal failed, next try in {next}: {}", failure(why))
        }
        Change::RemovalOverdue => {
            "what was made is still not removed; OMS goes on trying".to_owned()
        }
        Change::ServerGone => of("is gone".to_owned()),
        Change::Cleared => "nothing is left at the account".to_owned(),
        Change::Seen { status, addresses } => of(format!("is {status} ({})", addresses.join(", "))),
        Change::Vanished => of("vanished, and nobody asked for it".to_owned()),
        Change::Reappeared { server } => {
            format!("turned up again and is to be removed; server {server}")
        }
    }
}

/// A failure in a line.
pub fn failure(failure: &Failure) -> String {
    let status = failure
        .http_status
        .map(|status| format!(" (HTTP {status})"))
        .unwrap_or_default();
    format!(
        "{}: {}{status}: {}",
        failure.class, failure.operation, failure.message
    )
}

/// Why an account was not chosen. Until when stands beside it.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Held => {
            "nothing is launched anywhere, for another daemon may be at work on this database"
                .to_owned()
        }
        Reason::Unseen => {
            "what stands there has not been listed since the database went back".to_owned()
        }
        Reason::Disabled => "disabled".to_owned(),
        Reason::NotAmongAccounts => "the entry names other accounts".to_owned(),
        Reason::Avoided => "the entry avoids it".to_owned(),
        Reason::NoImage => "neither the entry nor the account names an image".to_owned(),
        Reason::NoFlavor => "neither the entry nor the account names a flavor".to_owned(),
        Reason::Maintenance { reason, .. } => under_maintenance(reason),
        Reason::Blocked {
            scope,
            failure: why,
            ..
        } => blocked(scope, why),
        Reason::Probing { scope } => {
            format!("{scope} was blocked and is being tried again")
        }
        Reason::Busy { launches } => {
            let under_way = match launches {
                1 => "1 launch is".to_owned(),
                many => format!("{many} launches are"),
            };
            format!("busy: {under_way} under way there, as many as it takes at once")
        }
        Reason::NoRoom(short) => {
            let Shortage {
                needed,
                resource,
                used,
                max,
            } = short;
            format!("no room: {used} of {max} {resource} are taken, and a launch takes {needed}")
        }
        Reason::Budget { window } => format!(
            "launches failed there of late, so no more than {window} at once are tried for now"
        ),
        Reason::Trying => "an attempt is under way there".to_owned(),
        Reason::Overtaken {
            attempt,
            cause,
            waited,
        } => spurs::overtaken(*attempt, *cause, *waited),
        Reason::Rejected => {
            "it has refused what this entry brings (key, name, metadata or user data)".to_owned()
        }
    }
}

/// Why an entry stands as it does. Of one that waits it changes with the blocks of the accounts that it
/// names; see [`waits::told`].
pub fn why(world: &World, entry: &Entry, why: &Why) -> String {
    match why {
        Why::Waits(it) => waits::waiting(world, entry, it),
        Why::Failed(it) => failed(world, Some(entry), it),
    }
}

/// Why an entry was given up.
fn failed(world: &World, entry: Option<&Entry>, why: &Failed) -> String {
    let what = match why.end {
        End::Deadline => "its deadline passed",
        End::Attempts => "its attempts are used up",
    };
    match (&why.last, &why.waited) {
        (Some(last), _) => format!("{what}; the last failure was {}", failure(last)),
        (None, Some(waited)) => format!("{what}; {}", waits::waited(world, entry, waited)),
        (None, None) => what.to_owned(),
    }
}
