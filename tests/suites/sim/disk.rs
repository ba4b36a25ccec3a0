//! The disk runs full, turns read-only, or tears what it was writing when the power went, in the
//! middle of a story: the daemon stops and says why, refuses to start until the disk is well, and
//! has lost nothing that it had acknowledged.

use std::io::ErrorKind;

use oms_tests::harness::disk::{Cut, Refusal, When};
use oms_tests::harness::pool::{alone, each};

use crate::crash::{Point, clouds, removed, stopped, syncs_of};
use crate::story::{Story, Telling, settled};

const SEED: u64 = 7;

/// Ways to tear one sync.
const TEARS: u64 = 8;

fn story() -> Story {
    removed("launch and removal", clouds(), settled)
}

/// What a disk says that takes no writes, and what omsd has to say of it.
const REFUSALS: [(ErrorKind, &str); 2] = [
    (ErrorKind::StorageFull, "make room"),
    (ErrorKind::ReadOnlyFilesystem, "mount it for writing"),
];

/// Tells the story with a disk that takes no writes from one on.
async fn refused(
    story: &Story,
    from_write: u64,
    says: ErrorKind,
    told: &str,
) -> anyhow::Result<()> {
    let mut telling = Telling::begin(story, SEED)?;
    telling.rig.disk.plan_refusal(Refusal { from_write, says });
    let ended = telling.go_on().await;
    if ended.is_ok() {
        // What was refused came when all was told, and nothing of that may be lost.
        telling.rig.disk.take_writes();
        telling.start_again()?;
        return telling.judge();
    }
    let stopped = telling.rig.ended().await.err();
    let words = stopped
        .map(|error| format!("{error:#}"))
        .unwrap_or_default();
    anyhow::ensure!(words.contains(told), "the engine ended with: {words}");
    // A start on such a disk says the same, or gets as far as it can without a write.
    if let Err(error) = telling.rig.start() {
        let words = format!("{error:#}");
        anyhow::ensure!(words.contains(told), "the start failed with: {words}");
    }
    telling.rig.disk.take_writes();
    telling.start_again()?;
    telling.go_on().await?;
    telling.judge()
}

#[test]
fn a_disk_that_takes_no_writes_stops_the_daemon_in_words_and_loses_nothing() {
    let story = story();
    let (before, all) = alone(async {
        let mut telling = Telling::begin(&story, SEED).unwrap();
        let before = telling.rig.disk.writes();
        telling.go_on().await.unwrap();
        (before, telling.rig.disk.writes())
    });
    // The last of them lie after the story, when the daemon only tidies up.
    let mut points = Vec::new();
    for from_write in before + 1..=all {
        points.extend(REFUSALS.map(|(says, told)| (from_write, says, told)));
    }
    let ends = each(&points, async |(from_write, says, told)| {
        refused(&story, *from_write, *says, told).await
    });
    for ((from_write, says, _), end) in points.iter().zip(ends) {
        end.unwrap_or_else(|error| panic!("{says:?} from write {from_write} on: {error:#}"));
    }
    println!(
        "{} writes refused, each with {} errors",
        all - before,
        REFUSALS.len()
    );
    assert!(points.len() > 100, "{}", points.len());
}

#[test]
fn a_torn_write_loses_no_commit_and_leaves_none_by_half() {
    let story = story();
    let syncs = syncs_of(&story);
    let mut points = Vec::new();
    for at_sync in syncs {
        let torn = |seed| Cut {
            at_sync,
            when: When::Torn(seed),
        };
        points.extend((0..TEARS).map(torn));
    }
    let ends = each(&points, async |cut| {
        stopped(&story, Point::Sync(*cut)).await
    });
    for (cut, end) in points.iter().zip(ends) {
        end.unwrap_or_else(|error| panic!("{cut:?}: {error:#}"));
    }
    println!("{} torn writes", points.len());
    assert!(points.len() > 50, "{}", points.len());
}
