//! What the daemon stands on: nobody else's files, never an empty start, and no acknowledgement once
//! the ground is gone.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use omsd::daemon::{DATABASE_FILE, Daemon, DaemonError, KEY_FILE, Outside, TOKEN_FILE};
use omsd::exit;
use omsd::telemetry::Chain;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::peer::{PATIENCE, Running, config};

const UNFINISHED: &str = "oms.redb.new";

/// Somebody else, on every system.
const NOBODY: u32 = 65_534;

fn state(dir: &TempDir) -> PathBuf {
    dir.path().join("state")
}

/// Where a daemon was before.
async fn used() -> TempDir {
    Running::start().await.stop().await
}

/// A start that must be refused with exit code 3 and these words.
async fn refused(dir: &TempDir, words: &str) {
    let config = config(dir, &[]);
    let start = Daemon::start(&config, Outside::real(&config));
    let Err(error) = timeout(PATIENCE, start).await.expect("it hangs") else {
        panic!("it starts: {words}");
    };
    assert_eq!(error.exit_code(), exit::STATE, "{error}");
    assert!(error.to_string().contains(words), "{error} ({words})");
}

fn private(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_or_token_without_the_database_is_no_first_start() {
    for kept in [&[KEY_FILE, TOKEN_FILE][..], &[KEY_FILE], &[TOKEN_FILE]] {
        let dir = used().await;
        for file in [KEY_FILE, TOKEN_FILE, DATABASE_FILE] {
            if !kept.contains(&file) {
                fs::remove_file(state(&dir).join(file)).unwrap();
            }
        }
        refused(&dir, "is missing although").await;
        refused(&dir, "To begin anew with nothing, move").await;
        assert!(!state(&dir).join(DATABASE_FILE).exists());
        for file in kept {
            let path = state(&dir).join(file);
            fs::rename(&path, path.with_extension("old")).unwrap();
        }
        Running::start_in(dir, &[]).await.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_was_cut_short_goes_on_where_it_was() {
    for made in [&[][..], &[KEY_FILE], &[KEY_FILE, TOKEN_FILE]] {
        let dir = used().await;
        for file in [KEY_FILE, TOKEN_FILE] {
            if !made.contains(&file) {
                fs::remove_file(state(&dir).join(file)).unwrap();
            }
        }
        fs::remove_file(state(&dir).join(DATABASE_FILE)).unwrap();
        private(&state(&dir).join(UNFINISHED), b"");
        let dir = Running::start_in(dir, &[]).await.stop().await;
        assert!(!state(&dir).join(UNFINISHED).exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_is_followed_into_somebody_elses_file() {
    for name in [DATABASE_FILE, UNFINISHED, KEY_FILE, TOKEN_FILE] {
        for exists in [true, false] {
            let dir = used().await;
            let victim = dir.path().join("victim");
            if exists {
                private(&victim, b"precious");
            }
            let link = state(&dir).join(name);
            if name == UNFINISHED {
                for file in [DATABASE_FILE, KEY_FILE, TOKEN_FILE] {
                    fs::remove_file(state(&dir).join(file)).unwrap();
                }
            } else {
                fs::remove_file(&link).unwrap();
            }
            symlink(&victim, &link).unwrap();
            refused(&dir, "is a link, and omsd follows none").await;
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            let left = fs::read(&victim).ok();
            assert_eq!(
                left.as_deref(),
                exists.then_some(&b"precious"[..]),
                "{name}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_has_another_name_is_not_emptied() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(state(&dir)).unwrap();
    let victim = dir.path().join("victim");
    private(&victim, b"precious");
    fs::hard_link(&victim, state(&dir).join(UNFINISHED)).unwrap();
    refused(&dir, "is not a database of omsd").await;
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_hangs_no_start() {
    for name in [DATABASE_FILE, KEY_FILE, TOKEN_FILE] {
        let dir = used().await;
        let path = state(&dir).join(name);
        fs::remove_file(&path).unwrap();
        fifo(&path);
        refused(&dir, "move").await;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(state(&dir)).unwrap();
    fifo(&state(&dir).join(UNFINISHED));
    refused(&dir, "is not a database of omsd").await;
    let dir = tempfile::tempdir().unwrap();
    fifo(&state(&dir));
    refused(&dir, "the state directory").await;
}

/// Only root can give files away; whoever runs this as somebody else has the other tests.
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_somebody_else_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for name in [DATABASE_FILE, KEY_FILE, TOKEN_FILE] {
        let dir = used().await;
        chown(state(&dir).join(name), Some(NOBODY), None).unwrap();
        refused(&dir, "belongs to uid 65534, neither to root nor").await;
    }
    let dir = used().await;
    chown(state(&dir), Some(NOBODY), None).unwrap();
    refused(&dir, "state belongs to uid 65534, neither").await;
    chown(state(&dir), Some(0), None).unwrap();
    // A link that somebody else has put in its place.
    let elsewhere = dir.path().join("elsewhere");
    fs::rename(state(&dir), &elsewhere).unwrap();
    symlink(&elsewhere, state(&dir)).unwrap();
    let dir = Running::start_in(dir, &[]).await.stop().await;
    std::os::unix::fs::lchown(state(&dir), Some(NOBODY), None).unwrap();
    refused(&dir, "state belongs to uid 65534, neither").await;
    // Planted before the first start.
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(state(&dir)).unwrap();
    private(&state(&dir).join(UNFINISHED), b"");
    chown(state(&dir).join(UNFINISHED), Some(NOBODY), None).unwrap();
    refused(&dir, "belongs to uid 65534, neither").await;
}

/// How the state directory may go away under a daemon.
fn ways_to_go() -> [fn(&TempDir); 4] {
    [
        |dir| fs::remove_dir_all(state(dir)).unwrap(),
        |dir| fs::rename(state(dir), dir.path().join("moved")).unwrap(),
        |dir| fs::remove_file(state(dir).join(DATABASE_FILE)).unwrap(),
        |dir| {
            let path = state(dir).join(DATABASE_FILE);
            let copy = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            private(&path, &copy);
        },
    ]
}

async fn lost(running: Running) {
    let ended = timeout(PATIENCE, running.ended).await.unwrap().unwrap();
    let error: DaemonError = ended.unwrap_err();
    assert_eq!(error.exit_code(), exit::STATE);
    let told = Chain(&error).to_string();
    assert!(told.contains("no longer the database"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_once_the_database_is_gone() {
    for go in ways_to_go() {
        // Without an account nothing else is committed.
        let running = Running::start().await;
        go(&running.dir);
        let reply = running.post("/api/queues/", "").await;
        assert_eq!(reply.status, 503, "{}", reply.text());
        lost(running).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_told_before_anybody_asks_for_anything() {
    let [removed, .., replaced] = ways_to_go();
    for go in [removed, replaced] {
        let running = Running::start().await;
        assert_eq!(running.get("/readyz").await.status, 200);
        go(&running.dir);
        while running.get("/readyz").await.status == 200 {}
        let status = running.get("/api/status/").await.json();
        assert_eq!(status["alerts"][0]["kind"], "state", "{status}");
        let metrics = running.get("/metrics").await;
        let metrics = metrics.text();
        assert!(
            metrics.contains("oms_alerts{kind=\"state\"} 1\n"),
            "{metrics}"
        );
        lost(running).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_without_the_database_is_none_in_good_order() {
    let running = Running::start().await;
    fs::remove_dir_all(state(&running.dir)).unwrap();
    running.stop.cancel();
    lost(running).await;
}
