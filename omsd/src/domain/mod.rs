//! Every decision, as pure functions over an in-memory world.
//!
//! Nothing here does IO, reads a clock or draws randomness: time and ids come in as arguments,
//! and what should happen outside comes back as data.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod account;
mod act;
pub mod agenda;
pub mod alert;
pub mod attempt;
pub mod cloud;
pub mod collect;
pub mod command;
pub mod effect;
pub mod entry;
pub mod event;
pub mod failure;
mod hedge;
mod index;
pub mod inventory;
pub mod journal;
pub mod ledger;
pub mod limits;
pub mod maintenance;
pub mod offering;
pub mod placement;
pub mod plan;
pub mod policy;
mod put_off;
pub mod resource;
mod retire;
pub mod rewind;
pub mod rules;
pub mod sealed;
pub mod settle;
pub mod sight;
pub mod stray;
mod turns;
mod waiting;
pub mod watch;
pub mod words;
pub mod world;

#[cfg(test)]
mod tables;
