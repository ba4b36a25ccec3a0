//! Databases that are copied and put back: nothing that a copy does not know is harmed, no id is given
//! again, and two omsd never work on one database.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use oms_proto::view::{AlertKind, Status, StatusView};
use oms_tests::cloud::SimCloud;
use oms_tests::harness::daemon::Home;
use oms_tests::harness::process::{self, Ran};
use oms_tests::harness::wait::{PATIENCE, until};

use crate::stage::{Stage, good};

/// Strays go at the second look.
const AT_ONCE: &str = "stray_grace_seconds = 0";

/// What the log says of a database that is in doubt.
const DOUBTED: &str = "may not be the newest";

async fn omsd(home: &Home, args: &[&str]) -> Result<Ran> {
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    process::run(home.omsd(&args)).await
}

async fn omsctl(home: &Home, args: &[&str]) -> Result<Ran> {
    process::run(home.omsctl(args)).await
}

fn servers(stage: &Stage) -> BTreeSet<String> {
    let live = stage.clouds().flat_map(SimCloud::live_servers);
    live.map(|server| server.id).collect()
}

fn has(status: &StatusView, kind: AlertKind) -> bool {
    status.alerts.iter().any(|alert| alert.kind == kind)
}

async fn told(stage: &Stage, kind: AlertKind) -> Result<StatusView> {
    until(&format!("{kind} is told"), PATIENCE, async || {
        let status = stage.status().await.map_err(|error| error.to_string())?;
        has(&status, kind)
            .then_some(status.clone())
            .ok_or(format!("{status:?}"))
    })
    .await
}

async fn runs(stage: &Stage) -> Result<oms_proto::EntryId> {
    let id = stage.create(None).await?.id;
    stage.reaches(id, Status::Run).await?;
    Ok(id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_put_back_harms_nothing_that_it_does_not_know() -> Result<()> {
    let stage = Stage::with_engine([good("south")], AT_ONCE).await?;
    let ann = runs(&stage).await?;
    let file = stage.home.path().join("backup.redb");
    let file = file.to_str().unwrap_or_default().to_owned();
    let said = omsd(&stage.home, &["backup", &file]).await?.done()?;
    assert!(said.contains("1 account, 1 entry"), "{said}");
    assert!(said.contains("keep a copy of the key"), "{said}");
    let again = omsd(&stage.home, &["backup", &file]).await?;
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("is there already"), "{again:?}");
    let left: Vec<_> = fs::read_dir(stage.home.state())?.collect();
    let names = format!("{left:?}");
    assert!(!names.contains("backup-"), "{names}");
    let running = omsd(&stage.home, &["restore", &file]).await?;
    assert_eq!(running.code, Some(3), "{running:?}");
    assert!(running.stderr.contains("stop it first"), "{running:?}");

    let lost = [runs(&stage).await?, runs(&stage).await?];
    let before = servers(&stage);
    assert_eq!(before.len(), 3);
    let stage = stage
        .stop_and_start(async |home| {
            let said = omsd(home, &["restore", &file]).await?.done()?;
            assert!(said.contains("is kept as"), "{said}");
            assert!(said.contains("omsctl gc"), "{said}");
            Ok(())
        })
        .await?;
    let status = told(&stage, AlertKind::Strangers).await?;
    assert!(!has(&status, AlertKind::Held), "{status:?}");
    let bob = runs(&stage).await?;
    assert!(!lost.contains(&bob) && bob != ann, "{bob} was given before");
    let collected = omsctl(&stage.home, &["gc", "-o", "json"]).await?.json()?;
    assert_eq!(servers(&stage).len(), 4, "{collected:#}");
    assert!(servers(&stage).is_superset(&before), "{collected:#}");
    let objects = collected["accounts"][0]["objects"].as_array().cloned();
    let strange = |object: &serde_json::Value| {
        let verdict = object["verdict"].as_str().unwrap_or_default();
        matches!(verdict, "from_ahead" | "stranger")
    };
    let strange: Vec<_> = objects.into_iter().flatten().filter(strange).collect();
    // Their servers and their key pairs.
    assert_eq!(strange.len(), 4, "{collected:#}");

    // A person looks at them, and has them removed one by one.
    for object in &strange {
        let id = object["id"].as_str().unwrap_or_default();
        let order = ["gc", "--account", "south", "--remove", id];
        omsctl(&stage.home, &order).await?.done()?;
    }
    until("what was ordered is gone", PATIENCE, async || {
        let left = servers(&stage);
        (left.len() == 2).then_some(()).ok_or(format!("{left:?}"))
    })
    .await?;
    let owned = servers(&stage).into_iter().next().unwrap_or_default();
    let order = ["gc", "--account", "south", "--remove", &owned];
    let refused = omsctl(&stage.home, &order).await?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("it is owned"), "{refused:?}");
    for id in [ann, bob] {
        stage.remove(id).await?;
    }
    until("nothing is left", PATIENCE, async || {
        let left = stage.left_at_clouds();
        left.is_empty().then_some(()).ok_or(format!("{left:?}"))
    })
    .await?;
    stage.finish().await
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

/// An older file under the same name is known for one.
async fn rolls_back(take: fn(&Home) -> Vec<PathBuf>) -> Result<()> {
    let stage = Stage::with_engine([good("south")], AT_ONCE).await?;
    let ann = runs(&stage).await?;
    let mut old = Vec::new();
    let stage = stage
        .stop_and_start(async |home| {
            for file in take(home) {
                old.push((file.clone(), fs::read(&file)?));
            }
            Ok(())
        })
        .await?;
    let lost = runs(&stage).await?;
    let before = servers(&stage);
    let stage = stage
        .stop_and_start(async |_| {
            for (file, bytes) in &old {
                fs::write(file, bytes)?;
            }
            Ok(())
        })
        .await?;
    let bob = runs(&stage).await?;
    assert!(bob != lost && bob != ann, "{bob} was given before");
    told(&stage, AlertKind::Strangers).await?;
    assert!(servers(&stage).is_superset(&before));
    let log = stage.home.logs()?;
    assert!(log.contains(DOUBTED), "{log}");
    for id in [ann, bob] {
        stage.remove(id).await?;
    }
    stage.finish_with_leftovers().await
}

/// The same file with what it held before: only what was acknowledged tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_went_back_is_known_by_what_was_acknowledged() -> Result<()> {
    rolls_back(|home| vec![home.database()]).await
}

/// The same files, all of them: only that something else has written them tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_was_put_back_in_place_is_known_by_who_wrote_it() -> Result<()> {
    rolls_back(|home| {
        let all = fs::read_dir(home.state()).into_iter().flatten().flatten();
        all.map(|file| file.path()).collect()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_nobody_touched_is_not_doubted() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let ann = runs(&stage).await?;
    let stage = stage.stop_and_start(async |_| Ok(())).await?;
    let bob = runs(&stage).await?;
    let stage = stage.stop_and_start(async |_| Ok(())).await?;
    let stage = stage.kill_and_start().await?;
    for id in [ann, bob] {
        stage.remove(id).await?;
    }
    let log = stage.home.logs()?;
    assert!(!log.contains(DOUBTED), "{log}");
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_omsd_on_a_copy_holds_still_until_it_is_told() -> Result<()> {
    let stage = Stage::with_engine([good("south")], AT_ONCE).await?;
    let ann = runs(&stage).await?;
    let other = Home::make(crate::stage::programs(), "")?;
    copy_files(&stage.home.state(), &other.state())?;
    let second = other.start().await?;
    let client = second.client().await?;
    let status = client.ask(oms_proto::request::StatusShow {}).await?;
    assert!(has(&status, AlertKind::Held), "{status:?}");
    let path = format!("/api/queues/{ann}/");
    assert_eq!(second.rest().delete(&path).await?.status, 204);
    let late = second.rest().post("/api/queues/", None).await?;
    assert_eq!(late.status, 201, "{late:?}");
    // Time enough for the first one to do things.
    let bob = runs(&stage).await?;
    assert_eq!(servers(&stage).len(), 2);
    stage.remove(bob).await?;
    assert_eq!(servers(&stage).len(), 1);
    assert!(!has(&stage.status().await?, AlertKind::Held));

    // The first one is stopped for good, and the second takes over.
    let stage = stage
        .stop_and_start(async |_| {
            let said = omsctl(&other, &["takeover"]).await?;
            assert_eq!(said.code, Some(0), "{said:?}");
            assert!(said.stderr.contains("goes on"), "{said:?}");
            let late: serde_json::Value = serde_json::from_str(&late.text)?;
            let id = late["id"].to_string();
            let wait = ["queue", "wait", &id];
            let ran = omsctl(&other, &wait).await?;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            let gone = ["queue", "delete", &id, "--wait"];
            let ran = omsctl(&other, &gone).await?;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            Ok(())
        })
        .await?;
    drop(client);
    second.stop().await?;
    until("nothing is left", PATIENCE, async || {
        let left = stage.left_at_clouds();
        left.is_empty().then_some(()).ok_or(format!("{left:?}"))
    })
    .await?;
    stage.finish_with_leftovers().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_is_refused_and_the_database_stays() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let ann = runs(&stage).await?;
    let stage = stage
        .stop_and_start(async |home| {
            let rubbish = home.path().join("rubbish");
            fs::write(&rubbish, "rubbish")?;
            let rubbish = rubbish.to_str().unwrap_or_default().to_owned();
            for (file, words) in [
                (rubbish.as_str(), "not a database of omsd"),
                ("/nowhere/at/all", "/nowhere/at/all"),
                ("/dev/null", "/dev/null"),
            ] {
                let refused = omsd(home, &["restore", file]).await?;
                assert_eq!(refused.code, Some(3), "{refused:?}");
                assert!(refused.stderr.contains(words), "{refused:?}");
                assert_eq!(refused.stderr.lines().count(), 1, "{refused:?}");
            }
            // Without a daemon the command makes the copy itself.
            let file = home.path().join("offline.redb");
            let file = file.to_str().unwrap_or_default().to_owned();
            let said = omsd(home, &["backup", &file]).await?.done()?;
            assert!(said.contains("1 account, 1 entry"), "{said}");
            Ok(())
        })
        .await?;
    stage.remove(ann).await?;
    stage.finish().await
}
