//! The clock of the machine is put forwards or back in the middle of a story, or the machine sleeps
//! for hours: entries end well, nothing is left over, and nothing runs in circles.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use oms_proto::Time;
use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{CallKind, CloudSpec, Fault, Rule, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::jump::JumpClock;
use oms_tests::harness::pool::each;
use oms_tests::harness::rig::{Rig, picture};
use oms_tests::oracle::{Asked, at_rest, judge, plant_aliens};
use omsd::ports::Clock;
use omsd_domain::ground::limits::{BLOCK_LONGEST, FULL_LOOK_EVERY};
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;

const HOUR: Duration = Duration::from_secs(3600);

/// Less than most jumps here: time in which nobody worked does not count against a deadline.
const PATIENCE: Duration = Duration::from_secs(60);

/// Calls and facts of a story in all its hours: an idle account is looked at every minute.
const CALLS_MAX: u64 = 6_000;
const FACTS_MAX: u64 = 60;

/// Real time in which all is over unless something runs in circles, which no paused clock ends.
const WATCHDOG: Duration = Duration::from_secs(120);

/// What happens to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jump {
    /// Somebody sets it right.
    Forwards(Duration),
    /// The same, the other way.
    Back(Duration),
    /// The same, while no daemon runs.
    BackAtStart(Duration),
    /// No daemon runs for so long; the clouds go on.
    Stop(Duration),
    /// The machine sleeps: the clouds go on, timers here do not.
    Sleep(Duration),
}

/// How long each part of a story took by a steady clock.
struct Took {
    to_run: Duration,
    to_rest: Duration,
}

async fn tell(jump: Jump, after: Duration) -> anyhow::Result<Took> {
    let steady = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let (ours, theirs) = (JumpClock::beside(steady), JumpClock::beside(steady));
    let shared: Arc<dyn Clock> = Arc::new(theirs.clone());
    let start = |name| SimCloud::start(CloudSpec::calm(name), 1, Arc::clone(&shared));
    let clouds = SimClouds::new(["a", "b"].map(start).to_vec());
    let aliens = plant_aliens(&clouds);
    // The story goes through a failover and its block.
    if let Some(first) = clouds.get("a") {
        let ms = 300;
        first.add_fault(Rule::always(Fault::NoValidHost { ms }).times(1));
    }
    let mut rig = Rig::new(clouds, steady, Policy::default()).with_clock(Arc::new(ours.clone()));
    rig.start()?;
    rig.add_accounts().await?;
    let began = tokio::time::Instant::now();
    let id = rig.accept(EntrySpec::default(), PATIENCE).await?;
    tokio::time::sleep(after).await;
    match jump {
        Jump::Forwards(by) => ours.forwards(by),
        Jump::Back(by) => ours.back(by),
        Jump::BackAtStart(by) => {
            rig.kill();
            ours.back(by);
            rig.start()?;
        }
        Jump::Stop(by) => {
            rig.kill();
            tokio::time::sleep(by).await;
            rig.start()?;
        }
        Jump::Sleep(by) => {
            ours.forwards(by);
            theirs.forwards(by);
        }
    }
    let settled = |world: &omsd_domain::world::World| {
        let entry = world.entries.get(&id);
        entry.is_some_and(|entry| entry.status.is_settled())
    };
    rig.until("it is settled", HOUR * 12, settled).await?;
    let to_run = began.elapsed();
    anyhow::ensure!(
        rig.status(id) == Some(Status::Run),
        "{}",
        picture(&rig.world())
    );
    rig.remove(id).await?;
    rig.until("at rest", HOUR * 12, at_rest).await?;
    let to_rest = began.elapsed().saturating_sub(to_run);
    tokio::time::sleep(FULL_LOOK_EVERY * 3).await;
    rig.until("at rest again", HOUR * 12, at_rest).await?;
    let asked = Asked {
        removed: [id].into(),
        aliens,
        ..Asked::default()
    };
    let world = rig.world();
    let mut wrong = judge(&rig, &asked);
    let calls: u64 = rig.clouds.all().iter().map(SimCloud::calls_total).sum();
    if calls > CALLS_MAX || world.seq > FACTS_MAX {
        wrong.push(format!("{calls} calls and {} facts", world.seq));
    }
    anyhow::ensure!(wrong.is_empty(), "{wrong:#?}\n{}", picture(&world));
    rig.stop().await?;
    Ok(Took { to_run, to_rest })
}

/// The longest that a story took, over all moments of its first seconds.
fn longest(jump: Jump) -> Took {
    let moments: Vec<_> = (0..60).map(|nth| Duration::from_millis(nth * 71)).collect();
    let (done, end) = mpsc::channel();
    // A thread of its own: what runs in circles under a paused clock never gives it back.
    std::thread::spawn(move || {
        let all = each(&moments, async |after| {
            let took = tell(jump, *after).await;
            took.unwrap_or_else(|error| panic!("{jump:?} after {after:?}: {error:#}"))
        });
        drop(done.send(all));
    });
    let all = end
        .recv_timeout(WATCHDOG)
        .unwrap_or_else(|error| panic!("{jump:?}: {error}"));
    let longest = |part: fn(&Took) -> Duration| all.iter().map(part).max().unwrap();
    let (to_run, to_rest) = (longest(|took| took.to_run), longest(|took| took.to_rest));
    println!(
        "{:<24}{:>12.2}{:>12.2}",
        format!("{jump:?}"),
        to_run.as_secs_f32(),
        to_rest.as_secs_f32()
    );
    Took { to_run, to_rest }
}

#[test]
fn a_clock_that_is_put_forwards_ends_well() {
    for by in [1, 90, 6 * 3600] {
        let took = longest(Jump::Forwards(Duration::from_secs(by)));
        assert!(took.to_run < HOUR && took.to_rest < HOUR);
    }
}

#[test]
fn a_clock_that_is_put_back_ends_well() {
    for by in [1, 90, 6 * 3600] {
        let took = longest(Jump::Back(Duration::from_secs(by)));
        assert!(took.to_run < HOUR && took.to_rest < HOUR);
    }
}

#[test]
fn a_clock_that_is_put_back_before_a_start_ends_well() {
    for by in [1, 90, 6 * 3600] {
        let took = longest(Jump::BackAtStart(Duration::from_secs(by)));
        assert!(took.to_run < HOUR && took.to_rest < HOUR);
    }
}

#[test]
fn an_entry_whose_deadline_passed_while_no_daemon_ran_is_served() {
    for by in [1, 90, 6 * 3600] {
        let by = Duration::from_secs(by);
        let took = longest(Jump::Stop(by));
        assert!(took.to_run < HOUR + by && took.to_rest < HOUR);
    }
}

#[test]
fn a_machine_that_sleeps_goes_on_where_it_was() {
    for by in [1, 90, 8 * 3600] {
        let took = longest(Jump::Sleep(Duration::from_secs(by)));
        assert!(took.to_run < HOUR && took.to_rest < HOUR);
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_does_not_outlast_a_clock_that_was_put_back_before_a_start() {
    let steady = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let ours = JumpClock::beside(steady);
    let cloud = SimCloud::start(CloudSpec::calm("a"), 1, Arc::new(steady));
    let throttled = Fault::Answer {
        status: 429,
        message: None,
        retry_after_s: Some(30),
    };
    cloud.add_fault(
        Rule::always(throttled)
            .on(&[CallKind::CreateServer])
            .times(1),
    );
    let clouds = SimClouds::new(vec![cloud]);
    let mut rig = Rig::new(clouds, steady, Policy::default()).with_clock(Arc::new(ours.clone()));
    rig.start().unwrap();
    rig.add_accounts().await.unwrap();
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    rig.kill();
    ours.back(HOUR * 6);
    rig.start().unwrap();
    let runs = |world: &omsd_domain::world::World| {
        let entry = world.entries.get(&id);
        entry.is_some_and(|entry| entry.status == Status::Run)
    };
    rig.until("it runs", BLOCK_LONGEST + Duration::from_secs(60), runs)
        .await
        .unwrap();
}
