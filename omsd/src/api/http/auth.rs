//! Who is asking: the bearer of the admin token, or whoever the configuration lets in without.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use oms_proto::Actor;
use oms_proto::actor::HttpUser;

use super::Shared;
use super::answer::Refusal;
use crate::service::{Caller, Role};

/// Whether a text is the admin token; takes the same time for every wrong one.
pub type IsAdminToken = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// What makes a caller known.
#[derive(Clone)]
pub struct Auth {
    /// Knows the admin token.
    pub is_admin_token: IsAdminToken,
    /// What a caller without credentials may do; `None` for nothing.
    pub anonymous: Option<Role>,
}

/// The name of the only token that there is.
const ADMIN: &str = "admin";

const CHALLENGE: &str = "Bearer realm=\"omsd\"";
const CHALLENGE_INVALID: &str = "Bearer realm=\"omsd\", error=\"invalid_token\"";

impl Auth {
    /// Who a request is from. Bad credentials are refused even where none are needed, so that
    /// nobody works with less rights than they think.
    fn caller(&self, parts: &Parts) -> Result<Caller, Refusal> {
        let mut given = parts.headers.get_all(AUTHORIZATION).iter();
        let (first, second) = (given.next(), given.next());
        let Some(credentials) = first else {
            return match self.anonymous {
                Some(role) => Ok(caller(role, None)),
                None => Err(Refusal::unauthorized(
                    "Authentication credentials were not provided: send 'Authorization: Bearer \
                     TOKEN'; the token is in admin.token in omsd's state directory",
                    CHALLENGE,
                )),
            };
        };
        let token = credentials.to_str().ok().and_then(bearer);
        match token {
            Some(token) if second.is_none() && (self.is_admin_token)(token) => {
                Ok(caller(Role::Admin, Some(ADMIN)))
            }
            _ => Err(Refusal::unauthorized(
                "Invalid token: 'Authorization: Bearer TOKEN' takes the token that is in \
                 admin.token in omsd's state directory",
                CHALLENGE_INVALID,
            )),
        }
    }
}

fn caller(role: Role, token: Option<&str>) -> Caller {
    let token = token.map(str::to_owned);
    Caller {
        role,
        actor: Actor::Http(HttpUser { token }),
    }
}

/// The token of `Bearer TOKEN`.
fn bearer(credentials: &str) -> Option<&str> {
    let (scheme, token) = credentials.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_matches(' '))
}

/// A caller who is known.
pub(super) struct Known(pub(super) Caller);

impl FromRequestParts<Shared> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        shared.auth.caller(parts).map(Self)
    }
}
