//! Enums that may grow. Those without data are a number on the wire and a word for people; those
//! with data are blocks, so that one that is not known can be skipped.
//!
//! Both have a case `Unknown`, which only readers of answers meet: it is what a newer daemon says
//! and this build has no name for. Requests and records that hold one are refused.

use bincode::de::{Decode, Decoder};
use bincode::enc::{Encode, Encoder};
use bincode::error::{DecodeError, EncodeError};

use super::reading::Reading;

/// The number of `Unknown` on the wire, where it is never sent by choice.
pub const UNKNOWN: u32 = 0;

/// A word that is none of those that there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is none of {}", known.join(", "))]
pub struct UnknownWord {
    /// What was given.
    pub given: String,
    /// What there is.
    pub known: &'static [&'static str],
}

/// Writes a variant's number.
///
/// # Errors
/// Those of the encoder.
pub fn write_number<E: Encoder>(number: u32, encoder: &mut E) -> Result<(), EncodeError> {
    number.encode(encoder)
}

/// Reads a variant's number.
///
/// # Errors
/// Those of the decoder.
pub fn read_number<D: Decoder<Context = Reading>>(decoder: &mut D) -> Result<u32, DecodeError> {
    u32::decode(decoder)
}

/// Lets a variant pass that is not known here.
///
/// # Errors
/// In requests and records it is refused.
pub fn unknown<D: Decoder<Context = Reading>>(
    decoder: &mut D,
    type_name: &'static str,
    found: u32,
) -> Result<(), DecodeError> {
    decoder.context().unknown(type_name, found)
}

/// Makes an enum of words: a number on the wire, a word in JSON, in commands and for people.
///
/// Numbers begin at 1 and are never used again; **only ever append**. `Unknown` is added. In JSON
/// an unknown word is read as `Unknown`; where people hand the words in, `: strict` behind the
/// name has it refused. `Unknown` is shown as `unknown`, or as what `else` says where that is a
/// word already.
///
/// ```
/// oms_proto::words! {
///     /// How a door is.
///     pub enum Door {
///         /// It is open.
///         1 Open = "open",
///         /// It is shut.
///         2 Shut = "shut",
///     }
/// }
/// assert_eq!(Door::Open.to_string(), "open");
/// assert_eq!("shut".parse(), Ok(Door::Shut));
/// assert_eq!(oms_proto::codec::encode(&Door::Shut)?, [2]);
/// assert_eq!(Door::ALL, [Door::Open, Door::Shut]);
/// # Ok::<(), oms_proto::codec::CodecError>(())
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident $(: $strict:ident)? $(, else $other:literal)? {
            $($(#[$doc:meta])* $number:literal $variant:ident = $word:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name {
            $($(#[$doc])* $variant,)+
            /// One that a newer version has and this build does not know.
            Unknown,
        }

        impl $name {
            /// All that are known, in order.
            pub const ALL: [Self; [$(stringify!($variant)),+].len()] = [$(Self::$variant),+];

            /// The words of all that are known, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word in JSON and for people.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown => $crate::words!(@other $($other)?),
                }
            }

            /// The one that a word says; `Unknown` for one that is not known.
            pub fn of(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    _ => Self::Unknown,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::codec::words::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match Self::of(word) {
                    Self::Unknown => Err($crate::codec::words::UnknownWord {
                        given: word.to_owned(),
                        known: Self::WORDS,
                    }),
                    known => Ok(known),
                }
            }
        }

        impl $crate::codec::serde::Serialize for $name {
            fn serialize<S: $crate::codec::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::codec::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::codec::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let word: String = $crate::codec::serde::Deserialize::deserialize(deserializer)?;
                $crate::words!(@read $($strict)? word)
            }
        }

        $crate::word_schema!($name);

        impl $crate::codec::bincode::Encode for $name {
            fn encode<E: $crate::codec::bincode::enc::Encoder>(
                &self,
                encoder: &mut E,
            ) -> Result<(), $crate::codec::bincode::error::EncodeError> {
                let number: u32 = match self {
                    $(Self::$variant => $number,)+
                    Self::Unknown => $crate::codec::words::UNKNOWN,
                };
                $crate::codec::words::write_number(number, encoder)
            }
        }

        impl $crate::codec::bincode::Decode<$crate::codec::Reading> for $name {
            fn decode<D: $crate::codec::bincode::de::Decoder<Context = $crate::codec::Reading>>(
                decoder: &mut D,
            ) -> Result<Self, $crate::codec::bincode::error::DecodeError> {
                match $crate::codec::words::read_number(decoder)? {
                    $($number => Ok(Self::$variant),)+
                    found => {
                        $crate::codec::words::unknown(decoder, stringify!($name), found)?;
                        Ok(Self::Unknown)
                    }
                }
            }
        }

        $crate::codec::bincode::impl_borrow_decode_with_context!($name, $crate::codec::Reading);
    };
    (@other) => { "unknown" };
    (@other $other:literal) => { $other };
    (@read $word:ident) => {
        Ok(Self::of(&$word))
    };
    (@read strict $word:ident) => {
        match Self::of(&$word) {
            Self::Unknown => Err($crate::codec::serde::de::Error::unknown_variant(
                &$word,
                Self::WORDS,
            )),
            known => Ok(known),
        }
    };
}

/// Makes an enum whose variants hold at most one value each: a block with the variant's number and
/// the value.
///
/// Numbers begin at 1 and are never used again; **only ever append**. `Unknown` is added.
///
/// ```
/// oms_proto::choices! {
///     /// What is at a place.
///     #[derive(Debug, PartialEq)]
///     pub enum Thing {
///         /// Nothing.
///         1 Nothing,
///         /// A book, by its title.
///         2 Book(String),
///     }
/// }
/// let book = Thing::Book("B".to_owned());
/// assert_eq!(oms_proto::codec::encode(&book)?, b"\x03\x02\x01B");
/// # Ok::<(), oms_proto::codec::CodecError>(())
/// ```
#[macro_export]
macro_rules! choices {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$doc:meta])* $number:literal $variant:ident $(($type:ty))?),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis enum $name {
            $($(#[$doc])* $variant $(($type))?,)+
            /// One that a newer version has and this build does not know.
            Unknown,
        }

        impl $crate::codec::bincode::Encode for $name {
            fn encode<E: $crate::codec::bincode::enc::Encoder>(
                &self,
                encoder: &mut E,
            ) -> Result<(), $crate::codec::bincode::error::EncodeError> {
                let mut block = $crate::codec::block::Written::new(encoder);
                match self {
                    $($crate::choices!(@pattern $variant value $($type)?) => {
                        let number: u32 = $number;
                        block.first(&number)?;
                        $crate::choices!(@write block value $($type)?);
                    })+
                    Self::Unknown => block.first(&$crate::codec::words::UNKNOWN)?,
                }
                block.finish(encoder)
            }
        }

        impl $crate::codec::bincode::Decode<$crate::codec::Reading> for $name {
            fn decode<D: $crate::codec::bincode::de::Decoder<Context = $crate::codec::Reading>>(
                decoder: &mut D,
            ) -> Result<Self, $crate::codec::bincode::error::DecodeError> {
                let block = $crate::codec::block::Open::new::<Self, D>(decoder)?;
                let value = match $crate::codec::words::read_number(decoder)? {
                    $($number => $crate::choices!(@read decoder $variant $($type)?),)+
                    found => {
                        $crate::codec::words::unknown(decoder, stringify!($name), found)?;
                        Self::Unknown
                    }
                };
                block.close(decoder, stringify!($name))?;
                Ok(value)
            }
        }

        $crate::codec::bincode::impl_borrow_decode_with_context!($name, $crate::codec::Reading);
    };
    (@pattern $variant:ident $value:ident) => { Self::$variant };
    (@pattern $variant:ident $value:ident $type:ty) => { Self::$variant($value) };
    (@write $block:ident $value:ident) => {};
    (@write $block:ident $value:ident $type:ty) => { $block.first($value)? };
    (@read $decoder:ident $variant:ident) => { Self::$variant };
    (@read $decoder:ident $variant:ident $type:ty) => {
        Self::$variant($crate::codec::bincode::Decode::decode($decoder)?)
    };
}
