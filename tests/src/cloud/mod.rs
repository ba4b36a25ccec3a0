//! The simulated cloud: one pure model of Keystone, Nova, Neutron and Glance as far as OMS uses
//! them, with two faces.
//!
//! - [`model`]: the state machine, `(time, call) -> answer`; `identity`, `compute`, `keypairs` and
//!   `contents` are its services, [`faults`] and [`scenario`] say what goes wrong and what is there;
//! - [`sim`]: a running cloud, shared by both faces, with what tests ask of it;
//! - [`inproc`]: behind the daemon's ports, under the clock of the test.

pub mod call;
pub mod clock;
mod compute;
mod contents;
pub mod dice;
pub mod faults;
pub mod identity;
pub mod inproc;
mod keypairs;
pub mod ledger;
pub mod model;
mod order;
pub mod scenario;
pub mod server;
pub mod sim;

pub use call::CallKind;
pub use clock::TokioClock;
pub use faults::{After, CatalogueChange, Fault, Garbage, Rule};
pub use inproc::{Deadlines, SimClouds};
pub use ledger::{Creation, LiveServer};
pub use scenario::{AccountSeed, CloudSpec, FlavorSpec, ImageSpec, NetworkSpec, Scenario, Shape};
pub use sim::{SignInWith, SimCloud};

#[cfg(test)]
mod tests;
