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
mod error;
mod reading;
pub mod words;

use bincode::config::{Configuration, Limit, LittleEndian, Varint, standard};
use bincode::de::DecoderImpl;
use bincode::{Decode, Encode};

#[doc(hidden)]
pub use bincode;
#[doc(hidden)]
pub use serde;

pub use self::error::CodecError;
pub use self::reading::Reading;

use self::reading::Newer;
use crate::frame::{ANSWER_FRAME_MAX_BYTES, REQUEST_FRAME_MAX_BYTES};

/// Memory that decoding may claim for each byte of a frame. A short list element takes some dozen
/// times its wire size in memory (an entry that waits: 37 bytes, and up to 800 claimed), so a much
/// smaller factor would refuse honest frames.
const MEMORY_PER_FRAME_BYTE: usize = 24;

/// The most memory in bytes that decoding a request may claim.
pub const REQUEST_MEMORY_MAX_BYTES: usize = MEMORY_PER_FRAME_BYTE * REQUEST_FRAME_MAX_BYTES;

/// The most memory in bytes that decoding anything may claim.
pub const MEMORY_MAX_BYTES: usize = MEMORY_PER_FRAME_BYTE * ANSWER_FRAME_MAX_BYTES;

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

/// A message that a client sent. What a newer client says is refused.
pub(crate) fn decode_call<T: Decode<Reading>>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_all::<T, REQUEST_MEMORY_MAX_BYTES>(bytes, Newer::Refused)
}

/// What the daemon sent, or what was read of it and packed again. What a newer daemon adds is
/// skipped.
///
/// # Errors
/// Bytes that are no such value.
pub fn decode_answer<T: Decode<Reading>>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_all::<T, MEMORY_MAX_BYTES>(bytes, Newer::Skipped)
}

/// The number of a message's variant and the id of its call, which every message begins with.
pub(crate) fn decode_head(bytes: &[u8]) -> Option<(u32, u64)> {
    let head = bincode::decode_from_slice(bytes, limited::<REQUEST_MEMORY_MAX_BYTES>());
    head.ok().map(|(head, _)| head)
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
