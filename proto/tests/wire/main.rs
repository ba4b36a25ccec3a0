//! What the wire promises: the bytes of every message, what happens to bytes that are no message,
//! and how the client fares with a peer that is slow, gone or lying.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test, as tests do"
)]

mod client;
mod daemon;
mod follower;
mod golden;
mod growth;
mod hello;
mod hostile;
mod samples;
mod subscription;
