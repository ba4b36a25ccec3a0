//! The terminal in other hands: omsctl has it for a while, and the daemon is followed meanwhile.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use crossterm::event::Event;
use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream, StreamExt as _};
use oms_proto::Time;
use tokio::process::Command;

use super::outside::{Hands, Outside};
use super::signals::Signal;
use super::terminal;
use crate::effect::Effect;
use crate::model::Model;
use crate::msg::Msg;
use crate::text;
use crate::update::update;

/// Runs a program and, where it fails, waits until somebody has read why.
const WAIT_IF_IT_FAILS: &str = r#"
"$@" && exit 0
failed=$?
printf '\n%s ' "$0"
read -r line
exit "$failed"
"#;

/// The terminal of this process.
pub(super) struct Console {
    /// The daemon's socket, for omsctl.
    pub(super) socket: PathBuf,
}

impl Hands for Console {
    fn stop(&self) -> io::Result<()> {
        terminal::stop()
    }

    fn go_on(&self) -> io::Result<()> {
        terminal::go_on()
    }

    fn hand(&self, arguments: &[OsString]) -> BoxFuture<'static, Result<(), String>> {
        let mut command = Command::new("sh");
        command.args(["-c", WAIT_IF_IT_FAILS, text::say(text::PRESS_ENTER)]);
        command.arg(omsctl()).arg("--socket").arg(&self.socket);
        command.args(arguments);
        async move {
            terminal::lend();
            let ended = command.status().await;
            terminal::go_on().map_err(|error| error.to_string())?;
            match ended {
                Ok(status) if status.success() => Ok(()),
                Ok(status) => Err(text::ended_with(&status.to_string())),
                Err(error) => Err(text::no_omsctl(&error.to_string())),
            }
        }
        .boxed()
    }

    fn copy(&self, text: &str) -> io::Result<()> {
        terminal::copy(text)
    }
}

/// The omsctl beside this program, or the one that the shell would find.
fn omsctl() -> PathBuf {
    let ours = std::env::current_exe().ok();
    let beside = ours.map(|ours| ours.with_file_name("omsctl"));
    beside
        .filter(|beside| beside.is_file())
        .unwrap_or_else(|| PathBuf::from("omsctl"))
}

/// How the terminal came back.
pub(super) enum Handed {
    /// With this left to do.
    Back(Vec<Effect>),
    /// Not at all: a signal ends this process.
    Ended(u8),
    /// Not as it was.
    Lost(io::Error),
}

/// Gives the terminal to omsctl until that ends. What the daemon tells meanwhile is taken in, so
/// that it does not take us for a reader that hangs.
pub(super) async fn hand<I, L, S, N, C>(
    model: &mut Model,
    outside: &mut Outside<I, L, S, N, C>,
    arguments: &[OsString],
) -> Handed
where
    I: Stream<Item = io::Result<Event>> + Unpin,
    L: Fn() -> I,
    S: Stream<Item = Signal> + Unpin,
    N: Fn() -> Time,
    C: Hands,
{
    // Nobody may read the keys that are meant for the other.
    outside.inputs = None;
    let mut handed = outside.console.hand(arguments);
    let mut effects = Vec::new();
    let result = loop {
        tokio::select! {
            result = &mut handed => break result,
            msg = outside.daemon.next() => {
                for effect in update(model, msg, (outside.now)()) {
                    match effect {
                        Effect::Call { ticket, request } => {
                            outside.daemon.call(ticket, *request);
                        }
                        other => effects.push(other),
                    }
                }
            }
            signal = outside.signals.next() => match signal {
                // The keys that interrupt go to everybody in the foreground, and are meant for
                // the other.
                Some(Signal::End(number)) if !Signal::is_of_keys(number) => {
                    return Handed::Ended(number);
                }
                // The other was stopped by the same key; the shell lets both go on.
                Some(Signal::Stop) => {
                    if let Err(error) = outside.console.stop() {
                        return Handed::Lost(error);
                    }
                }
                Some(_) => {}
                None => return Handed::Lost(io::Error::other(text::INPUT_ENDED)),
            },
        }
    };
    outside.inputs = Some((outside.listen)());
    effects.extend(update(model, Msg::Returned(result), (outside.now)()));
    Handed::Back(effects)
}
