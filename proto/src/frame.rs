//! Frames: a length of four bytes, big-endian, and that many bytes of one encoded message.
//!
//! The length is checked against the cap of its direction before anything is allocated for it.
//! This is the one place that knows the layout; client and daemon both take their halves of a
//! stream through it. The caps are here too, and the other bounds that both sides must agree on.
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use oms_proto::frame;
//! use tokio_util::codec::{Decoder, Encoder};
//!
//! let mut wire = BytesMut::new();
//! frame::request_codec().encode(Bytes::from_static(b"call"), &mut wire)?;
//! assert_eq!(&wire[..], b"\0\0\0\x04call");
//! assert_eq!(frame::request_codec().decode(&mut wire)?.unwrap(), "call");
//!
//! let mut huge = BytesMut::from(&b"\xff\xff\xff\xff"[..]);
//! assert!(frame::request_codec().decode(&mut huge).is_err());
//! # Ok::<(), std::io::Error>(())
//! ```
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm
)]

/// The largest request in bytes. The largest sensible one is an account with certificates or an
/// entry with 48 KiB of user data; this leaves an order of magnitude, and keeps what a client
/// without manners can make the daemon hold small.
pub const REQUEST_FRAME_MAX_BYTES: usize = 1024 * 1024;

/// The largest answer or stream item in bytes: some ten thousand entries. The daemon cuts longer
/// lists and snapshots into parts.
pub const ANSWER_FRAME_MAX_BYTES: usize = 8 * 1024 * 1024;

/// The most calls and subscriptions of one connection that may be open at a time. A dashboard
/// needs a handful; the daemon refuses more with
/// [`ErrorCode::Unavailable`](crate::ErrorCode::Unavailable), the client waits for a free slot.
pub const CALLS_IN_FLIGHT_MAX: usize = 64;

#[cfg(any(feature = "client", feature = "server"))]
pub use io::{
    answer_codec, read_answers, read_requests, request_codec, write_answers, write_requests,
};

#[cfg(any(feature = "client", feature = "server"))]
mod io {
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

    use super::{ANSWER_FRAME_MAX_BYTES, REQUEST_FRAME_MAX_BYTES};

    /// Frames from client to daemon.
    pub fn request_codec() -> LengthDelimitedCodec {
        codec(REQUEST_FRAME_MAX_BYTES)
    }

    /// Frames from daemon to client.
    pub fn answer_codec() -> LengthDelimitedCodec {
        codec(ANSWER_FRAME_MAX_BYTES)
    }

    /// The daemon's reading half. The stream ends with an error of kind `InvalidData` if a frame
    /// is longer than [`REQUEST_FRAME_MAX_BYTES`].
    pub fn read_requests<R: AsyncRead>(reader: R) -> FramedRead<R, LengthDelimitedCodec> {
        FramedRead::new(reader, request_codec())
    }

    /// The daemon's writing half. Refuses messages longer than [`ANSWER_FRAME_MAX_BYTES`] with an
    /// error of kind `InvalidInput` and writes nothing of them.
    pub fn write_answers<W: AsyncWrite>(writer: W) -> FramedWrite<W, LengthDelimitedCodec> {
        FramedWrite::new(writer, answer_codec())
    }

    /// The client's reading half; see [`read_requests`].
    pub fn read_answers<R: AsyncRead>(reader: R) -> FramedRead<R, LengthDelimitedCodec> {
        FramedRead::new(reader, answer_codec())
    }

    /// The client's writing half; see [`write_answers`].
    pub fn write_requests<W: AsyncWrite>(writer: W) -> FramedWrite<W, LengthDelimitedCodec> {
        FramedWrite::new(writer, request_codec())
    }

    fn codec(frame_max_bytes: usize) -> LengthDelimitedCodec {
        LengthDelimitedCodec::builder()
            .big_endian()
            .length_field_type::<u32>()
            .max_frame_length(frame_max_bytes)
            .new_codec()
    }
}
