//! omsd under systemd, without one: word that it serves, signs of life, and listeners that were open
//! before it.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use oms_tests::harness::daemon::Home;
use oms_tests::harness::http::Rest;
use oms_tests::harness::process::{bare, run, tell};
use oms_tests::harness::wait::PATIENCE;
use rustix::process::Signal;
use tokio::net::UnixDatagram;
use tokio::process::Command;

use crate::stage::programs;

/// What the daemon says next.
async fn hears(manager: &UnixDatagram) -> Result<String> {
    let mut bytes = [0; 512];
    let heard = tokio::time::timeout(PATIENCE, manager.recv(&mut bytes));
    let count = heard.await.context("nothing is said")??;
    let said = bytes.get(..count).unwrap_or_default();
    Ok(String::from_utf8_lossy(said).trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_is_told_of_the_start_of_life_and_of_the_stop() -> Result<()> {
    let home = Home::make(programs(), "")?;
    let path = home.path().join("notify");
    let manager = UnixDatagram::bind(&path)?;
    let mut command = home.omsd(&[]);
    command.env("NOTIFY_SOCKET", &path);
    command.env("WATCHDOG_USEC", "300000");
    let mut daemon = command.stderr(Stdio::null()).spawn()?;
    assert_eq!(hears(&manager).await?, "READY=1");
    for _ in 0..3 {
        assert_eq!(hears(&manager).await?, "WATCHDOG=1");
    }
    tell(&daemon, Signal::STOP)?;
    // One may have been under way.
    while let Ok(Ok(_)) =
        tokio::time::timeout(Duration::from_millis(400), manager.recv(&mut [0; 64])).await
    {}
    tell(&daemon, Signal::CONT)?;
    assert_eq!(hears(&manager).await?, "WATCHDOG=1");
    tell(&daemon, Signal::TERM)?;
    let mut said = hears(&manager).await?;
    while said == "WATCHDOG=1" {
        said = hears(&manager).await?;
    }
    assert_eq!(said, "STOPPING=1");
    let ended = tokio::time::timeout(PATIENCE, daemon.wait()).await??;
    assert_eq!(ended.code(), Some(0));
    Ok(())
}

/// omsd with these sockets as systemd passes them, by way of standard input and output.
fn activated(home: &Home, passed: [OwnedFd; 2]) -> Command {
    let omsd = home.omsd(&[]);
    let mut command = bare("/bin/sh".as_ref(), home.path());
    let script = "exec 3<&0 4<&1 </dev/null >/dev/null; \
                  LISTEN_PID=$$ LISTEN_FDS=2 exec \"$0\" \"$@\"";
    command.arg("-c").arg(script);
    command.arg(omsd.as_std().get_program());
    command.args(omsd.as_std().get_args());
    let [first, second] = passed;
    command.stdin(first).stdout(second);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_that_are_open_already_outlive_the_daemon() -> Result<()> {
    let home = Home::make(programs(), "")?;
    let socket = UnixListener::bind(home.socket())?;
    let http = TcpListener::bind("127.0.0.1:0")?;
    let address = http.local_addr()?;
    for start in 0..2 {
        // Asked before anybody serves: the answer comes once somebody does.
        let early = tokio::spawn(run(home.omsctl(&["status", "-o", "json"])));
        let passed = [socket.try_clone()?.into(), http.try_clone()?.into()];
        let mut command = activated(&home, passed);
        let mut daemon = command.stderr(Stdio::null()).spawn()?;
        // It holds what it was given until it is dropped.
        drop(command);
        let status = early.await??.json()?;
        assert!(status.is_object(), "start {start}: {status}");
        let ready = Rest::new(address, None).get("/readyz").await?;
        assert_eq!(ready.status.as_u16(), 200);
        tell(&daemon, Signal::TERM)?;
        let ended = tokio::time::timeout(PATIENCE, daemon.wait()).await??;
        assert_eq!(ended.code(), Some(0));
        assert!(home.socket().exists(), "it is not the daemon's to remove");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_that_cannot_be_served_are_refused_in_words() -> Result<()> {
    let home = Home::make(programs(), "")?;
    let socket = || UnixListener::bind(home.path().join("one")).map(OwnedFd::from);
    let second = UnixListener::bind(home.path().join("two"))?;
    let everywhere = TcpListener::bind("0.0.0.0:0")?;
    for (passed, code, words) in [
        ([socket()?, second.into()], 4, "one Unix socket and one TCP"),
        (
            [
                std::net::UdpSocket::bind("127.0.0.1:0")?.into(),
                TcpListener::bind("127.0.0.1:0")?.into(),
            ],
            4,
            "mend the ListenStream= lines",
        ),
        (
            [everywhere.into(), UnixListener::bind(home.socket())?.into()],
            2,
            "can be reached from other machines",
        ),
    ] {
        let mut command = activated(&home, passed);
        command.stderr(Stdio::piped());
        let ended = command.spawn()?.wait_with_output().await?;
        let said = String::from_utf8(ended.stderr)?;
        ensure!(said.contains(words), "{words}: {said}");
        assert_eq!(ended.status.code(), Some(code), "{said}");
    }
    Ok(())
}
