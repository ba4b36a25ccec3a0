//! `/api/accounts/`: the accounts that entries are placed at.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use oms_proto::request::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountRemove, AccountShow, AccountTest,
};
use oms_proto::spec::{AccountPatch, AccountSpec, Window};
use oms_proto::{Request, Response};

use super::answer::{Answer, Refusal, created, json, no_content};
use super::auth::Known;
use super::body::{JsonBody, JsonList};
use super::query::{Named, Params};
use super::{Shared, unexpected};

/// How long a test may take: a handful of calls, each with its own deadline.
const TEST_PATIENCE: Duration = Duration::from_secs(300);

/// The same with the boot of an instance and its removal.
const BOOT_PATIENCE: Duration = Duration::from_secs(720);

/// `GET /api/accounts/`
pub(super) async fn list(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    match shared
        .ask(&caller, Request::AccountList(AccountList {}))
        .await?
    {
        Response::Accounts(page) => Ok(json(StatusCode::OK, &page.accounts)),
        _ => Err(unexpected()),
    }
}

/// `POST /api/accounts/`
pub(super) async fn add(
    State(shared): State<Shared>,
    Known(caller): Known,
    body: JsonBody<AccountSpec>,
) -> Answer {
    let request = Request::AccountAdd(Box::new(AccountAdd {
        spec: body.required()?,
    }));
    match shared.ask(&caller, request).await? {
        Response::Account(account) => {
            // Names hold nothing that a path would have to escape.
            let place = format!("/api/accounts/{}/", account.name);
            Ok(created(&place, &account))
        }
        _ => Err(unexpected()),
    }
}

/// `GET /api/accounts/NAME/`
pub(super) async fn show(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
) -> Answer {
    let request = Request::AccountShow(AccountShow { name });
    match shared.ask(&caller, request).await? {
        Response::Account(account) => Ok(json(StatusCode::OK, &account)),
        _ => Err(unexpected()),
    }
}

/// `PATCH /api/accounts/NAME/`
pub(super) async fn edit(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    body: JsonBody<AccountPatch>,
) -> Answer {
    let patch = body.required()?;
    let request = Request::AccountEdit(Box::new(AccountEdit { name, patch }));
    match shared.ask(&caller, request).await? {
        Response::Account(account) => Ok(json(StatusCode::OK, &account)),
        _ => Err(unexpected()),
    }
}

/// `DELETE /api/accounts/NAME/`
pub(super) async fn remove(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
) -> Answer {
    let request = Request::AccountRemove(AccountRemove { name });
    shared.ask(&caller, request).await?;
    Ok(no_content())
}

/// `PUT /api/accounts/NAME/maintenance/`
pub(super) async fn maintain(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    JsonList(windows): JsonList<Window>,
) -> Answer {
    let request = Request::AccountMaintain(AccountMaintain {
        name,
        windows,
        expected: None,
    });
    match shared.ask(&caller, request).await? {
        Response::Account(account) => Ok(json(StatusCode::OK, &account)),
        _ => Err(unexpected()),
    }
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
    let patience = if boot { BOOT_PATIENCE } else { TEST_PATIENCE };
    let request = Request::AccountTest(AccountTest { name, boot });
    match shared.ask_within(patience, &caller, request).await? {
        Response::AccountTest(test) => Ok(json(StatusCode::OK, &test)),
        _ => Err(unexpected()),
    }
}
