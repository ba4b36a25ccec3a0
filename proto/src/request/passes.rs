//! What is asked about who is let in over HTTP: tokens and users.

use crate::grows;
use crate::spec::{TokenSpec, UserPatch, UserSpec};

/// See [`Request::TokenCreate`](crate::Request::TokenCreate).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCreate {
    /// The token.
    pub spec: TokenSpec,
}

grows! {
    TokenCreate { spec }
}

/// See [`Request::TokenList`](crate::Request::TokenList). There are a bounded number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenList {}

grows! {
    TokenList {}
}

/// See [`Request::TokenRevoke`](crate::Request::TokenRevoke).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRevoke {
    /// The token.
    pub name: String,
}

grows! {
    TokenRevoke { name }
}

/// See [`Request::UserAdd`](crate::Request::UserAdd).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAdd {
    /// The user.
    pub spec: UserSpec,
}

grows! {
    UserAdd { spec }
}

/// See [`Request::UserList`](crate::Request::UserList). There are a bounded number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserList {}

grows! {
    UserList {}
}

/// See [`Request::UserEdit`](crate::Request::UserEdit).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEdit {
    /// The user.
    pub name: String,
    /// What to change.
    pub patch: UserPatch,
}

grows! {
    UserEdit { name, patch }
}

/// See [`Request::UserRemove`](crate::Request::UserRemove).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRemove {
    /// The user.
    pub name: String,
}

grows! {
    UserRemove { name }
}
