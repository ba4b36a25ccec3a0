//! Each defect of the application of 2016, as a test that it is gone.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use oms_proto::request::{AccountEdit, EntryList, EntryShow};
use oms_proto::response::{EntryPage, StreamEvent};
use oms_proto::spec::AccountPatch;
use oms_proto::view::{EntryView, Status};
use oms_proto::{Change, EntryId, Request, Response, StreamItem};
use oms_tests::cloud::{CallKind, CloudSpec, Fault, Rule};
use oms_tests::harness::wait::{PATIENCE, until};

use crate::stage::{Stage, bad_create, good, held_by};

/// Every status in which watchers see an entry until it has this one.
async fn statuses_until(stage: &Stage, id: EntryId, last: Status) -> Result<BTreeSet<Status>> {
    let mut news = stage
        .client
        .subscribe(Stage::from_the_beginning().since)
        .await?;
    let mut seen = BTreeSet::new();
    let watching = async {
        loop {
            let item = news.next().await.context("the stream ended")??;
            let StreamItem::Event(StreamEvent {
                change: Some(Change::Entry(entry)),
                ..
            }) = item
            else {
                continue;
            };
            if entry.id == id {
                seen.insert(entry.status);
                if entry.status == last {
                    return anyhow::Ok(());
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, watching).await??;
    Ok(seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_moves_on_not_only_400_and_403() -> Result<()> {
    const ANSWERS: [u16; 9] = [400, 401, 403, 404, 409, 413, 429, 500, 503];
    let refusing = ANSWERS.map(|status| {
        let (message, retry_after_s) = (None, None);
        let answer = Fault::Answer {
            status,
            message,
            retry_after_s,
        };
        bad_create(&format!("says-{status}"), answer)
    });
    let stage = Stage::with(refusing.into_iter().chain([good("south")])).await?;
    let entry = stage.create(None).await?;
    let seen = statuses_until(&stage, entry.id, Status::Run).await?;
    assert!(
        !seen.contains(&Status::Failed),
        "FAILED was shown: {seen:?}"
    );
    assert_eq!(
        stage
            .reaches(entry.id, Status::Run)
            .await?
            .account
            .as_deref(),
        Some("south")
    );
    let attempts = stage.explain(entry.id).await?.attempts;
    let statuses: Vec<_> = attempts
        .iter()
        .filter_map(|attempt| attempt.failure.as_ref()?.http_status)
        .collect();
    assert_eq!(statuses, ANSWERS, "{attempts:#?}");
    // An account that asks to be left alone is left alone, unless a person says otherwise.
    for status in ANSWERS {
        set_enabled(&stage, &format!("says-{status}"), true).await?;
    }
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_is_not_shown_while_another_account_is_tried() -> Result<()> {
    let stage = Stage::with([
        bad_create("full", Fault::Quota),
        bad_create("broken", Fault::NoValidHost { ms: 50 }),
        good("south"),
    ])
    .await?;
    let entry = stage.create(None).await?;
    let seen = statuses_until(&stage, entry.id, Status::Run).await?;
    assert!(!seen.contains(&Status::Failed), "{seen:?}");
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_is_final_and_says_why_for_each_attempt() -> Result<()> {
    let stage = Stage::with([bad_create("full", Fault::Quota)]).await?;
    let entry = stage.create(Some(r#"{"deadline_seconds":2}"#)).await?;
    let failed = stage.reaches(entry.id, Status::Failed).await?;
    let reason = failed.reason.context("no reason")?;
    assert!(
        reason.contains("deadline") && reason.contains("quota"),
        "{reason}"
    );
    let attempts = stage.explain(entry.id).await?.attempts;
    assert!(
        attempts.iter().all(|attempt| attempt.failure.is_some()),
        "{attempts:#?}"
    );
    stage.cloud("full")?.clear_faults();
    let second = stage.create(None).await?;
    stage.remove(second.id).await?;
    assert_eq!(
        stage.reaches(entry.id, Status::Failed).await?.instance,
        None
    );
    stage.remove(entry.id).await?;
    stage.finish().await
}

/// An account that breaks servers is passed over, and nothing of the attempt stays there while the
/// entry runs elsewhere.
async fn is_replaced_and_removed(fault: Fault, class: &str) -> Result<()> {
    let stage = Stage::with([bad_create("broken", fault), good("south")]).await?;
    let entry = stage.create(None).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    assert_eq!(entry.account.as_deref(), Some("south"));
    let broken = stage.cloud("broken")?;
    until(
        "the failed server and its key are removed",
        PATIENCE,
        async || {
            let held = held_by(broken);
            if held.is_empty() {
                Ok(())
            } else {
                Err(format!("{held:?}"))
            }
        },
    )
    .await?;
    let attempts = stage.explain(entry.id).await?.attempts;
    assert_eq!(broken.creations().len(), 1, "{attempts:#?}");
    let failure = attempts
        .first()
        .and_then(|attempt| attempt.failure.as_ref());
    assert_eq!(
        failure.map(|failure| failure.class.as_str()),
        Some(class),
        "{attempts:#?}"
    );
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_never_ends_is_given_up_at_its_deadline() -> Result<()> {
    is_replaced_and_removed(Fault::BuildForever, "build_timeout").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_error_is_no_instance_and_its_key_goes_with_it() -> Result<()> {
    is_replaced_and_removed(Fault::NoValidHost { ms: 50 }, "no_capacity").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_error_without_a_fault_is_no_instance_either() -> Result<()> {
    is_replaced_and_removed(Fault::BuildErrorSilent { ms: 50 }, "build_failed").await
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_before_run_leaves_no_server() -> Result<()> {
    let slow = CloudSpec {
        build_ms: 60_000,
        ..good("slow")
    };
    let late = bad_create("late", Fault::Slow { ms: 300 });
    let stage = Stage::with([slow, late]).await?;
    // While it builds.
    let building = stage.create(Some(r#"{"accounts":["slow"]}"#)).await?;
    stage.reaches(building.id, Status::Boot).await?;
    assert_eq!(stage.cloud("slow")?.live_servers().len(), 1);
    stage.remove(building.id).await?;
    // While the create is under way.
    let launching = stage.create(Some(r#"{"accounts":["late"]}"#)).await?;
    let late = stage.cloud("late")?;
    until("the create arrives", PATIENCE, async || {
        let calls = late.calls();
        if calls.contains_key(&CallKind::CreateServer) {
            Ok(())
        } else {
            Err(format!("{calls:?}"))
        }
    })
    .await?;
    stage.remove(launching.id).await?;
    assert_eq!(late.creations().len(), 1);
    // At once.
    let entry = stage.create(None).await?;
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_goes_on_until_the_cloud_gives_in() -> Result<()> {
    let stage = Stage::with([good("stubborn")]).await?;
    let entry = stage.create(None).await?;
    stage.reaches(entry.id, Status::Run).await?;
    let cloud = stage.cloud("stubborn")?;
    cloud.add_fault(Rule::always(Fault::DeleteConflict));
    stage.delete(entry.id).await?;
    until("the delete is refused", PATIENCE, async || {
        let kinds: Vec<_> = journal_kinds(&stage).await?;
        if kinds.iter().any(|kind| kind == "attempt_removal_failed") {
            Ok(())
        } else {
            Err(format!("{kinds:?}"))
        }
    })
    .await?;
    // REST has forgotten it, as it always did; the daemon has not.
    let path = format!("/api/queues/{}/", entry.id);
    assert_eq!(stage.daemon.rest().get(&path).await?.status, 404);
    let removing = EntryList {
        status: vec![Status::Destroy],
        after: None,
        limit: None,
        ..EntryList::default()
    };
    match stage.ask(Request::EntryList(removing)).await? {
        Response::Entries(EntryPage { entries, .. }) => {
            assert_eq!(
                entries.first().map(|entry| entry.status),
                Some(Status::Destroy)
            );
        }
        other => anyhow::bail!("{other:?}"),
    }
    assert_eq!(cloud.live_servers().len(), 1);
    cloud.clear_faults();
    stage.ended(entry.id).await?;
    stage.finish().await
}

async fn journal_kinds(stage: &Stage) -> Result<Vec<String>, String> {
    let journal = stage.journal().await.map_err(|error| error.to_string())?;
    Ok(journal
        .into_iter()
        .map(|event| event.kind.to_string())
        .collect())
}

fn entry_of(response: Response) -> Result<EntryView> {
    match response {
        Response::Entry(entry) => Ok(*entry),
        other => anyhow::bail!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_account_gets_nothing() -> Result<()> {
    let stage = Stage::with([good("north"), good("south")]).await?;
    for name in ["north", "south"] {
        set_enabled(&stage, name, false).await?;
    }
    let account = stage
        .daemon
        .rest()
        .get("/api/accounts/north/")
        .await?
        .json()?;
    assert_eq!(account["status"], "unavailable");
    let entry = stage.create(None).await?;
    let waits = until("the entry says why it waits", PATIENCE, async || {
        let shown = stage
            .ask(Request::EntryShow(EntryShow { id: entry.id }))
            .await;
        let shown = shown
            .and_then(entry_of)
            .map_err(|error| error.to_string())?;
        shown.reason.clone().ok_or(format!("{shown:?}"))
    })
    .await?;
    assert!(waits.contains("disabled"), "{waits}");
    set_enabled(&stage, "south", true).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    assert_eq!(entry.account.as_deref(), Some("south"));
    assert!(
        !stage
            .cloud("north")?
            .calls()
            .contains_key(&CallKind::CreateServer)
    );
    stage.remove(entry.id).await?;
    stage.finish().await
}

async fn set_enabled(stage: &Stage, name: &str, enabled: bool) -> Result<()> {
    let patch = AccountPatch {
        enabled: Some(enabled),
        ..AccountPatch::default()
    };
    let name = name.to_owned();
    stage
        .ask(Request::AccountEdit(Box::new(AccountEdit { name, patch })))
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_served_without_credentials() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let stranger = stage.daemon.rest().anonymous();
    for path in [
        "/api/queues/",
        "/api/queues/1/",
        "/api/queues/1/explain/",
        "/api/accounts/",
        "/api/accounts/south/",
        "/api/instances/",
        "/api/instances/1/",
        "/api/events/",
        "/api/status/",
        "/metrics",
    ] {
        let answer = stranger.get(path).await?;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
        assert_eq!(answer.json()?["code"], "unauthorized", "{path}");
        assert!(answer.headers.contains_key("www-authenticate"), "{path}");
    }
    assert_eq!(stranger.post("/api/queues/", None).await?.status, 401);
    assert_eq!(stranger.delete("/api/queues/1/").await?.status, 401);
    let thief = oms_tests::harness::http::Rest::new(stranger.address(), Some("guess".to_owned()));
    assert_eq!(thief.post("/api/queues/", None).await?.status, 401);
    assert_eq!(stranger.get("/healthz").await?.status, 200);
    assert!(stage.cloud("south")?.creations().is_empty());
    stage.finish().await
}
