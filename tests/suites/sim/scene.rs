//! What the tests of one capability each start from: clouds by name, an engine that knows them.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{EntryId, Time};
use oms_tests::cloud::{CloudSpec, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::{Asked, judge};
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::offering::Lessons;
use omsd_domain::rows::stray::Stray;
use omsd_domain::rules::policy::Policy;
use omsd_domain::tell::words;
use omsd_domain::world::World;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// Clouds, and an engine that knows them and has looked at each.
pub(crate) async fn rig(specs: Vec<CloudSpec>, policy: Policy) -> Rig {
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn omsd::ports::Clock> = Arc::new(clock);
    let start = |spec| SimCloud::start(spec, 1, Arc::clone(&shared));
    let clouds = SimClouds::new(specs.into_iter().map(start).collect());
    let mut rig = Rig::new(clouds, clock, policy);
    rig.start().unwrap();
    rig.add_accounts().await.unwrap();
    tokio::time::sleep(SECOND).await;
    rig
}

/// Calm clouds of these names whose servers build for so long.
pub(crate) fn calm(names: &[&str], build: Duration) -> Vec<CloudSpec> {
    let calm = |name: &&str| CloudSpec {
        build_ms: u64::try_from(build.as_millis()).unwrap(),
        build_jitter_ms: 0,
        ..CloudSpec::calm(name)
    };
    names.iter().map(calm).collect()
}

/// A wish for an instance at one account alone.
pub(crate) fn only_at(account: &str) -> EntrySpec {
    EntrySpec {
        accounts: Some(vec![account.to_owned()]),
        ..EntrySpec::default()
    }
}

/// Hands in so many entries and waits until all run.
pub(crate) async fn launch(rig: &Rig, spec: &EntrySpec, count: usize) -> Vec<EntryId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(rig.accept(spec.clone(), HOUR).await.unwrap());
    }
    let run = |world: &World| ids.iter().all(|id| entry(world, *id).status == Status::Run);
    rig.until("all of them run", HOUR, run).await.unwrap();
    ids
}

pub(crate) fn entry(world: &World, id: EntryId) -> &Entry {
    world.entries.get(&id).unwrap()
}

pub(crate) fn account(world: &World, name: &str) -> Account {
    (**world.account_named(name).unwrap()).clone()
}

/// How an account fares.
pub(crate) fn health(world: &World, name: &str) -> Health {
    world.health(account(world, name).id).clone()
}

/// What launches at an account have taught.
pub(crate) fn lessons(world: &World, name: &str) -> Vec<Lessons> {
    world.lessons_at(account(world, name).id).cloned().collect()
}

/// What at an account has no owner.
pub(crate) fn strays(world: &World, name: &str) -> Vec<Stray> {
    world.strays_at(account(world, name).id).cloned().collect()
}

/// Why an entry stands as it does.
pub(crate) fn reason(world: &World, entry: &Entry) -> String {
    words::why(world, entry, entry.why.as_ref().unwrap())
}

/// The name of the account where an entry runs.
pub(crate) fn runs_at(world: &World, id: EntryId) -> String {
    let kept = entry(world, id).kept().unwrap();
    world.accounts.get(&kept.account).unwrap().name.clone()
}

/// What the reference finds wrong when these entries are to run and nothing else is to be left.
pub(crate) fn wrong(rig: &Rig, kept: &[EntryId], aliens: &[String]) -> Vec<String> {
    let asked = Asked {
        kept: kept.iter().copied().collect(),
        aliens: aliens.iter().cloned().collect(),
        ..Asked::default()
    };
    judge(rig, &asked)
}
