//! `/api/instances/`: the servers that entries ended up with.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use oms_proto::InstanceId;
use oms_proto::request::{InstanceList, InstanceShow};
use oms_proto::view::InstanceView;

use super::Shared;
use super::answer::{Answer, Refusal, json};
use super::auth::Known;
use super::guard::Host;
use super::pages::{AFTER_MAX, PAGE_MAX, any, everything, following};
use super::query::{Named, Params, digits};

/// `GET /api/instances/`
pub(super) async fn list(
    State(shared): State<Shared>,
    Known(caller): Known,
    Extension(Host(host)): Extension<Host>,
    params: Params,
) -> Answer {
    let limit = params.number("limit", 1..=PAGE_MAX)?;
    let after = params.number("after", 0..=AFTER_MAX)?.map(InstanceId);
    let list = InstanceList {
        after,
        account: params.last("account").map(str::to_owned),
        name: params.last("name").map(str::to_owned),
        ..InstanceList::default()
    };
    if limit.is_none() && after.is_none() {
        return everything(shared, caller, list, any).await;
    }
    let filters = params.others(&["after", "limit"]);
    let next = |last: &InstanceView| format!("{host}/api/instances/?{filters}after={}", last.id);
    following(&shared, &caller, list, any, limit, next).await
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
