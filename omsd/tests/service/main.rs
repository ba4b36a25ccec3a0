//! The service and the socket from outside: the real engine and store, an account whose cloud is
//! a few lines here, and peers with and without manners. Failures of clouds are the business of
//! the suites in `tests`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod accounts;
mod bench;
mod cloud;
mod collection;
mod entries;
mod hostile;
mod maintenance;
mod socket;
