//! How a request is to be treated, whatever the transport.

use std::fmt;
use std::time::Duration;

/// What a caller may do; each role may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look at everything but private keys and user data.
    Viewer,
    /// Create and remove entries, and see their private keys.
    Operator,
    /// Change accounts.
    Admin,
}

impl Role {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The word in configuration, messages and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How large the answer to a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerSize {
    /// A small part of a frame.
    Small,
    /// A good part of a frame, so that a peer which asks without reading must not have several of
    /// them made.
    Large,
    /// Items without end.
    Stream,
}

/// How a request is to be treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// The weakest role that may make it.
    pub role: Role,
    /// How large the answer may be.
    pub answer: AnswerSize,
    /// How long whoever asks waits for the answer.
    pub deadline: Duration,
    /// Whether it may take long by its nature, so that a daemon which stops does not wait for it.
    pub waits: bool,
}
