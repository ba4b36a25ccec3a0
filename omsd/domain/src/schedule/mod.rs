//! What is to be looked at next, what is under way, and what may not begin yet.

pub mod agenda;
pub mod asked;
mod coming;
pub(crate) mod creates;
pub mod due;
pub mod effect;
mod extras;
pub mod heard;
mod limit;
pub mod lost;
mod noted;
pub(crate) mod owed;
pub mod pulse;
mod put_off;
pub mod ranking;
mod turns;
pub(crate) mod waiting;
pub mod watch;
mod work;
