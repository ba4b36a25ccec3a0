//! Facts and reasons in words, for journals and people. Nothing is decided by them.

use std::sync::Arc;

use oms_proto::Time;

use super::attempt::Change;
use super::entry::Entry;
use super::event::{Event, Fact};
use super::failure::Failure;
use super::journal::JournalRow;
use super::ledger::Bound;
use super::maintenance::Window;
use super::placement::{PassedOver, Reason};
use super::stray;
use super::world::World;

/// A fact as the journal keeps it, told from the world after it.
pub fn journal_row(world: &World, fact: &Fact, account_before: Option<String>) -> JournalRow {
    let event = &fact.event;
    let attempt = event.attempt().and_then(|id| {
        world
            .entries
            .get(&event.entry()?)?
            .attempt(id)
            .map(|attempt| attempt.account)
    });
    let account = event.account().or(attempt);
    let name = account
        .and_then(|id| world.accounts.get(&id))
        .map(|account| account.name.clone());
    let account = name.or(account_before);
    let at_account = account
        .clone()
        .unwrap_or_else(|| "a removed account".to_owned());
    JournalRow {
        seq: world.seq,
        at: fact.at,
        kind: event.kind(),
        entry: event.entry(),
        attempt: event.attempt(),
        account,
        message: message(world, event, &at_account),
        by: fact.by.clone(),
    }
}

fn message(world: &World, event: &Event, account: &str) -> String {
    match event {
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
        Event::Surveyed { room, .. } => {
            let bounds: Vec<_> = room.bounds.iter().map(bound).collect();
            format!("account {account} may have {}", bounds.join(", "))
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
        Event::EntryAccepted(entry) => format!("entry {} was accepted", entry.id),
        Event::EntryWaiting { entry, reason } => format!("entry {entry} waits: {reason}"),
        Event::EntryUnwanted(entry) => format!("entry {entry} is to be removed"),
        Event::EntryGaveUp { entry, reason } => format!("entry {entry} failed: {reason}"),
        Event::EntryEnded(entry) => format!("nothing of entry {entry} is left at any cloud"),
        Event::EntryForgotten(entry) => format!("entry {entry} was taken out of the database"),
        Event::AttemptStarted { entry, attempt } => format!(
            "entry {entry}: attempt {} at {account} with image {} on {}",
            attempt.id, attempt.wanted.image, attempt.wanted.flavor
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

/// A limit in words.
fn bound(bound: &Bound) -> String {
    let others = match bound.unmanaged {
        0 => String::new(),
        others => format!(" ({others} taken by others)"),
    };
    format!("{} {}{others}", bound.max, bound.resource)
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
        stray::Change::Seen(stray) => format!(
            "{account}: {object} carries our mark, of entry {}, and has no owner",
            stray.entry
        ),
        stray::Change::Gone { removed: true } => {
            format!("{account}: {object}, which had no owner, is removed")
        }
        stray::Change::Gone { removed: false } => {
            format!("{account}: {object}, which had no owner, is gone or owned")
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

/// A time to the second.
pub fn clock(time: Time) -> String {
    let text = time.to_string();
    text.split_once('.')
        .map_or_else(|| text.clone(), |(second, _)| format!("{second}Z"))
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
pub fn reason(world: &World, reason: &Reason) -> String {
    match reason {
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
        Reason::Busy { launches } => {
            format!("it is busy, {launches} launches are under way there")
        }
        Reason::NoRoom(short) => format!(
            "it has no room: a launch takes {} {}, and {} of {} are taken",
            short.needed, short.resource, short.used, short.max
        ),
        Reason::Budget { window } => format!(
            "launches failed there of late, and {window} at once are as many as are tried for now"
        ),
        Reason::Trying => "an attempt is under way there".to_owned(),
        Reason::Rejected => {
            "it has refused what this entry brings (key, name, metadata or user data)".to_owned()
        }
        Reason::Outscored { by } => {
            let name = world
                .accounts
                .get(by)
                .map_or("another", |account| account.name.as_str());
            format!("{name} suited better")
        }
    }
}

/// Why an entry waits, without anything that changes by the second.
pub fn waits(world: &World, passed_over: &[PassedOver]) -> Arc<str> {
    if passed_over.is_empty() {
        return "there is no account; add one".into();
    }
    let mut words = Vec::new();
    for over in passed_over {
        let name = world
            .accounts
            .get(&over.account)
            .map_or("?", |account| account.name.as_str());
        let why = match &over.reason {
            Reason::Blocked { scope, failure, .. } => format!("{scope} blocked, {}", failure.class),
            Reason::NoRoom(short) => format!("no room, too few {} left", short.resource),
            other => reason(world, other),
        };
        words.push(format!("{name}: {why}"));
    }
    format!("no account can take it now; {}", words.join("; ")).into()
}

/// Why an entry was given up.
pub fn gave_up(entry: &Entry, what: &str) -> Arc<str> {
    let last = entry
        .attempts
        .iter()
        .rev()
        .find_map(|attempt| attempt.failure.as_ref());
    match (last, &entry.reason) {
        (Some(last), _) => format!("{what}; the last failure was {}", failure(last)).into(),
        (None, Some(reason)) => format!("{what}; {reason}").into(),
        (None, None) => what.into(),
    }
}
