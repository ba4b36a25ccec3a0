//! No secret lies in clear: not in the database, not in the log, not in a journal.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use oms_proto::view::Status;

use crate::stage::{Stage, bad_create, good};
use oms_tests::cloud::{Fault, SignInWith};

/// Files below a directory that contain a text, but for those that are there to contain it.
fn files_with(dir: &Path, secret: &str, but: &[&str]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in fs::read_dir(dir)? {
        let path = file?.path();
        let name = path.display().to_string();
        if path.is_dir() {
            found.extend(files_with(&path, secret, but)?);
        } else if path.is_file() && !but.iter().any(|but| name.ends_with(but)) {
            let bytes = fs::read(&path)?;
            if bytes
                .windows(secret.len())
                .any(|bytes| bytes == secret.as_bytes())
            {
                found.push(name);
            }
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_private_keys_lie_nowhere_in_clear() -> Result<()> {
    let specs = [bad_create("north", Fault::Quota), good("south")];
    let stage = Stage::bare(specs.map(|spec| (spec, None))).await?;
    let mut north = stage.account("north")?;
    let sim = stage.cloud("north")?;
    north.credentials = sim
        .open_account(None, SignInWith::ApplicationCredential)
        .credentials;
    stage.add(north).await?;
    stage.add(stage.account("south")?).await?;
    let entry = stage.create(None).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    let key = entry
        .instance
        .and_then(|instance| instance.key_raw)
        .context("no key")?;
    let token = stage.home.token()?;
    let mut secrets = vec![
        "north-appcred-secret".to_owned(),
        "south-secret".to_owned(),
        token,
    ];
    // The last line is partly the same in all keys of this kind; the others are not.
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    secrets.extend(lines.skip(1).map(str::to_owned));
    assert!(secrets.len() > 4, "{key}");

    let stage = stage
        .stop_and_start(async |home| {
            for secret in &secrets {
                let found = files_with(home.path(), secret, &["admin.token"])?;
                assert!(found.is_empty(), "{secret} lies in clear in {found:?}");
            }
            Ok(())
        })
        .await?;
    // They are still there for those who may have them.
    let again = stage.reaches(entry.id, Status::Run).await?;
    assert_eq!(
        again.instance.and_then(|instance| instance.key_raw),
        Some(key)
    );
    stage.remove(entry.id).await?;
    for secret in &secrets {
        let journal = format!("{:?}", stage.journal().await?);
        assert!(
            !journal.contains(secret.as_str()),
            "{secret} is in the journal"
        );
    }
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_do_not_give_their_secrets_back() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    for path in ["/api/accounts/", "/api/accounts/south/"] {
        let answer = stage.daemon.rest().get(path).await?;
        assert_eq!(answer.status, 200);
        assert!(!answer.text.contains("south-secret"), "{}", answer.text);
    }
    stage.finish().await
}
