//! The REST interface over real sockets, against a whole daemon in this process on a simulated cloud.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests to people, if not to clippy"
)]

mod accounts;
mod auth;
mod bare;
mod browser;
mod connections;
mod daemon;
mod events;
mod forms;
mod http2;
mod page;
mod passes;
mod peer;
mod proxies;
mod queues;
mod refusals;
mod state;
mod tls;
mod tools;
