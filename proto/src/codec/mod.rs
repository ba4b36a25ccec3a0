//! Messages and records to bytes and back: the only folder that calls bincode.
//!
//! The bytes are bincode's standard layout (variable-length little-endian numbers), in which
//! structs that may grow are blocks ([`block`]) and enums that may grow have an unknown case
//! ([`words`]). What only a newer version understands is refused in requests and records and
//! skipped in answers and stream items ([`Reading`]). Nothing that a peer sends can make decoding
//! panic.
//!
//! Memory: bincode counts what is claimed, a list in whole before it is allocated, and refuses what
//! goes beyond the limit; one count runs over the message and all its blocks. A block claims the
//! size of its struct and keeps it claimed, so that a struct whose fields are missing, which takes
//! more memory than bytes, is counted too. A list of anything else keeps less claimed than it
//! takes once it is read: at worst 8 bytes for each empty text of 24, which is one byte on the
//! wire. So a message of `n` bytes with the limit `m` takes at most `m + 16 n` bytes.
//! Elsewhere only the derives and the macros of this folder name bincode, so that a change of
//! library is a change of this folder.

pub mod block;
mod reading;
pub mod words;

use bincode::config::{Configuration, Limit, LittleEndian, Varint, standard};
use bincode::de::DecoderImpl;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

#[doc(hidden)]
pub use bincode;
#[doc(hidden)]
pub use serde;

pub use self::reading::Reading;

use self::reading::Newer;
use crate::error::{ErrorCode, WireError};
use crate::frame::{ANSWER_FRAME_MAX_BYTES, REQUEST_FRAME_MAX_BYTES};
use crate::message::{ClientMessage, ServerMessage};
use crate::version::Agreed;

/// Memory that decoding may claim for each byte of a frame. A short list element takes about a
/// dozen times its wire size in memory (an entry that waits: 37 bytes, and close to 480 claimed),
/// so a much smaller factor would refuse honest frames.
const MEMORY_PER_FRAME_BYTE: usize = 16;

/// The most memory in bytes that decoding a request may claim.
pub const REQUEST_MEMORY_MAX_BYTES: usize = MEMORY_PER_FRAME_BYTE * REQUEST_FRAME_MAX_BYTES;

/// The most memory in bytes that decoding anything may claim.
pub const MEMORY_MAX_BYTES: usize = MEMORY_PER_FRAME_BYTE * ANSWER_FRAME_MAX_BYTES;

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

/// The bytes of a value. Whether they fit a frame is for [`crate::frame`] to say.
///
/// # Errors
/// A block that is too long, which no memory holds.
pub fn encode<T: Encode>(value: &T) -> Result<Vec<u8>, CodecError> {
    block::to_bytes(value, standard())
}

/// The value that a stored record is; all of it. What a newer version wrote is refused.
///
/// # Errors
/// Bytes that are no such value.
pub fn decode_record<T: Decode<Reading>>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_all::<T, MEMORY_MAX_BYTES>(bytes, Newer::Refused)
}

/// A message that cannot be understood as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot understand a message")]
pub struct BadMessage {
    /// The call it belongs to, if that much can be read. Without it there is nobody to answer and
    /// the connection should be closed.
    pub id: Option<u64>,
    /// What is wrong.
    #[source]
    pub error: CodecError,
}

impl BadMessage {
    /// What the daemon answers in a connection of this version, so that a client that is newer
    /// than the daemon loses one call and not its connection.
    pub fn answer(&self, agreed: Agreed) -> Option<ServerMessage> {
        let error = match &self.error {
            CodecError::UnknownVariant { .. } | CodecError::LeftOver { .. } => WireError::new(
                ErrorCode::Unsupported,
                format!(
                    "omsd {} is older than this request: {}, in protocol {}; upgrade omsd",
                    env!("CARGO_PKG_VERSION"),
                    self.error,
                    agreed.version
                ),
            ),
            CodecError::TooLarge => {
                WireError::new(ErrorCode::TooLarge, "the request needs too much memory")
            }
            CodecError::Truncated | CodecError::Malformed { .. } => WireError::new(
                ErrorCode::Invalid,
                format!("cannot read the request: {}", self.error),
            ),
        };
        self.id.map(|id| ServerMessage::Answer {
            id,
            result: Err(error),
        })
    }
}

/// Reads a frame that a client sent. When only a part is understood, the error still says which
/// call to answer: every variant of [`ClientMessage`] begins with the call's id.
///
/// # Errors
/// A message that this build does not understand as a whole.
pub fn decode_call(bytes: &[u8]) -> Result<ClientMessage, BadMessage> {
    decode_all::<_, REQUEST_MEMORY_MAX_BYTES>(bytes, Newer::Refused)
        .map_err(|error| bad_message(bytes, error))
}

/// Reads a frame that the daemon sent; see [`decode_call`]. What a newer daemon adds is skipped.
///
/// # Errors
/// A message that makes no sense.
pub fn decode_answer(bytes: &[u8]) -> Result<ServerMessage, BadMessage> {
    decode_all::<_, MEMORY_MAX_BYTES>(bytes, Newer::Skipped)
        .map_err(|error| bad_message(bytes, error))
}

fn bad_message(bytes: &[u8], error: CodecError) -> BadMessage {
    /// The variant's number, as the derives write it, and the id.
    type Head = (u32, u64);
    let head = bincode::decode_from_slice::<Head, _>(bytes, limited::<REQUEST_MEMORY_MAX_BYTES>());
    BadMessage {
        id: head.ok().map(|((_, id), _)| id),
        error,
    }
}

fn decode_all<T: Decode<Reading>, const MEMORY: usize>(
    bytes: &[u8],
    newer: Newer,
) -> Result<T, CodecError> {
    let reading = Reading::begin(bytes.len(), newer);
    let source = reading.source(bytes);
    let mut decoder = DecoderImpl::new(source, limited::<MEMORY>(), reading.clone());
    let value = T::decode(&mut decoder).map_err(|error| reading.error(error))?;
    reading.finish("the message")?;
    Ok(value)
}

/// Never decode without a limit: a claimed length would be allocated unchecked.
fn limited<const MEMORY: usize>() -> Configuration<LittleEndian, Varint, Limit<MEMORY>> {
    standard().with_limit::<MEMORY>()
}
