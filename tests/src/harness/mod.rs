//! What suites run on: the daemon's parts, with a disk that can lose its power, an engine under a
//! clock that only the test moves, and seeds that replay a failure; or the programs as processes,
//! with REST, signals, and waits that say what they saw last.

pub mod answer;
pub mod daemon;
pub mod disk;
pub mod head;
pub mod http;
pub mod jump;
pub mod pool;
pub mod process;
pub mod provider;
pub mod rig;
pub mod seed;
pub mod wait;
