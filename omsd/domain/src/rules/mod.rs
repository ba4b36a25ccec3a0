//! The numbers that decisions depend on, and what a failure keeps others from.

pub mod machine;
pub mod pause;
pub mod policy;
pub mod scopes;
pub mod status;
pub mod wish;
