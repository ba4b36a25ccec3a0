//! Everything that touches the world: one loop that takes what comes in, updates the model, does
//! the effects and draws.
//!
//! Nothing is drawn without a reason: a key and a resize are drawn at once, what the daemon sends
//! at most thirty times a second, and the passing of time only when a text on screen changes by it (the
//! view says when). A screen on which nothing ages costs nothing at all.

mod backend;
mod handing;
mod outside;
mod signals;
mod terminal;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::{pending, ready};
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures::{Stream, StreamExt as _};
use oms_proto::Time;
use ratatui::Terminal;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::layout::{Position, Rect};
use tokio::time::{Instant, sleep_until};

use self::backend::Daemon;
use self::outside::{Hands, Outside};
use self::signals::Signal;
use self::terminal::Screen;
use crate::effect::Effect;
use crate::model::Model;
use crate::msg::Msg;
use crate::options::{Chosen, USAGE};
use crate::text;
use crate::update::{settle, update};
use crate::view;

/// The shortest time between two pictures that nobody pressed a key for. Thirty a second look
/// smooth, and a burst of events costs one picture instead of thousands.
const FRAME: Duration = Duration::from_millis(33);

/// The pause after a picture is this many times what it took to make, so that pictures never take
/// more than a fifth of the processor's time.
const PAUSE_FACTOR: u32 = 4;

/// Why the dashboard ended.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    /// Somebody wanted it.
    Asked,
    /// By a signal.
    Signal(u8),
    /// There is no terminal any more, or it does not take what is drawn.
    NoTerminal(String),
}

/// Runs the dashboard in the terminal of this process until it ends, by this clock.
pub fn start(chosen: Chosen, now: fn() -> Time) -> ExitCode {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        tell(text::NOT_A_TERMINAL);
        return ExitCode::from(USAGE);
    }
    match in_terminal(chosen, now) {
        Ok(Ending::Asked) => ExitCode::SUCCESS,
        Ok(Ending::Signal(number)) => ExitCode::from(128 + number),
        Ok(Ending::NoTerminal(reason)) => {
            tell(&text::no_terminal(&reason));
            ExitCode::FAILURE
        }
        Err(error) => {
            tell(&text::no_terminal(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

fn in_terminal(chosen: Chosen, now: fn() -> Time) -> io::Result<Ending> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Given back when it is dropped, after the loop and before anything is told.
    let screen = Screen::take(chosen.options.mouse)?;
    let ended = runtime.block_on(async {
        let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        let size = terminal.size()?;
        let model = Model::new(chosen.options, (size.width, size.height), now());
        let outside = Outside {
            inputs: Some(EventStream::new()),
            listen: EventStream::new,
            signals: signals::listen()?,
            daemon: Daemon::new(chosen.socket.clone()),
            now,
            console: handing::Console {
                socket: chosen.socket,
            },
        };
        Ok(run(&mut terminal, model, outside).await)
    });
    drop(screen);
    // A call that is still waiting must not hold up the end.
    runtime.shutdown_background();
    ended
}

/// What the loop woke up for.
enum Wake {
    Signal(Option<Signal>),
    Input(Option<io::Result<Event>>),
    /// A picture is due.
    Picture,
    Daemon(Msg),
    /// Something on screen has grown older.
    Time,
}

async fn run<B, I, L, S, N, C>(
    terminal: &mut Terminal<B>,
    mut model: Model,
    mut outside: Outside<I, L, S, N, C>,
) -> Ending
where
    B: Backend,
    I: Stream<Item = io::Result<Event>> + Unpin,
    L: Fn() -> I,
    S: Stream<Item = Signal> + Unpin,
    N: Fn() -> Time,
    C: Hands,
{
    let mut pace = Pace::new();
    // The terminal is somebody else's until we are told to go on, which may be some turns before we are
    // stopped.
    let mut stopped = false;
    loop {
        let next = pace.next();
        let wake = tokio::select! {
            biased;
            signal = outside.signals.next() => Wake::Signal(signal),
            input = next_of(&mut outside.inputs) => Wake::Input(input),
            // After keys that are waiting already, so that holding one down never lags behind;
            // before the daemon, which may always have more to tell.
            () = ready(()), if pace.is_due() && !stopped => Wake::Picture,
            msg = outside.daemon.next() => Wake::Daemon(msg),
            () = sleep_until(next.unwrap_or_else(Instant::now)),
                if next.is_some() && !stopped => Wake::Time,
        };
        let msg = match wake {
            Wake::Picture => {
                let begun = Instant::now();
                match paint(terminal, &mut model, (outside.now)()) {
                    Ok(change) => pace.drawn(begun, change),
                    Err(error) => return Ending::NoTerminal(error.to_string()),
                }
                continue;
            }
            Wake::Daemon(msg) => {
                pace.want();
                msg
            }
            Wake::Time => {
                pace.want_now();
                Msg::Tick
            }
            Wake::Input(Some(Ok(event))) => {
                let Some(msg) = message(event) else {
                    continue;
                };
                pace.want_now();
                msg
            }
            Wake::Input(Some(Err(error))) => return Ending::NoTerminal(error.to_string()),
            Wake::Input(None) => return Ending::NoTerminal(text::INPUT_ENDED.to_owned()),
            Wake::Signal(Some(Signal::End(number))) => return Ending::Signal(number),
            Wake::Signal(Some(signal)) => {
                stopped = signal == Signal::Stop;
                let done = match signal {
                    Signal::Stop => outside.console.stop(),
                    _ => outside.console.go_on().and_then(|()| repaint(terminal)),
                };
                if let Err(error) = done {
                    return Ending::NoTerminal(error.to_string());
                }
                pace.want_now();
                continue;
            }
            Wake::Signal(None) => return Ending::Asked,
        };
        let effects = update(&mut model, msg, (outside.now)());
        match perform(terminal, &mut model, &mut outside, effects).await {
            Ok(Done::Nothing) => {}
            Ok(Done::Returned) => pace.want_now(),
            Ok(Done::Stopped) => stopped = true,
            Ok(Done::Ended(ending)) => return ending,
            Err(error) => return Ending::NoTerminal(error.to_string()),
        }
    }
}

/// What doing something came to.
enum Done {
    /// Nothing that concerns the loop.
    Nothing,
    /// The terminal was in other hands.
    Returned,
    /// It is in other hands, until we are told to go on.
    Stopped,
    /// This is the end.
    Ended(Ending),
}

/// Does what `update` wants done.
async fn perform<B, I, L, S, N, C>(
    terminal: &mut Terminal<B>,
    model: &mut Model,
    outside: &mut Outside<I, L, S, N, C>,
    effects: Vec<Effect>,
) -> io::Result<Done>
where
    B: Backend,
    I: Stream<Item = io::Result<Event>> + Unpin,
    L: Fn() -> I,
    S: Stream<Item = Signal> + Unpin,
    N: Fn() -> Time,
    C: Hands,
{
    let mut done = Done::Nothing;
    let mut effects: VecDeque<Effect> = effects.into();
    while let Some(effect) = effects.pop_front() {
        match effect {
            Effect::Call { ticket, request } => outside.daemon.call(ticket, *request),
            Effect::Reconnect => outside.daemon.reconnect(),
            Effect::Copy(text) => outside.console.copy(&text)?,
            Effect::Suspend => {
                outside.console.stop()?;
                done = Done::Stopped;
            }
            Effect::Hand(arguments) => match handing::hand(model, outside, &arguments).await {
                handing::Handed::Back(more) => {
                    effects.extend(more);
                    repaint(terminal)?;
                    done = Done::Returned;
                }
                handing::Handed::Ended(number) => return Ok(Done::Ended(Ending::Signal(number))),
                handing::Handed::Lost(error) => return Err(error),
            },
            Effect::Quit => return Ok(Done::Ended(Ending::Asked)),
        }
    }
    Ok(done)
}

/// The next input; never one while nobody listens.
async fn next_of<I>(inputs: &mut Option<I>) -> Option<io::Result<Event>>
where
    I: Stream<Item = io::Result<Event>> + Unpin,
{
    match inputs {
        Some(inputs) => inputs.next().await,
        None => pending().await,
    }
}

/// Draws what the model is at `now`, at the size that the window has now.
fn paint<B: Backend>(
    terminal: &mut Terminal<B>,
    model: &mut Model,
    now: Time,
) -> Result<Option<Duration>, B::Error> {
    terminal.autoresize()?;
    let size = terminal.size()?;
    if (size.width, size.height) != model.size {
        let resized = Msg::Resize {
            columns: size.width,
            rows: size.height,
        };
        // Answers no effects: a size is nobody else's business.
        drop(update(model, resized, now));
    }
    model.now = now;
    settle(model);
    let mut change = None;
    terminal.draw(|frame| change = view::draw(model, frame))?;
    Ok(change)
}

/// Forgets what is on the terminal, so that the next picture is drawn as a whole. `clear` would
/// ask the terminal where its cursor is, and wait for the answer among the keys that the loop
/// reads.
fn repaint<B: Backend>(terminal: &mut Terminal<B>) -> io::Result<()> {
    let whole = |terminal: &mut Terminal<B>| {
        let size = terminal.size()?;
        terminal.resize(Rect::from((Position::ORIGIN, size)))
    };
    whole(terminal).map_err(|error| io::Error::other(error.to_string()))
}

fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize { columns, rows }),
        Event::Mouse(event) => Some(Msg::Mouse(event)),
        // Not asked for, but some terminals send them all the same.
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// When to draw.
struct Pace {
    wanted: bool,
    at_once: bool,
    /// Before this nothing is drawn but what somebody pressed a key for.
    rest: Instant,
    /// When the picture changes by itself.
    change: Option<Instant>,
}

impl Pace {
    /// The first picture is due at once, before anything is known.
    fn new() -> Self {
        Self {
            wanted: true,
            at_once: true,
            rest: Instant::now(),
            change: None,
        }
    }

    fn want(&mut self) {
        self.wanted = true;
    }

    fn want_now(&mut self) {
        self.wanted = true;
        self.at_once = true;
    }

    fn is_due(&self) -> bool {
        self.wanted && (self.at_once || Instant::now() >= self.rest)
    }

    fn drawn(&mut self, begun: Instant, change: Option<Duration>) {
        let now = Instant::now();
        // Pictures that take long to make, as of very many rows, are made less often.
        let pause = FRAME.max(now.duration_since(begun) * PAUSE_FACTOR);
        *self = Self {
            wanted: false,
            at_once: false,
            rest: now + pause,
            change: change.and_then(|change| now.checked_add(change.max(pause))),
        };
    }

    /// When to wake up if nothing happens before.
    fn next(&self) -> Option<Instant> {
        if self.wanted {
            Some(self.rest)
        } else {
            self.change
        }
    }
}

/// The clock on the wall.
pub fn wall_clock() -> Time {
    jiff::Timestamp::now().into()
}

fn tell(message: &str) {
    // Nobody is left to be told when this cannot be written either.
    drop(writeln!(io::stderr(), "{message}"));
}
