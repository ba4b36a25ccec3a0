//! The REST interface over real sockets, against a whole daemon whose clouds are scripted.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests to people, if not to clippy"
)]

mod accounts;
mod auth;
mod cloud;
mod connections;
mod daemon;
mod events;
mod peer;
mod program;
mod queues;
mod refusals;
mod state;
