//! The table of all paths: what each asks, who may, and what it is for. The router is made from
//! it, and so are the list of paths that `/api/` gives and the `OpenAPI` document.

use std::sync::LazyLock;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response as HttpResponse;
use axum::routing::{delete, get, patch, post, put};
use oms_proto::request::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountOffers, AccountRemove,
    AccountShow, AccountTest, AccountTry, AccountUnblock, EntryCreate, EntryExplain, EntryHold,
    EntryList, EntryPreview, EntryRemove, EntryRetry, EntryShow, InstanceList, InstanceShow,
    StatusShow, StrayRemove, Strays, Subscribe, TakeOver, TokenCreate, TokenList, TokenRevoke,
    UserAdd, UserEdit, UserList, UserRemove,
};
use oms_proto::spec::{
    AccountPatch, AccountSpec, EntrySpec, TokenSpec, UserPatch, UserSpec, Window,
};
use oms_proto::view::{
    AccountStatus, AccountTestView, AccountView, EntryView, EventView, ExplanationView,
    InstanceView, OffersView, PreviewView, Status, StatusView, StraysView, TokenView, UserView,
};
use serde_json::Value;

use super::Shared;
use super::answer::json;
use super::guard::Host;
use super::openapi::document;
use super::pages::{AFTER_MAX, ORDERS};
use super::route::{Form, Param, Route};
use crate::web::docs;

use super::{accounts, events, gc, instances, pages, passes, queues, system};

const WAIT: Param = Param::query(
    "wait",
    Form::Number(0, 300),
    "answer when the entry runs or failed, or after so many seconds",
);
const LIMIT: Param = Param::query("limit", Form::Number(1, 1000), "so many in a page");
const OFFSET: Param = Param::query(
    "offset",
    Form::Number(0, 4_294_967_295),
    "pass so many over; gives a page with its count",
);
const AFTER_ID: Param = Param::query(
    "after",
    Form::Number(0, AFTER_MAX),
    "a page of what follows that id; `next` of a page leads to the one behind it",
);
const ACCOUNT: Param = Param::query(
    "account",
    Form::Text("^[A-Za-z0-9._-]{1,64}$"),
    "only at that account",
);
const NAME: Param = Param::query("name", Form::Text(".*"), "only of that name");
const IF_MATCH: Param = Param::header(
    "If-Match",
    Form::Text("^(\\*|\"[0-9A-Za-z_-]{1,64}\")$"),
    "the `ETag` that the account must still have; 412 otherwise",
);

/// All of them.
pub static ROUTES: &[Route] = &[
    Route::asks::<EntryList>(
        Method::GET,
        "/api/queues/",
        "all entries; ?status=, ?account=, ?name=, ?metadata=KEY=VALUE and ?since=TIME filter, \
         ?limit= and ?offset= give pages",
        || get(pages::list),
    )
    .with(&[
        Param::query("status", Form::Words(Status::WORDS), "only these"),
        ACCOUNT,
        NAME,
        Param::query(
            "metadata",
            Form::Text(".*"),
            "only with that metadata: KEY, or KEY=VALUE",
        ),
        Param::query(
            "since",
            Form::Text(".*"),
            "only those accepted since that time",
        ),
        Param::query(
            "order",
            Form::Word(&ORDERS),
            "the order of ids, `-id` the newest first",
        ),
        LIMIT,
        OFFSET,
        AFTER_ID,
    ])
    .lists::<EntryView>(),
    Route::asks::<EntryCreate>(
        Method::POST,
        "/api/queues/",
        "hands in an entry; ?wait=SECONDS answers when it runs or failed",
        || post(queues::create),
    )
    .with(&[
        WAIT,
        Param::header(
            "Idempotency-Key",
            Form::Text("^[!-~]{1,255}$"),
            "the same key with the same body gets the same entry",
        ),
    ])
    .takes::<EntrySpec>()
    .gives::<EntryView>(201),
    Route::asks::<EntryShow>(
        Method::GET,
        "/api/queues/{id}/",
        "one entry; ?wait=SECONDS answers when it runs or failed",
        || get(queues::show),
    )
    .with(&[WAIT])
    .gives::<EntryView>(200),
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
    )
    .gives::<ExplanationView>(200),
    Route::asks::<EntryPreview>(
        Method::POST,
        "/api/queues/preview/",
        "which accounts would take such an entry now, in their order, and why not the others; \
         stores nothing",
        || post(queues::preview),
    )
    .takes::<EntrySpec>()
    .gives::<PreviewView>(200),
    Route::asks::<EntryRetry>(
        Method::POST,
        "/api/queues/{id}/retry/",
        "tries an entry again that has FAILED, with as much time as it had at first",
        || post(queues::retry),
    )
    .gives::<EntryView>(200),
    Route::asks::<EntryHold>(
        Method::PUT,
        "/api/queues/{id}/hold/",
        "keeps an entry from being removed until it is released",
        || put(queues::hold),
    )
    .gives::<EntryView>(200),
    Route::asks::<EntryHold>(
        Method::DELETE,
        "/api/queues/{id}/hold/",
        "releases an entry that is held",
        || delete(queues::release),
    )
    .gives::<EntryView>(200),
    Route::asks::<AccountList>(Method::GET, "/api/accounts/", "all accounts", || {
        get(accounts::list)
    })
    .with(&[
        Param::query("status", Form::Words(AccountStatus::WORDS), "only these"),
        Param::query("provider", Form::Text(".*"), "only of that provider"),
        LIMIT,
        Param::query(
            "after",
            Form::Text("^[A-Za-z0-9._-]{1,64}$"),
            "a page of what follows that name",
        ),
    ])
    .lists::<AccountView>(),
    Route::asks::<AccountAdd>(Method::POST, "/api/accounts/", "adds an account", || {
        post(accounts::add)
    })
    .takes::<AccountSpec>()
    .gives::<AccountView>(201),
    Route::asks::<AccountShow>(Method::GET, "/api/accounts/{name}/", "one account", || {
        get(accounts::show)
    })
    .gives::<AccountView>(200),
    Route::asks::<AccountEdit>(
        Method::PATCH,
        "/api/accounts/{name}/",
        "changes what the body says of an account; null takes a value away",
        || patch(accounts::edit),
    )
    .with(&[IF_MATCH])
    .takes::<AccountPatch>()
    .gives::<AccountView>(200),
    Route::asks::<AccountRemove>(
        Method::DELETE,
        "/api/accounts/{name}/",
        "forgets an account; refused while anything of ours is there",
        || delete(accounts::remove),
    )
    .with(&[IF_MATCH]),
    Route::asks::<AccountMaintain>(
        Method::PUT,
        "/api/accounts/{name}/maintenance/",
        "replaces all maintenance windows; [] ends them",
        || put(accounts::maintain),
    )
    .takes::<Vec<Window>>()
    .gives::<AccountView>(200),
    Route::asks::<AccountUnblock>(
        Method::DELETE,
        "/api/accounts/{name}/blocks/",
        "lifts what is blocked there, or what ?scope= names; the next launch is a probe",
        || delete(accounts::unblock),
    )
    .with(&[Param::query(
        "scope",
        Form::Text(".*"),
        "only that block, as the account shows it",
    )])
    .gives::<AccountView>(200),
    Route::asks::<AccountTest>(
        Method::POST,
        "/api/accounts/{name}/test/",
        "tests an account; ?boot=true boots an instance there and removes it again",
        || post(accounts::test),
    )
    .with(&[Param::query(
        "boot",
        Form::Word(&["true", "false"]),
        "boot an instance as well, once all else has passed",
    )])
    .gives::<AccountTestView>(200),
    Route::asks::<AccountTry>(
        Method::POST,
        "/api/try/",
        "tests an account that is not added, and stores nothing; the body is that of adding it",
        || post(accounts::try_out),
    )
    .takes::<AccountSpec>()
    .gives::<AccountTestView>(200),
    Route::asks::<AccountOffers>(
        Method::GET,
        "/api/accounts/{name}/offers/",
        "the images, flavors, networks, security groups and zones that there are",
        || get(accounts::offers),
    )
    .gives::<OffersView>(200),
    Route::asks::<InstanceList>(
        Method::GET,
        "/api/instances/",
        "all instances; ?account= and ?name= filter",
        || get(instances::list),
    )
    .with(&[ACCOUNT, NAME, LIMIT, AFTER_ID])
    .lists::<InstanceView>(),
    Route::asks::<InstanceShow>(Method::GET, "/api/instances/{id}/", "one instance", || {
        get(instances::show)
    })
    .gives::<InstanceView>(200),
    Route::asks::<Subscribe>(
        Method::GET,
        "/api/events/",
        "events as they happen, or those after ?since= as JSON where only that is accepted, with \
         ?entry=, ?account=, ?kind=, ?actor= and ?from=TIME as filters",
        || get(events::events),
    )
    .with(&[
        Param::query(
            "since",
            Form::Number(0, u64::MAX),
            "only events after that number",
        ),
        Param::query("limit", Form::Number(1, 1000), "so many in a list"),
        Param::query("entry", Form::Number(0, u64::MAX), "only about that entry"),
        ACCOUNT,
        Param::query("kind", Form::Text(".*"), "only of that kind"),
        Param::query("from", Form::Text(".*"), "only since that time"),
        Param::query(
            "actor",
            Form::Text("^[^\\x00-\\x1f\\x7f]{1,255}$"),
            "only by whom that is a part of, such as `token ci`",
        ),
        Param::header(
            "Last-Event-ID",
            Form::Text("^[0-9]{0,19}$"),
            "as `since`, and wins",
        ),
    ])
    .gives_events::<Vec<EventView>>(),
    Route::asks::<Strays>(
        Method::GET,
        "/api/gc/",
        "what stands at the clouds, with a verdict for each object; ?account= for one",
        || get(gc::look),
    )
    .with(&[ACCOUNT])
    .gives::<StraysView>(200),
    Route::asks::<Strays>(
        Method::POST,
        "/api/gc/",
        "the same, and has the scheduler remove what is ours and has no owner",
        || post(gc::remove),
    )
    .with(&[ACCOUNT])
    .gives::<StraysView>(200),
    Route::asks::<StrayRemove>(
        Method::DELETE,
        "/api/gc/{account}/{kind}/{id}/",
        "has one object removed that carries our mark and has no owner, whoever made it",
        || delete(gc::remove_one),
    ),
    Route::asks::<TokenList>(
        Method::GET,
        "/api/tokens/",
        "all tokens, without what they are",
        || get(passes::tokens),
    )
    .gives::<Vec<TokenView>>(200),
    Route::asks::<TokenCreate>(
        Method::POST,
        "/api/tokens/",
        "makes a token; the answer alone shows it",
        || post(passes::create),
    )
    .takes::<TokenSpec>()
    .gives::<TokenView>(201),
    Route::asks::<TokenRevoke>(
        Method::DELETE,
        "/api/tokens/{name}/",
        "lets nobody in with a token any more; sessions and streams by it end",
        || delete(passes::revoke),
    ),
    Route::asks::<UserList>(Method::GET, "/api/users/", "all users", || {
        get(passes::users)
    })
    .gives::<Vec<UserView>>(200),
    Route::asks::<UserAdd>(
        Method::POST,
        "/api/users/",
        "adds somebody who signs in to the web page",
        || post(passes::add),
    )
    .takes::<UserSpec>()
    .gives::<UserView>(201),
    Route::asks::<UserEdit>(
        Method::PATCH,
        "/api/users/{name}/",
        "gives a user another role or password; their sessions end",
        || patch(passes::edit),
    )
    .takes::<UserPatch>()
    .gives::<UserView>(200),
    Route::asks::<UserRemove>(
        Method::DELETE,
        "/api/users/{name}/",
        "removes a user; their sessions end",
        || delete(passes::remove),
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
    )
    .gives::<StatusView>(200),
    Route::asks::<StatusShow>(Method::GET, "/metrics", "metrics for Prometheus", || {
        get(system::metrics)
    })
    .gives_text("text/plain"),
    Route::open("/api/docs/", "this interface as a page", || get(docs_page)),
    Route::open("/api/schema/", "this interface as OpenAPI 3.1", || {
        get(schema)
    })
    .gives::<Value>(200),
    Route::open("/api/", "these paths", || get(paths)).gives::<Vec<Value>>(200),
    Route::open("/healthz", "the process is up", || get(system::healthz)).gives::<Value>(200),
    Route::open("/readyz", "the daemon takes work", || get(system::readyz)).gives::<Value>(200),
];

/// `GET /api/`: all paths. Open to everybody, who could read the same in the manual.
async fn paths() -> HttpResponse {
    let lines: Vec<_> = ROUTES.iter().map(Route::line).collect();
    json(StatusCode::OK, &lines)
}

/// The document is the same for everybody and at any time.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(ROUTES));

/// `GET /api/schema/`. Open to everybody, as the list of paths is.
async fn schema() -> HttpResponse {
    json(StatusCode::OK, &*DOCUMENT)
}

/// `GET /api/docs/`. Open to everybody, as the document is.
async fn docs_page(
    State(shared): State<Shared>,
    Extension(Host(host)): Extension<Host>,
    request: Request,
) -> HttpResponse {
    let (parts, _) = request.into_parts();
    docs::show(&shared.site, &parts, &host, &DOCUMENT)
}
