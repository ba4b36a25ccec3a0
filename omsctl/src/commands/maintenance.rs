//! `omsctl account cordon|drain|uncordon|maintenance`: reads an account's windows, changes them and
//! writes them back, unless somebody else changed them meanwhile.

use std::time::Duration;

use oms_proto::Time;
use oms_proto::request::{AccountMaintain, AccountShow, InstanceList};
use oms_proto::spec::Window;
use oms_proto::view::{AccountView, InstanceView};

use super::Context;
use super::wait::{self, Deadline, Removed};
use crate::cli::{Cordon, Drain, Maintenance, Uncordon};
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};
use crate::flags;
use crate::render::human;

/// Instances named in a message; 'instance list' shows all of them.
const NAMED_MAX: usize = 20;

pub(super) async fn cordon(context: &mut Context<'_>, args: Cordon) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let (account, window) = begin(context, &daemon, args, false).await?;
    let sentence = in_force(context, &account, "cordoned", &window);
    context.changed(&account, &sentence)?;
    Ok(Exit::Done)
}

pub(super) async fn drain(context: &mut Context<'_>, args: Drain) -> Result<Exit, Failure> {
    let mut daemon = context.daemon().await?;
    let name = args.cordon.name.clone();
    let (account, window) = begin(context, &daemon, args.cordon, true).await?;
    let sentence = in_force(context, &account, "draining", &window);
    context.changed(&account, &sentence)?;
    let instances = daemon.ask_all(InstanceList::default()).await?;
    let there: Vec<_> = instances
        .iter()
        .filter(|instance| instance.account.name == name)
        .collect();
    context.note(&stay(&name, &there));
    if !args.wait {
        return Ok(Exit::Done);
    }
    let clock = Deadline::after(args.timeout);
    match wait::until_empty(context, &mut daemon, &name, &clock).await? {
        Removed::Gone => {
            context.note(&format!("nothing of OMS is left at account {name}"));
            Ok(Exit::Done)
        }
        Removed::TimedOut => Err(still(&name, "the time is over", Exit::Timeout)),
        Removed::Interrupted => Err(still(&name, "interrupted", Exit::Interrupted)),
    }
}

pub(super) async fn uncordon(context: &mut Context<'_>, args: Uncordon) -> Result<Exit, Failure> {
    let now = (context.io.now)();
    let daemon = context.daemon().await?;
    let account = daemon.ask(AccountShow { name: args.name }).await?;
    let ends = |window: &Window| args.all || window.covers(now);
    let sentence = if account.maintenance.iter().any(ends) {
        format!("account {} uncordoned", account.name)
    } else {
        format!("account {} is not under maintenance now", account.name)
    };
    let left = account.maintenance.iter().filter(|it| !ends(it)).cloned();
    let left = left.collect();
    let account = write(&daemon, account, left).await?;
    context.changed(&account, &sentence)?;
    Ok(Exit::Done)
}

pub(super) async fn schedule(
    context: &mut Context<'_>,
    args: Maintenance,
) -> Result<Exit, Failure> {
    let now = (context.io.now)();
    let window = Window {
        from: args.from.time(now),
        until: Some(args.until.time(now)),
        drain: args.drain,
        reason: args.reason,
    };
    check(context, "--from", &window)?;
    let daemon = context.daemon().await?;
    let account = daemon.ask(AccountShow { name: args.name }).await?;
    let sentence = format!(
        "account {} under maintenance from {}{}",
        account.name,
        dated(context, window.from),
        until(context, &window)
    );
    let account = add(&daemon, account, window).await?;
    context.changed(&account, &sentence)?;
    Ok(Exit::Done)
}

/// Begins a window now.
async fn begin(
    context: &Context<'_>,
    daemon: &Daemon,
    args: Cordon,
    drain: bool,
) -> Result<(AccountView, Window), Failure> {
    let now = (context.io.now)();
    let after = |seconds: u32| now.plus(Duration::from_secs(seconds.into()));
    let window = Window {
        from: now,
        until: args
            .until
            .map(|until| until.time(now))
            .or(args.lasting.map(after)),
        drain,
        reason: args.reason,
    };
    check(context, "now", &window)?;
    let account = daemon.ask(AccountShow { name: args.name }).await?;
    // Said again, it is not noted again.
    if account
        .maintenance
        .iter()
        .any(|it| is_same(it, &window, now))
    {
        return Ok((account, window));
    }
    let account = add(daemon, account, window.clone()).await?;
    Ok((account, window))
}

/// Refuses a window that ends before it begins, with both times as they were understood.
fn check(context: &Context<'_>, begin: &str, window: &Window) -> Result<(), Failure> {
    let Some(until) = window.until.filter(|until| *until <= window.from) else {
        return Ok(());
    };
    let until = human::stamp(until, &context.io.zone);
    let from = human::stamp(window.from, &context.io.zone);
    Err(Failure::usage(format!(
        "--until: {until} is not after {begin}, {from}"
    )))
}

/// What is in force at an account now, on one line.
fn in_force(context: &Context<'_>, account: &AccountView, word: &str, window: &Window) -> String {
    let name = &account.name;
    match window.until {
        Some(_) => format!("account {name} {word}{}", until(context, window)),
        None => format!("account {name} {word} until: omsctl account uncordon {name}"),
    }
}

fn until(context: &Context<'_>, window: &Window) -> String {
    let until = window
        .until
        .map(|until| format!(" until {}", dated(context, until)));
    until.unwrap_or_default()
}

/// A time and how far it is.
fn dated(context: &Context<'_>, time: Time) -> String {
    let when = human::stamp(time, &context.io.zone);
    format!("{when} ({})", human::distance(time, (context.io.now)()))
}

fn is_same(known: &Window, wanted: &Window, now: Time) -> bool {
    let anew = Window {
        from: known.from,
        ..wanted.clone()
    };
    known.covers(now) && *known == anew
}

async fn add(
    daemon: &Daemon,
    account: AccountView,
    window: Window,
) -> Result<AccountView, Failure> {
    let mut windows = account.maintenance.clone();
    windows.push(window);
    write(daemon, account, windows).await
}

async fn write(
    daemon: &Daemon,
    account: AccountView,
    windows: Vec<Window>,
) -> Result<AccountView, Failure> {
    let maintain = AccountMaintain {
        name: account.name,
        windows,
        expected: Some(account.maintenance),
    };
    let asked = daemon.ask(maintain).await;
    asked.map_err(|error| flags::in_flags(error.into()))
}

/// What a drain leaves to the owners.
fn stay(account: &str, there: &[&InstanceView]) -> String {
    if there.is_empty() {
        return format!("no instance runs at account {account}");
    }
    let count = human::count(there.len().try_into().unwrap_or(u64::MAX), "instance");
    let mut lines = vec![format!(
        "{count} at account {account} until their entries are removed:"
    )];
    for instance in there.iter().take(NAMED_MAX) {
        lines.push(format!("  entry {} ({})", instance.entry, instance.name));
    }
    if there.len() > NAMED_MAX {
        lines.push("  and more; see omsctl instance list".to_owned());
    }
    lines.join("\n")
}

fn still(account: &str, waited: &str, exit: Exit) -> Failure {
    Failure::new(
        exit,
        format!(
            "{waited}; something of OMS is still at account {account}, which takes no entries\n  \
             see what with: omsctl account show {account}"
        ),
    )
}
