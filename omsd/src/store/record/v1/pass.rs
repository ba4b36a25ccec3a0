//! Tokens and users. Their table came after the first release; a database without one has none.

use bincode::{Decode, Encode};
use oms_proto::spec::KeyPolicy;
use oms_proto::{Role, grows};

use super::parts::Time;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Pass {
    pub(in crate::store) role: Role,
    pub(in crate::store) keys: KeyPolicy,
    pub(in crate::store) proof: Proof,
    pub(in crate::store) made: Time,
    pub(in crate::store) changed: Time,
    pub(in crate::store) stamp: u64,
    pub(in crate::store) expires: Option<Time>,
    pub(in crate::store) used: Option<Time>,
}

grows! {
    Pass { role, keys, proof, made, changed, stamp, expires, used }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum Proof {
    Token([u8; 32]),
    Password(String),
}
