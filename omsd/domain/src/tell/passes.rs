//! Who is let in over HTTP and what they asked, in words.

use oms_proto::spec::KeyPolicy;
use oms_proto::{Role, Time};

use super::clock::span;
use crate::rows::pass::{Id, Kind, Pass};
use crate::world::event::{Deed, PassChange};

/// What happened to a token or a user.
pub(super) fn change(id: &Id, change: &PassChange, at: Time) -> String {
    let what = format!("{} {}", id.kind.as_str(), id.name);
    match (change, id.kind) {
        (PassChange::Made(pass), kind) => {
            let done = if kind == Kind::Token {
                "was made"
            } else {
                "was added"
            };
            format!("{what} {done}: {}", rights(pass, at))
        }
        (PassChange::Changed(pass), _) => format!("{what} was changed: {}", rights(pass, at)),
        (PassChange::Used, Kind::Token) => format!("{what} was used"),
        (PassChange::Used, Kind::User) => format!("{what} signed in"),
        (PassChange::Revoked, Kind::Token) => format!("{what} was revoked"),
        (PassChange::Revoked, Kind::User) => format!("{what} was removed"),
    }
}

fn rights(pass: &Pass, at: Time) -> String {
    let mut rights = pass.role.to_string();
    if pass.role.may(Role::Operator) && pass.keys != KeyPolicy::Full {
        rights.push_str(", private keys ");
        rights.push_str(pass.keys.as_str());
    }
    if let Some(expires) = pass.expires {
        rights.push_str(", for ");
        rights.push_str(&span(expires.since(at)));
    }
    rights
}

/// What somebody asked, and what came of it.
pub(super) fn deed(deed: &Deed) -> String {
    match &deed.refused {
        None => deed.asked.clone(),
        Some(why) => format!("refused: {}: {why}", deed.asked),
    }
}
