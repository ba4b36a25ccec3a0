//! `/api/queues/`: the interface of 2016, and what came after.

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response as HttpResponse;
use bytes::Bytes;
use futures::stream;
use oms_proto::request::{EntryCreate, EntryList, EntryWait};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{EntryView, Status};
use oms_proto::{EntryId, Request, Response};
use serde::Serialize;

use super::answer::{Answer, Refusal, created, json, no_content};
use super::auth::Known;
use super::body::JsonBody;
use super::guard::Host;
use super::query::{Named, Params, digits};
use super::{PATIENCE, Shared, unexpected};
use crate::service::{Caller, Role};

/// The longest that a request waits for its entry, in seconds: what lies between a client and the
/// daemon often cuts longer silences off.
const WAIT_MAX_SECONDS: u32 = 300;

/// Entries in one page.
const PAGE_MAX: u32 = 1000;

/// Entries asked of the service at once.
const CHUNK: u32 = 500;

/// `POST /api/queues/`
pub(super) async fn create(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
    headers: HeaderMap,
    JsonBody(spec): JsonBody<EntrySpec>,
) -> Answer {
    let wait = params.number("wait", 0..=WAIT_MAX_SECONDS)?;
    let create = EntryCreate {
        spec: spec.unwrap_or_default(),
        idempotency_key: idempotency_key(&headers)?,
    };
    let request = Request::EntryCreate(Box::new(create));
    let Response::Entry(mut entry) = shared.ask(&caller, request).await? else {
        return Err(unexpected());
    };
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
    Named(id): Named,
) -> Answer {
    let id = entry_id(&id)?;
    let wait = params.number("wait", 0..=WAIT_MAX_SECONDS)?;
    let shown = shared.ask(&caller, Request::EntryShow(id)).await;
    let Response::Entry(entry) = shown.map_err(Refusal::or_not_found)? else {
        return Err(unexpected());
    };
    let Some(seconds) = wait else {
        return Ok(json(StatusCode::OK, &entry));
    };
    let waited = wait_for(&shared, &caller, &entry, seconds).await;
    let entry = waited.map_err(Refusal::or_not_found)?.unwrap_or(entry);
    Ok(json(StatusCode::OK, &entry))
}

/// `DELETE /api/queues/1/`
pub(super) async fn delete(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(id): Named,
) -> Answer {
    let request = Request::EntryDelete(entry_id(&id)?);
    let deleted = shared.ask(&caller, request).await;
    deleted.map_err(Refusal::or_not_found)?;
    Ok(no_content())
}

/// `GET /api/queues/1/explain/`
pub(super) async fn explain(
    State(shared): State<Shared>,
    Known(caller): Known,
    Named(id): Named,
) -> Answer {
    let request = Request::EntryExplain(entry_id(&id)?);
    let explained = shared.ask(&caller, request).await;
    match explained.map_err(Refusal::or_not_found)? {
        Response::Explanation(explanation) => Ok(json(StatusCode::OK, &explanation)),
        _ => Err(unexpected()),
    }
}

/// `GET /api/queues/`: a bare array of all, or a page with `limit` or `offset`.
pub(super) async fn list(
    State(shared): State<Shared>,
    Known(caller): Known,
    Extension(Host(host)): Extension<Host>,
    params: Params,
) -> Answer {
    let status = statuses(&params)?;
    let limit = params.number("limit", 1..=PAGE_MAX)?;
    let offset = params.number("offset", 0..=u32::MAX)?;
    if limit.is_none() && offset.is_none() {
        return everything(shared, caller, status).await;
    }
    let place = Place {
        host,
        limit: limit.unwrap_or(PAGE_MAX),
        offset: offset.unwrap_or(0),
    };
    page(&shared, &caller, status, &place).await
}

/// The entry after it settled or the time is over; if that fails, as it was: it is made.
async fn waited(
    shared: &Shared,
    caller: &Caller,
    entry: Box<EntryView>,
    seconds: u32,
) -> Box<EntryView> {
    let waited = wait_for(shared, caller, &entry, seconds).await;
    waited.ok().flatten().unwrap_or(entry)
}

/// Waits for an entry; `None` when the daemon stops meanwhile.
async fn wait_for(
    shared: &Shared,
    caller: &Caller,
    entry: &EntryView,
    seconds: u32,
) -> Result<Option<Box<EntryView>>, Refusal> {
    let request = Request::EntryWait(EntryWait {
        id: entry.id,
        timeout_ms: seconds.saturating_mul(1000),
    });
    let patience = PATIENCE + Duration::from_secs(seconds.into());
    tokio::select! {
        answer = shared.ask_within(patience, caller, request) => match answer? {
            Response::Entry(entry) => Ok(Some(entry)),
            _ => Err(unexpected()),
        },
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
    match key.to_str() {
        Ok(key) if given.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Refusal::field(
            "Idempotency-Key",
            "expected one key of 1 to 255 visible ASCII characters",
        )),
    }
}

fn statuses(params: &Params) -> Result<Vec<Status>, Refusal> {
    let known = |text: &str| Status::ALL.into_iter().find(|known| known.as_str() == text);
    params
        .all("status")
        .map(|text| {
            known(text).ok_or_else(|| {
                let all = Status::ALL.map(Status::as_str).join(", ");
                Refusal::field("status", format!("{text:?} is none of {all}"))
            })
        })
        .collect()
}

/// Some entries after one, and whether there are more.
async fn chunk(
    shared: &Shared,
    caller: &Caller,
    list: EntryList,
) -> Result<(Vec<EntryView>, bool), Refusal> {
    match shared.ask(caller, Request::EntryList(list)).await? {
        Response::Entries { entries, more } => Ok((entries, more)),
        _ => Err(unexpected()),
    }
}

/// All entries as one array. They are read in chunks while they are sent, so that the answer
/// takes no more memory for more entries.
async fn everything(shared: Shared, caller: Caller, status: Vec<Status>) -> Answer {
    let list = EntryList {
        status,
        after: None,
        limit: Some(CHUNK),
    };
    let (entries, more) = chunk(&shared, &caller, list.clone()).await?;
    let first = Written::new(b"[", &entries, more)?;
    let rest = stream::try_unfold(first, move |written| {
        let (shared, caller) = (shared.clone(), caller.clone());
        let mut list = list.clone();
        async move {
            let Some(bytes) = written.bytes else {
                return Ok::<_, Broken>(None);
            };
            let next = match written.after {
                None => Written::END,
                Some(after) => {
                    list.after = Some(after);
                    let (entries, more) = chunk(&shared, &caller, list).await?;
                    Written::new(b",", &entries, more)?
                }
            };
            Ok(Some((bytes, next)))
        }
    });
    let mut response = HttpResponse::new(Body::from_stream(rest));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

/// A part of the array that is ready to be sent.
struct Written {
    bytes: Option<Bytes>,
    /// The last entry in it, if more follow.
    after: Option<EntryId>,
}

impl Written {
    const END: Self = Self {
        bytes: None,
        after: None,
    };

    fn new(before: &[u8], entries: &[EntryView], more: bool) -> Result<Self, Refusal> {
        let after = entries.last().filter(|_| more).map(|entry| entry.id);
        let mut bytes = Vec::new();
        let mut separator = before;
        if entries.is_empty() && before == b"[" {
            bytes.push(b'[');
        }
        for entry in entries {
            bytes.extend_from_slice(separator);
            serde_json::to_writer(&mut bytes, entry).map_err(|_| unexpected())?;
            separator = b",";
        }
        if after.is_none() {
            bytes.push(b']');
        }
        Ok(Self {
            bytes: Some(bytes.into()),
            after,
        })
    }
}

/// The rest of a list could not be read; the connection is cut so that nobody takes what was sent
/// for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the rest of the list could not be read")]
struct Broken;

impl From<Refusal> for Broken {
    fn from(_refusal: Refusal) -> Self {
        Self
    }
}

/// Which page.
struct Place {
    host: String,
    limit: u32,
    offset: u32,
}

/// A page, in the shape that the 2016 interface's framework gives pages.
#[derive(Serialize)]
struct Page {
    count: u64,
    next: Option<String>,
    previous: Option<String>,
    results: Vec<EntryView>,
}

async fn page(shared: &Shared, caller: &Caller, status: Vec<Status>, place: &Place) -> Answer {
    let count = count(shared, caller, &status).await?;
    let link = |offset: u32| {
        let status: Vec<_> = status.iter().map(|one| one.as_str()).collect();
        let filter = match status.as_slice() {
            [] => String::new(),
            some => format!("&status={}", some.join(",")),
        };
        let Place { host, limit, .. } = place;
        format!("http://{host}/api/queues/?limit={limit}&offset={offset}{filter}")
    };
    let end = place.offset.saturating_add(place.limit);
    let next = (u64::from(end) < count).then(|| link(end));
    let previous = (place.offset > 0).then(|| link(place.offset.saturating_sub(place.limit)));
    let results = results(shared, caller, &status, place).await?;
    Ok(json(
        StatusCode::OK,
        &Page {
            count,
            next,
            previous,
            results,
        },
    ))
}

/// How many entries the filter lets through.
async fn count(shared: &Shared, caller: &Caller, status: &[Status]) -> Result<u64, Refusal> {
    let Response::Status(view) = shared.ask(caller, Request::Status).await? else {
        return Err(unexpected());
    };
    let passes = |one: &Status| match status {
        [] => *one != Status::Destroy,
        some => some.contains(one),
    };
    let counted = Status::ALL.iter().filter(|one| passes(one));
    Ok(counted
        .filter_map(|one| view.entries.get(one.as_str()))
        .sum())
}

/// The entries of a page. The way there goes over all before it, which are read without their
/// keys: nobody sees them.
async fn results(
    shared: &Shared,
    caller: &Caller,
    status: &[Status],
    place: &Place,
) -> Result<Vec<EntryView>, Refusal> {
    let walker = Caller {
        role: Role::Viewer,
        name: caller.name.clone(),
    };
    let mut results = Vec::new();
    let (mut skip, mut take) = (place.offset, place.limit);
    let mut after = None;
    while take > 0 {
        let (reader, limit) = match skip {
            0 => (caller, take.min(CHUNK)),
            skip => (&walker, skip.min(CHUNK)),
        };
        let list = EntryList {
            status: status.to_vec(),
            after,
            limit: Some(limit),
        };
        let (entries, more) = chunk(shared, reader, list).await?;
        after = entries.last().map(|entry| entry.id).or(after);
        let got = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        if skip > 0 {
            skip = skip.saturating_sub(got);
        } else {
            take = take.saturating_sub(got);
            results.extend(entries);
        }
        if !more || got == 0 {
            break;
        }
    }
    Ok(results)
}
