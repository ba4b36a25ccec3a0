//! An omsd that is short of open files: strangers cannot take those that it needs, and no cloud is
//! blamed for what this machine lacks.

use anyhow::Result;
use futures::future::try_join_all;
use oms_proto::EntryId;
use oms_proto::request::{EntryCreate, EntryShow};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{AlertKind, Status};
use oms_tests::cloud::{CloudSpec, SimCloud};
use oms_tests::harness::wait::{PATIENCE, until};
use tokio::net::TcpStream;

use crate::stage::{Stage, good};

/// Hands in an entry over the socket.
async fn create(stage: &Stage) -> Result<EntryId> {
    let create = EntryCreate {
        spec: EntrySpec::default(),
        idempotency_key: None,
    };
    Ok(stage.client.ask(create).await?.id)
}

/// Waits until all of them run, and sees that each did so at its first attempt.
async fn all_run_at_once(stage: &Stage, ids: &[EntryId]) -> Result<()> {
    for id in ids {
        until(&format!("entry {id} runs"), PATIENCE, async || {
            let shown = stage.client.ask(EntryShow { id: *id }).await;
            let entry = shown.map_err(|error| error.to_string())?;
            (entry.status == Status::Run)
                .then_some(())
                .ok_or(format!("{entry:?}"))
        })
        .await?;
        let story = stage.explain(*id).await?;
        assert_eq!(story.attempts.len(), 1, "{story:#?}");
    }
    nobody_is_blamed(stage).await
}

async fn nobody_is_blamed(stage: &Stage) -> Result<()> {
    for account in stage.accounts().await? {
        assert!(account.blocks.is_empty(), "{account:#?}");
        assert!(account.last_failure.is_none(), "{account:#?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_machine_lacks_is_an_alert_and_no_failure_of_a_cloud() -> Result<()> {
    // Slow enough for calls to overlap, so that idle connections do not do for all of them.
    let slow = |name: &str| CloudSpec {
        latency_ms: 80,
        ..good(name)
    };
    let stage = Stage::with([slow("north"), slow("south")]).await?;
    let first = create(&stage).await?;
    all_run_at_once(&stage, &[first]).await?;
    // Fewer than it has open: from now on it gets none.
    let before = stage.daemon.limit_files(4)?;
    let more = try_join_all((0..20).map(|_| create(&stage))).await?;
    let ids: Vec<_> = std::iter::once(first).chain(more).collect();
    until(
        "it is told for longer than any patience",
        PATIENCE,
        async || {
            let status = stage.status().await.map_err(|error| error.to_string())?;
            let lacks = status
                .alerts
                .iter()
                .find(|it| it.kind == AlertKind::Resources);
            let since = lacks.and_then(|it| it.since).ok_or("no alert")?;
            let now = stage.clouds().next().map(SimCloud::time);
            let lasts = now.map(|now| now.since(since)).unwrap_or_default();
            (lasts.as_secs() >= 3)
                .then_some(())
                .ok_or(format!("{lasts:?}"))
        },
    )
    .await?;
    nobody_is_blamed(&stage).await?;
    stage.daemon.limit_files(before)?;
    all_run_at_once(&stage, &ids).await?;
    let made: usize = stage.clouds().map(|cloud| cloud.creations().len()).sum();
    assert_eq!(made, ids.len());
    let metrics = stage.daemon.rest().get("/metrics").await?.text;
    assert!(
        !metrics.contains("oms_lacks_total{resource=\"files\"} 0\n"),
        "{metrics}"
    );
    assert!(!metrics.contains("code=\"unreachable\""), "{metrics}");
    for id in ids {
        stage.remove(id).await?;
    }
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_take_no_file_that_a_launch_needs() -> Result<()> {
    let cloud = |n: usize| CloudSpec {
        latency_ms: 20,
        ..good(&format!("cloud-{n}"))
    };
    let stage = Stage::with_files((0..6).map(cloud), 64).await?;
    let log = stage.home.logs()?;
    assert!(
        log.contains("\"files\":64,\"http\":16,\"socket\":8,\"calls\":22"),
        "{log}"
    );
    assert!(log.contains("no more than 64 files open"), "{log}");
    let shown = stage
        .home
        .omsd(&["check-config".to_owned()])
        .output()
        .await?;
    let shown = String::from_utf8(shown.stdout)?;
    assert!(
        shown.starts_with("# of 64 open files, 16 are for HTTP connections"),
        "{shown}"
    );
    assert!(
        shown.contains("\n# omsd may have no more than 64 files open"),
        "{shown}"
    );
    let mut strangers = Vec::new();
    for _ in 0..100 {
        strangers.push(TcpStream::connect(stage.daemon.rest().address()).await?);
    }
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(create(&stage).await?);
    }
    all_run_at_once(&stage, &ids).await?;
    let made: usize = stage.clouds().map(|cloud| cloud.creations().len()).sum();
    assert_eq!(made, ids.len());
    drop(strangers);
    for id in ids {
        stage.remove(id).await?;
    }
    stage.finish().await
}
