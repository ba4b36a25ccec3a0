//! `/api/instances/`: the servers that entries ended up with.

use axum::extract::State;
use axum::http::StatusCode;
use oms_proto::request::{InstanceList, InstanceShow};
use oms_proto::{InstanceId, Request, Response};

use super::answer::{Answer, Refusal, json};
use super::auth::Known;
use super::query::{Named, digits};
use super::{Shared, unexpected};

/// `GET /api/instances/`
pub(super) async fn list(State(shared): State<Shared>, Known(caller): Known) -> Answer {
    match shared
        .ask(&caller, Request::InstanceList(InstanceList {}))
        .await?
    {
        Response::Instances(page) => Ok(json(StatusCode::OK, &page.instances)),
        _ => Err(unexpected()),
    }
}

/// `GET /api/instances/1/`
pub(super) async fn show(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(id): Named,
) -> Answer {
    let id = digits(&id).map(InstanceId).ok_or_else(Refusal::not_found)?;
    let shown = shared
        .ask(&caller, Request::InstanceShow(InstanceShow { id }))
        .await;
    match shown.map_err(Refusal::or_not_found)? {
        Response::Instance(instance) => Ok(json(StatusCode::OK, &instance)),
        _ => Err(unexpected()),
    }
}
