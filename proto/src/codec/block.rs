//! Structs that may grow: a length in bytes, and their fields.
//!
//! The fields of the first release are always written. Those that were added later are written up
//! to the last one that differs from its default, and read as their default where the block ends.
//! So what is not said costs nothing, old bytes mean what they meant, and a reader that is older
//! finds bytes left over only where something is said that it cannot know.

use bincode::de::{Decode, Decoder};
use bincode::enc::write::Writer;
use bincode::enc::{Encode, Encoder, EncoderImpl};
use bincode::error::{DecodeError, EncodeError};

use super::error::CodecError;
use super::reading::Reading;

/// The room that a block's bytes get at first: an entry that waits has forty or so.
const FIRST_ROOM_BYTES: usize = 128;

/// Lists the fields of a struct that may grow, and makes it a block.
///
/// The fields of the first list were there at the first release; those behind `then` were added
/// later, in this order, each with a default that means "nothing was said". Every field is in one
/// of the lists, or it does not compile. **Only ever append to the second list.** A field is never
/// moved, removed or retyped.
///
/// ```
/// use oms_proto::codec;
/// #[derive(Debug, PartialEq)]
/// struct Wish {
///     name: String,
///     seconds: Option<u32>,
/// }
/// oms_proto::grows! {
///     Wish { name } then { seconds }
/// }
/// let wish = Wish { name: "web".to_owned(), seconds: None };
/// let bytes = codec::encode(&wish)?;
/// assert_eq!(bytes, b"\x04\x03web");
/// assert_eq!(codec::decode_record::<Wish>(&bytes)?, wish);
/// # Ok::<(), oms_proto::codec::CodecError>(())
/// ```
#[macro_export]
macro_rules! grows {
    ($name:ident { $($first:ident),* $(,)? } $(then { $($later:ident),* $(,)? })?) => {
        impl $crate::codec::bincode::Encode for $name {
            fn encode<E: $crate::codec::bincode::enc::Encoder>(
                &self,
                encoder: &mut E,
            ) -> Result<(), $crate::codec::bincode::error::EncodeError> {
                let Self { $($first,)* $($($later,)*)? } = self;
                #[allow(unused_mut, reason = "a struct may have no fields")]
                let mut block = $crate::codec::block::Written::new(encoder);
                $(block.first($first)?;)*
                $($(block.later($later)?;)*)?
                block.finish(encoder)
            }
        }

        impl $crate::codec::bincode::Decode<$crate::codec::Reading> for $name {
            fn decode<D: $crate::codec::bincode::de::Decoder<Context = $crate::codec::Reading>>(
                decoder: &mut D,
            ) -> Result<Self, $crate::codec::bincode::error::DecodeError> {
                let block = $crate::codec::block::Open::new::<Self, D>(decoder)?;
                $(let $first = $crate::codec::bincode::Decode::decode(decoder)?;)*
                $($(let $later = block.later(decoder)?;)*)?
                block.close(decoder, stringify!($name))?;
                Ok(Self { $($first,)* $($($later,)*)? })
            }
        }

        $crate::codec::bincode::impl_borrow_decode_with_context!($name, $crate::codec::Reading);
    };
}

/// The bytes of a value that is in no block.
pub(super) fn to_bytes<T: Encode>(
    value: &T,
    config: impl bincode::config::Config,
) -> Result<Vec<u8>, CodecError> {
    let mut encoder = EncoderImpl::new(Buffer(Vec::new()), config);
    value.encode(&mut encoder)?;
    Ok(encoder.into_writer().0)
}

/// A block while it is written. Each block is copied once into the one around it, so the work is
/// its bytes times the depth of blocks, which the types bound: none contains itself.
pub struct Written<C: bincode::config::Config> {
    inner: EncoderImpl<Buffer, C>,
    /// Bytes that are to be kept; what follows are defaults.
    kept: usize,
}

struct Buffer(Vec<u8>);

impl Writer for Buffer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl<C: bincode::config::Config> Written<C> {
    /// A block within what `outer` writes.
    pub fn new<E: Encoder<C = C>>(outer: &E) -> Self {
        let buffer = Buffer(Vec::with_capacity(FIRST_ROOM_BYTES));
        Self {
            inner: EncoderImpl::new(buffer, *outer.config()),
            kept: 0,
        }
    }

    /// Writes a field that is always written.
    ///
    /// # Errors
    /// Those of the field.
    pub fn first<T: Encode>(&mut self, field: &T) -> Result<(), EncodeError> {
        field.encode(&mut self.inner)?;
        self.kept = self.inner.writer().0.len();
        Ok(())
    }

    /// Writes a field that is left away if it, and all that follow, are the default.
    ///
    /// # Errors
    /// Those of the field.
    pub fn later<T: Encode + Default + PartialEq>(&mut self, field: &T) -> Result<(), EncodeError> {
        field.encode(&mut self.inner)?;
        if *field != T::default() {
            self.kept = self.inner.writer().0.len();
        }
        Ok(())
    }

    /// Writes the block's length and the block.
    ///
    /// # Errors
    /// Those of `outer`.
    pub fn finish<E: Encoder>(self, outer: &mut E) -> Result<(), EncodeError> {
        let Buffer(mut bytes) = self.inner.into_writer();
        bytes.truncate(self.kept);
        let length = u64::try_from(bytes.len());
        let length = length.map_err(|_| EncodeError::Other("a block is too long"))?;
        length.encode(outer)?;
        outer.writer().write(&bytes)
    }
}

/// A block while it is read.
#[must_use = "what is left over is found when the block is closed"]
pub struct Open {
    /// The fence of the block around this one.
    outer: usize,
}

impl Open {
    /// Reads a block's length, and claims the memory that a `T` takes by itself: what its missing
    /// fields take has no bytes that would be counted.
    ///
    /// # Errors
    /// A length beyond what is left, before anything is allocated for it.
    pub fn new<T, D: Decoder<Context = Reading>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = u64::decode(decoder)?;
        decoder.claim_bytes_read(size_of::<T>())?;
        let outer = decoder.context().open(length)?;
        Ok(Self { outer })
    }

    /// Reads a field that was added later; its default if the block was written before.
    ///
    /// # Errors
    /// Those of the field.
    pub fn later<T, D>(&self, decoder: &mut D) -> Result<T, DecodeError>
    where
        T: Decode<Reading> + Default,
        D: Decoder<Context = Reading>,
    {
        if decoder.context().is_at_end() {
            return Ok(T::default());
        }
        T::decode(decoder)
    }

    /// Goes on behind the block.
    ///
    /// # Errors
    /// Bytes left over, where they are refused.
    pub fn close<D: Decoder<Context = Reading>>(
        self,
        decoder: &mut D,
        type_name: &'static str,
    ) -> Result<(), DecodeError> {
        decoder.context().close(self.outer, type_name)
    }
}
