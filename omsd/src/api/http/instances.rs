//! `/api/instances/`: the servers that entries ended up with.

use axum::extract::State;
use axum::http::StatusCode;
use oms_proto::InstanceId;
use oms_proto::request::{InstanceList, InstanceShow};

use super::Shared;
use super::answer::{Answer, Refusal, json};
use super::auth::Known;
use super::pages::everything;
use super::query::{Named, Params, digits};

/// `GET /api/instances/`
pub(super) async fn list(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
) -> Answer {
    let list = InstanceList {
        account: params.last("account").map(str::to_owned),
        name: params.last("name").map(str::to_owned),
        ..InstanceList::default()
    };
    everything(shared, caller, list).await
}

/// `GET /api/instances/1/`
pub(super) async fn show(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(id): Named,
) -> Answer {
    let id = digits(&id).map(InstanceId).ok_or_else(Refusal::not_found)?;
    let shown = shared.service.ask(&caller, InstanceShow { id }).await;
    Ok(json(StatusCode::OK, &shown.map_err(Refusal::not_found_or)?))
}
