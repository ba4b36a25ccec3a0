//! Every decision, as pure functions over an in-memory world.
//!
//! Nothing here does IO, reads a clock or draws randomness: time and ids come in as arguments,
//! and what should happen outside comes back as data. The rooms, from ground to roof; each names
//! only those before it, and `tidy` sees to it:
//!
//! | room | what is in it |
//! | --- | --- |
//! | `ground` | what is known of clouds and failures, bounds, words without rows |
//! | `rows` | accounts, entries, attempts and their parts, one row at a time |
//! | `rules` | the numbers that decisions depend on, and what a failure blocks |
//! | `world` | all rows with their indexes, the events that change them, what people ask |
//! | `schedule` | what is to be looked at next, and what is under way |
//! | `plan` | what a row calls for |
//! | `settle` | what came of it |
//! | `tell` | facts, alerts and objects for people |
#![deny(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm
)]

pub mod ground;
pub mod plan;
pub mod rows;
pub mod rules;
pub mod schedule;
pub mod settle;
pub mod tell;
pub mod world;

#[cfg(test)]
mod tables;
