//! Every decision, as pure functions over an in-memory world.
//!
//! Nothing here does IO, reads a clock or draws randomness: time and ids come in as arguments,
//! and what should happen outside comes back as data.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod cloud;
pub mod failure;
