//! What `cargo demo` shows: three simulated clouds over HTTP, of which one refuses and one hangs,
//! an omsd on them, and one empty `POST /api/queues/` that ends in a running instance all the same.
//!
//! Everything lives in this process and in one temporary directory, so that nothing is left
//! behind. [`stage`] is what it runs on, [`screen`] what is seen of it, [`invitation`] what it
//! says to try.

mod invitation;
mod picture;
mod recording;
mod screen;
mod stage;
mod svg;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use http::StatusCode;
use oms_proto::client::Subscription;
use oms_proto::response::StreamEvent;
use oms_proto::view::{EntryView, Status};
use oms_proto::{Change, EntryId, EventKind, StreamItem};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use screen::Screen;
use stage::Stage;

/// The first instance must run, and with `--exit` be gone, within this time. It takes some five
/// seconds; a machine that is busy with other work takes longer.
const SHOW_MAX: Duration = Duration::from_secs(60);

/// Three simulated clouds, an omsd on them, and one request that gets its instance all the same.
///
/// Stays up until Ctrl-C and leaves nothing behind.
#[derive(Debug, Parser)]
#[command(name = "oms-demo", version)]
struct Args {
    /// End once the first instance is removed again; succeeds only if the clouds hold nothing then
    #[arg(long)]
    exit: bool,
    /// Print what the dashboard shows once the first instance runs, as SVG and nothing else, and end
    #[arg(long, conflicts_with = "exit")]
    picture: bool,
    /// Write down what a dashboard is told meanwhile, for tests of the dashboard
    #[arg(long, value_name = "FILE", requires = "exit")]
    record: Option<PathBuf>,
    /// Show the log of omsd on standard error instead of keeping it in a file
    #[arg(long)]
    verbose: bool,
}

/// How the show ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// As it should.
    Done,
    /// By a signal while it was to stay up.
    Dismissed,
    /// By a signal before it had shown what it was asked to.
    Interrupted,
}

/// The program. The first argument is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error.into()),
    };
    let ended = runtime.block_on(perform(&args));
    runtime.shutdown_background();
    match ended {
        Ok(Ended::Done | Ended::Dismissed) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(130),
        Err(error) => complain(&error),
    }
}

fn complain(error: &anyhow::Error) -> ExitCode {
    // There is nobody to tell that nobody can be told.
    drop(writeln!(std::io::stderr(), "oms-demo: {error:#}"));
    ExitCode::FAILURE
}

async fn perform(args: &Args) -> anyhow::Result<Ended> {
    let stop = stop_on_signal()?;
    let mut screen = if args.picture {
        Screen::blank()
    } else {
        Screen::new()
    };
    let stage = tokio::select! {
        stage = Stage::set(args.verbose) => stage?,
        () = stop.cancelled() => return Ok(Ended::Interrupted),
    };
    let ended = tokio::select! {
        ended = show(args, &stage, &mut screen) => ended,
        () = stop.cancelled() => {
            let stayed_up = screen.invited();
            Ok(if stayed_up { Ended::Dismissed } else { Ended::Interrupted })
        }
    };
    if ended.is_err() {
        // Best effort: the error itself is what counts.
        drop(screen.log_tail(&stage.log_tail()));
    }
    stage.clear().await?;
    if ended.as_ref().is_ok_and(|ended| *ended != Ended::Done) {
        drop(screen.text("\nStopped; nothing is left behind."));
    }
    ended
}

/// Cancelled at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            if told.is_cancelled() {
                stage::sweep();
                std::process::exit(130);
            }
            told.cancel();
        }
    });
    Ok(stop)
}

async fn show(args: &Args, stage: &Stage, screen: &mut Screen) -> anyhow::Result<Ended> {
    let recording = match &args.record {
        Some(path) => Some(recording::begin(stage.news().await?, path)?),
        None => None,
    };
    let ended = play(args, stage, screen).await;
    if let Some(recording) = recording {
        recording.abort();
    }
    ended
}

async fn play(args: &Args, stage: &Stage, screen: &mut Screen) -> anyhow::Result<Ended> {
    let first = first_instance(stage, screen);
    let (id, mut news) = tokio::time::timeout(SHOW_MAX, first)
        .await
        .with_context(|| format!("no instance within {} s", SHOW_MAX.as_secs()))??;
    if args.picture {
        // More than one, so that there is something to see.
        for name in ["web-1", "web-2", "db-1"] {
            let body = format!("{{\"name\":\"{name}\"}}");
            stage
                .rest()
                .post("/api/queues/?wait=30", Some(&body))
                .await?;
        }
        let picture = picture::take(stage).await?;
        std::io::stdout().lock().write_all(picture.as_bytes())?;
        return Ok(Ended::Done);
    }
    if args.exit {
        tokio::time::timeout(SHOW_MAX, remove(stage, screen, id, &mut news))
            .await
            .with_context(|| format!("not removed within {} s", SHOW_MAX.as_secs()))??;
        return Ok(Ended::Done);
    }
    screen.invite(&invitation::lines(stage, id))?;
    loop {
        screen.news(&next(&mut news).await?)?;
    }
}

/// Asks for an instance and shows what happens until it runs.
async fn first_instance(
    stage: &Stage,
    screen: &mut Screen,
) -> anyhow::Result<(EntryId, Subscription)> {
    screen.cast(stage)?;
    let mut news = stage.news().await?;
    screen.asked("POST", "/api/queues/")?;
    let answer = stage.rest().post("/api/queues/", None).await?;
    ensure!(answer.status == StatusCode::CREATED, "{}", answer.text);
    screen.answered(&answer)?;
    screen.text("")?;
    let entry: EntryView = serde_json::from_str(&answer.text)?;
    follow(screen, &mut news, |item| match changed(item, entry.id) {
        Some(entry) if entry.status == Status::Failed => {
            bail!(
                "the entry FAILED: {}",
                entry.reason.as_deref().unwrap_or("-")
            )
        }
        entry => Ok(entry.is_some_and(|entry| entry.status == Status::Run)),
    })
    .await?;
    let path = format!("/api/queues/{}/", entry.id);
    screen.asked("GET", &path)?;
    let answer = stage.rest().get(&path).await?;
    ensure!(answer.status == StatusCode::OK, "{}", answer.text);
    screen.answered(&answer)?;
    Ok((entry.id, news))
}

/// Removes the entry and shows what happens until the clouds hold nothing.
async fn remove(
    stage: &Stage,
    screen: &mut Screen,
    id: EntryId,
    news: &mut Subscription,
) -> anyhow::Result<()> {
    let path = format!("/api/queues/{id}/");
    screen.asked("DELETE", &path)?;
    let answer = stage.rest().delete(&path).await?;
    ensure!(answer.status == StatusCode::NO_CONTENT, "{}", answer.text);
    screen.answered(&answer)?;
    screen.text("")?;
    follow(screen, news, |item| {
        Ok(matches!(item, StreamItem::Event(StreamEvent { event, .. })
            if event.kind == EventKind::EntryEnded && event.entry == Some(id)))
    })
    .await?;
    let left = stage.left_at_clouds();
    ensure!(left.is_empty(), "left at the clouds: {}", left.join(", "));
    screen.text("\nThe clouds hold nothing. That was the demo.")?;
    Ok(())
}

/// Shows what happens until something has.
async fn follow(
    screen: &mut Screen,
    news: &mut Subscription,
    mut until: impl FnMut(&StreamItem) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    loop {
        let item = next(news).await?;
        screen.news(&item)?;
        if until(&item)? {
            return Ok(());
        }
    }
}

async fn next(news: &mut Subscription) -> anyhow::Result<StreamItem> {
    let item = news.next().await.context("omsd has ended")?;
    Ok(item?)
}

/// How the entry stands now, if this tells.
fn changed(item: &StreamItem, id: EntryId) -> Option<&EntryView> {
    match item {
        StreamItem::Event(StreamEvent {
            change: Some(Change::Entry(entry)),
            ..
        }) if entry.id == id => Some(entry),
        _ => None,
    }
}
