//! Clouds that mean harm: answers of the right shape with more of everything than anybody can want.
//! Each costs its own account and nobody else: the daemon goes on, stays small, shows short words, and
//! stops in good order.

use anyhow::{Context as _, Result};
use oms_proto::view::Status;
use oms_tests::cloud::{CallKind, CloudSpec, Fault, Garbage, Rule};
use oms_tests::harness::wait::{PATIENCE, until};

use crate::stage::{Stage, good};

/// More than a daemon needs for all of this, the build for tests included.
const PEAK_MIB: u64 = 500;

/// Bytes that one account, the story of one entry or one event may have as JSON.
const SHOWN_BYTES: usize = 64 * 1024;

/// A cloud with one hostile habit.
fn hostile(name: &str, how: Garbage, calls: &[CallKind]) -> CloudSpec {
    CloudSpec {
        faults: vec![Rule::always(Fault::Garbage { how }).on(calls)],
        ..good(name)
    }
}

/// One for each way to be hostile, and whether its account must come to be blocked for garbage.
fn all() -> Vec<(CloudSpec, bool)> {
    use CallKind as C;
    use Garbage as G;
    let lists = [C::ListServers, C::ListFlavors, C::ListKeypairs];
    let resolved = [C::ListFlavors, C::ListImages, C::ListNetworks];
    let refusal = Fault::Answer {
        status: 500,
        message: Some("harm ".repeat(600_000)),
        retry_after_s: None,
    };
    vec![
        (hostile("long-token", G::LongTexts, &[C::SignIn]), true),
        (hostile("long-names", G::LongTexts, &resolved), false),
        (
            hostile("long-servers", G::LongTexts, &[C::ListServers]),
            true,
        ),
        (hostile("long-ids", G::LongTexts, &[C::CreateServer]), false),
        (hostile("crowd", G::Crowded, &[C::ListServers]), false),
        (hostile("crowded-names", G::Crowded, &resolved), true),
        (hostile("endless", G::Endless, &lists), true),
        (hostile("endless-names", G::Endless, &resolved), true),
        (
            hostile(
                "addresses",
                G::ManyAddresses,
                &[C::ListServers, C::GetServer],
            ),
            false,
        ),
        (hostile("padded", G::Padded, &[]), false),
        (
            CloudSpec {
                faults: vec![Rule::always(refusal)],
                ..good("refusals")
            },
            false,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_be_hostile_costs_its_own_account_alone() -> Result<()> {
    let clouds = all();
    let garbage: Vec<String> = clouds
        .iter()
        .filter(|(_, garbage)| *garbage)
        .map(|(spec, _)| spec.name.clone())
        .collect();
    let specs = clouds.into_iter().map(|(spec, _)| spec);
    let stage = Stage::with(specs.chain([good("well")])).await?;
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(stage.create(None).await?.id);
    }
    for id in &ids {
        stage.reaches(*id, Status::Run).await?;
    }
    // Also those that only a look meets.
    for name in &garbage {
        until(
            &format!("{name} is blocked for garbage"),
            PATIENCE,
            async || {
                let accounts = stage.accounts().await.map_err(|error| error.to_string())?;
                let account = accounts.into_iter().find(|it| it.name == *name);
                let account = account.ok_or("no account")?;
                // What came after it may have been slow as well.
                let mut blocks = account.blocks.iter();
                let blocked = blocks.any(|block| block.reason.starts_with("garbage:"));
                blocked.then_some(()).ok_or(format!("{account:?}"))
            },
        )
        .await?;
    }
    short(&stage, &ids).await?;
    let stage = stage.stop_and_start(async |_home| Ok(())).await?;
    short(&stage, &ids).await?;
    for cloud in stage.clouds() {
        cloud.clear_faults();
    }
    for id in ids {
        stage.remove(id).await?;
    }
    until("nothing is left at the clouds", PATIENCE, async || {
        let left = stage.left_at_clouds();
        left.is_empty().then_some(()).ok_or(format!("{left:?}"))
    })
    .await?;
    stage.finish().await
}

/// What is shown is short, and what is kept is little.
async fn short(stage: &Stage, ids: &[oms_proto::EntryId]) -> Result<()> {
    for account in stage.accounts().await? {
        let text = serde_json::to_string(&account)?;
        assert!(
            text.len() < SHOWN_BYTES,
            "{} bytes: {text:.2000}",
            text.len()
        );
    }
    for id in ids {
        let text = serde_json::to_string(&stage.explain(*id).await?)?;
        assert!(
            text.len() < SHOWN_BYTES,
            "{} bytes: {text:.2000}",
            text.len()
        );
        let path = format!("/api/queues/{id}/");
        let text = stage.daemon.rest().get(&path).await?.text;
        assert!(
            text.len() < SHOWN_BYTES,
            "{} bytes: {text:.2000}",
            text.len()
        );
    }
    for event in stage.journal().await? {
        assert!(event.message.len() < 4096, "{event:?}");
    }
    let database = std::fs::metadata(stage.home.database()).context("no database")?;
    assert!(
        database.len() < 16 * 1024 * 1024,
        "{} bytes",
        database.len()
    );
    let peak = stage.daemon.peak_mib()?;
    assert!(peak < PEAK_MIB, "{peak} MiB");
    println!("peak {peak} MiB, database {} kB", database.len() / 1024);
    Ok(())
}
