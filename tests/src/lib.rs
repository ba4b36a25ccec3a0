//! Tools of the test suites.
//!
//! - [`cloud`]: the simulated cloud, in process and over loopback HTTP;
//! - [`demo`]: what `cargo demo` shows;
//! - [`harness`]: a disk that loses its power, the engine under a test's clock, seeds;
//! - [`oracle`]: what must hold at the end of a run.
//!
//! What the simulated cloud does not promise: Cinder, floating IPs, ports as objects, policy
//! beyond one role, quotas of Neutron, and the exact words of every error. The conformance suite
//! says what it does promise, by passing against it and against real clouds.

pub mod cloud;
pub mod demo;
pub mod harness;
pub mod oracle;
