//! omsctl against the daemon: the names that scripts rely on, data that equals REST, and an exit
//! code for each end.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use oms_proto::EntryId;
use oms_proto::view::Status;
use oms_tests::cloud::{CallKind, CloudSpec, Fault, Rule, Scenario, SimulatedClouds};
use oms_tests::harness::process::{Ran, run};
use oms_tests::harness::wait::PATIENCE;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::stage::{Stage, bad_create, good, held_by};

async fn omsctl(stage: &Stage, args: &[&str]) -> Result<Ran> {
    run(stage.home.omsctl(args)).await
}

/// Runs a command that ends with this code; gives its messages.
async fn ends(stage: &Stage, args: &[&str], code: i32) -> Result<String> {
    let ran = omsctl(stage, args).await?;
    assert_eq!(ran.code, Some(code), "{args:?}: {ran:?}");
    Ok(ran.stderr)
}

/// The clouds of a scenario, and the file that people would be given for them.
async fn clouds(stage: &Stage, specs: Vec<CloudSpec>) -> Result<(SimulatedClouds, PathBuf)> {
    let scenario = Scenario {
        seed: 1,
        about: String::new(),
        clouds: specs,
    };
    let clouds = SimulatedClouds::start(&scenario, 0).await?;
    let file = stage.home.path().join("clouds.yaml");
    clouds.write_clouds_yaml(&file)?;
    Ok((clouds, file))
}

/// Imports an account at a cloud that is full and one at a good one, with what people then set.
async fn import(stage: &Stage, file: &str) -> Result<()> {
    let import = [
        "account",
        "import",
        "--clouds-yaml",
        file,
        "--cloud",
        "north,south-appcred",
    ];
    let defaults = ["--image", "debian-12", "--flavor", "g-1gb"];
    omsctl(stage, &[&import[..], &defaults[..]].concat())
        .await?
        .done()?;
    for (name, network) in [("north", "north-net"), ("south-appcred", "south-net")] {
        let edit = [
            "account",
            "edit",
            name,
            "--image",
            "debian-13",
            "--flavor",
            "g-2gb",
        ];
        let more = ["--network", network, "--security-group", "ipv4-all"];
        omsctl(stage, &[&edit[..], &more[..]].concat())
            .await?
            .done()?;
    }
    omsctl(stage, &["account", "edit", "north", "--priority", "10"])
        .await?
        .done()?;
    let test = ["account", "test", "south-appcred", "-o", "json"];
    let tested = omsctl(stage, &test).await?.json()?;
    assert_eq!(tested["ok"], true, "{tested}");
    Ok(())
}

/// `queue explain` tells the attempt that failed, the one that did not, and who was passed over.
async fn explains(stage: &Stage) -> Result<()> {
    let explained = omsctl(stage, &["queue", "explain", "1", "-o", "json"])
        .await?
        .json()?;
    let attempts = explained["attempts"].as_array().context("no attempts")?;
    assert_eq!(attempts.len(), 2, "{explained}");
    let failure = &explained["attempts"][0]["failure"];
    assert_eq!(
        (&failure["class"], &failure["http_status"]),
        (&"quota".into(), &403.into())
    );
    assert!(failure["request_id"].is_string(), "{failure}");
    assert_eq!(explained["attempts"][1]["image"], "debian-13");
    assert_eq!(explained["passed_over"][0]["account"], "north");
    let told = omsctl(stage, &["queue", "explain", "1"]).await?.done()?;
    for words in [
        "HTTP 403",
        "Quota exceeded",
        "Passed over:",
        "south-appcred: ready",
    ] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_clouds_yaml_to_an_instance_and_back() -> Result<()> {
    let stage = Stage::with([]).await?;
    let specs = vec![bad_create("north", Fault::Quota), good("south")];
    let (clouds, file) = clouds(&stage, specs).await?;
    import(&stage, file.to_str().context("path")?).await?;

    let create = ["queue", "create", "--wait", "--timeout", "60", "-o", "json"];
    let created = omsctl(&stage, &create).await?.json()?;
    let shown = stage.daemon.rest().get("/api/queues/1/").await?.json()?;
    assert_eq!(created, shown);
    assert_eq!(created["status"], "RUN");
    assert_eq!(created["instance"]["account"]["name"], "south-appcred");
    explains(&stage).await?;

    let instances = omsctl(&stage, &["instance", "list", "-o", "json"])
        .await?
        .json()?;
    assert_eq!(
        instances[0]["instance_id"],
        created["instance"]["instance_id"]
    );
    let ssh = [
        "instance",
        "ssh",
        "--entry",
        "1",
        "--print",
        "--key-file",
        "key",
    ];
    let ssh = omsctl(&stage, &ssh).await?.done()?;
    let address = created["instance"]["ip_addr"]
        .as_str()
        .context("no address")?;
    assert!(ssh.contains(address), "{ssh}");

    omsctl(&stage, &["queue", "delete", "1", "--wait"])
        .await?
        .done()?;
    for cloud in clouds.clouds() {
        assert!(
            held_by(cloud.sim()).is_empty(),
            "{:?}",
            held_by(cloud.sim())
        );
    }
    omsctl(&stage, &["account", "remove", "north", "--yes"])
        .await?
        .done()?;
    clouds.stop().await;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_has_its_exit_code() -> Result<()> {
    let slow = CloudSpec {
        build_ms: 30_000,
        ..good("slow")
    };
    let stage = Stage::with([slow, bad_create("full", Fault::Quota)]).await?;
    ends(&stage, &["status"], 0).await?;
    let refused = ends(&stage, &["account", "remove", "none", "--yes"], 4).await?;
    assert!(refused.contains("none"), "{refused}");
    ends(&stage, &["queue", "show", "99"], 4).await?;
    ends(&stage, &["queue", "crate"], 2).await?;
    ends(&stage, &["account", "edit", "slow"], 2).await?;
    let waiting = [
        "queue",
        "create",
        "--account",
        "slow",
        "--wait",
        "--timeout",
        "1",
    ];
    let told = ends(&stage, &waiting, 5).await?;
    assert!(told.contains("goes on"), "{told}");
    let failing = [
        "queue",
        "create",
        "--account",
        "full",
        "--wait",
        "--deadline",
        "1",
    ];
    ends(&stage, &failing, 1).await?;
    let refused = ends(&stage, &["account", "remove", "slow", "--yes"], 1).await?;
    assert!(!refused.is_empty());
    let mut nowhere = stage.home.omsctl(&["status"]);
    nowhere.args(["--socket", "/nowhere/omsd.sock"]);
    assert_eq!(run(nowhere).await?.code, Some(3));
    for id in [1, 2].map(EntryId) {
        stage.remove(id).await?;
    }
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn events_follow_what_happens() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let mut following = stage
        .home
        .omsctl(&["events", "--follow", "--since", "0", "-o", "jsonl"]);
    let mut child = following.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let entry = stage.create(None).await?;
    stage.reaches(entry.id, Status::Run).await?;
    stage.remove(entry.id).await?;
    let mut seen: Vec<Value> = Vec::new();
    let reading = async {
        while let Some(line) = lines.next_line().await? {
            let event: Value = serde_json::from_str(&line)?;
            let last = event["kind"] == "entry_ended";
            seen.push(event);
            if last {
                return anyhow::Ok(());
            }
        }
        anyhow::bail!("it ended")
    };
    tokio::time::timeout(PATIENCE, reading).await??;
    let numbers: Vec<_> = seen
        .iter()
        .filter_map(|event| event["seq"].as_u64())
        .collect();
    let expected: Vec<_> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected, "events are missing or out of order");
    let kinds: Vec<_> = seen
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    for kind in [
        "account_added",
        "entry_accepted",
        "attempt_started",
        "attempt_ready",
    ] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    child.kill().await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_survives_a_restart_of_the_daemon() -> Result<()> {
    let slow = CloudSpec {
        build_ms: 1_500,
        ..good("south")
    };
    let stage = Stage::with([slow]).await?;
    let create = stage
        .home
        .omsctl(&["queue", "create", "--wait", "-o", "json"]);
    let waiting = tokio::spawn(run(create));
    stage.reaches(EntryId(1), Status::Boot).await?;
    let stage = stage.kill_and_start().await?;
    let created = waiting.await??.json()?;
    assert_eq!(created["status"], "RUN", "{created}");
    stage.remove(EntryId(1)).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_answer_of_a_cloud_is_told_not_trusted() -> Result<()> {
    let how = oms_tests::cloud::Garbage::Html;
    let garbage = Rule::always(Fault::Garbage { how }).on(&[CallKind::SignIn]);
    let spec = CloudSpec {
        faults: vec![garbage],
        ..good("odd")
    };
    let stage = Stage::with([spec]).await?;
    let tested = omsctl(&stage, &["account", "test", "odd"]).await?;
    assert_eq!(tested.code, Some(1), "{tested:?}");
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tried_looked_at_and_drained() -> Result<()> {
    let stage = Stage::with([good("north"), good("south")]).await?;
    let tested = omsctl(&stage, &["account", "test", "north", "--boot"]).await?;
    assert_eq!(tested.code, Some(0), "{tested:?}");
    for step in ["boot", "remove"] {
        assert!(tested.stdout.contains(step), "{tested:?}");
    }
    // The canary left nothing.
    assert_eq!(stage.left_at_clouds(), [""; 0]);

    let entry = stage.create(None).await?;
    stage.reaches(entry.id, Status::Run).await?;
    let looked = omsctl(&stage, &["gc", "--dry-run", "-o", "json"]).await?;
    assert_eq!(looked.code, Some(0), "{looked:?}");
    let looked: Value = serde_json::from_str(&looked.stdout)?;
    let objects = looked["accounts"][0]["objects"].as_array();
    let objects = objects.context("no objects")?;
    assert!(!objects.is_empty(), "{looked}");
    assert!(
        objects.iter().all(|it| it["verdict"] == "owned"),
        "{looked}"
    );

    let drain = ["account", "drain", "north", "--wait", "--timeout", "1"];
    let told = ends(&stage, &drain, 5).await?;
    assert!(told.contains("entry 2 ("), "{told}");
    stage.remove(entry.id).await?;
    ends(&stage, &["account", "drain", "north", "--wait"], 0).await?;
    ends(&stage, &["account", "uncordon", "north"], 0).await?;
    stage.finish().await
}
