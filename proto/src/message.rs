//! The envelopes that travel in frames: calls from the client, answers and stream items from the
//! daemon. Calls may overlap; the id that the client chose ties an answer to its call.

use bincode::{Decode, Encode};

use crate::codec::{self, CodecError, Reading};
use crate::error::{ErrorCode, WireError};
use crate::request::Request;
use crate::response::{Response, StreamItem};
use crate::version::Agreed;

/// From client to daemon.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Reading")]
pub enum ClientMessage {
    /// Ask something. The id must not be in use by another call of this connection.
    Call {
        /// Chosen by the client.
        id: u64,
        /// What is asked.
        request: Request,
    },
    /// Stop waiting for an answer, or end a subscription.
    Cancel {
        /// The call's id.
        id: u64,
    },
}

/// From daemon to client.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Reading")]
pub enum ServerMessage {
    /// The answer to a call.
    Answer {
        /// The call's id.
        id: u64,
        /// What came of it.
        result: Result<Response, WireError>,
    },
    /// One more item of a subscription.
    Stream {
        /// The id of the call that subscribed.
        id: u64,
        /// The item.
        item: StreamItem,
    },
}

impl ClientMessage {
    /// Reads a frame that a client sent. When only a part is understood, the error still says which
    /// call to answer.
    ///
    /// # Errors
    /// A message that this build does not understand as a whole.
    pub fn read(bytes: &[u8]) -> Result<Self, BadMessage> {
        codec::decode_call(bytes).map_err(|error| BadMessage::new(bytes, error))
    }
}

impl ServerMessage {
    /// Reads a frame that the daemon sent. What a newer daemon adds is skipped.
    ///
    /// # Errors
    /// A message that makes no sense.
    pub fn read(bytes: &[u8]) -> Result<Self, BadMessage> {
        codec::decode_answer(bytes).map_err(|error| BadMessage::new(bytes, error))
    }
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
    fn new(bytes: &[u8], error: CodecError) -> Self {
        let id = codec::decode_head(bytes).map(|(_variant, id)| id);
        Self { id, error }
    }

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
