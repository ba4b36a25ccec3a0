//! What `update` wants done outside; the runtime does it and reports back as messages.

use crate::msg::Ask;

/// One act of the runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Ask the daemon and report the answer.
    Ask(Ask),
    /// Drop the connection and make a new one at once.
    Reconnect,
    /// Give the terminal back and end.
    Quit,
}
