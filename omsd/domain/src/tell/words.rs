//! Facts and reasons in words, for journals and people. Nothing is decided by them.

use oms_proto::spec::Window;
use oms_proto::{AccountId, Time};

use super::cause::cause;
pub use super::clock::clock;
use super::journal::JournalRow;
use super::{passes, spurs};
use crate::ground::failure::Failure;
use crate::rows::attempt::Change;
use crate::rows::lineage::{Doubt, Kin};
use crate::rows::offering::{Lesson, Offering, Stage};
use crate::rows::passed::{Reason, Waits};
use crate::rows::room::Bound;
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
    let at_account = account.as_deref().unwrap_or("a removed account");
    JournalRow {
        seq,
        at: fact.at,
        kind: fact.event.kind(),
        entry,
        attempt,
        message: message(world, &fact.event, at_account),
        account,
        by: fact.by.clone(),
    }
}

#[expect(clippy::too_many_lines, reason = "a line or two an event")]
fn message(world: &World, event: &Event, account: &str) -> String {
    match event {
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
            format!("account {account} has been looked at since the daemon started")
        }
        Event::IdsRaised(free) => format!(
            "entries go on from {} and attempts from {}, above what clouds show",
            free.entry, free.attempt
        ),
        Event::AccountAdded(_) => format!("account {account} was added"),
        Event::AccountEdited(_) => format!("account {account} was changed"),
        Event::AccountRemoved(_) => format!("account {account} was removed"),
        Event::Blocked { block, .. } => format!(
            "{account}: {} blocked until {}: {}",
            block.scope,
            clock(block.until),
            failure(&block.failure)
        ),
        Event::Unblocked { scope, .. } => format!("{account}: {scope} is no longer blocked"),
        Event::BlocksForgotten(_) => {
            format!("{account}: what was blocked is tried anew, for the account was changed")
        }
        Event::BlockOver { scope, .. } => {
            format!("{account}: the time of the block of {scope} is over, the next launch tries it")
        }
        Event::BlockLifted { scope, .. } => format!(
            "{account}: {scope} is no longer blocked, somebody has said; the next launch tries it"
        ),
        Event::MaintenanceOver(_) => format!("account {account}: maintenance is over"),
        Event::ProbeBegun { attempt, .. } => {
            format!("{account}: attempt {attempt} tries what was blocked")
        }
        Event::ProbeOver { attempt, .. } => {
            format!("{account}: attempt {attempt} did not tell whether what was blocked is well")
        }
        Event::Surveyed { room, .. } => {
            let bounds: Vec<_> = room.bounds.iter().map(bound).collect();
            format!("account {account} may have {}", bounds.join(", "))
        }
        Event::RoomForgotten(_) => {
            format!("account {account} leads elsewhere; what it may have is asked anew")
        }
        Event::Learned {
            offering, lesson, ..
        } => learned(account, offering, *lesson),
        Event::LessonsForgotten { offering, .. } => {
            format!("{account}: what launches of {offering} had taught is forgotten")
        }
        Event::MaintenanceSet { windows, .. } if windows.is_empty() => {
            format!("account {account} is under maintenance no more")
        }
        Event::MaintenanceSet { windows, .. } => {
            let windows: Vec<_> = windows.iter().map(window).collect();
            format!(
                "account {account} is under maintenance {}",
                windows.join(", ")
            )
        }
        Event::Stray { id, change, .. } => stray_changed(change, account, &object(id)),
        Event::EntryReplaced { entry, .. } => {
            format!("entry {entry} gets another instance, because its own vanished")
        }
        Event::EntryExtended { entry, deadline } => format!(
            "entry {entry} has time until {}, for there was time in which nobody worked",
            clock(*deadline)
        ),
        Event::EntryAccepted(asked) => format!("entry {} was accepted", asked.id),
        Event::EntryWaiting { entry, waits: it } => {
            format!("entry {entry} waits: {}", waits(world, it))
        }
        Event::EntryUnwanted(entry) | Event::EndedRemoved(entry) => {
            format!("entry {entry} is to be removed")
        }
        Event::EntryFailed { entry, why } => {
            format!("entry {entry} failed: {}", failed(world, why))
        }
        Event::EntryRetried { entry, deadline } => {
            format!("entry {entry} is tried again until {}", clock(*deadline))
        }
        Event::EndedRetried(entry) => format!(
            "entry {} is tried again until {}",
            entry.id,
            clock(entry.deadline)
        ),
        Event::EntryHeld(entry) => {
            format!("entry {entry} is held: it is not removed until it is released")
        }
        Event::EntryReleased(entry) => format!("entry {entry} is released"),
        Event::KeyShown(entry) => format!("the private key of entry {entry} was shown"),
        Event::Pass { id, change } => passes::change(id, change),
        Event::Asked(deed) => passes::deed(deed),
        Event::EntryEnded(entry) => format!("nothing of entry {entry} is left at any cloud"),
        Event::EntryForgotten { entry, .. } => {
            format!("entry {entry} was taken out of the database")
        }
        Event::AttemptStarted { entry, attempt } => format!(
            "entry {entry}: attempt {} at {account} with image {} on {}{}",
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
            let server = world.entries.get(entry).and_then(|entry| {
                entry
                    .attempt(*attempt)?
                    .server
                    .as_ref()
                    .map(|server| server.id.clone())
            });
            let server = server.unwrap_or_default();
            format!("entry {entry}: {}", changed(change, account, &server))
        }
    }
}

fn learned(account: &str, offering: &Offering, lesson: Lesson) -> String {
    match lesson {
        Lesson::Known(after) => format!(
            "{account}: a server of {offering} was known after {:.1} s",
            after.as_secs_f32()
        ),
        Lesson::Usable(Some(boot)) => format!(
            "{account}: a server of {offering} was usable after {:.1} s",
            boot.as_secs_f32()
        ),
        Lesson::Usable(None) => {
            format!("{account}: a server of {offering} became usable while nobody watched")
        }
        Lesson::Failed {
            stage: Stage::Launch,
            under_way,
            ..
        } => format!("{account}: a launch of {offering} failed, {under_way} were under way"),
        Lesson::Failed {
            stage: Stage::Build,
            under_way,
            ..
        } => format!("{account}: a build of {offering} failed, {under_way} were under way"),
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
    let others = match bound.unmanaged {
        0 => String::new(),
        others => format!(" ({others} taken by others)"),
    };
    match bound.max {
        Some(max) => format!("{max} {}{others}", bound.resource),
        None => format!("any number of {}{others}", bound.resource),
    }
}

/// A maintenance window in words.
fn window(window: &Window) -> String {
    let from = clock(window.from);
    let until = window
        .until
        .map(|until| format!(" until {}", clock(until)))
        .unwrap_or_default();
    let drain = if window.drain { ", draining" } else { "" };
    format!("from {from}{until}{drain}{}", because(&window.reason))
}

/// That an account takes no entries for now, and why.
pub fn under_maintenance(until: Option<Time>, reason: &str) -> String {
    let until = until.map_or_else(
        || "until somebody ends it".to_owned(),
        |until| format!("until {}", clock(until)),
    );
    format!("under maintenance {until}{}", because(reason))
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

fn stray_changed(change: &stray::Change, account: &str, object: &str) -> String {
    match change {
        stray::Change::Seen(stray) => match stray.kin {
            Kin::Known => format!(
                "{account}: {object} carries our mark, of entry {}, and has no owner",
                stray.entry
            ),
            Kin::FromAhead | Kin::Stranger => format!(
                "{account}: {object} carries our mark, of entry {}, and is not known to this database",
                stray.entry
            ),
        },
        stray::Change::Gone { removed: true } => {
            format!("{account}: {object}, which had no owner, is removed")
        }
        stray::Change::Gone { removed: false } => {
            format!("{account}: {object}, which had no owner, is gone or owned")
        }
        stray::Change::Ordered => {
            format!("{account}: {object} is to be removed, somebody has said")
        }
        stray::Change::RemovalAsked { .. } => {
            format!("{account} is removing {object}, which has no owner")
        }
        stray::Change::RemovalFailed { failure: why, next } => format!(
            "{account}: {object}, which has no owner, could not be removed, next try at {}: {}",
            clock(*next),
            failure(why)
        ),
    }
}

fn changed(change: &Change, account: &str, server: &str) -> String {
    match change {
        Change::Accepted { server, .. } => format!("{account} is building server {server}"),
        Change::Refused(why) => format!("{account} refused: {}", failure(why)),
        Change::Lost { failure: why, .. } => {
            format!(
                "the answer of {account} was lost, looking for the server: {}",
                failure(why)
            )
        }
        Change::Adopted { server, .. } => format!("found server {server} at {account}"),
        Change::BegunLate { .. } => {
            format!("{account} was asked late, for want of something of this machine")
        }
        Change::Absent => format!("{account} made no server"),
        Change::Ready { addresses, .. } => {
            let address = addresses.first().map_or("no address yet", String::as_str);
            format!("server {server} at {account} runs ({address})")
        }
        Change::Failed(why) => format!("server {server} at {account} failed: {}", failure(why)),
        Change::GivenUp(why) => {
            format!(
                "server {server} at {account} comes too late: {}",
                failure(why)
            )
        }
        Change::Dismissed => format!("server {server} at {account} is to be removed"),
        Change::RemovalAsked => format!("{account} is removing server {server}"),
        Change::RemovalFailed { failure: why, next } => {
            format!(
                "removal at {account} failed, next try at {}: {}",
                clock(*next),
                failure(why)
            )
        }
        Change::RemovalOverdue => {
            format!("what was made at {account} is still not removed; OMS goes on trying")
        }
        Change::ServerGone => format!("server {server} at {account} is gone"),
        Change::Cleared => format!("nothing is left at {account}"),
        Change::Seen { status, addresses } => {
            let addresses = addresses.join(", ");
            format!("server {server} at {account} is {status} ({addresses})")
        }
        Change::Vanished => format!("server {server} at {account} vanished; nobody asked for it"),
        Change::Reappeared { server } => {
            format!("server {server} turned up at {account} and is to be removed")
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

/// Why an account was not chosen.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Held => {
            "nothing is launched anywhere, for another daemon may be at work on this database"
                .to_owned()
        }
        Reason::Unseen => {
            "what stands there has not been listed since the database went back".to_owned()
        }
        Reason::Disabled => "it is disabled".to_owned(),
        Reason::NotAmongAccounts => "the entry names other accounts".to_owned(),
        Reason::Avoided => "the entry avoids it".to_owned(),
        Reason::NoImage => "neither the entry nor the account names an image".to_owned(),
        Reason::NoFlavor => "neither the entry nor the account names a flavor".to_owned(),
        Reason::Maintenance { until, reason } => {
            format!("it is {}", under_maintenance(*until, reason))
        }
        Reason::Blocked {
            scope,
            until,
            failure: why,
        } => {
            format!(
                "{scope} is blocked until {}: {}",
                clock(*until),
                failure(why)
            )
        }
        Reason::Probing { scope } => {
            format!("{scope} was blocked and is being tried again")
        }
        Reason::Busy { launches } => format!(
            "it is busy, {launches} launches are under way there, as many as it takes at once"
        ),
        Reason::NoRoom(short) => format!(
            "it has no room: a launch takes {} {}, and {} of {} are taken",
            short.needed, short.resource, short.used, short.max
        ),
        Reason::Budget { window } => format!(
            "launches failed there of late, and {window} at once are as many as are tried for now"
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

/// Why an entry stands as it does.
pub fn why(world: &World, why: &Why) -> String {
    match why {
        Why::Waits(it) => waits(world, it),
        Why::Failed(it) => failed(world, it),
    }
}

/// Why an entry waits. Nothing is taken from how the accounts stand now: that changes without a fact
/// about the entry, and those who follow would not hear of it.
fn waits(world: &World, waits: &Waits) -> String {
    if waits.named.is_empty() && waits.others.is_empty() {
        return "there is no account; add one".to_owned();
    }
    let told = waits.told();
    let words = told.iter().map(|(account, it, count)| match account {
        Some(account) => format!("{}: {}", account_name(world, *account), cause(*it)),
        None => format!("{count} more: {}", cause(*it)),
    });
    let words: Vec<_> = words.collect();
    format!("no account can take it now; {}", words.join("; "))
}

fn account_name(world: &World, account: AccountId) -> &str {
    let account = world.accounts.get(&account);
    account.map_or("a removed account", |account| account.name.as_str())
}

/// Why an entry was given up.
fn failed(world: &World, why: &Failed) -> String {
    let what = match why.end {
        End::Deadline => "its deadline passed",
        End::Attempts => "its attempts are used up",
    };
    match (&why.last, &why.waited) {
        (Some(last), _) => format!("{what}; the last failure was {}", failure(last)),
        (None, Some(waited)) => format!("{what}; {}", waits(world, waited)),
        (None, None) => what.to_owned(),
    }
}
