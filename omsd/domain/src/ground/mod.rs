//! What everything stands on: what is known of clouds and failures, bounds, and words without rows.

pub mod cloud;
pub mod failure;
pub mod limits;
pub mod maintenance;
pub mod resource;
pub mod sealed;
