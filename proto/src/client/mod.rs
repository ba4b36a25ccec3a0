//! The asynchronous client: connect, call, subscribe, and follow over restarts of the daemon.
//!
//! One task owns each connection; a [`Client`] is a cheap handle to it. Calls overlap, and the
//! answer to one never waits for another. A future that is dropped withdraws its call.
//!
//! ```no_run
//! # async fn example() -> Result<(), oms_proto::client::ClientError> {
//! use oms_proto::{client::Client, request::StatusShow};
//! let client = Client::connect("/run/oms/omsd.sock".as_ref()).await?;
//! let status = client.ask(StatusShow {}).await?;
//! assert!(!status.draining);
//! # Ok(())
//! # }
//! ```

mod backoff;
mod connection;
mod error;
mod feed;
mod follower;
mod handle;
mod hello;
mod subscription;
mod trust;

pub use self::error::{ClientError, ProtocolError};
pub use self::follower::{Followed, Follower};
pub use self::handle::Client;
pub use self::subscription::Subscription;
