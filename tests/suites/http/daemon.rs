//! The daemon as a whole: what it makes, what it refuses, how it stops.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use omsd::daemon::{DATABASE_FILE, Daemon, DaemonError, KEY_FILE, Outside, TOKEN_FILE};
use omsd::exit;
use tempfile::TempDir;

use crate::peer::{Running, config};

async fn refused(dir: &TempDir, settings: &[&str]) -> (u8, String) {
    let config = config(dir, settings);
    let Err(error) = Daemon::start(&config, Outside::real(&config)).await else {
        panic!("it starts");
    };
    let told = error
        .to_string()
        .replace(&dir.path().display().to_string(), "DIR");
    (error.exit_code(), told)
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_makes_is_for_its_owner_alone() {
    let running = Running::start().await;
    let state = running.dir.path().join("state");
    assert_eq!(mode(&state), 0o700);
    for file in [DATABASE_FILE, KEY_FILE, TOKEN_FILE] {
        assert_eq!(mode(&state.join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&running.dir.path().join("omsd.sock")), 0o600);
    let dir = running.stop().await;
    assert!(!dir.path().join("omsd.sock").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_there_after_a_restart() {
    let running = Running::start_with_account().await;
    let token = running.token.clone();
    let made = running.post("/api/queues/?wait=30", "").await.json();
    let clouds = running.clouds.clone();
    let running = Running::start_on(clouds, running.stop().await, &[]).await;
    assert_eq!(running.token, token);
    let shown = running.get("/api/queues/1/").await.json();
    assert_eq!(shown["regist_datetime"], made["regist_datetime"]);
    assert_eq!(shown["instance"]["key_raw"], made["instance"]["key_raw"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_daemon_a_database() {
    let running = Running::start().await;
    let (code, told) = refused(&running.dir, &[]).await;
    assert_eq!(code, exit::STATE);
    assert!(
        told.starts_with("another omsd uses this database: DIR/state/"),
        "{told}"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("http.listen={}", taken.local_addr().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (code, told) = refused(&dir, &[&listen]).await;
    let address = taken.local_addr().unwrap();
    assert_eq!(code, exit::LISTEN);
    assert_eq!(
        told,
        format!(
            "cannot listen on http://{address}; stop what uses it, or set another `http.listen`"
        )
    );
    assert!(
        !dir.path().join("omsd.sock").exists(),
        "the socket stays behind"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_its_key_is_not_opened() {
    let running = Running::start().await;
    let dir = running.stop().await;
    fs::remove_file(dir.path().join("state").join(KEY_FILE)).unwrap();
    let (code, told) = refused(&dir, &[]).await;
    assert_eq!(code, exit::STATE);
    assert!(
        told.contains("the key file DIR/state/oms.key is missing"),
        "{told}"
    );
    fs::write(dir.path().join("state").join(KEY_FILE), [7; 32]).unwrap();
    let key = dir.path().join("state").join(KEY_FILE);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let (code, told) = refused(&dir, &[]).await;
    assert_eq!(code, exit::STATE, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_directory_that_cannot_be_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("state"), "a file").unwrap();
    let (code, told) = refused(&dir, &[]).await;
    assert_eq!(code, exit::STATE, "{told}");
    assert!(told.contains("DIR/state"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_was_told_to_stop_is_not_ready() {
    use tower::ServiceExt;
    let running = Running::start().await;
    let request = http::Request::get("/readyz").header("host", "localhost");
    let asked = running
        .router_that_stops()
        .oneshot(request.body(String::new()).unwrap());
    let reply = asked.await.unwrap();
    assert_eq!(reply.status(), 503);
    assert_eq!(reply.headers()["retry-after"], "2");
    running.stop().await;
}

#[test]
fn errors_have_their_exit_codes() {
    let system = DaemonError::System {
        doing: "start a thread",
        source: std::io::Error::other("x"),
    };
    assert_eq!(system.exit_code(), exit::FAILED);
    assert_eq!(DaemonError::EngineGone.exit_code(), exit::FAILED);
}
