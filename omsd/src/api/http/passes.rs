//! `/api/tokens/` and `/api/users/`: who is let in over HTTP.

use axum::extract::State;
use axum::http::StatusCode;
use oms_proto::request::{
    TokenCreate, TokenList, TokenRevoke, UserAdd, UserEdit, UserList, UserRemove,
};
use oms_proto::spec::{TokenSpec, UserPatch, UserSpec};

use super::Shared;
use super::answer::{Answer, created, json, no_content};
use super::auth::Known;
use super::body::JsonBody;
use super::query::Named;

/// `GET /api/tokens/`
pub(super) async fn tokens(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    let page = shared.service.ask(&caller, TokenList {}).await?;
    Ok(json(StatusCode::OK, &page.tokens))
}

/// `POST /api/tokens/`: the one answer that shows the token.
pub(super) async fn create(
    State(shared): State<Shared>,
    Known(caller): Known,
    body: JsonBody<TokenSpec>,
) -> Answer {
    let spec = body.required()?;
    let token = shared.service.ask(&caller, TokenCreate { spec }).await?;
    Ok(created("/api/tokens/", &token))
}

/// `DELETE /api/tokens/NAME/`
pub(super) async fn revoke(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
) -> Answer {
    shared.service.ask(&caller, TokenRevoke { name }).await?;
    Ok(no_content())
}

/// `GET /api/users/`
pub(super) async fn users(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    let page = shared.service.ask(&caller, UserList {}).await?;
    Ok(json(StatusCode::OK, &page.users))
}

/// `POST /api/users/`
pub(super) async fn add(
    State(shared): State<Shared>,
    Known(caller): Known,
    body: JsonBody<UserSpec>,
) -> Answer {
    let spec = body.required()?;
    let user = shared.service.ask(&caller, UserAdd { spec }).await?;
    Ok(created("/api/users/", &user))
}

/// `PATCH /api/users/NAME/`
pub(super) async fn edit(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    body: JsonBody<UserPatch>,
) -> Answer {
    let patch = body.required()?;
    let user = shared
        .service
        .ask(&caller, UserEdit { name, patch })
        .await?;
    Ok(json(StatusCode::OK, &user))
}

/// `DELETE /api/users/NAME/`
pub(super) async fn remove(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
) -> Answer {
    shared.service.ask(&caller, UserRemove { name }).await?;
    Ok(no_content())
}
