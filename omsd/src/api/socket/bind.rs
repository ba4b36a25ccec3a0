//! Puts the socket into the file system: takes the place of a dead one, never of a live one, and
//! lets only the daemon's user and one group connect.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use oms_proto::version::Versions;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::peer::{Policy, group_id};
use crate::files::{self, Identity};
use crate::service::Role;

/// How long a socket that is there already is asked whether anybody serves it. A live daemon
/// takes connections at once; one that does not is busy rather than dead.
const PROBE_MAX: Duration = Duration::from_secs(1);

/// What the configuration says of the socket.
#[derive(Debug, Clone)]
pub struct SocketOptions {
    /// The protocol versions that it speaks.
    pub versions: Versions,
    /// Where it is.
    pub path: PathBuf,
    /// The group whose members may connect besides root and the daemon's own user.
    pub group: Option<String>,
    /// What members of that group may do.
    pub group_role: Role,
    /// Connections side by side; each may hold up to an answer frame and a request frame of memory.
    pub connections: usize,
    /// Peers told at a time why they are turned away; more are just cut off.
    pub refusals: usize,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another daemon serves it.
    #[error("another omsd serves {path}; stop it first, or give this one another socket")]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// There is something else in its place.
    #[error("{path} is there already and is no socket; move it away, or choose another path")]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// Somebody else can put there what they like.
    #[error("the directory of {path} belongs to uid {uid}, neither to root nor to us")]
    NotOurs {
        /// The socket.
        path: PathBuf,
        /// Whose the directory is.
        uid: u32,
    },
    /// It is systemd's to make.
    #[error("systemd holds it: run `systemctl restart omsd.socket`, which restarts omsd as well")]
    Lent,
    /// The system refused.
    #[error("cannot {doing} {path}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The socket.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// A socket that listens, and who may use it.
pub(super) struct Bound {
    pub(super) listener: UnixListener,
    pub(super) file: SocketFile,
    pub(super) policy: Policy,
    pub(super) versions: Versions,
}

/// The socket's place in the file system.
pub(super) struct SocketFile {
    path: PathBuf,
    /// To tell it from a successor's.
    identity: Identity,
    /// Whether it is open for whoever serves it next, too.
    lent: bool,
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) const fn is_lent(&self) -> bool {
        self.lent
    }

    /// Whether clients still find the socket under its name.
    pub(super) fn is_in_place(&self) -> bool {
        let found = fs::symlink_metadata(&self.path);
        found.is_ok_and(|found| Identity::of(&found) == self.identity)
    }

    /// Takes the socket away, unless it is lent or another daemon has put its own there.
    pub(super) fn remove(&self) {
        if !self.lent
            && self.is_in_place()
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the socket");
        }
    }
}

pub(super) async fn bind(options: &SocketOptions) -> Result<Bound, BindError> {
    let path = &options.path;
    let io = |doing| {
        move |source| BindError::Io {
            doing,
            path: path.clone(),
            source,
        }
    };
    make_way(path).await?;
    let listener = UnixListener::bind(path).map_err(io("listen on"))?;
    // Only this process can have made the file, so its owner is who we are.
    let socket = fs::symlink_metadata(path).map_err(io("look at"))?;
    let group = options
        .group
        .as_deref()
        .and_then(|name| open_to(path, name));
    // Whoever slips in before this line is still asked for credentials.
    let mode = if group.is_some() { 0o660 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(io("set the mode of"))?;
    Ok(Bound {
        listener,
        file: SocketFile {
            path: path.clone(),
            identity: Identity::of(&socket),
            lent: false,
        },
        policy: Policy {
            own_uid: socket.uid(),
            group: group.map(|gid| (gid, options.group_role)),
        },
        versions: options.versions,
    })
}

/// Takes a socket that was opened, with its mode and group, before this process began.
pub(super) fn adopt(
    listener: std::os::unix::net::UnixListener,
    options: &SocketOptions,
) -> Result<Bound, BindError> {
    let io = |doing| {
        move |source| BindError::Io {
            doing,
            path: options.path.clone(),
            source,
        }
    };
    let address = listener.local_addr().map_err(io("tell the place of"))?;
    let path = address.as_pathname().unwrap_or(&options.path).to_owned();
    let socket = fs::symlink_metadata(&path).map_err(io("look at"))?;
    listener.set_nonblocking(true).map_err(io("listen on"))?;
    let listener = UnixListener::from_std(listener).map_err(io("listen on"))?;
    let group = options.group.as_deref();
    let group = group.and_then(|name| match group_id(name) {
        Ok(gid) => Some((gid, options.group_role)),
        Err(error) => {
            tracing::warn!(group = name, %error, "nobody is let in for being in the group");
            None
        }
    });
    Ok(Bound {
        listener,
        file: SocketFile {
            path,
            identity: Identity::of(&socket),
            lent: true,
        },
        policy: Policy {
            own_uid: rustix::process::geteuid().as_raw(),
            group,
        },
        versions: options.versions,
    })
}

/// Binds a socket that has lost its place, unless somebody else has its directory by now.
pub(super) async fn bind_again(options: &SocketOptions) -> Result<Bound, BindError> {
    let path = &options.path;
    let directory = path.parent().unwrap_or(path);
    let found = fs::metadata(directory).map_err(|source| BindError::Io {
        doing: "look at the directory of",
        path: path.clone(),
        source,
    })?;
    if !files::is_ours(&found) {
        return Err(BindError::NotOurs {
            path: path.clone(),
            uid: found.uid(),
        });
    }
    bind(options).await
}

/// Removes a socket that nobody serves any more.
async fn make_way(path: &Path) -> Result<(), BindError> {
    let io = |doing, source| BindError::Io {
        doing,
        path: path.to_owned(),
        source,
    };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io("look at", error)),
        Ok(found) if !found.file_type().is_socket() => {
            let path = path.to_owned();
            return Err(BindError::NotASocket { path });
        }
        Ok(_) => {}
    }
    match timeout(PROBE_MAX, UnixStream::connect(path)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|error| io("remove the dead", error))
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(Err(error)) => Err(io("connect to", error)),
        Ok(Ok(_)) | Err(_) => Err(BindError::InUse {
            path: path.to_owned(),
        }),
    }
}

/// Gives the socket to a group. A daemon that a person starts by hand may know no such group or
/// not be in it; then the socket is for its own user, and the log says so.
fn open_to(path: &Path, name: &str) -> Option<u32> {
    let given = group_id(name).and_then(|gid| chown(path, None, Some(gid)).map(|()| gid));
    match given {
        Ok(gid) => Some(gid),
        Err(error) => {
            tracing::warn!(
                group = name,
                %error,
                "cannot give the socket to the group; only root and this user can connect"
            );
            None
        }
    }
}
