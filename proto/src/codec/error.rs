//! Why bytes cannot be read.

use bincode::error::{DecodeError, EncodeError};

/// Why bytes are not a message, or a message cannot be bytes. It carries no content of the
/// message, so it is safe to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end before the message does.
    #[error("the message is cut short")]
    Truncated,
    /// The message would need more memory than its bound.
    #[error("the message claims more memory than is allowed")]
    TooLarge,
    /// The message, or a struct in it, ends before its bytes do: a newer version wrote them.
    #[error("{count} bytes of {type_name} are left over")]
    LeftOver {
        /// The type in this build.
        type_name: &'static str,
        /// How many bytes.
        count: usize,
    },
    /// A variant that this build does not know; the peer is probably newer.
    #[error("variant {found} of {type_name} is not known here")]
    UnknownVariant {
        /// The type in this build.
        type_name: &'static str,
        /// The variant's number on the wire.
        found: u32,
    },
    /// Anything else, such as text that is not UTF-8.
    #[error("the message is malformed: {what}")]
    Malformed {
        /// What is wrong, in the codec's words.
        what: String,
    },
}

impl From<DecodeError> for CodecError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::UnexpectedEnd { .. } => Self::Truncated,
            DecodeError::LimitExceeded | DecodeError::OutsideUsizeRange(_) => Self::TooLarge,
            DecodeError::UnexpectedVariant {
                type_name, found, ..
            } => Self::UnknownVariant { type_name, found },
            other => Self::Malformed {
                what: other.to_string(),
            },
        }
    }
}

impl From<EncodeError> for CodecError {
    fn from(error: EncodeError) -> Self {
        Self::Malformed {
            what: error.to_string(),
        }
    }
}
