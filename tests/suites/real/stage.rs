//! Runs a test on a fresh installation, tells the story if it fails, and sees to it that nothing
//! is left in any case.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use serde_json::Value;

use crate::oms::{Oms, Settings};

/// Lines of the log that are told with a failure.
const LOG_LINES: usize = 80;

/// Runs a test. Afterwards all entries are removed, and both clouds show nothing of ours.
pub(crate) async fn stage(settings: Settings, test: impl AsyncFnOnce(&mut Oms)) {
    let mut oms = Oms::start(settings).await;
    let outcome = AssertUnwindSafe(async {
        test(&mut oms).await;
        oms.delete_all().await;
        oms.until_nothing_is_left().await;
        oms.stop().await;
        let errors = oms.errors();
        assert!(errors.is_empty(), "errors in the log: {errors:#?}");
    })
    .catch_unwind()
    .await;
    if let Err(failure) = outcome {
        // Each by itself: what one cannot do, the next may.
        for step in [
            AssertUnwindSafe(tell(&oms)).catch_unwind().await,
            AssertUnwindSafe(clear(&mut oms)).catch_unwind().await,
        ] {
            if step.is_err() {
                eprintln!("the aftermath of the failure failed too");
            }
        }
        std::panic::resume_unwind(failure);
    }
}

/// What happened, for whoever has to find out why.
async fn tell(oms: &Oms) {
    let log = oms.log();
    eprintln!("--- log of omsd, the last {LOG_LINES} lines");
    for line in log.iter().skip(log.len().saturating_sub(LOG_LINES)) {
        eprintln!("{line}");
    }
    eprintln!("--- events");
    eprintln!(
        "{}",
        oms.omsctl(&["events", "--limit", "1000", "-o", "wide"])
    );
    eprintln!("--- entries");
    for entry in ids(&oms.show("/api/queues/").await) {
        eprintln!("{:#}", oms.explain(entry).await);
    }
    eprintln!("--- accounts\n{:#}", oms.show("/api/accounts/").await);
    for onlooker in [&oms.alpha, &oms.beta] {
        eprintln!("--- left: {:#?}", onlooker.left().await);
    }
}

/// Leaves the clouds as they were: by omsd if it can, and by force.
async fn clear(oms: &mut Oms) {
    let removed = AssertUnwindSafe(async {
        oms.delete_all().await;
        oms.until_nothing_is_left().await;
    })
    .catch_unwind()
    .await;
    if removed.is_err() {
        oms.kill();
        oms.alpha.sweep().await;
        oms.beta.sweep().await;
    }
}

fn ids(entries: &Value) -> Vec<u64> {
    let entries = entries.as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry["id"].as_u64().unwrap())
        .collect()
}
