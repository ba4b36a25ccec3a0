//! The programs as processes against simulated clouds over HTTP, through the real OpenStack
//! client: the interface of 2016, the defects of its original, crashes, refusals to start, the
//! command line, the dashboard, the demo.
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "JSON values are indexed by name, which never panics; figures are printed"
)]

mod cli;
mod crash;
mod defects;
mod demo;
mod failover;
mod files;
mod hostile;
mod judgement;
mod parity;
mod rest;
mod restore;
mod rounds;
mod secrets;
mod stage;
mod start;
mod systemd;
mod terminal;
