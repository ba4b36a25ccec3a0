//! `/api/gc/`: what stands at the clouds, and the removal of strays, which have no owner.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use oms_proto::request::{StrayRemove, Strays};
use oms_proto::view::ObjectKind;

use super::Shared;
use super::answer::{Answer, Refusal, json, no_content};
use super::auth::Known;
use super::query::Params;
use crate::service::Caller;

/// `GET /api/gc/`: only looks.
pub(super) async fn look(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
) -> Answer {
    ask(&shared, &caller, &params, true).await
}

/// `POST /api/gc/`
pub(super) async fn remove(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
) -> Answer {
    ask(&shared, &caller, &params, false).await
}

/// `DELETE /api/gc/ACCOUNT/KIND/ID/`: has one object removed.
pub(super) async fn remove_one(
    State(shared): State<Shared>,
    Known(caller): Known,
    path: Result<Path<(String, String, String)>, PathRejection>,
) -> Answer {
    // A path that is no text names nothing.
    let Path((account, kind, id)) = path.map_err(|_| Refusal::not_found())?;
    let kinds = ObjectKind::ALL.iter().copied();
    let kind = kinds.into_iter().find(|known| known.as_str() == kind);
    let remove = StrayRemove {
        account,
        kind: kind.ok_or_else(Refusal::not_found)?,
        id,
    };
    shared.service.ask(&caller, remove).await?;
    Ok(no_content())
}

async fn ask(shared: &Shared, caller: &Caller, params: &Params, dry_run: bool) -> Answer {
    let account = params.last("account").map(str::to_owned);
    let strays = shared
        .service
        .ask(caller, Strays { account, dry_run })
        .await?;
    Ok(json(StatusCode::OK, &strays))
}
