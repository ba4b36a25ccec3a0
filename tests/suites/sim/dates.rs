//! Nothing that somebody waits for depends on one clock: not the one that writes `Date`, not the one
//! that writes `updated`, not ours.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;
use oms_proto::spec::EntrySpec;
use oms_tests::cloud::{CloudSpec, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::jump::JumpClock;
use oms_tests::harness::pool::each;
use oms_tests::harness::rig::Rig;
use omsd::ports::Clock;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;

/// How far clocks are from each other, in seconds.
const APART: [i64; 6] = [1, 5, 60, 300, 3_600, 6 * 3_600];

/// How long a boot takes.
const BOOT: Duration = Duration::from_secs(1);

/// Within so long of its end it is seen.
const SEEN: Duration = Duration::from_secs(5);

/// Where no list of changes shows that a server is gone, a whole one leads to the question.
const GONE: Duration = Duration::from_secs(7);

/// How far each clock is ahead, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Ahead {
    date: i64,
    database: i64,
    ours: i64,
}

/// Three boots and removals, for the first teaches how long they take.
async fn boots(ahead: Ahead) -> anyhow::Result<()> {
    let steady = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn Clock> = Arc::new(steady);
    let spec = CloudSpec {
        build_ms: u64::try_from(BOOT.as_millis())?,
        date_skew_ms: ahead.date * 1_000,
        clock_skew_ms: ahead.database * 1_000,
        ..CloudSpec::calm("a")
    };
    let clouds = SimClouds::new(vec![SimCloud::start(spec, 1, shared)]);
    let ours = JumpClock::beside(steady);
    let by = Duration::from_secs(ahead.ours.unsigned_abs());
    if ahead.ours < 0 {
        ours.back(by);
    } else {
        ours.forwards(by);
    }
    let mut rig = Rig::new(clouds, steady, Policy::default()).with_clock(Arc::new(ours));
    rig.start()?;
    rig.add_accounts().await?;
    for _ in 0..3 {
        let id = rig
            .accept(EntrySpec::default(), Duration::from_secs(600))
            .await?;
        let runs = |world: &omsd_domain::world::World| {
            let entry = world.entries.get(&id);
            entry.is_some_and(|entry| entry.status == Status::Run)
        };
        rig.until(&format!("it runs, {ahead:?}"), BOOT + SEEN, runs)
            .await?;
        rig.remove(id).await?;
        let gone = |world: &omsd_domain::world::World| !world.entries.contains_key(&id);
        rig.until(&format!("it is gone, {ahead:?}"), GONE, gone)
            .await?;
    }
    Ok(())
}

#[test]
fn what_is_awaited_is_seen_within_seconds_whatever_clocks_say() {
    let both = APART.into_iter().flat_map(|apart| [apart, -apart]);
    let both: Vec<_> = both.collect();
    let mut cases = vec![Ahead::default()];
    for apart in &both {
        let one = Ahead::default();
        cases.push(Ahead {
            date: *apart,
            ..one
        });
        cases.push(Ahead {
            ours: *apart,
            ..one
        });
        for other in &both {
            cases.push(Ahead {
                date: *apart,
                database: *other,
                ours: -*other,
            });
            cases.push(Ahead {
                database: *apart,
                ours: *other,
                ..one
            });
        }
    }
    each(&cases, async |ahead| boots(*ahead).await.unwrap());
}
