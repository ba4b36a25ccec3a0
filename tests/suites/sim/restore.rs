//! A database that is not the newest, or not the only one: what it does not know is left alone, no id
//! that a cloud shows is given out again, and nobody gets another's machine.

use std::collections::BTreeSet;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{EntryId, Time};
use oms_tests::cloud::{SimCloud, TokioClock};
use oms_tests::harness::disk::Disk;
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::at_rest;
use omsd_domain::ground::limits::FULL_LOOK_EVERY;
use omsd_domain::rows::entry::Status;
use omsd_domain::rows::lineage::{Doubt, Kin};
use omsd_domain::rows::stray::{Id, Kind};
use omsd_domain::rules::policy::Policy;
use omsd_domain::tell::alert;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

use crate::scene::{HOUR, MINUTE, SECOND, account, calm, entry, launch, rig, strays};

/// Time in which a stray would be seen twice and removed.
const LONG: Duration = Duration::from_secs(3600);

fn servers(rig: &Rig) -> BTreeSet<String> {
    let clouds = rig.clouds.all().iter();
    let live = clouds.flat_map(SimCloud::live_servers);
    live.map(|server| server.id).collect()
}

fn server_of(rig: &Rig, id: EntryId) -> String {
    let world = rig.world();
    let kept = entry(&world, id).kept().unwrap();
    kept.server.clone().unwrap().id
}

fn alerts(world: &World, kind: alert::Kind) -> usize {
    alert::count(world, kind)
}

/// Puts an older disk under the rig and starts on it.
fn put_back(rig: &mut Rig, disk: Disk) {
    rig.kill();
    rig.disk = disk;
    rig.doubt(Doubt::Restored);
    rig.start().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_made_after_the_copy_lives_and_nobody_gets_it() {
    let mut rig = rig(calm(&["a"], SECOND * 2), Policy::default()).await;
    let ann = launch(&rig, &EntrySpec::default(), 1).await[0];
    rig.stop().await.unwrap();
    let copy = rig.disk.copy();
    rig.start().unwrap();
    let lost = launch(&rig, &EntrySpec::default(), 2).await;
    let before = servers(&rig);
    let theirs: Vec<_> = lost.iter().map(|id| server_of(&rig, *id)).collect();

    put_back(&mut rig, copy);
    let bob = launch(&rig, &EntrySpec::default(), 1).await[0];
    assert!(!lost.contains(&bob) && bob != ann, "{bob} was given before");
    let new = server_of(&rig, bob);
    assert!(!before.contains(&new), "bob has somebody's machine");
    for _ in 0..3 {
        rig.submit(Command::Hunt).await.unwrap();
        tokio::time::sleep(FULL_LOOK_EVERY * 3).await;
    }
    assert!(servers(&rig).is_superset(&before), "a machine was removed");
    let world = rig.world();
    let unknown = strays(&world, "a");
    // They were made by an incarnation that began after the copy.
    let strange = unknown.iter().all(|it| it.kin == Kin::Stranger);
    assert!(strange, "{unknown:?}");
    // Their servers and their key pairs.
    assert_eq!(unknown.len(), 4);
    assert_eq!(alerts(&world, alert::Kind::Unknown), 1);
    assert_eq!(
        alerts(&world, alert::Kind::WentBack),
        0,
        "all has been looked at"
    );
    assert_eq!(entry(&world, ann).status, Status::Run);

    // A person has one of them removed.
    let id = Id {
        kind: Kind::Server,
        id: theirs[0].clone(),
    };
    let account = account(&world, "a").id;
    let order = Command::RemoveStray { account, id };
    rig.submit(order).await.unwrap();
    tokio::time::sleep(MINUTE * 2).await;
    let left = servers(&rig);
    assert!(!left.contains(&theirs[0]) && left.contains(&theirs[1]));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_accepted_before_the_clouds_were_listed_nor_launched_where_they_were_not() {
    let mut rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    rig.stop().await.unwrap();
    let copy = rig.disk.copy();
    rig.start().unwrap();
    launch(&rig, &EntrySpec::default(), 2).await;
    // One of the two does not answer for a while.
    let down = oms_tests::cloud::Fault::Answer {
        status: 503,
        message: None,
        retry_after_s: None,
    };
    let silent = rig.clouds.get("b").unwrap();
    silent.add_fault(oms_tests::cloud::Rule::always(down));
    put_back(&mut rig, copy);
    let began = tokio::time::Instant::now();
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    let took = began.elapsed();
    assert!(took >= SECOND && took <= SECOND * 11, "{took:?}");
    let runs = |world: &World| entry(world, id).status == Status::Run;
    rig.until("it runs", MINUTE, runs).await.unwrap();
    assert_eq!(crate::scene::runs_at(&rig.world(), id), "a");
    assert_eq!(alerts(&rig.world(), alert::Kind::WentBack), 1);
    rig.clouds.get("b").unwrap().clear_faults();
    let seen = |world: &World| alerts(world, alert::Kind::WentBack) == 0;
    rig.until("b is looked at", HOUR, seen).await.unwrap();
}

/// Whatever was under way when the copy was made: what the other life of the database has made since
/// is not touched, and what the copy asks for comes to its end.
#[tokio::test(start_paused = true)]
async fn a_copy_of_any_moment_harms_nothing() {
    // Counted in syncs; the first are those of the start and of the accounts.
    for moment in 1.. {
        let mut rig = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
        let copied = rig.disk.plan_copy(moment);
        let one = rig.accept(EntrySpec::default(), HOUR * 3).await.unwrap();
        let two = rig.accept(EntrySpec::default(), HOUR * 3).await.unwrap();
        let both = |world: &World| {
            let runs = |id| entry(world, id).status == Status::Run;
            runs(one) && runs(two)
        };
        rig.until("both run", HOUR, both).await.unwrap();
        rig.remove(one).await.unwrap();
        rig.until("one is gone", HOUR, at_rest).await.unwrap();
        launch(&rig, &EntrySpec::default(), 1).await;
        let Some(copy) = copied.take() else {
            assert!(moment > 12, "the story has more syncs: {moment}");
            break;
        };
        let before = servers(&rig);
        let deleted: BTreeSet<_> = deletions(&rig);
        put_back(&mut rig, copy);
        let known = rig.world().next.attempt;
        tokio::time::sleep(LONG).await;
        let world = rig.world();
        for id in deletions(&rig).difference(&deleted) {
            let attempt = attempt_of(&rig, id);
            assert!(attempt < known, "moment {moment}: {id} was from ahead");
        }
        for entry in world.entries.values().filter(|it| it.status == Status::Run) {
            let kept = entry.kept().unwrap();
            let server = kept.server.as_ref().unwrap();
            let theirs = before.contains(&server.id) && attempt_of(&rig, &server.id) >= known;
            assert!(!theirs, "moment {moment}: entry {} has another's", entry.id);
        }
        assert!(world.indexes_agree());
    }
}

fn deletions(rig: &Rig) -> BTreeSet<String> {
    let clouds = rig.clouds.all().iter();
    clouds.flat_map(SimCloud::deletions).collect()
}

/// The attempt that the mark of a server names.
fn attempt_of(rig: &Rig, server: &str) -> u64 {
    let mut made = rig.clouds.all().iter().flat_map(SimCloud::creations);
    let made = made.find(|made| made.id == server).unwrap();
    made.mark.map_or(0, |mark| mark.attempt.0)
}

/// Two rigs on the same clouds, the second on a copy of the first one's disk.
async fn two() -> (Rig, Rig, EntryId) {
    let mut first = rig(calm(&["a", "b"], SECOND * 2), Policy::default()).await;
    let id = launch(&first, &EntrySpec::default(), 1).await[0];
    first.stop().await.unwrap();
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let mut second = Rig::new(first.clouds.clone(), clock, Policy::default());
    second.disk = first.disk.copy();
    second.number_starts_from(1000);
    first.start().unwrap();
    (first, second, id)
}

#[tokio::test(start_paused = true)]
async fn two_daemons_on_one_image_find_each_other_and_stop() {
    let (first, mut second, shared) = two().await;
    // As alike as a machine and its clone: nothing tells the second one.
    second.start().unwrap();
    tokio::time::sleep(MINUTE * 5).await;
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..2 {
        ours.push(first.accept(EntrySpec::default(), HOUR).await.unwrap());
        theirs.push(second.accept(EntrySpec::default(), HOUR).await.unwrap());
    }
    for (rig, ids) in [(&first, &ours), (&second, &theirs)] {
        let run = |world: &World| ids.iter().all(|id| entry(world, *id).status == Status::Run);
        rig.until("all of them run", HOUR, run).await.unwrap();
    }
    let made: BTreeSet<_> = servers(&first);
    assert_eq!(made.len(), 5);
    let is_held = |world: &World| world.lineage.held.is_some();
    first
        .until("the first is held", HOUR, is_held)
        .await
        .unwrap();
    second
        .until("the second is held", HOUR, is_held)
        .await
        .unwrap();
    tokio::time::sleep(LONG).await;
    assert_eq!(servers(&first), made, "one has removed what the other made");
    for (rig, ids) in [(&first, &ours), (&second, &theirs)] {
        let world = rig.world();
        assert_eq!(alerts(&world, alert::Kind::Held), 1);
        assert!(
            ids.iter()
                .all(|id| entry(&world, *id).status == Status::Run)
        );
        assert_eq!(entry(&world, shared).status, Status::Run);
    }
    // Neither launches nor removes until a person says which of them is right.
    let waits = first.accept(EntrySpec::default(), HOUR * 9).await.unwrap();
    first.remove(ours[0]).await.unwrap();
    tokio::time::sleep(MINUTE * 20).await;
    assert_eq!(servers(&first), made);
    second.kill();
    first.submit(Command::TakeOver).await.unwrap();
    let runs = |world: &World| entry(world, waits).status == Status::Run;
    first.until("the entry runs", MINUTE, runs).await.unwrap();
    let gone = |world: &World| !world.entries.contains_key(&ours[0]);
    first
        .until("the other is gone", MINUTE, gone)
        .await
        .unwrap();
    // What the other made before is seen again and again, and is no doubt any more.
    tokio::time::sleep(LONG).await;
    assert_eq!(first.world().lineage.held, None);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_knows_itself_for_one_does_nothing_until_it_is_told() {
    let (first, mut second, shared) = two().await;
    second.doubt(Doubt::Copied);
    second.start().unwrap();
    let waits = second.accept(EntrySpec::default(), HOUR * 9).await.unwrap();
    second.remove(shared).await.unwrap();
    tokio::time::sleep(LONG).await;
    assert_eq!(servers(&first).len(), 1);
    assert_eq!(second.status(waits), Some(Status::Recive));
    // It outlives a restart.
    second.stop().await.unwrap();
    second.start().unwrap();
    tokio::time::sleep(LONG).await;
    assert_eq!(servers(&first).len(), 1);
    assert_eq!(alerts(&second.world(), alert::Kind::Held), 1);
}
