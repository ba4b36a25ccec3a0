//! How many connections there may be, and how long their peers may keep them waiting.

use std::time::Duration;

/// The bounds of connections.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time; a further one takes the place of one that does not use its own, see
    /// [`super::crowd`], or else waits. A quarter of the files that the
    /// process may have open, see [`crate::places`].
    pub connections: usize,
    /// How long a connection may take until TLS is agreed on.
    pub handshake: Duration,
    /// How long a connection may take to send a request's head, counted from when it was opened
    /// or the request before was answered; so it is how long an idle one is kept, too.
    pub head: Duration,
    /// How long a peer may leave an answer unread.
    pub write: Duration,
    /// How long requests may go on when the daemon stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            write: Duration::from_secs(30),
            drain: Duration::from_secs(5),
        }
    }
}
