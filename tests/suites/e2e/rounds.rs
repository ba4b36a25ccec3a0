//! kill -9 under load, round after round: what was acknowledged is there, each entry that runs has
//! one server, and the clouds hold nothing besides.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use oms_proto::EntryId;
use oms_proto::view::{EntryView, Status};
use oms_tests::cloud::dice::Dice;
use oms_tests::cloud::{After, CallKind, CloudSpec, Fault, Rule};
use oms_tests::harness::http::Rest;
use oms_tests::harness::wait::{PATIENCE, until};

use crate::stage::{Stage, good};

/// When a round's kill comes, at the latest: a launch and a removal fit in.
const ROUND_MAX: Duration = Duration::from_millis(300);

/// Entries wanted at once; beyond it the load removes more than it asks for.
const WANTED_MAX: usize = 12;

/// What was asked and acknowledged.
#[derive(Default)]
struct Asked {
    wanted: BTreeSet<EntryId>,
    removed: BTreeSet<EntryId>,
    /// Removals that a kill cut short.
    perhaps_removed: BTreeSet<EntryId>,
}

async fn entries(rest: &Rest) -> Result<Vec<EntryView>> {
    let answer = rest.get("/api/queues/").await?;
    Ok(serde_json::from_str(&answer.text)?)
}

/// Does what a kill cut short, as a careful client would: without it, what nobody wants grows with
/// the rounds until the clouds are full.
async fn catch_up(rest: &Rest, asked: &mut Asked) -> Result<()> {
    for entry in entries(rest).await? {
        if !asked.removed.contains(&entry.id) && !asked.perhaps_removed.contains(&entry.id) {
            asked.wanted.insert(entry.id);
        }
    }
    while let Some(id) = asked.perhaps_removed.first().copied() {
        let answer = rest.delete(&format!("/api/queues/{id}/")).await?;
        ensure!([204, 404].contains(&answer.status.as_u16()), "{answer:?}");
        asked.perhaps_removed.remove(&id);
        asked.removed.insert(id);
    }
    Ok(())
}

/// Asks for entries and removes others, until it is cut short.
async fn load(rest: &Rest, dice: &mut Dice, asked: &mut Asked) -> Result<()> {
    catch_up(rest, asked).await?;
    loop {
        let wanted = asked.wanted.len();
        if wanted < WANTED_MAX && (wanted < 3 || dice.chance(0.6)) {
            let answer = rest.post("/api/queues/", None).await?;
            ensure!(answer.status == 201, "{answer:?}");
            let entry: EntryView = serde_json::from_str(&answer.text)?;
            asked.wanted.insert(entry.id);
            continue;
        }
        let nth = dice.roll() % u64::try_from(wanted)?;
        let Some(id) = asked.wanted.iter().nth(usize::try_from(nth)?).copied() else {
            continue;
        };
        asked.wanted.remove(&id);
        asked.perhaps_removed.insert(id);
        let answer = rest.delete(&format!("/api/queues/{id}/")).await?;
        ensure!(answer.status == 204, "{answer:?}");
        asked.perhaps_removed.remove(&id);
        asked.removed.insert(id);
    }
}

/// Two clouds, one of which loses the answers to some creates, and one of them late.
fn clouds() -> [CloudSpec; 2] {
    let lost = Fault::ActThen {
        then: After::Unavailable,
    };
    let late = Fault::Late {
        ms: 200,
        then: After::Reset,
    };
    let create = [CallKind::CreateServer];
    let faults = [lost, late].map(|fault| {
        let rule = Rule::always(fault).on(&create);
        rule.with_probability(0.1)
    });
    let shaky = CloudSpec {
        faults: faults.to_vec(),
        ..good("shaky")
    };
    [shaky, good("south")]
}

/// What the daemon says of an entry that does not run.
async fn why(stage: &Stage, id: EntryId) -> String {
    match stage.explain(id).await {
        Ok(explanation) => format!("{:?}, {:?}", explanation.attempts, explanation.passed_over),
        Err(error) => format!("{error:#}"),
    }
}

/// What is wrong with the entries and the clouds; empty if nothing is.
async fn wrong(stage: &Stage, asked: &Asked) -> Result<Vec<String>> {
    let entries = entries(stage.daemon.rest()).await?;
    let mut wrong = Vec::new();
    let mut owned = BTreeSet::new();
    for entry in &entries {
        match &entry.instance {
            Some(instance) if entry.status == Status::Run => {
                owned.insert(instance.instance_id.clone());
            }
            _ => {
                let why = why(stage, entry.id).await;
                wrong.push(format!("entry {} is {}: {why}", entry.id, entry.status));
            }
        }
        if asked.removed.contains(&entry.id) {
            wrong.push(format!("entry {} was removed", entry.id));
        }
    }
    let there: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
    let lost = asked.wanted.iter().filter(|id| !there.contains(id));
    wrong.extend(lost.map(|id| format!("entry {id} is lost")));
    let mut held = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut keys_in_use = BTreeSet::new();
    for cloud in ["shaky", "south"] {
        let cloud = stage.cloud(cloud)?;
        for server in cloud.live_servers() {
            keys_in_use.extend(server.key_name);
            held.insert(server.id);
        }
        keys.extend(cloud.keypairs().into_iter().map(|(_, name)| name));
    }
    if held != owned {
        wrong.push(format!("the clouds have {held:?}, the entries {owned:?}"));
    }
    if keys != keys_in_use {
        wrong.push(format!(
            "of the key pairs {keys:?} are used {keys_in_use:?}"
        ));
    }
    Ok(wrong)
}

async fn rounds(count: u32, seed: u64) -> Result<()> {
    println!("{count} rounds from seed {seed:#x}");
    let began = Instant::now();
    let mut dice = Dice::new(seed, "rounds");
    let mut asked = Asked::default();
    let mut stage = Stage::with(clouds()).await?;
    let mut slowest = Duration::ZERO;
    for _ in 0..count {
        let moment = dice.within(ROUND_MAX);
        let load = load(stage.daemon.rest(), &mut dice, &mut asked);
        if let Ok(ended) = tokio::time::timeout(moment, load).await {
            // Only a kill ends the load, and that comes after it.
            ended?;
        }
        let killed = Instant::now();
        stage = stage.kill_and_start().await?;
        slowest = slowest.max(killed.elapsed());
    }
    let rounds_took = began.elapsed();
    until(
        "each entry has its server and no more",
        PATIENCE * 2,
        async || {
            let wrong = wrong(&stage, &asked).await;
            let wrong = wrong.map_err(|error| format!("{error:#}"))?;
            if wrong.is_empty() {
                Ok(())
            } else {
                Err(format!("{wrong:#?}"))
            }
        },
    )
    .await?;
    let creations = ["shaky", "south"].map(|name| stage.cloud(name).map(|it| it.creations().len()));
    println!(
        "{count} rounds in {:.1} s; {} entries asked for, {} removed, {creations:?} servers made; \
         the slowest start took {:.2} s",
        rounds_took.as_secs_f32(),
        asked.wanted.len() + asked.removed.len() + asked.perhaps_removed.len(),
        asked.removed.len(),
        slowest.as_secs_f32()
    );
    for entry in entries(stage.daemon.rest()).await? {
        stage.delete(entry.id).await?;
    }
    until("nothing is left", PATIENCE, async || {
        let held = stage.left_at_clouds();
        if held.is_empty() {
            Ok(())
        } else {
            Err(format!("{held:#?}"))
        }
    })
    .await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_under_load_lose_nothing_and_leave_nothing() -> Result<()> {
    rounds(20, 1).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes most of a minute; .ci/run has a step for it"]
async fn two_hundred_kills_under_load_lose_nothing_and_leave_nothing() -> Result<()> {
    rounds(200, 2).await
}
