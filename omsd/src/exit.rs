//! What the exit codes of `omsd` mean.

/// Stopped because it was told to, the configuration is good, or the copy is made.
pub const OK: u8 = 0;
/// Failed while it ran.
pub const FAILED: u8 = 1;
/// Bad usage or configuration.
pub const USAGE: u8 = 2;
/// The state directory, the database or the key cannot be used.
pub const STATE: u8 = 3;
/// The socket or the HTTP address cannot be listened on.
pub const LISTEN: u8 = 4;
