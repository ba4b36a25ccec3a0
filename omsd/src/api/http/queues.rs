//! `/api/queues/`: the interface of 2016, and what came after. Lists are in `pages`.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use oms_proto::request::{
    EntryCreate, EntryExplain, EntryHold, EntryPreview, EntryRemove, EntryRetry, EntryShow,
    EntryWait,
};
use oms_proto::spec::EntrySpec;
use oms_proto::view::EntryView;
use oms_proto::{EntryId, ErrorCode, WireError};

use super::Shared;
use super::answer::{Answer, Refusal, created, json, no_content};
use super::auth::Known;
use super::body::JsonBody;
use super::query::{Named, Params, digits};
use crate::service::Caller;

/// The longest that a request waits for its entry, in seconds: what lies between a client and the
/// daemon often cuts longer silences off.
const WAIT_MAX_SECONDS: u32 = 300;

/// The longest idempotency key; the service has the same bound, under the name of its own field.
const IDEMPOTENCY_KEY_MAX: usize = 255;

/// `POST /api/queues/`
pub(super) async fn create(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
    headers: HeaderMap,
    JsonBody(spec): JsonBody<EntrySpec>,
) -> Answer {
    let wait = wait(&params, &headers)?;
    let create = EntryCreate {
        spec: spec.unwrap_or_default(),
        idempotency_key: idempotency_key(&headers)?,
    };
    let mut entry = shared.service.ask(&caller, create).await?;
    if let Some(seconds) = wait {
        entry = waited(&shared, &caller, entry, seconds).await;
    }
    Ok(created(&format!("/api/queues/{}/", entry.id), &entry))
}

/// `GET /api/queues/1/`
pub(super) async fn show(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
    headers: HeaderMap,
    Named(id): Named,
) -> Answer {
    let id = entry_id(&id)?;
    let wait = wait(&params, &headers)?;
    let shown = shared.service.ask(&caller, EntryShow { id }).await;
    let entry = shown.map_err(Refusal::not_found_or)?;
    let Some(seconds) = wait else {
        return Ok(json(StatusCode::OK, &entry));
    };
    let waited = wait_for(&shared, &caller, settled(&entry, seconds)).await;
    let entry = waited.map_err(Refusal::not_found_or)?.unwrap_or(entry);
    Ok(json(StatusCode::OK, &entry))
}

/// `DELETE /api/queues/1/`
pub(super) async fn remove(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
    Named(id): Named,
) -> Answer {
    let id = entry_id(&id)?;
    let wait = params.number("wait", 0..=WAIT_MAX_SECONDS)?;
    let removed = shared.service.ask(&caller, EntryRemove { id }).await;
    removed.map_err(Refusal::not_found_or)?;
    let Some(seconds) = wait else {
        return Ok(no_content());
    };
    let wait = EntryWait {
        id,
        timeout_ms: seconds.saturating_mul(1000),
        gone: true,
    };
    let waited = wait_for(&shared, &caller, wait).await;
    // Whoever looks afterwards must find the same: gone, or on its way.
    let entry = match waited {
        Ok(Some(entry)) => Ok(entry),
        Ok(None) | Err(_) => shared.service.ask(&caller, EntryShow { id }).await,
    };
    let left = shared.service.is_left(id);
    match entry.ok().filter(|_| left) {
        Some(entry) => Ok(json(StatusCode::ACCEPTED, &entry)),
        None => Ok(no_content()),
    }
}

/// `POST /api/queues/preview/`
pub(super) async fn preview(
    State(shared): State<Shared>,
    Known(caller): Known,
    JsonBody(spec): JsonBody<EntrySpec>,
) -> Answer {
    let spec = spec.unwrap_or_default();
    let preview = shared.service.ask(&caller, EntryPreview { spec }).await?;
    Ok(json(StatusCode::OK, &preview))
}

/// `POST /api/queues/1/retry/`
pub(super) async fn retry(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(id): Named,
) -> Answer {
    let id = entry_id(&id)?;
    let entry = shared.service.ask(&caller, EntryRetry { id }).await;
    Ok(json(StatusCode::OK, &entry.map_err(Refusal::not_found_or)?))
}

/// `PUT /api/queues/1/hold/`
pub(super) async fn hold(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(id): Named,
) -> Answer {
    set_held(&shared, &caller, &id, true).await
}

/// `DELETE /api/queues/1/hold/`
pub(super) async fn release(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(id): Named,
) -> Answer {
    set_held(&shared, &caller, &id, false).await
}

async fn set_held(shared: &Shared, caller: &Caller, id: &str, held: bool) -> Answer {
    let id = entry_id(id)?;
    let entry = shared.service.ask(caller, EntryHold { id, held }).await;
    Ok(json(StatusCode::OK, &entry.map_err(Refusal::not_found_or)?))
}

/// `GET /api/queues/1/explain/`
pub(super) async fn explain(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(id): Named,
) -> Answer {
    let id = entry_id(&id)?;
    let explained = shared.service.ask(&caller, EntryExplain { id }).await;
    Ok(json(
        StatusCode::OK,
        &explained.map_err(Refusal::not_found_or)?,
    ))
}

/// How long the answer may wait for the entry: `?wait=`, or else `Prefer: wait=` (RFC 7240), of which
/// what cannot be is left alone.
fn wait(params: &Params, headers: &HeaderMap) -> Result<Option<u32>, Refusal> {
    let asked = params.number("wait", 0..=WAIT_MAX_SECONDS)?;
    let mut preferences = headers
        .get_all("prefer")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','));
    let preferred = preferences.find_map(|preference| {
        let seconds = preference.trim().strip_prefix("wait=")?;
        digits::<u32>(seconds)
    });
    Ok(asked.or(preferred.map(|seconds| seconds.min(WAIT_MAX_SECONDS))))
}

/// The entry after it settled or the time is over; if that fails, as it was: it is made.
async fn waited(shared: &Shared, caller: &Caller, entry: EntryView, seconds: u32) -> EntryView {
    let waited = wait_for(shared, caller, settled(&entry, seconds)).await;
    waited.ok().flatten().unwrap_or(entry)
}

/// What waits until an entry runs or never will.
fn settled(entry: &EntryView, seconds: u32) -> EntryWait {
    EntryWait {
        id: entry.id,
        timeout_ms: seconds.saturating_mul(1000),
        gone: false,
    }
}

/// Waits for an entry; `None` when the daemon stops meanwhile. Only so many wait at a time, so that
/// waiting never takes all places for connections.
async fn wait_for(
    shared: &Shared,
    caller: &Caller,
    wait: EntryWait,
) -> Result<Option<EntryView>, WireError> {
    let Ok(_place) = shared.waits.try_acquire() else {
        let detail = "too many requests wait already; ask again without wait, or later";
        return Err(WireError::new(ErrorCode::Unavailable, detail));
    };
    tokio::select! {
        answer = shared.service.ask(caller, wait) => answer.map(Some),
        () = shared.stopping.cancelled() => Ok(None),
    }
}

fn entry_id(text: &str) -> Result<EntryId, Refusal> {
    digits(text).map(EntryId).ok_or_else(Refusal::not_found)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(key) = given.next() else {
        return Ok(None);
    };
    let fits = |key: &&str| {
        (1..=IDEMPOTENCY_KEY_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    };
    match key.to_str().ok().filter(fits) {
        Some(key) if given.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Refusal::field(
            "Idempotency-Key",
            "expected one key of 1 to 255 visible ASCII characters",
        )),
    }
}
