//! What a caller is told when a request is refused: a code that never changes, a sentence for
//! people, and the fields at fault.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{grows, words};

words! {
    /// Why a request was refused.
    pub enum ErrorCode {
        /// A field is missing, of the wrong type or out of range.
        1 Invalid = "invalid",
        /// No such entry, instance or account.
        2 NotFound = "not_found",
        /// The request contradicts what is there: a name taken, an account in use.
        3 Conflict = "conflict",
        /// The caller may not do this.
        4 Forbidden = "forbidden",
        /// No credentials, or bad ones.
        5 Unauthorized = "unauthorized",
        /// The request is larger than the daemon accepts.
        6 TooLarge = "too_large",
        /// The daemon is starting, stopping or has no room for more; try again later.
        7 Unavailable = "unavailable",
        /// What was waited for did not happen in time.
        8 Timeout = "timeout",
        /// A message this daemon does not know.
        9 Unsupported = "unsupported",
        /// The method is not allowed on this path (HTTP only).
        10 MethodNotAllowed = "method_not_allowed",
        /// The daemon failed; its log has the details under the error id.
        11 Internal = "internal",
        /// The idempotency key was used before with another body.
        12 IdempotencyMismatch = "idempotency_mismatch",
        /// The entry is held; it is to be released first.
        13 Held = "held",
    }
}

/// A refusal, as both transports carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireError {
    /// The stable code.
    pub code: ErrorCode,
    /// What went wrong and what to do about it, for people.
    pub detail: String,
    /// Messages by field, when fields are at fault.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Vec<String>>,
}

grows! {
    WireError { code, detail, fields }
}

impl WireError {
    /// A refusal without fields.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            fields: BTreeMap::new(),
        }
    }

    /// A refusal because of one field.
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code: ErrorCode::Invalid,
            detail: format!("{name}: {message}"),
            fields: BTreeMap::from([(name.to_owned(), vec![message])]),
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for WireError {}
