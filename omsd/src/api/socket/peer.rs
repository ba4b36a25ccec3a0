//! Who is at the other end, and what they may do.
//!
//! The kernel vouches for the peer's user, primary group and process. Membership by other groups
//! is looked up where the system keeps it: with the process itself, and in the local group file
//! where processes of others are hidden from services.

use std::fs;
use std::io;

use oms_proto::Actor;
use oms_proto::actor::SocketUser;
use tokio::net::unix::UCred;

use crate::service::{Caller, Role};

/// Characters of a user's name that is told on; the longest that `useradd` takes has 32.
const USER_NAME_MAX: usize = 64;

const GROUP_FILE: &str = "/etc/group";
const USER_FILE: &str = "/etc/passwd";

/// Who may connect, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policy {
    /// The daemon's own user.
    pub(super) own_uid: u32,
    /// The group that may connect, and what its members may do.
    pub(super) group: Option<(u32, Role)>,
}

impl Policy {
    /// The caller that a peer is; `None` for one that may not connect.
    pub(super) fn caller(self, peer: &UCred) -> Option<Caller> {
        let member = |gid| {
            peer.gid() == gid
                || peer
                    .pid()
                    .is_some_and(|pid| process_is_in(pid, peer.uid(), gid))
                || listed(peer.uid(), gid)
        };
        let role = self.role(peer.uid(), member)?;
        let users = fs::read_to_string(USER_FILE).unwrap_or_default();
        let user = SocketUser {
            uid: peer.uid(),
            name: name_of_user(&users, peer.uid()),
        };
        Some(Caller::standing(role, Actor::Socket(user)))
    }

    /// Whether a user is one who looks after the daemon.
    pub(super) const fn looks_after(self, uid: u32) -> bool {
        uid == 0 || uid == self.own_uid
    }

    fn role(self, uid: u32, member: impl Fn(u32) -> bool) -> Option<Role> {
        if self.looks_after(uid) {
            return Some(Role::Admin);
        }
        self.group
            .filter(|(gid, _)| member(*gid))
            .map(|(_, role)| role)
    }
}

/// The id of a local group.
pub(super) fn group_id(name: &str) -> io::Result<u32> {
    let groups = fs::read_to_string(GROUP_FILE)?;
    id_of_group(&groups, name)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no group {name}")))
}

fn process_is_in(pid: i32, uid: u32, gid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/status"))
        .is_ok_and(|status| status_shows(&status, uid, gid))
}

fn listed(uid: u32, gid: u32) -> bool {
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    group_lists(&read(GROUP_FILE), &read(USER_FILE), uid, gid)
}

/// Whether a process that runs as the user is in the group. The process may have ended and its
/// number may have gone to another, hence the look at the user.
fn status_shows(status: &str, uid: u32, gid: u32) -> bool {
    let numbers = |field: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let words = line.unwrap_or_default().split_ascii_whitespace();
        words.filter_map(|word| word.parse::<u32>().ok())
    };
    // Real, effective, saved and file system: the kernel vouched for the effective one.
    numbers("Uid:").nth(1) == Some(uid) && numbers("Groups:").any(|group| group == gid)
}

/// The fields of the lines of a file such as `/etc/group`.
fn records(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().map(|line| line.split(':').collect())
}

/// The user's name in a file such as `/etc/passwd`.
fn user_of(users: &str, uid: u32) -> Option<&str> {
    records(users).find_map(|fields| match fields.as_slice() {
        [name, _, id, ..] if id.parse() == Ok(uid) => Some(*name),
        _ => None,
    })
}

/// The user's name, as far as it can be told on: on one line, and not in its own brackets.
fn name_of_user(users: &str, uid: u32) -> Option<String> {
    let fits = |c: char| c.is_alphanumeric() || "._-@\\$+".contains(c);
    let name = user_of(users, uid)?;
    let plain = !name.is_empty() && name.chars().all(fits);
    (plain && name.chars().count() <= USER_NAME_MAX).then(|| name.to_owned())
}

fn id_of_group(groups: &str, name: &str) -> Option<u32> {
    records(groups).find_map(|fields| match fields.as_slice() {
        [found, _, gid, ..] if *found == name => gid.parse().ok(),
        _ => None,
    })
}

fn group_lists(groups: &str, users: &str, uid: u32, gid: u32) -> bool {
    let Some(user) = user_of(users, uid) else {
        return false;
    };
    records(groups).any(|fields| match fields.as_slice() {
        [_, _, id, members, ..] => {
            id.parse() == Ok(gid) && members.split(',').any(|member| member == user)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: &str = "root:x:0:\noms:x:990:ann,bob\nbroken\nodd:x:many:ann\n";
    const USERS: &str = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\nshort\n\
                         joe:x:1002:1002::/:/bin/sh\n";

    #[test]
    fn root_and_the_own_user_administer_and_the_group_does_what_it_may() {
        let policy = Policy {
            own_uid: 991,
            group: Some((990, Role::Operator)),
        };
        let outsider = |_: u32| false;
        assert_eq!(policy.role(0, outsider), Some(Role::Admin));
        assert_eq!(policy.role(991, outsider), Some(Role::Admin));
        assert_eq!(policy.role(1000, |gid| gid == 990), Some(Role::Operator));
        assert_eq!(policy.role(1000, outsider), None);
    }

    #[test]
    fn without_a_group_nobody_else_gets_in() {
        let policy = Policy {
            own_uid: 991,
            group: None,
        };
        assert_eq!(policy.role(1000, |_| true), None);
    }

    #[test]
    fn a_process_is_in_its_supplementary_groups_only_if_it_is_still_the_users() {
        let status = "Name:\tomsctl\nUid:\t7\t1000\t7\t7\nGid:\t5\t5\t5\t5\nGroups:\t4 990 1000 \n";
        assert!(status_shows(status, 1000, 990));
        assert!(!status_shows(status, 7, 990));
        assert!(!status_shows(status, 1000, 5));
        assert!(!status_shows("", 1000, 990));
    }

    #[test]
    fn a_user_has_the_name_of_the_user_file_if_it_is_one() {
        assert_eq!(name_of_user(USERS, 1000), Some("ann".to_owned()));
        assert_eq!(name_of_user(USERS, 4242), None);
        for odd in ["", "a b", "a)", "a\u{1b}", &"a".repeat(65)] {
            assert_eq!(name_of_user(&format!("{odd}:x:7:7::/:/bin/sh\n"), 7), None);
        }
    }

    #[test]
    fn the_group_file_lists_members_by_name() {
        assert_eq!(id_of_group(GROUPS, "oms"), Some(990));
        assert_eq!(id_of_group(GROUPS, "odd"), None);
        assert_eq!(id_of_group(GROUPS, "broken"), None);
        assert!(group_lists(GROUPS, USERS, 1000, 990));
        assert!(!group_lists(GROUPS, USERS, 1002, 990));
        assert!(!group_lists(GROUPS, USERS, 4242, 990));
    }
}
