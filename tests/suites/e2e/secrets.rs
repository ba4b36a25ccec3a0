//! No secret lies in clear: not in the database, not in the log, not in a journal.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use oms_proto::view::Status;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::stage::{Stage, bad_create, good, programs};
use oms_tests::cloud::{Fault, SignInWith};
use oms_tests::harness::process::run;

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
    let guest = "guest-secret-in-user-data";
    let user_data = format!(r#"{{"user_data": "echo {guest}"}}"#);
    let entry = stage.create(Some(&user_data)).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    let handed = stage.cloud("south")?.live_servers();
    let handed = handed
        .first()
        .and_then(|server| server.user_data.as_deref());
    assert_eq!(
        handed,
        Some(&*BASE64_STANDARD.encode(format!("echo {guest}")))
    );
    let key = entry
        .instance
        .and_then(|instance| instance.key_raw)
        .context("no key")?;
    let token = stage.home.token()?;
    let mut secrets = vec![
        "north-appcred-secret".to_owned(),
        "south-secret".to_owned(),
        guest.to_owned(),
        BASE64_STANDARD.encode(format!("echo {guest}")),
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

/// The kernel keeps others out of `/proc/ID/` of what must not be dumped, by giving it to root.
#[tokio::test(flavor = "multi_thread")]
async fn no_core_of_the_daemon_is_written() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let id = stage.daemon.process()?;
    let limits = fs::read_to_string(format!("/proc/{id}/limits"))?;
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let numbers: Vec<_> = core.context("no such limit")?.split_whitespace().collect();
    assert_eq!(numbers[4..6], ["0", "0"], "{limits}");
    let dumpable = fs::metadata(format!("/proc/{id}/environ"))?;
    assert_eq!(dumpable.uid(), 0);
    stage.finish().await
}

/// Listens at a socket and prints all that it is told, once its peer has gone.
const LISTENER: &str = r#"
    use IO::Socket::UNIX;
    my $socket = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die "$!";
    chmod 0777, $ARGV[0];
    print "listens\n";
    STDOUT->flush;
    my $peer = $socket->accept;
    local $/;
    print <$peer>;
"#;

/// Only root can run something as somebody else; whoever runs this otherwise has the rule's own test.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_at_the_socket_is_told_nothing() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    chown(dir.path(), Some(65_534), Some(65_534))?;
    let socket = dir.path().join("omsd.sock");
    let mut stranger = Command::new("perl")
        .args(["-e", LISTENER])
        .arg(&socket)
        .uid(65_534)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut told = BufReader::new(stranger.stdout.take().context("no output")?);
    let mut line = String::new();
    told.read_line(&mut line).await?;
    assert_eq!(line, "listens\n");
    let mut omsctl = programs().command("omsctl", dir.path());
    omsctl.arg("--socket").arg(&socket);
    let password = dir.path().join("password");
    fs::write(&password, "hush-hush")?;
    omsctl.args(["account", "edit", "alpha", "--password-file"]);
    omsctl.arg(&password);
    let ran = run(omsctl).await?;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(ran.stderr.contains("runs as user 65534"), "{ran:?}");
    let mut heard = Vec::new();
    told.read_to_end(&mut heard).await?;
    assert_eq!(heard, b"");
    stranger.wait().await?;
    Ok(())
}
