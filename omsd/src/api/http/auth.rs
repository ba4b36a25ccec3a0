//! Whether whoever asks may: the door that stands before every path that asks something.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::answer::Refusal;
use crate::access::{Access, Acquaintance, Stranger, peer};
use crate::service::{Caller, Role};

const CHALLENGE: &str = "Bearer realm=\"omsd\"";
const CHALLENGE_INVALID: &str = "Bearer realm=\"omsd\", error=\"invalid_token\"";

/// Who a request is from. A session of the web page may read and no more: what changes something
/// takes a form with its key, or a token.
fn caller(access: &Access, request: &Request) -> Result<Caller, Refusal> {
    let (headers, from) = (request.headers(), peer(request.extensions()));
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = match access.bearer(headers, from) {
        Ok(Some(caller)) => {
            Acquaintance::note(request.extensions());
            return Ok(caller);
        }
        Ok(None) if reads => access.visitor(headers, from).map(|known| {
            if known.signed_in {
                Acquaintance::note(request.extensions());
            }
            known.caller
        }),
        Ok(None) => access.anonymous(from),
        Err(Stranger) => {
            return Err(Refusal::unauthorized(
                "Invalid token: 'Authorization: Bearer TOKEN' takes a token of 'omsctl token create' \
                 that has not ended, or the one in admin.token in omsd's state directory",
                CHALLENGE_INVALID,
            ));
        }
    };
    known.ok_or_else(|| {
        Refusal::unauthorized(
            "Authentication credentials were not provided: send 'Authorization: Bearer TOKEN'; \
             'omsctl token create' makes one, and one is in admin.token in omsd's state directory",
            CHALLENGE,
        )
    })
}

/// Lets requests through whose caller is known and has the role. It stands before everything that
/// reads a request, so that nobody can make the daemon read what they may not ask.
pub(super) async fn door(
    State((shared, role)): State<(Shared, Role)>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match caller(&shared.site.access, &request) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    if let Err(forbidden) = caller.check_role(role) {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let tried = format!("{} {}", request.method(), request.uri().path());
            let refused = shared
                .service
                .note_refused(caller.actor, &tried, "forbidden");
            refused.await;
        }
        return Refusal::from(forbidden).into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
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
