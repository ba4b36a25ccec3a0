//! `omsctl status`, `omsctl version`, `omsctl completion`, `omsctl man`.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_complete::env::Shells;
use oms_proto::request::{StatusShow, TakeOver};
use oms_proto::version::Versions;
use oms_proto::view::AlertKind;

use super::Context;
use crate::cli::Cli;
use crate::complete;
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};
use crate::render::VersionRow;

pub(super) async fn status(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let status = context.daemon().await?.ask(StatusShow {}).await?;
    context.print_one(&status)?;
    Ok(Exit::Done)
}

/// Tells the daemon to go on; where it does anyway, nothing is wrong.
pub(super) async fn take_over(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let before = daemon.ask(StatusShow {}).await?;
    daemon.ask(TakeOver {}).await?;
    let held = before.alerts.iter().any(|it| it.kind == AlertKind::Held);
    context.note(if held {
        "this daemon goes on; no other may run on this database or a copy of it"
    } else {
        "this daemon was not holding still"
    });
    Ok(Exit::Done)
}

/// Prints this program's version even where there is no daemon; that failure follows.
pub(super) async fn version(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let mut row = VersionRow {
        client: env!("CARGO_PKG_VERSION"),
        protocol: Versions::OURS.newest(),
        daemon: None,
    };
    let asked = match Daemon::connect(&context.socket).await {
        Ok(daemon) => {
            row.protocol = daemon.version();
            daemon.ask(StatusShow {}).await.map_err(Failure::from)
        }
        Err(error) => Err(error.into()),
    };
    let failure = match asked {
        Ok(status) => {
            row.daemon = Some(status.version);
            None
        }
        Err(failure) => Some(failure),
    };
    context.print_one(&row)?;
    failure.map_or(Ok(Exit::Done), Err)
}

/// Prints what a shell is to run at its start, so that it asks this program for every word.
pub(super) fn completion(context: &mut Context<'_>, shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let written = shells.completer(&shell.to_string()).map(|completer| {
        completer.write_registration(
            complete::VARIABLE,
            "omsctl",
            "omsctl",
            "omsctl",
            &mut script,
        )
    });
    match written {
        Some(Ok(())) => context.io.print(&String::from_utf8_lossy(&script))?,
        _ => {
            return Err(Failure::usage(format!(
                "there is no completion for {shell}"
            )));
        }
    }
    Ok(Exit::Done)
}

/// Writes a manual page for every command.
pub(super) fn man(folder: &Path) -> Result<Exit, Failure> {
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        .map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
    Ok(Exit::Done)
}
