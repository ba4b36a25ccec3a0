//! The real engine and the real store on simulated clouds under a clock that only the test moves.
//!
//! `OMS_SEED=0x2a cargo sim swarm` replays one seed; `OMS_SEEDS=10000` takes that many.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a suite fails by panicking and prints its figures"
)]

mod budget;
mod busy;
mod clock;
mod crash;
mod dates;
mod disk;
mod failover;
mod gateway;
mod hedge;
mod lack;
mod lies;
mod lost;
mod maintenance;
mod matrix;
mod patience;
mod quota;
mod restore;
mod scene;
mod screen;
mod story;
mod strays;
mod swarm;
mod trust;
mod turns;
mod usable;
mod verdicts;
mod wishes;
