//! The provider of suites about what stands above clouds: one cloud in this process that does at once
//! what it is asked, and one user there.

use std::sync::Arc;

use omsd::ports::Clock;

use crate::cloud::{AccountSeed, CloudSpec, Scenario, SimClouds};

/// What the first server there has for an address, if nothing but its key pair was made before.
pub const FIRST_ADDRESS: &str = "127.20.0.3";

/// The cloud, with TLS, at `https://conoha.sim/v3`; its user's project has the user's name.
pub fn conoha(user: &str, password: &str) -> CloudSpec {
    CloudSpec {
        region: Some("tyo1".to_owned()),
        tls: true,
        latency_ms: 0,
        build_ms: 0,
        delete_ms: 0,
        accounts: vec![AccountSeed {
            password: Some(password.to_owned()),
            ..AccountSeed::named(user)
        }],
        ..CloudSpec::calm("conoha")
    }
}

/// Starts clouds, always with the same seed.
pub fn start(clouds: Vec<CloudSpec>, clock: &Arc<dyn Clock>) -> SimClouds {
    let scenario = Scenario {
        seed: 1,
        about: String::new(),
        clouds,
    };
    SimClouds::start(&scenario, clock)
}
