//! The envelopes that travel in frames: calls from the client, answers and stream items from the
//! daemon. Calls may overlap; the id that the client chose ties an answer to its call.

use bincode::{Decode, Encode};

use crate::codec::Reading;
use crate::error::WireError;
use crate::request::Request;
use crate::response::{Response, StreamItem};

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
