//! The service and the socket from outside: the real engine and store, an account at a simulated
//! cloud, and peers with and without manners. Failures of clouds are the business of `sim` and `e2e`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod accounts;
mod bench;
mod collection;
mod commands;
mod entries;
mod filters;
mod hostile;
mod maintenance;
mod preview;
mod socket;
mod views;
