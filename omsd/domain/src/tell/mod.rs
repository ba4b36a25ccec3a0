//! Facts, alerts and objects as people and programs are told of them. Nothing is decided here.

pub mod alert;
pub mod cause;
pub mod inventory;
pub mod journal;
mod spurs;
pub mod words;
