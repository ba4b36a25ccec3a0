//! Lists of queue entries: all of them as one array, or a page.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response as HttpResponse;
use bytes::Bytes;
use futures::stream;
use oms_proto::EntryId;
use oms_proto::request::{EntryList, StatusShow};
use oms_proto::response::EntryPage;
use oms_proto::view::{EntryView, Status};
use serde::Serialize;

use super::Shared;
use super::answer::{Answer, Refusal, json};
use super::auth::Known;
use super::guard::Host;
use super::query::Params;
use crate::service::{Caller, Role};

/// Entries in one page.
const PAGE_MAX: u32 = 1000;

/// Entries asked of the service at once.
const CHUNK: u32 = 500;

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
    let EntryPage { entries, more } = shared.service.ask(caller, list).await?;
    Ok((entries, more))
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
            serde_json::to_writer(&mut bytes, entry).map_err(|_| Refusal::internal())?;
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
    let view = shared.service.ask(caller, StatusShow {}).await?;
    let passes = |one: &Status| match status {
        [] => *one != Status::Destroy,
        some => some.contains(one),
    };
    let counted = Status::ALL.iter().filter(|one| passes(one));
    Ok(counted.filter_map(|one| view.entries.get(one)).sum())
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
        actor: caller.actor.clone(),
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
