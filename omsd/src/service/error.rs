//! What refusals look like from outside: one table from causes to codes, and one from codes to
//! the statuses of HTTP.

use std::error::Error;
use std::fmt;

use oms_proto::{ErrorCode, WireError};

use omsd_domain::world::command::Rejection;

use crate::engine::handle::SubmitError;
use crate::ports::Entropy;

/// The status that HTTP gives for a code.
pub const fn http_status(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::Invalid => 400,
        ErrorCode::Unauthorized => 401,
        ErrorCode::Forbidden => 403,
        ErrorCode::NotFound => 404,
        ErrorCode::MethodNotAllowed => 405,
        ErrorCode::Conflict | ErrorCode::IdempotencyMismatch | ErrorCode::Held => 409,
        ErrorCode::TooLarge => 413,
        // Never made here.
        ErrorCode::Internal | ErrorCode::Unknown => 500,
        ErrorCode::Unsupported => 501,
        ErrorCode::Unavailable => 503,
        ErrorCode::Timeout => 504,
    }
}

/// A cause that only the log may tell in full.
pub type Cause = Box<dyn Error + Send + Sync>;

/// The code of a refused command.
pub const fn rejection_code(rejection: &Rejection) -> ErrorCode {
    match rejection {
        Rejection::NoEntry(_)
        | Rejection::NoAccount
        | Rejection::NoStray
        | Rejection::NoPass(_)
        | Rejection::NotBlocked { .. } => ErrorCode::NotFound,
        Rejection::EntryHeld(_) => ErrorCode::Held,
        Rejection::NameTaken(_)
        | Rejection::PassTaken(_)
        | Rejection::TooManyPasses
        | Rejection::KeyShown(_)
        | Rejection::AccountInUse { .. }
        | Rejection::Unproven { .. }
        | Rejection::TooManyAccounts
        | Rejection::NotFailed { .. }
        | Rejection::NothingToHold(_)
        | Rejection::Stale => ErrorCode::Conflict,
        Rejection::KeyReused(_) => ErrorCode::IdempotencyMismatch,
        Rejection::TooManyWindows => ErrorCode::Invalid,
        Rejection::Full | Rejection::FullOfData => ErrorCode::Unavailable,
    }
}

pub(super) fn rejected(error: &SubmitError) -> WireError {
    match error {
        SubmitError::Rejected(rejection) => {
            WireError::new(rejection_code(rejection), rejection.to_string())
        }
        SubmitError::Stopping => stopping(),
    }
}

/// The daemon goes away while somebody waits.
pub(super) fn stopping() -> WireError {
    WireError::new(ErrorCode::Unavailable, SubmitError::Stopping.to_string())
}

pub(super) fn not_found(what: impl fmt::Display) -> WireError {
    WireError::new(ErrorCode::NotFound, format!("there is no {what}"))
}

/// Logs a failure of the daemon's own, and gives what the caller is told: an id to find it by.
pub(super) fn internal(entropy: &dyn Entropy, doing: &'static str, cause: &dyn Error) -> WireError {
    let mut id = [0_u8; 4];
    entropy.fill(&mut id);
    let id = u32::from_be_bytes(id);
    tracing::error!(
        error.id = format_args!("{id:08x}"),
        error = %Chain(cause),
        "failed to {doing}"
    );
    WireError::new(
        ErrorCode::Internal,
        format!("omsd failed to {doing}; its log has the details under error id {id:08x}"),
    )
}

/// An error with all its causes, on one line.
struct Chain<'a>(&'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
