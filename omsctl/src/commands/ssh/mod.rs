//! `omsctl instance ssh`: hands the instance's key to ssh and takes it away afterwards.

use std::ffi::OsString;
use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use oms_proto::view::InstanceView;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::Context;
use crate::cli::SshArgs;
use crate::exit::{Exit, Failure};
use crate::io::Io;

/// Shown in place of the key's file where none is written.
const KEY_PLACEHOLDER: &str = "KEY_FILE";

pub(super) async fn run(
    context: &mut Context<'_>,
    instance: &InstanceView,
    args: SshArgs,
) -> Result<Exit, Failure> {
    let address = address(instance)?;
    // Removed when it goes out of scope, however the session ends.
    let mut folder = None;
    let key = match (&instance.key_raw, &args.key_file) {
        (None, Some(_)) => {
            return Err(Failure::usage(
                "there is no key to write: the entry brought its own public key, or you may not \
                 see the private one",
            ));
        }
        (None, None) => None,
        (Some(key), Some(path)) => {
            write_key(path, key)?;
            context.note(&format!("the private key is in {}", path.display()));
            Some(path.clone())
        }
        (Some(_), None) if args.print => Some(PathBuf::from(KEY_PLACEHOLDER)),
        (Some(key), None) => {
            let private = folder.insert(private_folder(context.io)?);
            let path = private.path().join("key");
            write_key(&path, key)?;
            Some(path)
        }
    };
    let user = args.user.as_deref().or(context.io.var("OMS_SSH_USER"));
    let user = user.unwrap_or("root").to_owned();
    let line = command_line(instance, address, &user, key.as_deref(), &args.rest);
    if args.print {
        if key.as_deref() == Some(Path::new(KEY_PLACEHOLDER)) {
            context.note("add --key-file FILE to have the private key written there");
        }
        let words: Vec<String> = line.iter().map(quoted).collect();
        context.io.print(&format!("ssh {}\n", words.join(" ")))?;
        return Ok(Exit::Done);
    }
    let status = session(&line).await;
    drop(folder);
    let status = status?;
    Ok(Exit::Of(exit_code(status)))
}

/// The address, which must be one: whatever else a cloud might answer could be an option of ssh.
fn address(instance: &InstanceView) -> Result<IpAddr, Failure> {
    let id = instance.id;
    let Some(text) = &instance.ip_addr else {
        return Err(Failure::new(
            Exit::NotFound,
            format!("instance {id} has no address"),
        ));
    };
    text.parse().map_err(|_| {
        Failure::new(
            Exit::Failed,
            format!("instance {id} has an address that is none: {text}"),
        )
    })
}

/// The arguments for ssh. Extra ones come last: ssh takes options there too, and what follows them
/// is the command to run.
fn command_line(
    instance: &InstanceView,
    address: IpAddr,
    user: &str,
    key: Option<&Path>,
    rest: &[String],
) -> Vec<OsString> {
    let mut line: Vec<OsString> = Vec::new();
    if let Some(key) = key {
        // Only this key: an agent with many of them would use up the server's patience.
        line.extend([
            "-o".into(),
            "IdentitiesOnly=yes".into(),
            "-i".into(),
            key.into(),
        ]);
    }
    // Addresses are used again, server ids are not.
    let alias: String = instance
        .instance_id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    line.extend(["-o".into(), format!("HostKeyAlias=oms-{alias}").into()]);
    line.extend(["-l".into(), user.into(), address.to_string().into()]);
    line.extend(rest.iter().map(OsString::from));
    line
}

/// A folder that only the user can look into, in memory where the system has a place for that.
fn private_folder(io: &Io) -> Result<TempDir, Failure> {
    let mut builder = tempfile::Builder::new();
    builder
        .prefix("omsctl-")
        .permissions(Permissions::from_mode(0o700));
    let runtime = io.var("XDG_RUNTIME_DIR").map(Path::new);
    let made = match runtime.filter(|folder| folder.is_dir()) {
        Some(folder) => builder.tempdir_in(folder),
        None => builder.tempdir(),
    };
    made.map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("cannot make a private folder for the key: {error}"),
        )
    })
}

/// Writes a new file that only the user can read; one that exists is never overwritten.
fn write_key(path: &Path, key: &str) -> Result<(), Failure> {
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(key.as_bytes())?;
        // ssh refuses a key without its last line break.
        if !key.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        Ok(())
    };
    write().map_err(|error: std::io::Error| {
        Failure::usage(format!(
            "cannot write the key to {}: {error}",
            path.display()
        ))
    })
}

/// Runs ssh to its end. Signals meant for the session do not end this program before it has
/// removed the key.
async fn session(line: &[OsString]) -> Result<ExitStatus, Failure> {
    let broken =
        |error: std::io::Error| Failure::new(Exit::Failed, format!("cannot run ssh: {error}"));
    // Ctrl-C reaches ssh by itself; it has only to be survived here.
    let _interrupt = signal(SignalKind::interrupt()).map_err(broken)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(broken)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(broken)?;
    let mut child = Command::new("ssh")
        .args(line)
        .kill_on_drop(true)
        .spawn()
        .map_err(broken)?;
    tokio::select! {
        status = child.wait() => status.map_err(broken),
        _ = terminate.recv() => Err(Failure::silent(Exit::Of(143))),
        _ = hangup.recv() => Err(Failure::silent(Exit::Of(129))),
    }
}

/// The code of ssh itself, or 128 and the signal that ended it, as shells count.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| signal.saturating_add(128)));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(Exit::Failed.code())
}

/// A word as a shell reads it back.
fn quoted(word: &OsString) -> String {
    let text = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests;
