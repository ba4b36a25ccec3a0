//! Facts, alerts and objects as people and programs are told of them. Nothing is decided here.

pub mod alert;
pub mod cause;
mod clock;
pub mod inventory;
pub mod journal;
mod passes;
mod spurs;
pub mod waits;
pub mod words;
