//! `/api/gc/`: what stands at the clouds, and the removal of strays, which have no owner.

use axum::extract::State;
use axum::http::StatusCode;
use oms_proto::request::Strays;

use super::Shared;
use super::answer::{Answer, json};
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

async fn ask(shared: &Shared, caller: &Caller, params: &Params, dry_run: bool) -> Answer {
    let account = params.last("account").map(str::to_owned);
    let strays = shared
        .service
        .ask(caller, Strays { account, dry_run })
        .await?;
    Ok(json(StatusCode::OK, &strays))
}
