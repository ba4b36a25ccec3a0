//! `/api/accounts/`: the accounts that entries are placed at.

use axum::extract::State;
use axum::http::StatusCode;
use oms_proto::request::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountRemove, AccountShow, AccountTest,
    AccountUnblock,
};
use oms_proto::spec::{AccountPatch, AccountSpec, Window};

use super::Shared;
use super::answer::{Answer, Refusal, created, json, no_content};
use super::auth::Known;
use super::body::{JsonBody, JsonList};
use super::pages::everything;
use super::query::{Named, Params};

/// `GET /api/accounts/`
pub(super) async fn list(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    everything(shared, caller, AccountList::default()).await
}

/// `POST /api/accounts/`
pub(super) async fn add(
    State(shared): State<Shared>,
    Known(caller): Known,
    body: JsonBody<AccountSpec>,
) -> Answer {
    let spec = body.required()?;
    let account = shared.service.ask(&caller, AccountAdd { spec }).await?;
    // Names hold nothing that a path would have to escape.
    let place = format!("/api/accounts/{}/", account.name);
    Ok(created(&place, &account))
}

/// `GET /api/accounts/NAME/`
pub(super) async fn show(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
) -> Answer {
    let account = shared.service.ask(&caller, AccountShow { name }).await?;
    Ok(json(StatusCode::OK, &account))
}

/// `PATCH /api/accounts/NAME/`
pub(super) async fn edit(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    body: JsonBody<AccountPatch>,
) -> Answer {
    let patch = body.required()?;
    let edit = AccountEdit { name, patch };
    let account = shared.service.ask(&caller, edit).await?;
    Ok(json(StatusCode::OK, &account))
}

/// `DELETE /api/accounts/NAME/`
pub(super) async fn remove(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
) -> Answer {
    shared.service.ask(&caller, AccountRemove { name }).await?;
    Ok(no_content())
}

/// `PUT /api/accounts/NAME/maintenance/`
pub(super) async fn maintain(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    JsonList(windows): JsonList<Window>,
) -> Answer {
    let maintain = AccountMaintain {
        name,
        windows,
        expected: None,
    };
    let account = shared.service.ask(&caller, maintain).await?;
    Ok(json(StatusCode::OK, &account))
}

/// `DELETE /api/accounts/NAME/blocks/`
pub(super) async fn unblock(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    params: Params,
) -> Answer {
    let scope = params.last("scope").map(str::to_owned);
    let unblock = AccountUnblock { name, scope };
    let account = shared.service.ask(&caller, unblock).await?;
    Ok(json(StatusCode::OK, &account))
}

/// `POST /api/accounts/NAME/test/`
pub(super) async fn test(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    params: Params,
) -> Answer {
    let boot = match params.last("boot") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Refusal::field("boot", "expected true or false")),
    };
    let test = shared
        .service
        .ask(&caller, AccountTest { name, boot })
        .await?;
    Ok(json(StatusCode::OK, &test))
}
