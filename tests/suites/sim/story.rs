//! Stories: what a person asks of a daemon, step by step, told to the end however often the daemon
//! stops on the way. What the daemon did not acknowledge is asked again.
//!
//! A new story is a row in the table of a suite: its clouds, what goes wrong there, and its steps.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use oms_proto::spec::EntrySpec;
use oms_proto::{EntryId, Time};
use oms_tests::cloud::{CloudSpec, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::rig::{Rig, account, picture};
use oms_tests::oracle::{Asked, Watcher, at_rest, judge, plant_aliens};
use omsd_domain::ground::limits::FULL_LOOK_EVERY;
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// How long any step may take by the simulated clock: the settling of several lost answers, one
/// after the other, and the blocks between them.
const STEP_MAX: Duration = Duration::from_secs(12 * 3600);

/// One story.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) name: &'static str,
    /// The clouds with what goes wrong there until the end of the steps.
    pub(crate) clouds: Vec<CloudSpec>,
    pub(crate) policy: Policy,
    /// What is done; afterwards nothing goes wrong any more, and all comes to rest.
    pub(crate) steps: Vec<Step>,
    /// How the entry has to stand at the end.
    pub(crate) ends: Status,
}

/// One thing that a person does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// Registers the accounts.
    Accounts,
    /// Asks for an instance, to be there within that time.
    Accept(Duration),
    /// Waits until the entry is as wished; an entry that is gone is.
    Until(&'static str, fn(&Entry) -> bool),
    /// Lets time pass.
    Pass(Duration),
    /// Removes the entry.
    Remove,
    /// Makes the clouds well again.
    Mend,
    /// Waits until nothing is under way.
    AtRest,
}

/// Every story ends so: nothing goes wrong any more, and complete lists find what a cloud denied
/// or did late: one sees it, one misses its owner, and one comes after its grace.
const END: [Step; 4] = [
    Step::Mend,
    Step::AtRest,
    Step::Pass(FULL_LOOK_EVERY.saturating_mul(5)),
    Step::AtRest,
];

/// A story on its way.
pub(crate) struct Telling<'a> {
    story: &'a Story,
    pub(crate) rig: Rig,
    entry: Option<EntryId>,
    /// Steps that are done.
    done: usize,
    removed: bool,
    aliens: BTreeSet<String>,
    watcher: Watcher,
}

impl<'a> Telling<'a> {
    /// The beginning: the daemon runs and knows nothing.
    pub(crate) fn begin(story: &'a Story, seed: u64) -> anyhow::Result<Self> {
        let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
        let shared: Arc<dyn omsd::ports::Clock> = Arc::new(clock);
        let clouds = story.clouds.iter().cloned();
        let start = |spec| SimCloud::start(spec, seed, Arc::clone(&shared));
        let clouds = SimClouds::new(clouds.map(start).collect());
        let aliens = plant_aliens(&clouds);
        let mut rig = Rig::new(clouds, clock, story.policy.clone());
        rig.start()?;
        let watcher = Watcher::begin(&rig);
        Ok(Self {
            story,
            rig,
            entry: None,
            done: 0,
            removed: false,
            aliens,
            watcher,
        })
    }

    /// Starts the daemon again on what the disk kept.
    pub(crate) fn start_again(&mut self) -> anyhow::Result<()> {
        self.watcher.look();
        self.rig.start()?;
        // What the daemon did not live to find is for the next one to find.
        self.done = self.done.min(self.story.steps.len());
        Ok(())
    }

    /// Goes on with the story until its end, or until the daemon stops.
    pub(crate) async fn go_on(&mut self) -> anyhow::Result<()> {
        let steps: Vec<Step> = self.story.steps.iter().chain(&END).copied().collect();
        while let Some(step) = steps.get(self.done) {
            self.take(*step)
                .await
                .with_context(|| format!("{step:?}"))?;
            self.done += 1;
        }
        Ok(())
    }

    async fn take(&mut self, step: Step) -> anyhow::Result<()> {
        let rig = &self.rig;
        match step {
            Step::Accounts => {
                for cloud in rig.clouds.all() {
                    if rig.world().account_named(cloud.name()).is_none() {
                        let account = Box::new(account(cloud));
                        rig.submit(Command::AddAccount(account)).await?;
                    }
                }
            }
            Step::Accept(patience) => {
                self.entry = Some(rig.accept(EntrySpec::default(), patience).await?);
            }
            Step::Until(what, wished) => {
                let id = self.entry;
                let of = |world: &World| {
                    let entry = id.and_then(|id| world.entries.get(&id).cloned());
                    entry.is_none_or(|entry| wished(&entry))
                };
                rig.until(what, STEP_MAX, of).await?;
            }
            Step::Pass(time) => tokio::time::sleep(time).await,
            Step::Remove => {
                let id = self.entry.context("nothing to remove")?;
                // It may have been taken although nobody was told.
                if rig.status(id) != Some(Status::Destroy) {
                    rig.remove(id).await?;
                }
                self.removed = true;
            }
            Step::Mend => rig.clouds.all().iter().for_each(SimCloud::clear_faults),
            Step::AtRest => rig.until("at rest", STEP_MAX, at_rest).await?,
        }
        Ok(())
    }

    /// The judgement at the end of the story.
    pub(crate) fn judge(mut self) -> anyhow::Result<()> {
        self.watcher.look();
        let world = self.rig.world();
        let mut asked = Asked {
            aliens: self.aliens,
            ..Asked::default()
        };
        // An entry whose acceptance was not acknowledged may be there or not; if it is, it is
        // served like any other.
        let ids = self.rig.entries().into_iter().map(|entry| entry.id);
        for id in ids.chain(self.entry) {
            if self.removed && Some(id) == self.entry {
                asked.removed.insert(id);
            } else {
                asked.kept.insert(id);
            }
        }
        let mut wrong = judge(&self.rig, &asked);
        wrong.extend_from_slice(self.watcher.wrong());
        let status = self.entry.and_then(|id| self.rig.status(id));
        if status != Some(self.story.ends) {
            wrong.push(format!(
                "the entry is {status:?} and not {}",
                self.story.ends
            ));
        }
        ensure!(
            wrong.is_empty(),
            "{wrong:#?}\n{}\n{}",
            picture(&world),
            self.watcher.journal()
        );
        Ok(())
    }
}

/// Whether the entry runs, failed or is removed.
pub(crate) fn settled(entry: &Entry) -> bool {
    entry.status.is_settled()
}

/// Whether a server builds or has been built.
pub(crate) fn boots(entry: &Entry) -> bool {
    entry.status == Status::Boot || settled(entry)
}
