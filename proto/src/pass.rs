//! What people hand in about who is let in over HTTP: tokens and users. Part of
//! [`spec`](crate::spec), where its types are found.

use serde::{Deserialize, Serialize};

use crate::role::Role;
use crate::secret::Secret;
use crate::time::Time;
use crate::{grows, words};

words! {
    /// How often whoever may see private keys is shown that of an instance.
    #[derive(Default)]
    pub enum KeyPolicy: strict {
        /// Whenever they ask.
        #[default]
        1 Full = "full",
        /// To the first who asks for the entry or the instance with a token of this kind; lists
        /// show none.
        2 Once = "once",
        /// Never.
        3 Never = "never",
    }
}

/// A token that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TokenSpec {
    /// Its name: 1 to 64 letters, digits, `.`, `_` or `-`.
    pub name: String,
    /// What its bearer may do.
    pub role: Role,
    /// How often its bearer is shown private keys; `full` unless it says otherwise.
    #[serde(default)]
    pub key_raw: KeyPolicy,
    /// When it ends; never, unless it says otherwise.
    #[serde(default)]
    pub expires: Option<Time>,
}

grows! {
    TokenSpec { name, role, key_raw, expires }
}

/// A user that is to be added.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UserSpec {
    /// Their name: 1 to 64 letters, digits, `.`, `_` or `-`.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their password: 12 to 1024 characters.
    pub password: Secret,
}

grows! {
    UserSpec { name, role, password }
}

/// What to change of a user; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UserPatch {
    /// What they may do.
    pub role: Option<Role>,
    /// Their password: 12 to 1024 characters.
    pub password: Option<Secret>,
}

grows! {
    UserPatch { role, password }
}
