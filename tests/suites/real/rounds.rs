//! kill -9 of omsd, round after round, while a proxy before Nova loses the answer to every third
//! create: at the end each entry has its server, and the clouds hold nothing besides.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::oms::{Oms, Settings};
use crate::stage::stage;
use crate::wait::until;

const ROUNDS: u64 = 20;

/// Entries asked for in each round.
const EACH: u64 = 2;

/// Entries that stay; beyond it each round removes the oldest, as they stand then.
const KEPT: usize = 6;

/// The moments of the kills after the request; a launch takes up to a few seconds here.
const MOMENTS_MS: [u64; 7] = [0, 40, 120, 300, 700, 1500, 2600];

/// Until all is settled: lost answers are sought for 20 s, and what nobody owns is removed when it
/// was seen twice and is older than its grace.
const SETTLED: Duration = Duration::from_secs(420);

const PROXIED: Settings = Settings {
    engine: "launch_patience_ms = 30000\nsettle_seconds = 20",
    credentials: "",
    wrong_password: false,
    proxied: true,
};

/// What is wrong; empty if each entry runs on its own server and nothing else is there.
async fn wrong(oms: &Oms) -> Vec<String> {
    let entries = oms.show("/api/queues/").await;
    let mut wrong = Vec::new();
    let mut owned = BTreeSet::new();
    for entry in entries.as_array().unwrap() {
        if entry["status"] != "RUN" {
            wrong.push(format!("entry {} is {}", entry["id"], entry["status"]));
        }
        owned.extend(text(&entry["instance"]["instance_id"]));
    }
    let (mut held, mut keys, mut used) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for onlooker in [&oms.alpha, &oms.beta] {
        for server in onlooker.servers().await {
            held.extend(text(&server["id"]));
            used.extend(text(&server["key_name"]));
        }
        let there = onlooker.keypairs().await;
        keys.extend(there.iter().filter_map(|key| text(&key["name"])));
        wrong.extend(onlooker.ports_besides(&owned).await);
    }
    if held != owned {
        wrong.push(format!("the clouds have {held:?}, the entries {owned:?}"));
    }
    if keys != used {
        wrong.push(format!("of the key pairs {keys:?} are used {used:?}"));
    }
    wrong
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn twenty_kills_while_answers_are_lost_leave_one_server_an_entry() {
    stage(PROXIED, async |oms: &mut Oms| {
        let mut ids = Vec::new();
        for (_, moment) in (0..ROUNDS).zip(MOMENTS_MS.iter().cycle()) {
            for _ in 0..EACH {
                ids.push(oms.create(&json!({})).await);
            }
            while ids.len() > KEPT {
                oms.delete(ids.remove(0)).await;
            }
            tokio::time::sleep(Duration::from_millis(*moment)).await;
            oms.kill();
            oms.restart().await;
        }
        until("one server an entry", SETTLED, async || {
            let wrong = wrong(oms).await;
            if wrong.is_empty() {
                Ok(())
            } else {
                Err(format!("{wrong:#?}"))
            }
        })
        .await;
        let entries = oms.show("/api/queues/").await;
        assert_eq!(entries.as_array().unwrap().len(), ids.len());
        let counts = oms.creates_and_lost();
        eprintln!("creates and lost answers at each cloud: {counts:?}");
        assert!(counts.iter().any(|(_, lost)| *lost > 0), "{counts:?}");
    })
    .await;
}
