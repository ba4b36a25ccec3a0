//! What `update` wants done outside; the runtime does it and reports back as messages.

use std::ffi::OsString;

use oms_proto::Request;

/// Names a request until its answer is there.
pub type Ticket = u64;

/// One act of the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Make a request of the daemon and report its answer.
    Call {
        /// Comes back with the answer.
        ticket: Ticket,
        /// The request.
        request: Box<Request>,
    },
    /// Drop the connection and make a new one at once.
    Reconnect,
    /// Put a text into the clipboard of the terminal.
    Copy(String),
    /// Give the terminal to omsctl, at our socket and with these arguments, until it ends.
    Hand(Vec<OsString>),
    /// Give the terminal back and stop until somebody lets us go on.
    Suspend,
    /// Give the terminal back and end.
    Quit,
}
