//! Signing in on an instance with the key that came with it. The lab's guests are not there, so
//! an sshd of ours listens on the server's address with the key that Nova was given.

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::Trouble;
use crate::oms::{Oms, Settings};
use crate::stage::stage;
use crate::wait::until;

/// Where the guests' sshd listens: the address is the server's own, but the machine's own sshd
/// may have port 22 of all addresses.
const PORT: &str = "2022";

/// How long an sshd may take to listen, and to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the cloud runs for each server it spawns: an sshd that knows the server's key.
const ON_SPAWN: &str = r#"#!/bin/sh
set -eu
case $OSLAB_METADATA in *@INSTALLATION@*) ;; *) exit 0 ;; esac
umask 077
guest=@GUESTS@/$OSLAB_UUID
mkdir "$guest"
printf '%s\n' "$OSLAB_KEY_DATA" >"$guest/authorized_keys"
ssh-keygen -q -t ed25519 -N '' -f "$guest/host_key"
mkdir -p -m 755 /run/sshd
cat >"$guest/config" <<END
ListenAddress ${OSLAB_ADDRESSES%% *}
Port @PORT@
HostKey $guest/host_key
AuthorizedKeysFile $guest/authorized_keys
PidFile $guest/pid
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
SetEnv OMS_GUEST=$OSLAB_UUID
END
exec /usr/sbin/sshd -D -f "$guest/config" -E "$guest/log"
"#;

/// The guests of one cloud; their sshds end with this.
struct Guests {
    folder: PathBuf,
    /// Kept while guests are to come up.
    _hook: Trouble,
}

impl Guests {
    fn of_alpha(oms: &Oms, installation: &str) -> Self {
        assert!(
            Path::new("/usr/sbin/sshd").exists(),
            "there is no sshd; install openssh-server, or run .ci/lab"
        );
        let folder = oms.file("guests");
        fs::create_dir(&folder).unwrap();
        let script = ON_SPAWN
            .replace("@INSTALLATION@", installation)
            .replace("@GUESTS@", folder.to_str().unwrap())
            .replace("@PORT@", PORT);
        Self {
            folder,
            _hook: Trouble::injected(&oms.lab, "alpha", "on-spawn", &script),
        }
    }

    fn pid(&self, server: &str) -> Result<String, String> {
        let guest = self.folder.join(server);
        fs::read_to_string(guest.join("pid"))
            .map(|pid| pid.trim().to_owned())
            .map_err(|error| {
                let log = fs::read_to_string(guest.join("log")).unwrap_or_default();
                format!("{}: {error}: {log}", guest.display())
            })
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        for guest in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if let Ok(pid) = self.pid(&guest.file_name().to_string_lossy()) {
                // It ends its children, which are sessions, by itself.
                let ended = Command::new("kill").arg(&pid).status();
                eprintln!("ended sshd {pid}: {ended:?}");
            }
        }
    }
}

/// Runs ssh as a person with the key in a file would.
fn ssh(key: &Path, address: &str, command: &str) -> String {
    let output = Command::new("ssh")
        .args(["-F", "/dev/null", "-p", PORT, "-i"])
        .arg(key)
        .args(options())
        .args([
            "-o",
            "IdentitiesOnly=yes",
            &format!("root@{address}"),
            command,
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Nothing is remembered, nothing is asked.
fn options() -> [&'static str; 6] {
    [
        "-o",
        "BatchMode=yes",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
    ]
}

async fn signs_in(oms: &Oms, guests: &Guests, id: u64, kind: &str) {
    let entry = oms.until_status(id, "RUN").await;
    let instance = &entry["instance"];
    let text = |field: &str| instance[field].as_str().unwrap().to_owned();
    let (server, address) = (text("instance_id"), text("ip_addr"));
    until("an sshd", PATIENCE, async || guests.pid(&server)).await;

    let key = oms.file(&format!("key-{kind}"));
    let mut file = fs::OpenOptions::new();
    let file = file.write(true).create_new(true).mode(0o600).open(&key);
    std::io::Write::write_all(&mut file.unwrap(), text("key_raw").as_bytes()).unwrap();
    // The sshd says which server it is: the command runs in this one and in no other.
    let said = ssh(&key, &address, "printf %s \"$OMS_GUEST\"");
    assert_eq!(said, server);

    let which = id.to_string();
    let mut line = vec![
        "instance",
        "ssh",
        "--entry",
        &which,
        "--",
        "-F",
        "/dev/null",
    ];
    line.extend(options());
    line.extend(["-p", PORT, "printf %s \"$OMS_GUEST\""]);
    assert_eq!(oms.omsctl(&line), server);
    let public = key_of_nova(oms, &text("key_name")).await;
    assert!(public.starts_with(kind), "{public}");
}

async fn key_of_nova(oms: &Oms, name: &str) -> String {
    let keypairs = oms.alpha.keypairs().await;
    let found = keypairs.iter().find(|keypair| keypair["name"] == name);
    found.unwrap()["public_key"].as_str().unwrap().to_owned()
}

#[tokio::test]
#[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
async fn the_key_of_an_instance_opens_it() {
    stage(Settings::default(), async |oms: &mut Oms| {
        let status = oms.show("/api/status/").await;
        let installation = status["installation"].as_str().unwrap();
        let guests = Guests::of_alpha(oms, installation);
        let kinds: [(Value, &str); 2] = [
            (json!({"accounts": ["alpha"]}), "ssh-ed25519"),
            (json!({"accounts": ["alpha"], "key_type": "rsa"}), "ssh-rsa"),
        ];
        let mut asked = Vec::new();
        for (spec, kind) in kinds {
            asked.push((oms.create(&spec).await, kind));
        }
        for (id, kind) in asked {
            signs_in(oms, &guests, id, kind).await;
        }
    })
    .await;
}
