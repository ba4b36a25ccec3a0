//! The demo, as a newcomer runs it.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use oms_tests::harness::process::{Ran, bare, run, tell};
use oms_tests::harness::wait::PATIENCE;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::stage::programs;

fn demo(home: &TempDir) -> Command {
    bare(Path::new(env!("CARGO_BIN_EXE_oms-demo")), home.path())
}

fn is_empty(home: &TempDir) -> Result<bool> {
    Ok(fs::read_dir(home.path())?.next().is_none())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shows_the_failover_and_leaves_nothing() -> Result<()> {
    let home = TempDir::new()?;
    let mut command = demo(&home);
    command.arg("--exit");
    let shown = run(command).await?.done()?;
    let mut rest = shown.as_str();
    for part in [
        "POST /api/queues/",
        "201 Created",
        "north: attempt 1",
        "north: refused: quota",
        "east: attempt 2",
        "south: attempt 3",
        "south: builds server",
        "GET /api/queues/1/",
        "status           RUN",
        "DELETE /api/queues/1/",
        "nothing of it is left at any cloud",
        "The clouds hold nothing.",
    ] {
        let at = rest
            .find(part)
            .with_context(|| format!("{part:?} is missing or late in {shown}"))?;
        rest = rest.get(at..).unwrap_or_default();
    }
    let wide: Vec<_> = shown
        .lines()
        .filter(|line| line.chars().count() > 100)
        .collect();
    assert!(wide.is_empty(), "{wide:?}");
    assert!(!shown.contains('\u{1b}'), "colours in a pipe: {shown:?}");
    assert!(is_empty(&home)?, "files are left");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_draws_the_picture_that_is_in_the_readme() -> Result<()> {
    let home = TempDir::new()?;
    let mut command = demo(&home);
    command.arg("--picture");
    let shown = run(command).await?.done()?;
    for part in [
        "OMS",
        "live",
        "accounts ",
        "/3 ready",
        "RUN ",
        "north",
        "quota",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in {shown}");
    }
    assert!(shown.starts_with("<svg "), "{shown}");
    assert!(is_empty(&home)?, "files are left");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_demo_says_to_try_works_and_ctrl_c_ends_it() -> Result<()> {
    let home = TempDir::new()?;
    let mut child = demo(&home).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let mut shown = Vec::new();
    let mut commands = Vec::new();
    let reading = async {
        while let Some(line) = lines.next_line().await? {
            let command = line.trim_start();
            if command.starts_with("cargo run") || command.starts_with("curl") {
                commands.push(command.to_owned());
            }
            shown.push(line);
            if commands.last().is_some_and(|last| last.contains("DELETE")) {
                return Ok(());
            }
        }
        anyhow::bail!("it ended")
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .with_context(|| shown.join("\n"))??;
    for command in &commands {
        if let Some(ran) = tried(command, home.path()).await? {
            assert_eq!(ran.code, Some(0), "{command}: {ran:?}");
        }
    }
    tell(&child, Signal::INT)?;
    let status = tokio::time::timeout(PATIENCE, child.wait()).await??;
    assert!(status.success(), "{status}");
    assert!(is_empty(&home)?, "files are left");
    Ok(())
}

/// Runs a command that the demo has printed, with the programs of this build in place of cargo.
/// `None` for the dashboard, which needs a terminal, and for curl where there is none.
async fn tried(printed: &str, home: &Path) -> Result<Option<Ran>> {
    let words: Vec<&str> = printed.split(' ').collect();
    let (name, args) = match words.as_slice() {
        ["cargo", "run", "-q", "-p", "omstui", ..] => return Ok(None),
        ["cargo", "run", "-q", "-p", name, "--", args @ ..] => (*name, args),
        ["curl", args @ ..] => {
            let mut command = bare(Path::new("curl"), home);
            command.arg("--fail").args(args);
            return match run(command).await {
                Err(error) if is_missing(&error) => Ok(None),
                ran => ran.map(Some),
            };
        }
        _ => anyhow::bail!("not a command that is known here: {printed}"),
    };
    let mut command = programs().command(name, home);
    command.args(args);
    Ok(Some(run(command).await?))
}

fn is_missing(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}
