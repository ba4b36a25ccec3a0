//! The power goes at every single commit of a launch and a removal, before and after it takes
//! effect: whatever the moment, the next start goes on and ends well.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{EntryId, Time};
use oms_tests::cloud::{CloudSpec, Fault, Rule, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::disk::{Cut, When};
use oms_tests::harness::rig::{INSTALLATION, Rig};
use oms_tests::oracle::{Asked, at_rest, judge};
use omsd::domain::entry::Status;
use omsd::domain::policy::Policy;

const HOUR: Duration = Duration::from_secs(3600);

fn rig(seed: u64) -> Rig {
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn omsd::ports::Clock> = Arc::new(clock);
    let start = |name| SimCloud::start(CloudSpec::calm(name), seed, Arc::clone(&shared));
    let clouds = SimClouds::new(["a", "b"].map(start).to_vec());
    // One account fails its builds, so that the sweep goes through a failover as well.
    let error = Fault::BuildError {
        ms: 300,
        code: 500,
        message: "no".to_owned(),
    };
    clouds
        .get("a")
        .unwrap()
        .add_fault(Rule::always(error).times(1));
    Rig::new(clouds, clock, Policy::default())
}

/// What a person has done: it is done again after a crash unless it was acknowledged.
#[derive(Default)]
struct Person {
    accounts: bool,
    entry: Option<EntryId>,
    removed: bool,
}

impl Person {
    /// Goes on with the story until the power goes; `Ok` at its end.
    async fn goes_on(&mut self, rig: &mut Rig) -> anyhow::Result<()> {
        if !self.accounts {
            for cloud in rig.clouds.all() {
                if rig.world().account_named(cloud.name()).is_none() {
                    let account = Box::new(oms_tests::harness::rig::account(cloud));
                    rig.handle()
                        .submit(omsd::domain::command::Command::AddAccount(account))
                        .await?;
                }
            }
            self.accounts = true;
        }
        let id = match self.entry {
            Some(id) => id,
            None => rig.accept(EntrySpec::default(), HOUR * 10).await?,
        };
        self.entry = Some(id);
        if !self.removed {
            let runs = |world: &omsd::domain::world::World| {
                world
                    .entries
                    .get(&id)
                    .is_none_or(|entry| entry.status.is_settled())
            };
            rig.until("the entry runs", HOUR, runs).await?;
            if rig.status(id) == Some(Status::Run) {
                rig.remove(id).await?;
            }
            self.removed = true;
        }
        rig.until("all is tidy", HOUR, at_rest).await
    }
}

/// Runs the story with the power going at one sync; gives the syncs that it took in all.
async fn story(cut: Option<Cut>) -> u64 {
    let mut rig = rig(7);
    let mut person = Person::default();
    rig.start().unwrap();
    if let Some(cut) = cut {
        rig.disk.plan_cut(cut);
    }
    let mut ended = person.goes_on(&mut rig).await;
    let syncs = rig.disk.syncs();
    if ended.is_err() && rig.disk.is_dead() {
        rig.start().unwrap();
        ended = person.goes_on(&mut rig).await;
    }
    ended.unwrap_or_else(|error| panic!("power cut {cut:?}: {error:#}"));
    // An entry whose acceptance was not acknowledged may be there or not; the clouds hold
    // nothing that the world does not know of.
    let world = rig.world();
    let mut asked = Asked {
        removed: person.entry.into_iter().collect(),
        ..Asked::default()
    };
    let strays = world.entries.keys().filter(|id| Some(**id) != person.entry);
    asked.kept = strays.copied().collect();
    let wrong = judge(&world, rig.clouds.all(), INSTALLATION, &asked);
    assert!(wrong.is_empty(), "power cut {cut:?}: {wrong:#?}");
    syncs
}

#[tokio::test(start_paused = true)]
async fn the_power_may_go_at_any_commit() {
    let syncs = story(None).await;
    println!("{syncs} syncs in the story, each cut before and after");
    assert!(syncs > 10);
    for at_sync in 1..=syncs {
        for when in [When::Before, When::After] {
            story(Some(Cut { at_sync, when })).await;
        }
    }
}
