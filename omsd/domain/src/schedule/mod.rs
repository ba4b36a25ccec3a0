//! What is to be looked at next, what is under way, and what may not begin yet.

pub mod agenda;
pub mod asked;
pub mod due;
pub mod effect;
mod turns;
mod waiting;
pub mod watch;
