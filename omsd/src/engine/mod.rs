//! Carries out what the domain decides: wake, plan, commit the intents, act, commit the outcomes.

pub mod handle;
pub mod registry;
