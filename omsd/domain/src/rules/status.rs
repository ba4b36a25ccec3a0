//! What a status of Nova's means for a server that is to become an instance: all of them, in one table.
//!
//! Source: <https://docs.openstack.org/api-ref/compute/#servers-status>.

use crate::ground::cloud::{SOFT_DELETED, ServerSeen};

/// Nova's status of a server that is being built.
pub const BUILD: &str = "BUILD";

/// What a status means for a server that is to become an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// It is not there yet, or on its way from one status to another.
    UnderWay,
    /// It runs.
    Runs,
    /// It does not run, nobody does anything about it, and it will not run by itself.
    Stopped,
    /// It failed.
    Failed,
    /// It is gone, or about to be.
    Gone,
}

/// What a status means, given what Nova is doing with the server.
pub fn means(status: &str, task: Option<&str>) -> Means {
    match (status, task) {
        ("DELETED" | SOFT_DELETED, _) => Means::Gone,
        ("ERROR", _) => Means::Failed,
        // Somebody has it removed; the next list shows what came of that.
        (_, Some("deleting" | "soft-deleting")) => Means::UnderWay,
        // A resize that waits to be confirmed, and a change of the password, go on beside it.
        ("ACTIVE" | "VERIFY_RESIZE" | "RESIZED" | "PASSWORD", _) => Means::Runs,
        (
            "SHUTOFF" | "PAUSED" | "SUSPENDED" | "SHELVED" | "SHELVED_OFFLOADED" | "RESCUE"
            | "RESCUED",
            None,
        ) => Means::Stopped,
        // BUILD, REBUILD, REBOOT, HARD_REBOOT, MIGRATING, RESIZE, REVERT_RESIZE and UNKNOWN, whose host
        // does not answer just now; and whatever newer releases call theirs.
        _ => Means::UnderWay,
    }
}

/// What a server's status means.
pub fn of(server: &ServerSeen) -> Means {
    means(&server.status, server.task_state.as_deref())
}

/// Whether a server in this status runs, as far as is known of it.
pub fn runs(status: &str) -> bool {
    means(status, None) == Means::Runs
}
