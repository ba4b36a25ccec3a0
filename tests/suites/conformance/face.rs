//! The three faces, and how a check is run against one: whatever it made is removed in the end,
//! also if it failed.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use oms_proto::Time;
use oms_tests::cloud::{
    AccountSeed, CloudSpec, HttpCloud, ImageSpec, NetworkSpec, Shape, SignInWith, SimCloud,
    SimClouds, TokioClock,
};
use omsd::openstack::{CallLimits, OpenStackClouds};
use omsd::ports::{Clock, Clouds, OpenAccount};

use crate::fixture::{Contents, Fixture, real_accounts};

/// One cloud with one account, ready for one check.
pub(crate) struct Face {
    fixture: Fixture,
    /// Kept while the check runs.
    http: Option<HttpCloud>,
}

impl Face {
    /// The simulated cloud behind the port.
    pub(crate) fn in_process() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(Time(1_800_000_000_500_000)));
        let sim = SimCloud::start(spec(Shape::PortEach), 11, Arc::clone(&clock));
        let clouds = SimClouds::new(vec![sim.clone()]);
        let account = sim.open_account(None, SignInWith::Password);
        let client = clouds.client(clock);
        Self {
            fixture: Fixture::new("in process", Arc::new(client), account, contents(Some(sim))),
            http: None,
        }
    }

    /// The simulated cloud on sockets in both shapes, each with both kinds of credentials.
    pub(crate) async fn over_http() -> Vec<Self> {
        let mut faces = Vec::new();
        for shape in [Shape::PortEach, Shape::PathEach] {
            for with in [SignInWith::Password, SignInWith::ApplicationCredential] {
                let clock: Arc<dyn Clock> = Arc::new(TokioClock::of_day());
                let sim = SimCloud::start(spec(shape), 11, Arc::clone(&clock));
                let http = HttpCloud::listen(sim.clone(), 0, None).await.unwrap();
                let account = sim.open_account(None, with);
                let name = format!("over HTTP, {shape:?}, {with:?}");
                let clouds = real_client(clock);
                faces.push(Self {
                    fixture: Fixture::new(&name, clouds, account, contents(Some(sim))),
                    http: Some(http),
                });
            }
        }
        faces
    }

    /// The real clouds, each entry of the clouds.yaml that is described.
    pub(crate) fn real() -> Vec<Self> {
        let described = real_accounts();
        assert!(
            !described.is_empty(),
            "no entry of OMS_TEST_CLOUDS is described by its lab.json"
        );
        let face = |(account, contents): (OpenAccount, Contents)| {
            let clouds = real_client(Arc::new(TokioClock::of_day()));
            let name = format!("real {}", account.name);
            Self {
                fixture: Fixture::new(&name, clouds, account, contents),
                http: None,
            }
        };
        described.into_iter().map(face).collect()
    }

    /// Runs a check and cleans up after it.
    pub(crate) async fn run<C>(self, check: C)
    where
        C: for<'a> FnOnce(&'a Fixture) -> LocalBoxFuture<'a, ()>,
    {
        eprintln!("face: {}", self.fixture.name);
        let outcome = AssertUnwindSafe(check(&self.fixture)).catch_unwind().await;
        let cleaned = AssertUnwindSafe(self.fixture.clean_up())
            .catch_unwind()
            .await;
        if let Some(http) = self.http {
            http.stop().await;
        }
        for result in [outcome, cleaned] {
            if let Err(panic) = result {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

fn real_client(clock: Arc<dyn Clock>) -> Arc<dyn Clouds> {
    Arc::new(OpenStackClouds::new(clock, CallLimits::default()))
}

/// A cloud that is quick, has small pages, two things of one name, and Zed's oddities in one
/// shape.
fn spec(shape: Shape) -> CloudSpec {
    let calm = CloudSpec::calm("alpha");
    let mut images = calm.images.clone();
    for id in [
        "0f12f858-2581-4704-8364-07c6617b387e",
        "1f12f858-2581-4704-8364-07c6617b387e",
    ] {
        images.push(ImageSpec {
            id: id.into(),
            name: "twin".into(),
            status: "active".into(),
        });
    }
    let mut networks: Vec<NetworkSpec> = calm.networks.clone();
    for network in calm.networks.iter().filter(|network| network.external) {
        networks.push(NetworkSpec {
            id: "2f12f858-2581-4704-8364-07c6617b387e".into(),
            ..network.clone()
        });
    }
    CloudSpec {
        shape,
        latency_ms: 2,
        build_ms: 150,
        delete_ms: 60,
        deleted_found_ms: if shape == Shape::PortEach { 300 } else { 0 },
        page_max: 2,
        images,
        networks,
        list_hides_no_host: shape == Shape::PortEach,
        guards_ports: shape == Shape::PathEach,
        microversion_max: if shape == Shape::PortEach { 93 } else { 104 },
        accounts: vec![AccountSeed::named("alpha")],
        ..calm
    }
}

fn contents(sim: Option<SimCloud>) -> Contents {
    Contents {
        image: "debian-12".into(),
        flavor: "g-1gb".into(),
        flavor_that_fits_nowhere: "g-nohost".into(),
        network: "alpha-net".into(),
        security_group: "ipv4-all".into(),
        twin_image: Some("twin".into()),
        twin_network: Some("public".into()),
        sim,
    }
}
