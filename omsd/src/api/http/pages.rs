//! Lists: all of them as one array, and of queue entries a page.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response as HttpResponse;
use bytes::Bytes;
use futures::stream;
use oms_proto::request::{EntryList, Paged};
use oms_proto::view::{EntryView, Status};
use serde::Serialize;

use super::Shared;
use super::answer::{Answer, Refusal, json};
use super::auth::Known;
use super::guard::Host;
use super::query::Params;
use crate::service::Caller;

/// Entries in one page.
const PAGE_MAX: u32 = 1000;

/// `GET /api/queues/`: a bare array of all, or a page with `limit` or `offset`.
pub(super) async fn list(
    State(shared): State<Shared>,
    Known(caller): Known,
    Extension(Host(host)): Extension<Host>,
    params: Params,
) -> Answer {
    let wanted = EntryList {
        status: statuses(&params)?,
        account: params.last("account").map(str::to_owned),
        name: params.last("name").map(str::to_owned),
        metadata: params.each("metadata").map(str::to_owned).collect(),
        since: params.time("since")?,
        ..EntryList::default()
    };
    let limit = params.number("limit", 1..=PAGE_MAX)?;
    let offset = params.number("offset", 0..=u32::MAX)?;
    if limit.is_none() && offset.is_none() {
        return everything(shared, caller, wanted).await;
    }
    let place = Place {
        host,
        limit: limit.unwrap_or(PAGE_MAX),
        offset: offset.unwrap_or(0),
    };
    page(&shared, &caller, wanted, &place).await
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

/// A whole list as one array. It is read in pages while it is sent, so that the answer takes no more
/// memory for more items.
pub(super) async fn everything<P>(shared: Shared, caller: Caller, list: P) -> Answer
where
    P: Paged + Send + 'static,
    P::Item: Serialize + Send,
{
    let first = Written::read(&shared, &caller, list, b"[").await?;
    let rest = stream::try_unfold(first, move |written| {
        let (shared, caller) = (shared.clone(), caller.clone());
        async move {
            let Some(bytes) = written.bytes else {
                return Ok::<_, Broken>(None);
            };
            let next = match written.rest {
                None => Written::END,
                Some(rest) => Written::read(&shared, &caller, rest, b",").await?,
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
struct Written<P> {
    bytes: Option<Bytes>,
    /// What asks for the rest, if more follows.
    rest: Option<P>,
}

impl<P> Written<P>
where
    P: Paged,
    P::Item: Serialize,
{
    const END: Self = Self {
        bytes: None,
        rest: None,
    };

    async fn read(
        shared: &Shared,
        caller: &Caller,
        mut list: P,
        before: &[u8],
    ) -> Result<Self, Refusal> {
        let answer = shared.service.ask(caller, list.clone()).await?;
        let (items, more) = P::page(answer);
        let end = items.last().filter(|_| more);
        if let Some(end) = end {
            list.go_on(end);
        }
        let mut bytes = Vec::new();
        let mut separator = before;
        if items.is_empty() && before == b"[" {
            bytes.push(b'[');
        }
        for item in &items {
            bytes.extend_from_slice(separator);
            serde_json::to_writer(&mut bytes, item).map_err(|_| Refusal::internal())?;
            separator = b",";
        }
        let rest = end.is_some().then_some(list);
        if rest.is_none() {
            bytes.push(b']');
        }
        Ok(Self {
            bytes: Some(bytes.into()),
            rest,
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

/// What a page asks for beside its place, to follow the place in an address.
fn filters(wanted: &EntryList) -> String {
    let EntryList {
        status,
        after: _,
        limit: _,
        skip: _,
        account,
        name,
        metadata,
        since,
    } = wanted;
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(account) = account {
        query.append_pair("account", account);
    }
    if let Some(name) = name {
        query.append_pair("name", name);
    }
    for label in metadata {
        query.append_pair("metadata", label);
    }
    if let Some(since) = since {
        query.append_pair("since", &since.to_string());
    }
    let status: Vec<_> = status.iter().map(|one| one.as_str()).collect();
    let mut filters = String::new();
    if !status.is_empty() {
        filters = format!("&status={}", status.join(","));
    }
    let rest = query.finish();
    if !rest.is_empty() {
        filters.push('&');
        filters.push_str(&rest);
    }
    filters
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

async fn page(shared: &Shared, caller: &Caller, wanted: EntryList, place: &Place) -> Answer {
    let mut results = Vec::new();
    let filters = filters(&wanted);
    let mut list = EntryList {
        limit: Some(place.limit),
        skip: place.offset,
        ..wanted
    };
    let mut count = None;
    // More than the service gives at once takes several answers.
    let count = loop {
        let page = shared.service.ask(caller, list.clone()).await?;
        let all = *count.get_or_insert(page.count);
        let more = page.more;
        results.extend(page.entries);
        let got = u32::try_from(results.len()).unwrap_or(u32::MAX);
        let left = place.limit.saturating_sub(got);
        match results.last().filter(|_| more && left > 0) {
            Some(end) => list.go_on(end),
            None => break all,
        }
        list.limit = Some(left);
    };
    let link = |offset: u32| {
        let Place { host, limit, .. } = place;
        format!("http://{host}/api/queues/?limit={limit}&offset={offset}{filters}")
    };
    let end = place.offset.saturating_add(place.limit);
    let next = (u64::from(end) < count).then(|| link(end));
    let previous = (place.offset > 0).then(|| link(place.offset.saturating_sub(place.limit)));
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
