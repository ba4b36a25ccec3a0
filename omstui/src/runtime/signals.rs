//! Signals to this process, as a stream.

use std::io;
use std::task::Poll;

use futures::{Stream, stream};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use tokio::signal::unix::{SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// End, and say so in the exit code.
    End(u8),
    /// Give the terminal back and stop.
    Stop,
    /// Take the terminal again; this process was stopped.
    GoOn,
}

impl Signal {
    /// Whether a signal with this number comes of a key.
    pub(super) fn is_of_keys(number: u8) -> bool {
        [SIGINT, SIGQUIT].contains(&i32::from(number))
    }
}

/// Listens from now on.
///
/// # Errors
/// The system does not let us.
pub(super) fn listen() -> io::Result<impl Stream<Item = Signal> + Unpin> {
    let ends = [SIGTERM, SIGHUP, SIGINT, SIGQUIT].map(|number| {
        // Signals have small positive numbers.
        let code = u8::try_from(number).unwrap_or(0);
        (number, Signal::End(code))
    });
    let mut listeners = Vec::new();
    for (number, meaning) in ends
        .into_iter()
        .chain([(SIGTSTP, Signal::Stop), (SIGCONT, Signal::GoOn)])
    {
        listeners.push((signal(SignalKind::from_raw(number))?, meaning));
    }
    Ok(stream::poll_fn(move |context| {
        for (listener, meaning) in &mut listeners {
            if let Poll::Ready(Some(())) = listener.poll_recv(context) {
                return Poll::Ready(Some(*meaning));
            }
        }
        Poll::Pending
    }))
}
