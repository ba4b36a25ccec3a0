//! `omsctl doctor`: whether all that OMS needs is as it should be, and what to do where it is not.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use oms_proto::Time;
use oms_proto::columns::{account_blocks, account_reason, account_word};
use oms_proto::request::{AccountList, EventList, StatusShow};
use oms_proto::version::Versions;
use oms_proto::view::{AccountView, StatusView, Trust};

use super::Context;
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};
use crate::render::{Check, human};

/// Where the package keeps the database, where no daemon tells.
const STATE: &str = "/var/lib/oms";

/// Less than this is soon used up by a database and its copies.
const FREE_BYTES_MIN: u64 = 1024 * 1024 * 1024;

/// A certificate that lasts no longer than this is to be renewed.
const SOON: Duration = Duration::from_secs(30 * 24 * 3600);

/// A clock may go back this far before anybody notices.
const CLOCK_BACK_MAX: Duration = Duration::from_secs(5);

/// 2026: no clock that is right shows less.
const EARLIEST: Time = Time(1_767_225_600_000_000);

pub(super) async fn run(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let now = (context.io.now)();
    let mut checks = socket(&context.socket);
    let found = ask(&context.socket).await;
    let told = found.as_ref().ok();
    let state = told.and_then(|found| found.status.state_dir.as_deref());
    checks.push(disk(Path::new(state.unwrap_or(STATE))));
    match found {
        Ok(found) => {
            checks.extend(daemon(&found, now));
            checks.extend(accounts(&found.accounts, now));
        }
        Err(failure) => checks.push(Check::bad("daemon", failure.message, "")),
    }
    context.print_list(&checks, "")?;
    let bad = checks.iter().filter(|check| check.is_bad()).count();
    if bad == 0 {
        return Ok(Exit::Done);
    }
    let bad = human::count(bad.try_into().unwrap_or(u64::MAX), "thing");
    Err(Failure::new(
        Exit::Failed,
        format!("{bad} to mend, see above"),
    ))
}

/// What the daemon says.
struct Found {
    protocol: u16,
    status: StatusView,
    accounts: Vec<AccountView>,
    latest: Option<Time>,
}

async fn ask(socket: &Path) -> Result<Found, Failure> {
    let daemon = Daemon::connect(socket).await?;
    let latest = EventList {
        since: None,
        limit: 1,
        ..EventList::default()
    };
    Ok(Found {
        protocol: daemon.version(),
        status: daemon.ask(StatusShow {}).await?,
        accounts: daemon.ask_all(AccountList::default()).await?,
        latest: daemon.ask(latest).await?.events.last().map(|it| it.at),
    })
}

/// The socket, the group that may use it, and its permissions.
fn socket(path: &Path) -> Vec<Check> {
    let shown = path.display().to_string();
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let advice = "become a member of the group that owns its folder, then log in anew";
            return vec![Check::bad(
                "socket",
                format!("{shown}: no permission"),
                advice,
            )];
        }
        Err(error) => {
            let advice = "start omsd (systemctl start omsd), or name its socket with --socket";
            return vec![Check::bad("socket", format!("{shown}: {error}"), advice)];
        }
    };
    if !found.file_type().is_socket() {
        let advice = "name omsd's socket with --socket or OMS_SOCKET";
        return vec![Check::bad(
            "socket",
            format!("{shown} is no socket"),
            advice,
        )];
    }
    let mut checks = vec![Check::ok("socket", shown)];
    let group = group_name(found.gid());
    checks.push(match group {
        Some(name) if found.gid() != 0 => Check::ok("group", name),
        name => {
            let name = name.unwrap_or_else(|| found.gid().to_string());
            let detail =
                format!("the socket belongs to group {name}: only root and its owner use it");
            Check::warn(
                "group",
                detail,
                "for others: groupadd --system oms, adduser USER oms, restart omsd",
            )
        }
    });
    let mode = found.permissions().mode() & 0o777;
    checks.push(if mode.trailing_zeros() >= 3 {
        Check::ok("permissions", format!("{mode:o}"))
    } else {
        let detail = format!("{mode:o}: every user of this machine may use the socket");
        Check::bad(
            "permissions",
            detail,
            "restart omsd, which sets them to 660",
        )
    });
    checks
}

/// The name of a group of this machine.
fn group_name(gid: u32) -> Option<String> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    let gid = gid.to_string();
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == gid).then(|| name.to_owned())
    })
}

/// Whether the disk has room for the database.
fn disk(folder: &Path) -> Check {
    let Ok(found) = rustix::fs::statvfs(folder) else {
        let detail = format!("{} is not there, or may not be looked at", folder.display());
        return Check::ok("disk", detail);
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let detail = format!("{} free at {}", human::bytes(free), folder.display());
    if free < FREE_BYTES_MIN {
        Check::warn("disk", detail, "make room there; a full disk stops omsd")
    } else {
        Check::ok("disk", detail)
    }
}

/// Versions, clock, database, and what the daemon itself finds wrong.
fn daemon(found: &Found, now: Time) -> Vec<Check> {
    let status = &found.status;
    let ours = env!("CARGO_PKG_VERSION");
    let versions = format!(
        "omsctl {ours}, omsd {}, protocol {} of {}",
        status.version,
        found.protocol,
        Versions::OURS.newest()
    );
    let mut checks = vec![if status.version == ours {
        Check::ok("versions", versions)
    } else {
        Check::warn("versions", versions, "upgrade the older of the two")
    }];
    checks.push(clock(found.latest, now));
    let size = human::bytes(status.database_bytes);
    let events = status.seq;
    let at = status.state_dir.as_deref();
    let at = at.map(|folder| format!(" in {folder}")).unwrap_or_default();
    checks.push(Check::ok(
        "database",
        format!("{size}, {events} events{at}"),
    ));
    if status.draining {
        checks.push(Check::warn(
            "daemon",
            "it is stopping and takes no new entries",
            "",
        ));
    }
    for alert in &status.alerts {
        let kind = human::words(alert.kind.as_str());
        checks.push(Check::bad(
            "alert",
            format!("{kind}: {}", alert.message),
            "",
        ));
    }
    checks
}

fn clock(latest: Option<Time>, now: Time) -> Check {
    let advice = "set the clock, and keep it so with chrony or systemd-timesyncd";
    let ahead = latest.map_or(Duration::ZERO, |latest| latest.since(now));
    if now < EARLIEST {
        Check::bad("clock", format!("it shows {now}"), advice)
    } else if ahead > CLOCK_BACK_MAX {
        let ahead = human::span(ahead.as_secs());
        let detail = format!("the latest event lies {ahead} ahead of it");
        Check::bad("clock", detail, advice)
    } else {
        Check::ok("clock", now.to_string())
    }
}

/// Whether accounts can serve, and whether their clouds are who they say.
fn accounts(accounts: &[AccountView], now: Time) -> Vec<Check> {
    if accounts.is_empty() {
        let advice = "add one: omsctl account import --clouds-yaml FILE";
        return vec![Check::bad("accounts", "there is none", advice)];
    }
    let mut checks = Vec::new();
    for account in accounts {
        let name = &account.name;
        let word = account_word(account, now);
        let detail = match account_reason(account, now) {
            Some(reason) => format!("{name} is {word}: {reason}"),
            None => format!("{name} is {word}"),
        };
        let blocked = account_blocks(account, now).next().is_some();
        let serves = match word {
            "unavailable" => Check::bad(
                "account",
                detail,
                &format!("look with: omsctl account test {name}"),
            ),
            "available" if blocked => Check::warn("account", detail, "it is tried again by itself"),
            "available" if account_reason(account, now).is_some() => Check::warn(
                "account",
                detail,
                &format!("give it: omsctl account edit {name} --image IMAGE --flavor FLAVOR"),
            ),
            _ => Check::ok("account", detail),
        };
        checks.push(serves.and(certificate(account, now)));
    }
    checks
}

fn certificate(account: &AccountView, now: Time) -> Check {
    let name = &account.name;
    if let Some(ends) = account
        .certificate_ends
        .filter(|ends| ends.since(now) < SOON)
    {
        let ended = ends <= now;
        let when = if ended { "has ended" } else { "ends" };
        let detail = format!("a certificate that it was given {when} at {ends}");
        let advice = format!(
            "give the newer one: omsctl account edit {name} --ca-file, --pin-cert-file or \
             --client-cert-file FILE"
        );
        return if ended {
            Check::bad("account", detail, &advice)
        } else {
            Check::warn("account", detail, &advice)
        };
    }
    let how = match account.trust {
        Trust::System => "by the system's authorities",
        Trust::Ca => "by authorities of its own",
        Trust::Pinned => "by the one certificate that it has, which must be renewed there and here",
        Trust::None => {
            let detail = "it is reached in clear, and everybody on the way reads its password";
            let advice = format!("use https: omsctl account edit {name} --auth-url https://...");
            return Check::warn("account", detail, &advice);
        }
        Trust::Unknown => "in a way that this omsctl does not know",
    };
    Check::ok("account", format!("trusted {how}"))
}
