//! When omsd must not start: each time a clear sentence, its exit code, and nothing changed, so
//! that it starts once the cause is gone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context as _, Result};
use oms_proto::view::Status;
use oms_tests::harness::daemon::Home;
use redb::TableDefinition;

use crate::stage::{Stage, good};

/// A start is refused with this exit code and these words.
async fn refused(home: &Home, args: &[String], code: i32, words: &str) -> Result<()> {
    let ran = home.refused(args).await?;
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert!(
        ran.stderr.contains(words),
        "{words:?} is not in {}",
        ran.stderr
    );
    Ok(())
}

fn set(key: &str, value: &str) -> [String; 2] {
    ["--set".to_owned(), format!("{key}={value}")]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_is_refused_and_does_no_harm() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let home = &stage.home;
    let other = home.path().join("other");
    let other_socket = set("socket", &other.join("omsd.sock").display().to_string());
    let other_state = set("state_dir", &other.join("state").display().to_string());
    fs::create_dir(&other)?;
    refused(home, &other_socket, 3, "another omsd uses this database").await?;
    refused(home, &other_state, 4, "another omsd serves").await?;
    let address = stage.daemon.rest().address();
    let same_port = set("http.listen", &address.to_string());
    let all = [other_socket, other_state, same_port].concat();
    refused(home, &all, 4, &format!("cannot listen on http://{address}")).await?;
    // The first has not noticed.
    let entry = stage.create(None).await?;
    stage.reaches(entry.id, Status::Run).await?;
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_socket_makes_way_and_anything_else_does_not() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let stage = stage.kill_and_start().await?;
    let stage = stage
        .stop_and_start(async |home| {
            assert!(!home.socket().exists(), "the socket is left after SIGTERM");
            fs::write(home.socket(), "mine")?;
            refused(home, &[], 4, "is there already and is no socket").await?;
            assert_eq!(fs::read_to_string(home.socket())?, "mine");
            Ok(fs::remove_file(home.socket())?)
        })
        .await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_nothing_starts() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let entry = stage.create(None).await?;
    stage.reaches(entry.id, Status::Run).await?;
    let stage = stage
        .stop_and_start(async |home| {
            let key = fs::read(home.key())?;
            fs::remove_file(home.key())?;
            refused(home, &[], 3, "is missing; put it back").await?;
            let private = |bytes: &[u8]| {
                fs::write(home.key(), bytes)?;
                fs::set_permissions(home.key(), fs::Permissions::from_mode(0o600))
            };
            private(&[7; 32])?;
            refused(home, &[], 3, "the key does not belong to this database").await?;
            private(b"short")?;
            refused(home, &[], 3, "is not a key").await?;
            private(&key)?;
            fs::set_permissions(home.key(), fs::Permissions::from_mode(0o644))?;
            refused(home, &[], 3, "chmod 600").await?;
            Ok(private(&key)?)
        })
        .await?;
    stage.reaches(entry.id, Status::Run).await?;
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_right_is_never_an_empty_start() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let entry = stage.create(None).await?;
    stage.reaches(entry.id, Status::Run).await?;
    let stage = stage
        .stop_and_start(async |home| {
            let path = home.database();
            let whole = fs::read(&path)?;
            let half = whole.len() / 2;
            for (bytes, words) in [
                (whole.get(..half).context("empty")?, "is damaged"),
                (b"not a database".as_slice(), "is not a database of omsd"),
            ] {
                fs::write(&path, bytes)?;
                refused(home, &[], 3, words).await?;
                assert_eq!(fs::read(&path)?, bytes, "it was changed");
            }
            fs::write(&path, &whole)?;
            write_format(home, 7)?;
            refused(home, &[], 3, "upgrade omsd").await?;
            Ok(fs::write(&path, &whole)?)
        })
        .await?;
    stage.reaches(entry.id, Status::Run).await?;
    stage.remove(entry.id).await?;
    stage.finish().await
}

/// Makes the database look as if a later omsd had written it.
fn write_format(home: &Home, format: u32) -> Result<()> {
    const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    let database = redb::Database::open(home.database())?;
    let transaction = database.begin_write()?;
    let mut meta = transaction.open_table(META)?;
    meta.insert("format", format.to_le_bytes().as_slice())?;
    drop(meta);
    Ok(transaction.commit()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn http_is_not_served_to_other_machines() -> Result<()> {
    let stage = Stage::with([]).await?;
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8780"] {
        let args = set("http.listen", address);
        refused(&stage.home, &args, 2, "so it wants TLS").await?;
    }
    stage.finish().await
}
