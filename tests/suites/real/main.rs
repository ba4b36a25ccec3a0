//! A whole omsd on two real OpenStack clouds: launches, every kind of trouble at the preferred
//! one, keys that open the instance, kill -9, removal at any moment. After each test the server,
//! key pair and port lists of both clouds, as their user sees them, show nothing of ours.
//!
//! The clouds are `alpha` and `beta` of the clouds.yaml that `OMS_TEST_CLOUDS` names; the lab.json
//! beside it says what they have. Trouble is made with the commands of the lab in the folder that
//! `OMS_TEST_LAB` names; what a test breaks it mends, also when it fails. `.ci/lab` starts the
//! lab and prints both variables.
//!
//!     OMS_TEST_CLOUDS=path/to/clouds.yaml OMS_TEST_LAB=path/to/lab \
//!         cargo test -p oms-tests --test real -- --ignored --test-threads=1
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a suite speaks by failing"
)]

mod crash;
mod failover;
mod faults;
mod lab;
mod launch;
mod oms;
mod onlooker;
mod process;
mod proxy;
mod removal;
mod rounds;
mod ssh;
mod stage;
mod wait;
mod wishes;
