//! `/api/gc/`: what stands at the clouds, and the collection of what has no owner.

use axum::extract::State;
use axum::http::StatusCode;
use oms_proto::request::Strays;
use oms_proto::{Request, Response};

use super::answer::{Answer, json};
use super::auth::Known;
use super::query::Params;
use super::{Shared, unexpected};
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
pub(super) async fn collect(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
) -> Answer {
    ask(&shared, &caller, &params, false).await
}

async fn ask(shared: &Shared, caller: &Caller, params: &Params, dry_run: bool) -> Answer {
    let account = params.last("account").map(str::to_owned);
    let request = Request::Strays(Strays { account, dry_run });
    match shared.ask(caller, request).await? {
        Response::Strays(strays) => Ok(json(StatusCode::OK, &strays)),
        _ => Err(unexpected()),
    }
}
