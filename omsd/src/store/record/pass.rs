//! Tokens and users to records and back.

use oms_proto::Time;
use omsd_domain::rows::pass::{Id, Pass, Proof};

use super::bad::Bad;
use super::v1;

impl From<&Pass> for v1::Pass {
    fn from(pass: &Pass) -> Self {
        let Pass {
            id: _,
            role,
            keys,
            proof,
            made,
            changed,
            stamp,
            expires,
            used,
        } = pass;
        Self {
            role: *role,
            keys: *keys,
            proof: match proof {
                Proof::Token(digest) => v1::Proof::Token(*digest),
                Proof::Password(hash) => v1::Proof::Password(hash.clone()),
            },
            made: made.0,
            changed: changed.0,
            stamp: *stamp,
            expires: expires.map(|it| it.0),
            used: used.map(|it| it.0),
        }
    }
}

impl v1::Pass {
    pub(super) fn into_domain(self, id: Id) -> Result<Pass, Bad> {
        let proof = match self.proof {
            v1::Proof::Token(digest) => Proof::Token(digest),
            v1::Proof::Password(hash) => Proof::Password(hash),
        };
        if !proof.is_of(id.kind) {
            return Err(Bad("its proof is of another kind".to_owned()));
        }
        Ok(Pass {
            id,
            role: self.role,
            keys: self.keys,
            proof,
            made: Time(self.made),
            changed: Time(self.changed),
            stamp: self.stamp,
            expires: self.expires.map(Time),
            used: self.used.map(Time),
        })
    }
}
