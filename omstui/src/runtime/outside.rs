//! What the loop works with besides the model, so that tests can bring their own.

use std::ffi::OsString;
use std::io;

use futures::future::BoxFuture;

use super::backend::Daemon;

/// What the loop works with besides the terminal; tests bring their own.
pub(super) struct Outside<I, L, S, N, C> {
    /// Keys, pastes and changes of size; nothing while another program has the terminal.
    pub(super) inputs: Option<I>,
    /// Listens for keys anew.
    pub(super) listen: L,
    /// Signals to this process.
    pub(super) signals: S,
    /// The connection.
    pub(super) daemon: Daemon,
    /// The clock on the wall.
    pub(super) now: N,
    /// The terminal as a whole.
    pub(super) console: C,
}

/// What can be done with the terminal besides drawing on it.
pub(super) trait Hands {
    /// Gives it back and stops this process until it is told to go on.
    fn stop(&self) -> io::Result<()>;
    /// Takes it again after that.
    fn go_on(&self) -> io::Result<()>;
    /// Gives it to omsctl until that ends.
    fn hand(&self, arguments: &[OsString]) -> BoxFuture<'static, Result<(), String>>;
    /// Puts a text into its clipboard.
    fn copy(&self, text: &str) -> io::Result<()>;
}
