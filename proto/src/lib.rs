//! The contract between the daemon and its clients.
//!
//! Without the feature `client` this crate does no IO: types, framing and encoding only.
//!
//! Rules for changing the wire: variants and fields are append-only within a protocol version,
//! never reordered or retyped; a changed struct is a new variant; no recursive types and no
//! zero-sized elements; every message has golden bytes checked in.

pub mod error;
pub mod id;
pub mod message;
pub mod request;
pub mod response;
pub mod secret;
pub mod spec;
pub mod time;
pub mod view;

pub use error::{ErrorCode, WireError};
pub use id::{AccountId, AttemptId, EntryId};
pub use message::{ClientMessage, ServerMessage};
pub use request::Request;
pub use response::{Change, Response, StreamItem};
pub use secret::Secret;
pub use time::Time;
