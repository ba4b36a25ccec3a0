//! The contract between the daemon and its clients.
//!
//! Without the features `client` and `server` this crate does no IO: types, the bytes of the hello,
//! the encoding of messages, and with `check` what makes a request a valid one.
//!
//! Rules for changing the wire: a struct gets a field at the end of its list, with a default that
//! means "nothing was said" ([`grows!`]); an enum gets a variant at its end ([`words!`],
//! [`choices!`], the rows of [`request`]); nothing is reordered, removed or retyped; no recursive
//! types and no zero-sized elements; every variant of an envelope begins with the call's id, so that
//! it can be answered even if the rest is not understood; every message has golden bytes checked in.

pub mod actor;
#[cfg(feature = "check")]
pub mod check;
#[cfg(feature = "client")]
pub mod client;
pub mod codec;
pub mod columns;
pub mod error;
pub mod event;
pub mod frame;
pub mod id;
pub mod machine;
pub mod message;
mod pass;
#[cfg(feature = "check")]
pub mod pem;
pub mod request;
pub mod response;
mod role;
mod schema;
pub mod secret;
#[cfg(feature = "server")]
pub mod server;
pub mod spec;
pub mod time;
pub mod version;
pub mod view;
mod window;

pub use actor::Actor;
#[cfg(feature = "client")]
pub use client::{Client, ClientError, Followed, Follower, Subscription};
pub use error::{ErrorCode, WireError};
pub use event::{EventKind, Severity, Subject};
pub use id::{AccountId, AttemptId, EntryId, InstanceId};
pub use message::{ClientMessage, ServerMessage};
pub use request::{Ask, Asked, Request, Role};
pub use response::{Change, Response, StreamItem};
#[doc(hidden)]
#[cfg(feature = "schema")]
pub use schemars;
pub use secret::Secret;
pub use time::Time;
