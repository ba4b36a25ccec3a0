//! omsd dies at the worst moments and is started again: what was asked for goes on, with one
//! server at the end and none after its removal.

use std::time::{Duration, Instant};

use anyhow::Result;
use oms_proto::request::EntryShow;
use oms_proto::view::Status;
use oms_proto::{EntryId, EventKind, Request, Response};
use oms_tests::cloud::{After, CallKind, CloudSpec, Fault, Rule};
use oms_tests::harness::wait::{PATIENCE, until};

use crate::stage::{Stage, good};

/// After so long, every entry moves again. What is measured ends with its instance.
const AGAIN_MAX: Duration = Duration::from_secs(5);

/// Waits until a create has arrived at a cloud.
async fn create_arrives(stage: &Stage, cloud: &str) -> Result<()> {
    let cloud = stage.cloud(cloud)?;
    until("the create arrives", PATIENCE, async || {
        let calls = cloud.calls();
        if calls.contains_key(&CallKind::CreateServer) {
            Ok(())
        } else {
            Err(format!("{calls:?}"))
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_killed_in_boot_goes_on_with_the_same_server() -> Result<()> {
    let slow = CloudSpec {
        build_ms: 1_000,
        ..good("south")
    };
    let stage = Stage::with([slow]).await?;
    let entry = stage.create(None).await?;
    stage.reaches(entry.id, Status::Boot).await?;
    let stage = stage.kill_and_start().await?;
    let begun = Instant::now();
    let entry = stage.reaches(entry.id, Status::Run).await?;
    assert!(begun.elapsed() < AGAIN_MAX, "{:?}", begun.elapsed());
    let made = stage.cloud("south")?.creations();
    assert_eq!(made.len(), 1, "{made:?}");
    let server = entry.instance.map(|instance| instance.instance_id);
    assert_eq!(server, made.first().map(|made| made.id.clone()));
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_died_with_the_daemon_is_found_not_repeated() -> Result<()> {
    let then = After::Hang;
    let late = Rule::always(Fault::Late { ms: 300, then }).on(&[CallKind::CreateServer]);
    let specs = ["north", "south"].map(|name| CloudSpec {
        faults: vec![late.clone().times(1)],
        ..good(name)
    });
    let stage = Stage::with(specs).await?;
    let entry = stage.create(None).await?;
    create_arrives(&stage, "north").await?;
    let stage = stage.kill_and_start().await?;
    stage.reaches(entry.id, Status::Run).await?;
    until("one server is left", PATIENCE, async || {
        let held = stage.left_at_clouds();
        // A server and its key pair.
        if held.len() == 2 {
            Ok(())
        } else {
            Err(format!("{held:?}"))
        }
    })
    .await?;
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_it_serves_every_entry_once() -> Result<()> {
    const ENTRIES: u64 = 5;
    let mut stage = Stage::with([good("north"), good("south")]).await?;
    for _ in 0..ENTRIES {
        stage.create(None).await?;
    }
    // Each time a few facts further; a start adds none by itself.
    for facts in [8, 12, 17, 22, 26] {
        until("it goes on", PATIENCE, async || {
            let journal = stage.journal().await.map_err(|error| error.to_string())?;
            let served = journal
                .iter()
                .filter(|event| event.kind == EventKind::AttemptReady);
            if journal.len() >= facts || served.count() >= 5 {
                Ok(())
            } else {
                Err(format!("{journal:?}"))
            }
        })
        .await?;
        stage = stage.kill_and_start().await?;
    }
    for id in (1..=ENTRIES).map(EntryId) {
        stage.reaches(id, Status::Run).await?;
    }
    until("each has one server", PATIENCE, async || {
        let held = stage.left_at_clouds();
        if held.len() == 10 {
            Ok(())
        } else {
            Err(format!("{held:?}"))
        }
    })
    .await?;
    for id in (1..=ENTRIES).map(EntryId) {
        stage.delete(id).await?;
    }
    let stage = stage.kill_and_start().await?;
    for id in (1..=ENTRIES).map(EntryId) {
        stage.ended(id).await?;
    }
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_in_the_middle_of_a_launch_loses_nothing() -> Result<()> {
    let slow = Rule::always(Fault::Slow { ms: 700 }).on(&[CallKind::CreateServer]);
    let spec = CloudSpec {
        faults: vec![slow.times(1)],
        ..good("south")
    };
    let stage = Stage::with([spec]).await?;
    let entry = stage.create(None).await?;
    create_arrives(&stage, "south").await?;
    let stage = stage.stop_and_start(async |_home| Ok(())).await?;
    stage.reaches(entry.id, Status::Run).await?;
    assert_eq!(stage.cloud("south")?.live_servers().len(), 1);
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_survives_even_before_anything_was_done() -> Result<()> {
    let stage = Stage::with([]).await?;
    let entry = stage.create(Some(r#"{"name":"kept"}"#)).await?;
    let stage = stage.kill_and_start().await?;
    let Response::Entry(kept) = stage
        .ask(Request::EntryShow(EntryShow { id: entry.id }))
        .await?
    else {
        anyhow::bail!("no entry");
    };
    assert_eq!(kept.name.as_deref(), Some("kept"));
    stage.remove(entry.id).await?;
    stage.finish().await
}
