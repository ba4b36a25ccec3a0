//! Whose word at a socket is taken for the daemon's. Whoever may write to the socket's folder can put
//! a socket of their own there, and would be told every password that a client has for omsd.
//!
//! The kernel says as whom the peer runs (`SO_PEERCRED`, unix(7)). Root and our own user are trusted;
//! anybody else only where root has seen to it that nobody but they can put a socket there.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use tokio::net::UnixStream;

/// Write permission of a folder's group and of everybody.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// A folder, as far as it says who can put something there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Folder {
    owner: u32,
    mode: u32,
}

impl From<&Metadata> for Folder {
    fn from(found: &Metadata) -> Self {
        Self {
            owner: found.uid(),
            mode: found.mode(),
        }
    }
}

/// As whom the peer runs if that is nobody who may be told a secret.
pub(super) fn stranger(socket: &Path, stream: &UnixStream) -> io::Result<Option<u32>> {
    let server = stream.peer_cred()?.uid();
    let own = rustix::process::geteuid().as_raw();
    if server == 0 || server == own {
        return Ok(None);
    }
    let socket = socket.canonicalize()?;
    let folder = |path| fs::metadata(path).map(|found| Folder::from(&found));
    let folders = socket.ancestors().skip(1).map(folder);
    let folders = folders.collect::<io::Result<Vec<_>>>()?;
    Ok((!was_given_to(server, &folders)).then_some(server))
}

/// Whether root has given a socket's folder to a user, or put the socket there: of the folders from
/// the socket's own to `/`, only the first may be the user's, and all others must be root's alone.
fn was_given_to(user: u32, folders: &[Folder]) -> bool {
    let Some((own, above)) = folders.split_first() else {
        return false;
    };
    let by_none_but = |folder: &Folder| folder.mode & WRITABLE_BY_OTHERS == 0;
    [0, user].contains(&own.owner)
        && by_none_but(own)
        && above
            .iter()
            .all(|folder| folder.owner == 0 && by_none_but(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OMS: u32 = 998;

    fn folders(of: &[(u32, u32)]) -> Vec<Folder> {
        let folder = |&(owner, mode): &(u32, u32)| Folder {
            owner,
            mode: 0o40_000 | mode,
        };
        of.iter().map(folder).collect()
    }

    #[test]
    fn a_folder_is_a_users_by_root_alone() {
        let run = [(OMS, 0o755), (0, 0o755), (0, 0o755)];
        assert!(was_given_to(OMS, &folders(&run)));
        let roots_socket = [(0, 0o755), (0, 0o755)];
        assert!(was_given_to(OMS, &folders(&roots_socket)));
        for (told, given) in [
            (
                "a folder in /tmp",
                vec![(OMS, 0o755), (0, 0o1777), (0, 0o755)],
            ),
            ("/tmp itself", vec![(0, 0o1777), (0, 0o755)]),
            ("another's folder", vec![(1000, 0o755), (0, 0o755)]),
            (
                "in a folder of its own",
                vec![(OMS, 0o755), (OMS, 0o755), (0, 0o755)],
            ),
            (
                "in another's folder",
                vec![(OMS, 0o755), (1000, 0o755), (0, 0o755)],
            ),
            (
                "a folder that its group may write",
                vec![(OMS, 0o775), (0, 0o755)],
            ),
            (
                "in a folder that a group may write",
                vec![(OMS, 0o755), (0, 0o775), (0, 0o755)],
            ),
            ("no folder", vec![]),
        ] {
            assert!(!was_given_to(OMS, &folders(&given)), "{told}");
        }
    }
}
