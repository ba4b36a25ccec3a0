//! Lists: all of them as one array, or a page where the query asks for one. With `limit` and
//! `offset` a page tells its count and both its neighbours; with `after` it goes on behind a known
//! item, which stays right while others come and go.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response as HttpResponse;
use bytes::Bytes;
use futures::stream;
use oms_proto::EntryId;
use oms_proto::request::{EntryList, Paged};
use oms_proto::view::{EntryView, Status};
use serde::Serialize;

use super::Shared;
use super::answer::{Answer, Refusal, json};
use super::auth::Known;
use super::guard::Host;
use super::query::Params;
use crate::service::{Caller, Select};

/// Items in one page.
pub(super) const PAGE_MAX: u32 = 1000;

/// The greatest id that a page may follow; ids are counted up from 1 and programs' integers are signed.
pub(super) const AFTER_MAX: u64 = i64::MAX.unsigned_abs();

/// What a list of entries may be ordered by.
pub(super) const ORDERS: [&str; 2] = ["id", "-id"];

/// `GET /api/queues/`: a bare array of all, or a page with `limit`, `offset`, `after` or the newest
/// first.
pub(super) async fn list(
    State(shared): State<Shared>,
    Known(caller): Known,
    Extension(Host(host)): Extension<Host>,
    params: Params,
) -> Answer {
    let newest = match params.last("order") {
        None | Some("id") => false,
        Some("-id") => true,
        Some(other) => {
            let message = format!("{other:?} is none of {}", ORDERS.join(", "));
            return Err(Refusal::field("order", message));
        }
    };
    let after = params.number("after", 0..=AFTER_MAX)?.map(EntryId);
    let which = EntryList {
        status: words(&params, "status", Status::WORDS, Status::of)?,
        account: params.last("account").map(str::to_owned),
        name: params.last("name").map(str::to_owned),
        metadata: params.each("metadata").map(str::to_owned).collect(),
        since: params.time("since")?,
        after,
        ..EntryList::default()
    };
    let select = Select { which, newest };
    let limit = params.number("limit", 1..=PAGE_MAX)?;
    let offset = params.number("offset", 0..=u32::MAX)?;
    if after.is_some() {
        if offset.is_some() || newest {
            let message = "goes with neither `offset` nor `order=-id`";
            return Err(Refusal::field("after", message));
        }
        let place = format!("{}/api/queues/?{}", host, query(&select));
        let next = |last: &EntryView| format!("{place}after={}", last.id);
        return following(&shared, &caller, select.which, any, limit, next).await;
    }
    if limit.is_none() && offset.is_none() && !select.newest {
        return everything(shared, caller, select.which, any).await;
    }
    let place = Place {
        host,
        limit: limit.unwrap_or(PAGE_MAX),
        offset: offset.unwrap_or(0),
    };
    page(&shared, &caller, &select, &place).await
}

/// Keeps everything, where the service itself tells apart what is asked for.
pub(super) const fn any<I>(_item: &I) -> bool {
    true
}

/// The words of a parameter; each must be known.
pub(super) fn words<W>(
    params: &Params,
    name: &str,
    known: &[&str],
    of: fn(&str) -> W,
) -> Result<Vec<W>, Refusal> {
    params
        .all(name)
        .map(|text| {
            if known.contains(&text) {
                return Ok(of(text));
            }
            let all = known.join(", ");
            Err(Refusal::field(name, format!("{text:?} is none of {all}")))
        })
        .collect()
}

/// A whole list as one array. It is read in pages while it is sent, so that the answer takes no more
/// memory for more items.
pub(super) async fn everything<P, K>(shared: Shared, caller: Caller, list: P, keep: K) -> Answer
where
    P: Paged + Send + 'static,
    P::Item: Serialize + Send,
    K: Fn(&P::Item) -> bool + Clone + Send + Sync + 'static,
{
    let first = Written::read(&shared, &caller, list, &keep, None).await?;
    let rest = stream::try_unfold(first, move |written| {
        let (shared, caller, keep) = (shared.clone(), caller.clone(), keep.clone());
        async move {
            let Some(bytes) = written.bytes else {
                return Ok::<_, Broken>(None);
            };
            let next = match written.rest {
                None => Written::END,
                Some(rest) => {
                    let is_empty = Some(written.is_empty);
                    Written::read(&shared, &caller, rest, &keep, is_empty).await?
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
struct Written<P> {
    bytes: Option<Bytes>,
    /// What asks for the rest, if more follows.
    rest: Option<P>,
    /// Whether no item is written yet.
    is_empty: bool,
}

impl<P> Written<P>
where
    P: Paged,
    P::Item: Serialize,
{
    const END: Self = Self {
        bytes: None,
        rest: None,
        is_empty: false,
    };

    /// The next part, which may hold no item; the first one opens the array.
    async fn read(
        shared: &Shared,
        caller: &Caller,
        mut list: P,
        keep: &impl Fn(&P::Item) -> bool,
        written: Option<bool>,
    ) -> Result<Self, Refusal> {
        let answer = shared.service.ask(caller, list.clone()).await?;
        let (items, more) = P::page(answer);
        let end = items.last().filter(|_| more);
        if let Some(end) = end {
            list.go_on(end);
        }
        let mut bytes = Vec::new();
        if written.is_none() {
            bytes.push(b'[');
        }
        let mut is_empty = written.unwrap_or(true);
        for item in items.iter().filter(|item| keep(item)) {
            if !is_empty {
                bytes.push(b',');
            }
            serde_json::to_writer(&mut bytes, item).map_err(|_| Refusal::internal())?;
            is_empty = false;
        }
        let rest = end.is_some().then_some(list);
        if rest.is_none() {
            bytes.push(b']');
        }
        Ok(Self {
            bytes: Some(bytes.into()),
            rest,
            is_empty,
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

/// A page behind a known item.
#[derive(Serialize)]
struct Following<I> {
    next: Option<String>,
    previous: Option<String>,
    results: Vec<I>,
}

/// What of the query says which entries, ready for more.
fn query(select: &Select) -> String {
    let EntryList {
        status,
        after: _,
        limit: _,
        skip: _,
        account,
        name,
        metadata,
        since,
    } = &select.which;
    let mut filters = String::new();
    if !status.is_empty() {
        let status: Vec<_> = status.iter().map(|one| one.as_str()).collect();
        filters = format!("status={}&", status.join(","));
    }
    let mut rest = form_urlencoded::Serializer::new(String::new());
    let texts = [("account", account), ("name", name)];
    for (key, text) in texts {
        rest.extend_pairs(text.iter().map(|text| (key, text)));
    }
    rest.extend_pairs(metadata.iter().map(|label| ("metadata", label)));
    rest.extend_pairs(since.iter().map(|since| ("since", since.to_string())));
    if select.newest {
        rest.append_pair("order", "-id");
    }
    let rest = rest.finish();
    if !rest.is_empty() {
        filters.push_str(&rest);
        filters.push('&');
    }
    filters
}

async fn page(shared: &Shared, caller: &Caller, select: &Select, place: &Place) -> Answer {
    let Place { limit, offset, .. } = *place;
    let read = select.page(&shared.service, caller, offset.into(), limit);
    let (count, results) = read.await?;
    let link = |offset: u32| {
        let (host, query) = (&place.host, query(select));
        // What the page was asked for comes first, as the 2016 interface's framework had it.
        let query = query.strip_suffix('&').map(|query| format!("&{query}"));
        let query = query.unwrap_or_default();
        format!("{host}/api/queues/?limit={limit}&offset={offset}{query}")
    };
    let end = offset.saturating_add(limit);
    let next = (u64::from(end) < count).then(|| link(end));
    let previous = (offset > 0).then(|| link(offset.saturating_sub(limit)));
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

/// A page of what follows where a list begins.
pub(super) async fn following<P>(
    shared: &Shared,
    caller: &Caller,
    mut list: P,
    keep: impl Fn(&P::Item) -> bool,
    limit: Option<u32>,
    link: impl Fn(&P::Item) -> String,
) -> Answer
where
    P: Paged,
    P::Item: Serialize,
{
    let limit = limit.unwrap_or(PAGE_MAX);
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut results = Vec::new();
    // One more than is shown tells whether more follows.
    while results.len() <= wanted {
        let (items, more) = P::page(shared.service.ask(caller, list.clone()).await?);
        if let Some(end) = items.last() {
            list.go_on(end);
        }
        results.extend(items.into_iter().filter(|item| keep(item)));
        if !more {
            break;
        }
    }
    let more = results.len() > wanted;
    results.truncate(wanted);
    let end = results.last().filter(|_| more);
    let next = end.map(|last| format!("{}&limit={limit}", link(last)));
    Ok(json(
        StatusCode::OK,
        &Following {
            next,
            previous: None,
            results,
        },
    ))
}
