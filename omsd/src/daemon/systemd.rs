//! What systemd gives the daemon and wants of it: listeners that it holds open, word that the daemon
//! serves, and signs of life of the engine.
//!
//! Sources: `sd_listen_fds(3)`, `sd_notify(3)`, `systemd.service(5)` on `WatchdogSec=`.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;

use crate::engine::handle::Handle;

/// Signs of life in the time that systemd waits for one: a turn may be slow once, or twice.
const BEATS: u32 = 3;

/// Listeners that were opened before the daemon was started.
#[derive(Debug, Default)]
pub struct Listeners {
    /// For the socket.
    pub socket: Option<UnixListener>,
    /// For HTTP.
    pub http: Option<TcpListener>,
}

impl Listeners {
    /// Takes what systemd has passed to this process, told apart by their kind.
    ///
    /// # Errors
    /// More than one of a kind, or something else.
    pub fn passed() -> io::Result<Self> {
        let mut passed = ListenFd::from_env();
        let mut taken = Self::default();
        for nth in 0..passed.len() {
            let again = if let Ok(Some(listener)) = passed.take_unix_listener(nth) {
                taken.socket.replace(listener).is_some()
            } else if let Ok(Some(listener)) = passed.take_tcp_listener(nth) {
                taken.http.replace(listener).is_some()
            } else {
                return Err(io::Error::other(
                    "omsd can serve a Unix stream socket and a TCP socket, and no others: mend the \
                     ListenStream= lines of its socket unit",
                ));
            };
            if again {
                return Err(io::Error::other(
                    "omsd can serve one Unix socket and one TCP socket: take the other \
                     ListenStream= lines out of its socket unit",
                ));
            }
        }
        Ok(taken)
    }
}

/// Tells systemd, where it has started the daemon and wants to know.
pub(super) fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "could not tell systemd");
    }
}

/// Tells systemd for as long as the engine takes its turns that it does. Never ends; where systemd
/// does not watch the daemon, nothing is done.
pub(super) async fn beat(engine: Handle) {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    beat_every(patience / BEATS, engine, || tell(NotifyState::Watchdog)).await;
}

async fn beat_every(pause: Duration, engine: Handle, told: impl Fn()) -> ! {
    loop {
        // An engine that never answers is what the watchdog is for.
        if engine.turns().await {
            told();
        }
        tokio::time::sleep(pause).await;
    }
}
