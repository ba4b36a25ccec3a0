//! Which daemons have written the database, and where.

use bincode::{Decode, Encode};
use oms_proto::grows;

use super::parts::Time;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Lineage {
    pub(in crate::store) incarnations: Vec<Incarnation>,
    pub(in crate::store) held: Option<Held>,
    pub(in crate::store) unseen: Vec<u64>,
    pub(in crate::store) taken_over: Option<Time>,
}

grows! {
    Lineage { incarnations, held, unseen } then { taken_over }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Incarnation {
    pub(in crate::store) id: String,
    pub(in crate::store) began: Time,
    pub(in crate::store) first_attempt: u64,
    /// The next free entry and attempt when it was over.
    pub(in crate::store) end: Option<(u64, u64)>,
}

grows! {
    Incarnation { id, began, first_attempt, end }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Held {
    pub(in crate::store) since: Time,
    pub(in crate::store) doubt: Doubt,
}

grows! {
    Held { since, doubt }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Home {
    pub(in crate::store) machine: String,
    pub(in crate::store) path: String,
    pub(in crate::store) inode: u64,
    pub(in crate::store) born: u64,
    pub(in crate::store) product: String,
    pub(in crate::store) boot: String,
    pub(in crate::store) device: u64,
}

grows! {
    Home { machine, path, inode, born } then { product, boot, device }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum Doubt {
    Restored,
    WentBack { from: u64, to: u64 },
    Copied,
    Twin { account: u64, server: String },
    Rebooted,
}
