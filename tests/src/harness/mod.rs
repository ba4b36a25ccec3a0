//! What suites run the daemon's parts on: a disk that can lose its power, an engine under a clock
//! that only the test moves, and seeds that replay a failure.

pub mod disk;
pub mod http;
pub mod rig;
pub mod seed;
