//! Who is asking, and whether they may: the bearer of the admin token, or whoever the configuration
//! lets in without.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

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
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
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

/// Lets requests through whose caller is known and has the role. It stands before everything that
/// reads a request, so that nobody can make the daemon read what they may not ask.
pub(super) async fn door(
    State((shared, role)): State<(Shared, Role)>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = shared.auth.caller(request.headers());
    let known = caller.and_then(|caller| {
        caller.check_role(role)?;
        Ok(caller)
    });
    match known {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// The caller that the door has let through.
pub(super) struct Known(pub(super) Caller);

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let known = parts.extensions.get::<Caller>().cloned();
        // There is always one: every path that asks who it is has a door in the table.
        known.map(Self).ok_or_else(Refusal::internal)
    }
}
