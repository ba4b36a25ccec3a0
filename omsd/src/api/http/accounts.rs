//! `/api/accounts/`: the accounts that entries are placed at.

use axum::Extension;
use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use oms_proto::check::Check;
use oms_proto::request::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountOffers, AccountRemove,
    AccountShow, AccountTest, AccountTry, AccountUnblock,
};
use oms_proto::spec::{AccountPatch, AccountSpec, Window};
use oms_proto::view::{AccountStatus, AccountView};

use super::Shared;
use super::answer::{Answer, Refusal, created, json, no_content};
use super::auth::Known;
use super::body::{JsonBody, JsonList};
use super::guard::Host;
use super::pages::{PAGE_MAX, everything, following, words};
use super::query::{Named, Params};

/// `GET /api/accounts/`
pub(super) async fn list(
    State(shared): State<Shared>,
    Known(caller): Known,
    Extension(Host(host)): Extension<Host>,
    params: Params,
) -> Answer {
    let status = words(&params, "status", AccountStatus::WORDS, AccountStatus::of)?;
    let provider = params.last("provider").map(str::to_owned);
    let keep = move |account: &AccountView| {
        (status.is_empty() || status.contains(&account.status))
            && provider
                .as_ref()
                .is_none_or(|wanted| *wanted == account.provider)
    };
    let limit = params.number("limit", 1..=PAGE_MAX)?;
    let after = params.last("after").map(str::to_owned);
    if let Some(name) = &after {
        let mut check = Check::default();
        check.name("after", name);
        check.finish()?;
    }
    let list = AccountList {
        after: after.clone(),
        limit: None,
    };
    if limit.is_none() && after.is_none() {
        return everything(shared, caller, list, keep).await;
    }
    let filters = params.others(&["after", "limit"]);
    let next = |last: &AccountView| format!("{host}/api/accounts/?{filters}after={}", last.name);
    following(&shared, &caller, list, keep, limit, next).await
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
    tagged(&shared, &account)
}

/// `PATCH /api/accounts/NAME/`
pub(super) async fn edit(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    headers: HeaderMap,
    body: JsonBody<AccountPatch>,
) -> Answer {
    let patch = body.required()?;
    let expected = if_match(&headers)?;
    let edit = AccountEdit { name, patch };
    let edited = shared.service.edit_account(&caller, edit, expected).await?;
    let account = edited.ok_or_else(changed_meanwhile)?;
    tagged(&shared, &account)
}

/// `DELETE /api/accounts/NAME/`
pub(super) async fn remove(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
    headers: HeaderMap,
) -> Answer {
    if let Some(expected) = if_match(&headers)?
        && !expected.contains(&shared.service.account_tag(&name)?)
    {
        return Err(changed_meanwhile());
    }
    shared.service.ask(&caller, AccountRemove { name }).await?;
    Ok(no_content())
}

/// An account with the tag of what a person has set of it. What changes by itself is not in it, or
/// nobody could edit an account where anything happens.
fn tagged(shared: &Shared, account: &AccountView) -> Answer {
    let mut response = json(StatusCode::OK, account);
    let tag = shared.service.account_tag(&account.name)?;
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

fn changed_meanwhile() -> Refusal {
    Refusal::http(
        StatusCode::PRECONDITION_FAILED,
        "precondition_failed",
        "the account is no longer as `If-Match` has it; read it again and decide anew",
    )
}

/// The tags of `If-Match`, one of which the account must have; `None` where any will do.
fn if_match(headers: &HeaderMap) -> Result<Option<Vec<String>>, Refusal> {
    let mut tags = Vec::new();
    for value in headers.get_all(IF_MATCH) {
        for tag in value.to_str().unwrap_or("?").split(',').map(str::trim) {
            if tag == "*" {
                return Ok(None);
            }
            let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            // A weak tag is none that anything is changed by.
            let inner = inner.or_else(|| tag.starts_with("W/\"").then_some(""));
            tags.push(inner.map(str::to_owned).ok_or_else(|| {
                Refusal::field("If-Match", format!("{tag:?} is no entity tag in quotes"))
            })?);
        }
    }
    Ok((!tags.is_empty()).then_some(tags))
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

/// `POST /api/try/`
pub(super) async fn try_out(
    State(shared): State<Shared>,
    Known(caller): Known,
    body: JsonBody<AccountSpec>,
) -> Answer {
    let spec = body.required()?;
    let test = shared.service.ask(&caller, AccountTry { spec }).await?;
    Ok(json(StatusCode::OK, &test))
}

/// `GET /api/accounts/NAME/offers/`
pub(super) async fn offers(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(name): Named,
) -> Answer {
    let offers = shared.service.ask(&caller, AccountOffers { name }).await?;
    Ok(json(StatusCode::OK, &offers))
}
