//! Who is let in over HTTP.

use serde::{Deserialize, Serialize, Serializer};

use crate::grows;
use crate::pass::KeyPolicy;
use crate::role::Role;
use crate::secret::Secret;
use crate::time::Time;

/// A token that lets somebody in over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenView {
    /// Its name.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// How often its bearer is shown the private keys of instances.
    pub key_raw: KeyPolicy,
    /// When it was made.
    pub created: Time,
    /// When it ends; `null` for never.
    pub expires: Option<Time>,
    /// When it was shown last, to the hour after a restart; `null` for never.
    pub last_used: Option<Time>,
    /// The token itself; there in the answer to its making alone, and `null` ever after.
    #[serde(serialize_with = "shown")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub token: Option<Secret>,
}

grows! {
    TokenView { name, role, key_raw, created, expires, last_used, token }
}

/// Shows a secret to whom it is given.
#[expect(clippy::ref_option, reason = "what serde calls it with")]
fn shown<S: Serializer>(token: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_ref().map(Secret::expose).serialize(serializer)
}

/// Somebody who signs in to the web page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserView {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they were added.
    pub created: Time,
    /// When their role or password was changed last.
    pub changed: Time,
    /// When they signed in last; `null` for never.
    pub last_used: Option<Time>,
}

grows! {
    UserView { name, role, created, changed, last_used }
}
