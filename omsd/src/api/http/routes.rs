//! The table of all paths: what each asks, who may, and what it is for. The router is made from
//! it, and so is the list of paths that `/api/` gives.

use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::Response as HttpResponse;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use oms_proto::request::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountRemove, AccountShow, AccountTest,
    AccountUnblock, Asked, EntryCreate, EntryExplain, EntryHold, EntryList, EntryRemove,
    EntryRetry, EntryShow, InstanceList, InstanceShow, Role, StatusShow, StrayRemove, Strays,
    Subscribe, TakeOver,
};
use serde::Serialize;

use super::answer::json;
use super::auth::door;
use super::{Shared, accounts, events, gc, instances, pages, queues, system};

/// One method of one path.
pub struct Route {
    /// The method. `GET` answers `HEAD` too.
    pub method: Method,
    /// The path, its variable parts in braces.
    pub path: &'static str,
    /// The request that it comes to, by name; `None` where nothing is asked.
    pub request: Option<&'static str>,
    /// The weakest role that may; `None` for everybody.
    pub role: Option<Role>,
    /// What it is for, in a line.
    pub summary: &'static str,
    handler: fn() -> MethodRouter<Shared>,
}

/// A row of the table, as it is shown.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    method: &'a str,
    path: &'a str,
    /// What logs and the other transport call it.
    request: Option<&'a str>,
    /// `null` for everybody.
    role: Option<&'a str>,
    summary: &'a str,
}

impl Route {
    const fn asks<A: Asked>(
        method: Method,
        path: &'static str,
        summary: &'static str,
        handler: fn() -> MethodRouter<Shared>,
    ) -> Self {
        Self {
            method,
            path,
            request: Some(A::NAME),
            role: Some(A::ROLE),
            summary,
            handler,
        }
    }

    const fn open(
        path: &'static str,
        summary: &'static str,
        handler: fn() -> MethodRouter<Shared>,
    ) -> Self {
        Self {
            method: Method::GET,
            path,
            request: None,
            role: None,
            summary,
            handler,
        }
    }

    /// The row as it is shown.
    pub(super) fn line(&self) -> Line<'_> {
        Line {
            method: self.method.as_str(),
            path: self.path,
            request: self.request,
            role: self.role.map(Role::as_str),
            summary: self.summary,
        }
    }

    /// The handler behind its door.
    pub(super) fn methods(&self, shared: &Shared) -> MethodRouter<Shared> {
        match self.role {
            Some(role) => {
                let door = from_fn_with_state((Shared::clone(shared), role), door);
                (self.handler)().route_layer(door)
            }
            None => (self.handler)(),
        }
    }
}

/// All of them.
pub static ROUTES: &[Route] = &[
    Route::asks::<EntryList>(
        Method::GET,
        "/api/queues/",
        "all entries; ?status=, ?account=, ?name=, ?metadata=KEY=VALUE and ?since=TIME filter, \
         ?limit= and ?offset= give pages",
        || get(pages::list),
    ),
    Route::asks::<EntryCreate>(
        Method::POST,
        "/api/queues/",
        "hands in an entry; ?wait=SECONDS answers when it runs or failed",
        || post(queues::create),
    ),
    Route::asks::<EntryShow>(
        Method::GET,
        "/api/queues/{id}/",
        "one entry; ?wait=SECONDS answers when it runs or failed",
        || get(queues::show),
    ),
    Route::asks::<EntryRemove>(
        Method::DELETE,
        "/api/queues/{id}/",
        "removes an entry and everything made for it; ?wait=SECONDS answers when nothing is left",
        || delete(queues::remove),
    ),
    Route::asks::<EntryExplain>(
        Method::GET,
        "/api/queues/{id}/explain/",
        "every attempt of an entry, and every account passed over",
        || get(queues::explain),
    ),
    Route::asks::<EntryRetry>(
        Method::POST,
        "/api/queues/{id}/retry/",
        "tries an entry again that has FAILED, with as much time as it had at first",
        || post(queues::retry),
    ),
    Route::asks::<EntryHold>(
        Method::PUT,
        "/api/queues/{id}/hold/",
        "keeps an entry from being removed until it is released",
        || put(queues::hold),
    ),
    Route::asks::<EntryHold>(
        Method::DELETE,
        "/api/queues/{id}/hold/",
        "releases an entry that is held",
        || delete(queues::release),
    ),
    Route::asks::<AccountList>(Method::GET, "/api/accounts/", "all accounts", || {
        get(accounts::list)
    }),
    Route::asks::<AccountAdd>(Method::POST, "/api/accounts/", "adds an account", || {
        post(accounts::add)
    }),
    Route::asks::<AccountShow>(Method::GET, "/api/accounts/{name}/", "one account", || {
        get(accounts::show)
    }),
    Route::asks::<AccountEdit>(
        Method::PATCH,
        "/api/accounts/{name}/",
        "changes what the body says of an account; null takes a value away",
        || patch(accounts::edit),
    ),
    Route::asks::<AccountRemove>(
        Method::DELETE,
        "/api/accounts/{name}/",
        "forgets an account; refused while anything of ours is there",
        || delete(accounts::remove),
    ),
    Route::asks::<AccountMaintain>(
        Method::PUT,
        "/api/accounts/{name}/maintenance/",
        "replaces all maintenance windows; [] ends them",
        || put(accounts::maintain),
    ),
    Route::asks::<AccountUnblock>(
        Method::DELETE,
        "/api/accounts/{name}/blocks/",
        "lifts what is blocked there, or what ?scope= names; the next launch is a probe",
        || delete(accounts::unblock),
    ),
    Route::asks::<AccountTest>(
        Method::POST,
        "/api/accounts/{name}/test/",
        "tests an account; ?boot=true boots an instance there and removes it again",
        || post(accounts::test),
    ),
    Route::asks::<InstanceList>(
        Method::GET,
        "/api/instances/",
        "all instances; ?account= and ?name= filter",
        || get(instances::list),
    ),
    Route::asks::<InstanceShow>(Method::GET, "/api/instances/{id}/", "one instance", || {
        get(instances::show)
    }),
    Route::asks::<Subscribe>(
        Method::GET,
        "/api/events/",
        "events as they happen, or those after ?since= as JSON where only that is accepted, with \
         ?entry=, ?account=, ?kind= and ?from=TIME as filters",
        || get(events::events),
    ),
    Route::asks::<Strays>(
        Method::GET,
        "/api/gc/",
        "what stands at the clouds, with a verdict for each object; ?account= for one",
        || get(gc::look),
    ),
    Route::asks::<Strays>(
        Method::POST,
        "/api/gc/",
        "the same, and has the scheduler remove what is ours and has no owner",
        || post(gc::remove),
    ),
    Route::asks::<StrayRemove>(
        Method::DELETE,
        "/api/gc/{account}/{kind}/{id}/",
        "has one object removed that carries our mark and has no owner, whoever made it",
        || delete(gc::remove_one),
    ),
    Route::asks::<TakeOver>(
        Method::POST,
        "/api/takeover/",
        "goes on where nothing is launched or removed, for another daemon may be at work",
        || post(system::take_over),
    ),
    Route::asks::<StatusShow>(
        Method::GET,
        "/api/status/",
        "how the daemon stands, and what needs a person",
        || get(system::status),
    ),
    Route::asks::<StatusShow>(Method::GET, "/metrics", "metrics for Prometheus", || {
        get(system::metrics)
    }),
    Route::open("/api/", "these paths", || get(paths)),
    Route::open("/healthz", "the process is up", || get(system::healthz)),
    Route::open("/readyz", "the daemon takes work", || get(system::readyz)),
];

/// `GET /api/`: all paths. Open to everybody, who could read the same in the manual.
async fn paths() -> HttpResponse {
    let lines: Vec<_> = ROUTES.iter().map(Route::line).collect();
    json(StatusCode::OK, &lines)
}
