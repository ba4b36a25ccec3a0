//! The simulated cloud: one pure model of Keystone, Nova, Neutron and Glance as far as OMS uses
//! them, with two faces.
//!
//! - [`model`]: the state machine, `(time, call) -> answer`; `identity`, `compute`, `keypairs` and
//!   `contents` are its services, [`faults`] and [`scenario`] say what goes wrong and what is there;
//! - [`sim`]: a running cloud, shared by both faces, with what tests ask of it;
//! - [`inproc`]: at the wire of the daemon's own client, under the clock of the test;
//! - [`http`]: on loopback sockets, for the real client and for people;
//! - [`program`]: what `oms-simcloud` runs.

pub mod call;
pub mod clock;
mod compute;
mod contents;
pub mod dice;
pub mod faults;
mod flight;
pub mod http;
pub mod identity;
pub mod inproc;
mod keypairs;
pub mod ledger;
pub mod model;
mod order;
mod ports;
pub mod program;
pub mod scenario;
pub mod server;
pub mod sim;
pub mod simcloud;

pub use call::CallKind;
pub use clock::TokioClock;
pub use faults::{After, CatalogueChange, Fault, Garbage, Rule};
pub use http::{HttpCloud, TlsKind, listen_all};
pub use inproc::SimClouds;
pub use inproc::tripwire::{Moment, Passed, Tripwire};
pub use ledger::{Creation, LiveServer};
pub use scenario::{AccountSeed, CloudSpec, FlavorSpec, ImageSpec, NetworkSpec, Scenario, Shape};
pub use sim::{SignInWith, SimCloud};
pub use simcloud::SimulatedClouds;

#[cfg(test)]
mod tests;
