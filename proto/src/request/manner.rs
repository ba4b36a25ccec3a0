//! How a request is to be treated, whatever the transport.

use std::time::Duration;

use crate::role::Role;

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
