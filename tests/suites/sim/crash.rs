//! The daemon stops at every single point of a story: at each commit, before and after it takes
//! effect, and at each call to a cloud, before it is sent, after the cloud has acted, and after
//! the answer has come. Whatever the point, the next start goes on and ends well.

use std::ops::RangeInclusive;
use std::time::Duration;

use oms_tests::cloud::{After, CallKind, CloudSpec, Fault, Moment, Passed, Rule};
use oms_tests::harness::disk::{Cut, When};
use oms_tests::harness::pool::{alone, each};
use oms_tests::harness::seed::{replay_point, taken};
use omsd_domain::ground::limits::LIST_KEYPAIRS_EVERY;
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::rules::policy::Policy;

use crate::story::{HOUR, Step, Story, Telling, boots, settled};

/// The seed of all stories here; what is random in a cloud is not what is under test.
const SEED: u64 = 7;

/// Long enough for what was under way to see that all is over, too short for anything new.
const LAST_BREATH: Duration = Duration::from_millis(1);

/// Where a story stops.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Point {
    /// At a commit.
    Sync(Cut),
    /// At the moment of that number of the calls to the clouds.
    Call(u64),
}

/// What a story came to when nothing stopped it.
struct Length {
    /// Syncs that the first start took, before the story.
    before: u64,
    syncs: u64,
    moments: u64,
}

/// Tells a story without a stop, to count its points.
async fn told(story: &Story) -> anyhow::Result<Length> {
    let mut telling = Telling::begin(story, SEED)?;
    let before = telling.rig.disk.syncs();
    telling.go_on().await?;
    let length = Length {
        before,
        syncs: telling.rig.disk.syncs(),
        moments: telling.rig.clouds.wire().passed(),
    };
    telling.judge()?;
    Ok(length)
}

/// Tells a story with one stop; gives where in a call it was.
pub(crate) async fn stopped(story: &Story, point: Point) -> anyhow::Result<Option<Passed>> {
    let mut telling = Telling::begin(story, SEED)?;
    match point {
        Point::Sync(cut) => telling.rig.disk.plan_cut(cut),
        Point::Call(at) => telling.rig.plan_stop(at),
    }
    let wire = telling.rig.clouds.wire().clone();
    let at = tokio::select! {
        biased;
        passed = wire.tripped() => Some(passed),
        ended = telling.go_on() => {
            anyhow::ensure!(telling.rig.disk.is_dead(), "the point was not passed: {ended:?}");
            None
        }
    };
    tokio::time::sleep(LAST_BREATH).await;
    telling.start_again()?;
    telling.go_on().await?;
    telling.judge()?;
    Ok(at)
}

/// The syncs that a story takes, by number.
pub(crate) fn syncs_of(story: &Story) -> RangeInclusive<u64> {
    let length = alone(told(story)).unwrap_or_else(|error| panic!("{}: {error:#}", story.name));
    length.before + 1..=length.syncs
}

/// Stops each story at each of its points, of which there must be that many at least, or else the
/// sweep does not see them.
pub(crate) fn sweep(stories: &[Story], at_least: usize) {
    let lengths = each(stories, async |story| told(story).await);
    let mut points = Vec::new();
    for (story, length) in stories.iter().zip(lengths) {
        let length =
            length.unwrap_or_else(|error| panic!("{}, not stopped: {error:#}", story.name));
        let cut =
            |at_sync| [When::Before, When::After].map(|when| Point::Sync(Cut { at_sync, when }));
        let before = points.len();
        points.extend(
            (length.before + 1..=length.syncs)
                .flat_map(cut)
                .map(|point| (story, point)),
        );
        points.extend((1..=length.moments).map(|at| (story, Point::Call(at))));
        println!(
            "{:<40}{:>5} points: {} commits, {} moments of calls",
            story.name,
            points.len() - before,
            length.syncs - length.before,
            length.moments
        );
    }
    assert!(points.len() >= at_least, "{} points", points.len());
    let all = points.len();
    let chosen: Vec<_> = (1..)
        .zip(points)
        .filter(|(number, _)| taken(*number))
        .collect();
    let ends = each(&chosen, async |(_, (story, point))| {
        stopped(story, *point).await
    });
    let wrong: Vec<_> = chosen
        .iter()
        .zip(&ends)
        .filter_map(|((number, (story, point)), end)| {
            let error = end.as_ref().err()?;
            Some(format!(
                "{}\n{}, stopped at {point:?}: {error:#}",
                replay_point(*number),
                story.name
            ))
        })
        .collect();
    let moments = |moment| {
        let at = |end: &&anyhow::Result<Option<Passed>>| matches!(end, Ok(Some((_, at))) if *at == moment);
        ends.iter().filter(at).count()
    };
    println!(
        "{} of {all} points taken; of the calls {} before they left, {} before and {} after the answer",
        chosen.len(),
        moments(Moment::BeforeSend),
        moments(Moment::BeforeAnswer),
        moments(Moment::AfterAnswer)
    );
    if let Some(first) = wrong.first() {
        panic!(
            "{} of {} points ended badly, the first:\n{first}",
            wrong.len(),
            chosen.len()
        );
    }
}

/// Two good clouds.
pub(crate) fn clouds() -> Vec<CloudSpec> {
    ["a", "b"].map(CloudSpec::calm).to_vec()
}

/// Two clouds, the preferred one with these rules.
pub(crate) fn clouds_with(rules: &[Rule]) -> Vec<CloudSpec> {
    let mut clouds = clouds();
    if let Some(first) = clouds.first_mut() {
        first.faults = rules.to_vec();
    }
    clouds
}

/// A story of one entry that ends in RUN.
pub(crate) fn runs(name: &'static str, clouds: Vec<CloudSpec>) -> Story {
    Story {
        name,
        clouds,
        policy: Policy::default(),
        steps: vec![
            Step::Accounts,
            Step::Accept(HOUR * 10),
            Step::Until("it runs", settled),
        ],
        ends: Status::Run,
    }
}

/// The same entry, removed once it is as wished.
pub(crate) fn removed(
    name: &'static str,
    clouds: Vec<CloudSpec>,
    when: fn(&Entry) -> bool,
) -> Story {
    Story {
        steps: vec![
            Step::Accounts,
            Step::Accept(HOUR * 10),
            Step::Until("it is time", when),
            Step::Remove,
        ],
        ends: Status::Destroy,
        ..runs(name, clouds)
    }
}

fn build_error() -> Rule {
    let fault = Fault::BuildError {
        ms: 300,
        code: 500,
        message: "no".to_owned(),
    };
    Rule::always(fault).times(1)
}

fn answer_lost(then: After) -> Rule {
    Rule::always(Fault::ActThen { then })
        .on(&[CallKind::CreateServer])
        .times(1)
}

/// An entry that nobody serves in time, although its server turns up after its end.
fn fails() -> Story {
    let late = Fault::Late {
        ms: 90_000,
        then: After::Unavailable,
    };
    let late = Rule::always(late).on(&[CallKind::CreateServer]);
    Story {
        clouds: clouds()
            .into_iter()
            .map(|spec| CloudSpec {
                faults: vec![late.clone()],
                // A create that a stop cuts short is carried out late as well or not at all.
                abandoned_acts: 0.0,
                ..spec
            })
            .collect(),
        steps: vec![
            Step::Accounts,
            Step::Accept(Duration::from_secs(60)),
            Step::Until("it failed", settled),
            Step::Pass(Duration::from_secs(60)),
        ],
        ends: Status::Failed,
        ..runs("FAILED, and a server that comes late", Vec::new())
    }
}

/// A build that is overtaken elsewhere, and removed when the other one is ready.
fn hedged() -> Story {
    let slow = Rule::always(Fault::SlowBuild { ms: 600_000 }).times(1);
    let story = runs("a hedge that wins", clouds_with(&[slow]));
    Story {
        steps: [story.steps, vec![Step::AtRest]].concat(),
        ..story
    }
}

/// A key pair that the cloud denied when it was to be removed, found and removed later.
fn collected() -> Story {
    let denied = Fault::Answer {
        status: 404,
        message: None,
        retry_after_s: None,
    };
    let denied = Rule::always(denied).on(&[CallKind::DeleteKeypair]).times(1);
    let story = removed("collection of a key pair", clouds_with(&[denied]), settled);
    let found = Step::Pass(LIST_KEYPAIRS_EVERY.saturating_mul(3));
    Story {
        steps: [story.steps, vec![found]].concat(),
        ..story
    }
}

fn stories() -> Vec<Story> {
    let failing = || clouds_with(&[build_error()]);
    vec![
        runs("launch", clouds()),
        runs("launch with failover", failing()),
        removed("removal of what runs", failing(), settled),
        removed("removal of what builds", clouds(), boots),
        removed("removal at once", clouds(), |_| true),
        runs(
            "adoption after a reset",
            clouds_with(&[answer_lost(After::Reset)]),
        ),
        runs(
            "adoption after a hang",
            clouds_with(&[answer_lost(After::Hang)]),
        ),
        removed(
            "removal of what was adopted",
            clouds_with(&[answer_lost(After::Unavailable)]),
            settled,
        ),
        fails(),
        hedged(),
        collected(),
    ]
}

#[test]
fn the_daemon_may_stop_at_any_point_of_any_story() {
    sweep(&stories(), 500);
}
