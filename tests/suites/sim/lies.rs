//! Clouds that lie, crossed with a stop at every point: creates that succeed behind a failure,
//! requests carried out twice, lists that lag, leave out, repeat or make no sense.

use std::time::Duration;

use oms_tests::cloud::{After, CallKind, CloudSpec, Fault, Garbage, Rule};

use crate::crash::{clouds, clouds_with, removed, runs, sweep};
use crate::story::{Story, boots, settled};

/// How often a cloud lies about creates. Twice, so that the next attempt is lied to as well.
const TIMES: u64 = 2;

/// How long clouds lie about lists.
const LONG: Duration = Duration::from_secs(120);

/// What a create may come to, told otherwise than it is.
fn about_creates() -> Vec<(&'static str, Fault)> {
    let after = |then| Fault::ActThen { then };
    let late = |then| Fault::Late { ms: 45_000, then };
    let garbage = |how| Fault::Garbage { how };
    vec![
        ("made behind a 500", after(After::InternalError)),
        ("made behind a 503", after(After::Unavailable)),
        ("made behind a 504", after(After::GatewayTimeout)),
        ("made behind a reset", after(After::Reset)),
        ("made behind a hang", after(After::Hang)),
        ("made 45 s behind a 503", late(After::Unavailable)),
        ("made 45 s behind a hang", late(After::Hang)),
        ("made, other types", garbage(Garbage::WrongTypes)),
        ("made, half the JSON", garbage(Garbage::Truncated)),
    ]
}

/// What a list may show instead of what there is.
fn about_lists() -> Vec<(&'static str, Fault)> {
    let stale = |ms| Fault::Stale { ms };
    let garbage = |how| Fault::Garbage { how };
    vec![
        ("lists lag 3 s", stale(3_000)),
        ("lists lag 60 s", stale(60_000)),
        ("lists leave out half", Fault::Omit { probability: 0.5 }),
        ("pages repeat", Fault::RepeatPages),
        ("lists show all twice", Fault::Doubled),
        ("lists of other types", garbage(Garbage::WrongTypes)),
        ("half a list", garbage(Garbage::Truncated)),
    ]
}

/// An entry that runs, one removed as it builds and one removed as it runs.
fn told_to(name: &'static str, clouds: &[CloudSpec]) -> [Story; 3] {
    [
        runs(name, clouds.to_vec()),
        removed(name, clouds.to_vec(), boots),
        removed(name, clouds.to_vec(), settled),
    ]
}

#[test]
fn a_stop_anywhere_while_creates_are_lied_about() {
    let mut stories = Vec::new();
    for (name, lie) in about_creates() {
        let create = Rule::always(lie).on(&[CallKind::CreateServer]);
        stories.extend(told_to(name, &clouds_with(&[create.times(TIMES)])));
    }
    sweep(&stories, 1000);
}

#[test]
fn a_stop_anywhere_while_lists_are_lied_about() {
    let mut stories = Vec::new();
    for (name, lie) in about_lists() {
        let lists = Rule::always(lie).on(&[CallKind::ListServers]);
        let mut clouds = clouds();
        for cloud in &mut clouds {
            cloud.faults = vec![lists.clone().between(Duration::ZERO, LONG)];
        }
        stories.extend(told_to(name, &clouds));
    }
    sweep(&stories, 1000);
}

#[test]
fn a_stop_anywhere_while_imports_and_removals_are_lied_about() {
    let writes = [
        CallKind::ImportKeypair,
        CallKind::DeleteKeypair,
        CallKind::DeleteServer,
    ];
    let mut stories = Vec::new();
    // Those that differ in what is lost and when; the rest is about words.
    let differ = ["503", "made behind a hang", "45 s behind a hang", "types"];
    let lies = about_creates().into_iter();
    for (name, lie) in lies.filter(|(name, _)| differ.iter().any(|end| name.ends_with(end))) {
        let rules = writes.map(|kind| Rule::always(lie.clone()).on(&[kind]).times(1));
        stories.extend(told_to(name, &clouds_with(&rules)));
    }
    sweep(&stories, 1000);
}

fn twice() -> Vec<CloudSpec> {
    clouds_with(&[Rule::always(Fault::Twice).times(1)])
}

#[test]
fn a_server_that_was_made_twice_is_removed_twice() {
    let [_, builds, runs] = told_to("made twice", &twice());
    sweep(&[builds, runs], 100);
}

#[test]
fn a_server_that_was_made_twice_is_kept_once() {
    let [kept, ..] = told_to("made twice", &twice());
    sweep(&[kept], 100);
}
