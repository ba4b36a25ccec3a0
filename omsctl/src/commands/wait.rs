//! Waiting for an entry to run or to be gone, with progress for people. The waiting survives a
//! restart of the daemon; Ctrl-C ends the waiting and nothing else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use oms_proto::client::{ClientError, Subscription};
use oms_proto::request::{AccountShow, EntryWait};
use oms_proto::response::StreamEvent;
use oms_proto::view::{EntryView, Status};
use oms_proto::{EntryId, StreamItem};
use tokio::time::{Instant, sleep};

use super::Context;
use crate::daemon::{self, Daemon};
use crate::exit::{Exit, Failure};
use crate::io::Io;
use crate::render::human;

/// Longest single wait asked of the daemon. Shorter than any idle limit on the way, long enough
/// that waiting costs nothing.
pub(super) const WAIT_CHUNK: Duration = Duration::from_secs(30);

/// Least time between two questions, should the daemon answer at once.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// How long a daemon that went away is waited for. A restart takes a second or two, an upgrade
/// of the package less than a minute.
const ABSENCE_MAX: Duration = Duration::from_secs(60);

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);
/// Columns of the sign and of the time that has passed beside what is said of a wait.
const BESIDE: usize = 10;

/// What came of the waiting.
pub(super) enum Waited {
    /// The entry runs, has failed or is being removed.
    Settled(EntryView),
    /// The time is over; how the entry stood last, if that is known.
    TimedOut(Option<EntryView>),
    /// Ctrl-C.
    Interrupted,
}

/// Waits until the entry is settled. Events after `since` are shown on the way.
pub(super) async fn until_settled(
    context: &mut Context<'_>,
    daemon: &mut Daemon,
    id: EntryId,
    clock: &Deadline,
    since: Option<u64>,
) -> Result<Waited, Failure> {
    let mut progress = Progress::new(context, &format!("entry {id}"));
    let mut news = News::new(id, since);
    let mut last: Option<EntryView> = None;
    loop {
        let left = clock.left().min(WAIT_CHUNK);
        news.subscribe(daemon).await;
        let asked = Instant::now();
        let answer = {
            let wait = daemon.ask(EntryWait {
                id,
                timeout_ms: u32::try_from(left.as_millis()).unwrap_or(u32::MAX),
                gone: false,
            });
            tokio::pin!(wait);
            loop {
                tokio::select! {
                    answer = &mut wait => break answer,
                    line = news.next() => progress.line(context.io, &line),
                    _ = tokio::signal::ctrl_c() => return Ok(Waited::Interrupted),
                }
            }
        };
        match answer {
            Ok(entry) => {
                if entry.status.is_settled() {
                    return Ok(Waited::Settled(entry));
                }
                progress.entry(context.io, &entry);
                last = Some(entry);
            }
            Err(error) => {
                if daemon::is_passing(&error) {
                    progress.message(context.io, &format!("{error}; waiting for it"));
                }
                match come_back(daemon, error, clock).await? {
                    Return::Back => news.resubscribe(),
                    Return::TimeOver => return Ok(Waited::TimedOut(last)),
                    Return::Interrupted => return Ok(Waited::Interrupted),
                }
            }
        }
        if clock.left().is_zero() {
            return Ok(Waited::TimedOut(last));
        }
        if asked.elapsed() < PAUSE {
            sleep(PAUSE.min(clock.left())).await;
        }
    }
}

/// What came of waiting for entries to be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Removed {
    /// Nothing is left of it.
    Gone,
    /// The time is over.
    TimedOut,
    /// Ctrl-C.
    Interrupted,
}

/// Waits until nothing is left of an entry that is being removed. `since` is an event from before
/// that was asked for, or 0.
pub(super) async fn until_gone(
    context: &mut Context<'_>,
    daemon: &mut Daemon,
    id: EntryId,
    clock: &Deadline,
    mut since: u64,
) -> Result<Removed, Failure> {
    let mut progress = Progress::new(context, &format!("entry {id}"));
    loop {
        let asked = tokio::select! {
            answer = remains(daemon, id, &mut since) => answer,
            _ = tokio::signal::ctrl_c() => return Ok(Removed::Interrupted),
        };
        match asked {
            Ok(Some(entry)) => progress.entry(context.io, &entry),
            Ok(None) => return Ok(Removed::Gone),
            Err(error) => match come_back(daemon, error, clock).await? {
                Return::Back => {}
                Return::TimeOver => return Ok(Removed::TimedOut),
                Return::Interrupted => return Ok(Removed::Interrupted),
            },
        }
        if clock.left().is_zero() {
            return Ok(Removed::TimedOut);
        }
        tokio::select! {
            () = sleep(PAUSE.min(clock.left())) => {}
            _ = tokio::signal::ctrl_c() => return Ok(Removed::Interrupted),
        }
    }
}

/// The entry, while something of it is left.
async fn remains(
    daemon: &Daemon,
    id: EntryId,
    since: &mut u64,
) -> Result<Option<EntryView>, ClientError> {
    let Some(entry) = daemon.row(id).await? else {
        return Ok(None);
    };
    if entry.status != Status::Destroy {
        return Ok(Some(entry));
    }
    let ended = daemon.ended(id, since).await?;
    Ok((!ended).then_some(entry))
}

/// Waits until nothing of OMS is left at an account.
pub(super) async fn until_empty(
    context: &mut Context<'_>,
    daemon: &mut Daemon,
    name: &str,
    clock: &Deadline,
) -> Result<Removed, Failure> {
    let mut progress = Progress::new(context, &format!("account {name}"));
    loop {
        let asked = tokio::select! {
            answer = daemon.ask(show(name)) => answer,
            _ = tokio::signal::ctrl_c() => return Ok(Removed::Interrupted),
        };
        match asked {
            Ok(it) => {
                if it.running == 0 && it.building == 0 && it.removing == 0 {
                    return Ok(Removed::Gone);
                }
                let left = format!(
                    "{} running, {} building, {} being removed",
                    it.running, it.building, it.removing
                );
                progress.message(context.io, &left);
            }
            Err(error) => match come_back(daemon, error, clock).await? {
                Return::Back => {}
                Return::TimeOver => return Ok(Removed::TimedOut),
                Return::Interrupted => return Ok(Removed::Interrupted),
            },
        }
        if clock.left().is_zero() {
            return Ok(Removed::TimedOut);
        }
        tokio::select! {
            () = sleep(PAUSE.min(clock.left())) => {}
            _ = tokio::signal::ctrl_c() => return Ok(Removed::Interrupted),
        }
    }
}

fn show(name: &str) -> AccountShow {
    AccountShow {
        name: name.to_owned(),
    }
}

/// Shows people that something is waited for; `None` for Ctrl-C.
pub(super) async fn watched<T>(
    context: &mut Context<'_>,
    what: &str,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut progress = Progress::new(context, what);
    progress.begin(context.io);
    tokio::select! {
        done = work => Some(done),
        _ = tokio::signal::ctrl_c() => None,
    }
}

/// What came of waiting for the daemon.
pub(super) enum Return {
    /// It is back.
    Back,
    /// The time is over.
    TimeOver,
    /// Ctrl-C.
    Interrupted,
}

/// Waits for a daemon that went away.
///
/// # Errors
/// What is wrong with it, if that will not pass or did not in [`ABSENCE_MAX`].
pub(super) async fn come_back(
    daemon: &mut Daemon,
    lost: ClientError,
    clock: &Deadline,
) -> Result<Return, Failure> {
    let mut error = lost;
    let since = Instant::now();
    loop {
        if !daemon::is_passing(&error) || since.elapsed() > ABSENCE_MAX {
            return Err(error.into());
        }
        if clock.left().is_zero() {
            return Ok(Return::TimeOver);
        }
        tokio::select! {
            () = sleep(PAUSE.min(clock.left())) => {}
            _ = tokio::signal::ctrl_c() => return Ok(Return::Interrupted),
        }
        match daemon.reconnect().await {
            Ok(()) => return Ok(Return::Back),
            Err(again) => error = again,
        }
    }
}

/// When the waiting ends.
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// Ends after so many seconds, or never: entries have their own deadline.
    pub(super) fn after(seconds: Option<u32>) -> Self {
        Self(seconds.and_then(|seconds| {
            Instant::now().checked_add(Duration::from_secs(u64::from(seconds)))
        }))
    }

    pub(super) fn left(&self) -> Duration {
        self.0.map_or(Duration::MAX, |end| {
            end.saturating_duration_since(Instant::now())
        })
    }
}

/// What the journal tells about one entry. Only for people: that it fails is no failure.
struct News {
    id: EntryId,
    since: Option<u64>,
    subscription: Option<Subscription>,
}

impl News {
    fn new(id: EntryId, since: Option<u64>) -> Self {
        Self {
            id,
            since,
            subscription: None,
        }
    }

    async fn subscribe(&mut self, daemon: &Daemon) {
        if let (None, Some(since)) = (&self.subscription, self.since) {
            self.subscription = daemon.subscribe(since).await.ok();
        }
    }

    /// The connection is a new one.
    fn resubscribe(&mut self) {
        self.subscription = None;
    }

    /// The next fact about the entry; for ever silent where nothing is followed.
    async fn next(&mut self) -> String {
        while let Some(subscription) = &mut self.subscription {
            match subscription.next().await {
                Some(Ok(StreamItem::Event(StreamEvent { event, .. }))) => {
                    self.since = Some(event.seq);
                    if event.entry == Some(self.id) {
                        return event.account.map_or_else(
                            || event.message.clone(),
                            |account| {
                                if event.message.contains(&account) {
                                    event.message.clone()
                                } else {
                                    format!("{account}: {}", event.message)
                                }
                            },
                        );
                    }
                }
                Some(Ok(
                    StreamItem::Snapshot(_)
                    | StreamItem::Missed(_)
                    | StreamItem::Changed(_)
                    | StreamItem::Unknown,
                )) => {}
                Some(Err(_)) | None => {
                    self.subscription = None;
                    self.since = None;
                }
            }
        }
        std::future::pending().await
    }
}

/// A line at the bottom of the terminal that says how it stands; lines one after the other where
/// there is no terminal and progress was asked for; else nothing.
pub(super) struct Progress {
    bar: ProgressBar,
    what: String,
    /// Whether lines are printed.
    lines: bool,
    /// What was printed last.
    said: String,
}

impl Progress {
    pub(super) fn new(context: &Context<'_>, what: &str) -> Self {
        let terminal = context.io.terminals.stderr;
        let target = if context.shows_progress() && terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        // The template is a constant; should it be refused, the default one does as well.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style.tick_chars("-\\|/ "));
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Self {
            bar,
            what: what.to_owned(),
            lines: context.shows_progress() && !terminal,
            said: String::new(),
        }
    }

    fn begin(&mut self, io: &mut Io) {
        if self.lines {
            io.say(&human::clean(&self.what));
        }
    }

    fn entry(&mut self, io: &mut Io, entry: &EntryView) {
        let account = entry.account.as_deref().unwrap_or_default();
        let reason = match entry.status {
            Status::Boot => "",
            _ => entry.reason.as_deref().unwrap_or_default(),
        };
        self.message(io, &format!("{} {account} {reason}", entry.status));
    }

    fn message(&mut self, io: &mut Io, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = human::clean(&words.join(" "));
        if self.lines && text != self.said {
            io.say(&format!("{}: {text}", self.what));
            self.said.clone_from(&text);
        }
        // Beside it stand a sign and the time that has passed.
        let room = io.width.map_or(60, |width| width.saturating_sub(BESIDE));
        let text = human::clip(&format!("{}: {text}", self.what), room);
        self.bar.set_message(text);
    }

    /// Says a whole line of its own.
    pub(super) fn told(&mut self, io: &mut Io, text: &str) {
        let text = human::clean(text);
        if self.lines {
            io.say(&text);
        }
        self.bar.println(wrapped(io, &text));
    }

    fn line(&mut self, io: &mut Io, text: &str) {
        let text = human::clean(text);
        // An event may begin with what it is about, too.
        let text = text
            .strip_prefix(&format!("{}: ", self.what))
            .unwrap_or(&text);
        if self.lines {
            io.say(&format!("{}: {text}", self.what));
        }
        self.bar.println(wrapped(io, &format!("  {text}")));
    }
}

/// A line broken between words where the terminal ends.
fn wrapped(io: &Io, line: &str) -> String {
    human::wrapped(line, io.width.filter(|_| io.terminals.stderr))
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Context<'_> {
    /// Whether progress is shown: where a person watches, or it was asked for.
    pub(super) fn shows_progress(&self) -> bool {
        self.global.progress || (self.io.terminals.stderr && !self.global.quiet)
    }
}

/// The sentence for a wait that ended early, and its exit code.
pub(super) fn goes_on(ids: &[EntryId], waited: &str, exit: Exit) -> Failure {
    let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let names = names.join(" ");
    let (who, verb) = if ids.len() == 1 {
        ("entry", "goes on")
    } else {
        ("entries", "go on")
    };
    Failure::new(
        exit,
        format!(
            "{waited}; {who} {names} {verb}\n  wait again with: omsctl queue wait {names}\n  remove \
             with:     omsctl queue delete {names}"
        ),
    )
}
