//! `/api/events/`: what happens, as server-sent events or as a page of JSON.
//!
//! The stream sends `id:` (the event's number), `event:` (its kind) and `data:` (the event in
//! JSON). A reader that reconnects sends `Last-Event-ID` by itself and goes on where it was. When
//! events were left out, because the reader was slow or the journal no longer reaches back so far,
//! the stream says so with an event `missed`, whose id is the number to go on from.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response as HttpResponse;
use bytes::Bytes;
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream;
use oms_proto::request::{EventList, StatusShow};
use oms_proto::response::{Snapshot, StreamEvent};
use oms_proto::view::EventView;
use oms_proto::{EntryId, EventKind, StreamItem};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::accept::Accept;
use super::answer::{Answer, Refusal, json};
use super::auth::Known;
use super::query::{Params, digits};
use crate::service::{Caller, Subscription};
use crate::telemetry::Subscribed;

/// The longest silence on a stream; shorter than what lies in between usually allows, and the way
/// to find out that a reader is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// What a stream begins with: something to read at once, and when to reconnect.
const GREETING: &str = ": omsd\nretry: 2000\n\n";

/// Events in one page.
const PAGE_MAX: u32 = 1000;

/// Events in one page unless told otherwise.
const PAGE: u32 = 100;

/// `GET /api/events/`
pub(super) async fn events(
    State(shared): State<Shared>,
    Known(caller): Known,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    let since = params.number("since", 0..=u64::MAX)?;
    if wants_page(&headers) {
        let limit = params.number("limit", 1..=PAGE_MAX)?.unwrap_or(PAGE);
        let list = EventList {
            since,
            limit,
            entry: params.number("entry", 0..=u64::MAX)?.map(EntryId),
            account: params.last("account").map(str::to_owned),
            kinds: kinds(&params)?,
            from: params.time("from")?,
            actor: params.last("actor").map(str::to_owned),
        };
        return page(&shared, &caller, list).await;
    }
    // The address stays the same when a reader reconnects, so the header is newer.
    let since = match last_event_id(&headers)?.or(since) {
        Some(since) => since,
        None => latest(&shared, &caller).await?,
    };
    stream(&shared, &caller, since, &headers)
}

fn kinds(params: &Params) -> Result<Vec<EventKind>, Refusal> {
    let read = |text: &str| {
        text.parse()
            .map_err(|unknown| Refusal::field("kind", format!("{unknown}")))
    };
    params.all("kind").map(read).collect()
}

/// Whether the reader names JSON and no stream.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = Accept::of(headers);
    accept.names("application/json") && !accept.names("text/event-stream")
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok("") => Ok(None),
        Ok(text) => digits(text).map(Some).ok_or_else(bad_event_id),
        Err(_) => Err(bad_event_id()),
    }
}

fn bad_event_id() -> Refusal {
    Refusal::field("Last-Event-ID", "expected the number of an event")
}

async fn page(shared: &Shared, caller: &Caller, list: EventList) -> Answer {
    let page = shared.service.ask(caller, list).await?;
    Ok(json(StatusCode::OK, &page.events))
}

/// The number of the latest event: where a stream begins that is about now.
async fn latest(shared: &Shared, caller: &Caller) -> Result<u64, Refusal> {
    Ok(shared.service.ask(caller, StatusShow {}).await?.seq)
}

fn stream(shared: &Shared, caller: &Caller, since: u64, headers: &HeaderMap) -> Answer {
    // A token that is revoked ends the subscription; a session is known here alone.
    let session = shared.site.access.session_end(headers);
    let ended = async move {
        match session {
            Some(session) => session.wait().await,
            None => future::pending().await,
        }
    };
    let subscription = shared.service.subscribe(caller, Some(since))?;
    let Ok(place) = shared.streams.clone().try_acquire_owned() else {
        return Err(Refusal::unavailable("there are too many event streams"));
    };
    let reader = Reader {
        subscription,
        stopping: shared.stopping.clone(),
        ended: ended.boxed(),
        greeted: false,
        _place: place,
        _counted: shared.metrics.subscriber("http"),
    };
    let items = stream::unfold(reader, |mut reader| async move {
        let text = reader.next().await?;
        Some((Ok::<_, Infallible>(text), reader))
    });
    let mut response = HttpResponse::new(Body::from_stream(items));
    let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

/// One stream's reader; dropped with its connection.
struct Reader {
    subscription: Subscription,
    stopping: CancellationToken,
    /// The end of the session that lets the reader in.
    ended: BoxFuture<'static, ()>,
    greeted: bool,
    _place: OwnedSemaphorePermit,
    _counted: Subscribed,
}

impl Reader {
    /// What to send next; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        if !std::mem::replace(&mut self.greeted, true) {
            return Some(Bytes::from_static(GREETING.as_bytes()));
        }
        loop {
            let item = tokio::select! {
                item = timeout(HEARTBEAT, self.subscription.next()) => item,
                () = self.stopping.cancelled() => return None,
                () = &mut self.ended => return None,
            };
            match item {
                Err(_elapsed) => return Some(Bytes::from_static(b":\n\n")),
                Ok(None | Some(Err(_))) => return None,
                Ok(Some(Ok(StreamItem::Event(StreamEvent { event, .. })))) => {
                    return Some(written(&event));
                }
                // Whoever gets a picture in place of events has missed some.
                Ok(Some(Ok(StreamItem::Snapshot(Snapshot {
                    seq, last: true, ..
                })))) => return Some(missed(seq)),
                Ok(Some(Ok(
                    StreamItem::Missed(_)
                    | StreamItem::Changed(_)
                    | StreamItem::Snapshot(_)
                    | StreamItem::Unknown,
                ))) => {}
            }
        }
    }
}

fn written(event: &EventView) -> Bytes {
    // An event is plain data, which always has a JSON form, on one line.
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", event.seq, event.kind).into()
}

fn missed(seq: u64) -> Bytes {
    let detail = "events were left out; read the lists again and go on from here";
    let data = serde_json::json!({ "seq": seq, "detail": detail });
    format!("id: {seq}\nevent: missed\ndata: {data}\n\n").into()
}
