//! Other people's tools on our interface: they know what a good one is, and nothing of ours.

use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::peer::Running;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs promtool; .ci/run installs it"]
async fn promtool_finds_nothing_in_the_metrics() {
    let running = Running::start_with_account().await;
    running.post("/api/queues/?wait=30", "").await;
    let metrics = running.get("/metrics").await;
    let mut check = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = check.stdin.take().unwrap();
    input.write_all(&metrics.body).await.unwrap();
    drop(input);
    let ended = check.wait_with_output().await.unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && told.is_empty(), "{told}{said}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs schemathesis; .ci/run installs it"]
async fn schemathesis_finds_nothing_in_the_interface() {
    let running = Running::start_with_account().await;
    running.post("/api/queues/?wait=30", "").await;
    let program = std::env::var("OMS_TEST_SCHEMATHESIS");
    let settings = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/http/schemathesis.toml");
    let address = running.address;
    let ended = Command::new(program.as_deref().unwrap_or("schemathesis"))
        .args(["--config-file", settings, "run"])
        .arg(format!("http://{address}/api/schema/"))
        .args([
            "--header",
            &format!("Authorization: Bearer {}", running.token),
        ])
        // It keeps what it found beside where it runs.
        .current_dir(running.dir.path())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}{told}");
    running.stop().await;
}
