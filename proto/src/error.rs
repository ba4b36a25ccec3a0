//! What a caller is told when a request is refused: a code that never changes, a sentence for
//! people, and the fields at fault.

use std::collections::BTreeMap;
use std::fmt;

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Why a request was refused. Names and order are part of the protocol: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A field is missing, of the wrong type or out of range.
    Invalid,
    /// No such entry, instance or account.
    NotFound,
    /// The request contradicts what is there: a name taken, an account in use.
    Conflict,
    /// The caller may not do this.
    Forbidden,
    /// No credentials, or bad ones.
    Unauthorized,
    /// The request is larger than the daemon accepts.
    TooLarge,
    /// The daemon is starting, stopping or has no room for more; try again later.
    Unavailable,
    /// What was waited for did not happen in time.
    Timeout,
    /// A message this daemon does not know.
    Unsupported,
    /// The method is not allowed on this path (HTTP only).
    MethodNotAllowed,
    /// The daemon failed; its log has the details under the error id.
    Internal,
    /// The idempotency key was used before with another body.
    IdempotencyMismatch,
}

impl ErrorCode {
    /// The code as it stands in JSON, in logs and in scripts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Forbidden => "forbidden",
            Self::Unauthorized => "unauthorized",
            Self::TooLarge => "too_large",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Unsupported => "unsupported",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Internal => "internal",
            Self::IdempotencyMismatch => "idempotency_mismatch",
        }
    }
}

/// A refusal, as both transports carry it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct WireError {
    /// The stable code.
    pub code: ErrorCode,
    /// What went wrong and what to do about it, for people.
    pub detail: String,
    /// Messages by field, when fields are at fault.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Vec<String>>,
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
