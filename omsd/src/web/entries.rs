//! The queue, one entry with its attempts, its private key, and the instances.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use oms_proto::columns::{Condition, ENTRIES, INSTANCES, Table};
use oms_proto::request::{
    AccountList, EntryExplain, EntryList, EntryRemove, EntryShow, InstanceList, Paged,
};
use oms_proto::view::{AccountView, EntryView, ExplanationView, InstanceView, Status};
use oms_proto::{EntryId, ErrorCode, Secret, WireError};

use super::form::Sent;
use super::reply::{done, page, refused};
use super::shell::Shell;
use super::site::Site;
use super::stop::Stop;
use super::text;
use crate::service::Select;

/// Rows in a page.
const ROWS: u32 = 50;

/// Rows that a condition is looked for in; with more, it finds the first of them in the order shown.
const LOOKED_MAX: u32 = 10_000;

/// Instances that are looked through for one page.
const INSTANCES_MAX: usize = 10_000;

/// What the query wishes to see.
struct Wish {
    status: String,
    account: String,
    sort: String,
    /// A condition on rows, in the words that omsctl and omstui take.
    filter: String,
}

impl Wish {
    fn of(shell: &Shell) -> Self {
        Self {
            status: shell.param("status").to_owned(),
            account: shell.param("account").to_owned(),
            sort: shell.param("sort").to_owned(),
            filter: shell.param("filter").trim().to_owned(),
        }
    }

    fn place(&self, path: &str, from: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([
            ("status", self.status.as_str()),
            ("account", &self.account),
            ("sort", &self.sort),
            ("filter", &self.filter),
        ]);
        query.append_pair("from", &from.to_string());
        format!("{path}?{}", query.finish())
    }

    /// Whether a row is among those that are wished for.
    fn condition<T>(&self, table: &'static Table<T>) -> Result<Option<Condition>, WireError> {
        if self.filter.is_empty() {
            return Ok(None);
        }
        let read = Condition::read(&self.filter, table).map(Some);
        read.map_err(|error| WireError::field("filter", error.to_string()))
    }
}

#[derive(Template)]
#[template(path = "queue.html")]
struct Queue {
    shell: Shell,
    wish: Wish,
    words: &'static [&'static str],
    accounts: Vec<String>,
    entries: Vec<EntryView>,
    count: u64,
    previous: Option<String>,
    next: Option<String>,
}

/// `GET /queue/`
pub(super) async fn list(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    match queue(&site, &shell).await {
        Ok((wish, accounts, (count, entries))) => {
            let from: u64 = shell.param("from").parse().unwrap_or(0);
            let end = from.saturating_add(ROWS.into());
            page(&Queue {
                words: Status::WORDS,
                accounts: accounts.into_iter().map(|account| account.name).collect(),
                previous: (from > 0)
                    .then(|| wish.place("/queue/", from.saturating_sub(ROWS.into()))),
                next: (end < count).then(|| wish.place("/queue/", end)),
                shell,
                wish,
                entries,
                count,
            })
        }
        Err(stop) => refused(shell, stop),
    }
}

async fn queue(
    site: &Site,
    shell: &Shell,
) -> Result<(Wish, Vec<AccountView>, (u64, Vec<EntryView>)), Stop> {
    let caller = shell.caller()?;
    let wish = Wish::of(shell);
    let accounts = site.service.ask(caller, AccountList::default()).await?;
    let status = match Status::of(&wish.status) {
        Status::Unknown => Vec::new(),
        known => vec![known],
    };
    let from = shell.param("from").parse().unwrap_or(0);
    let select = Select {
        which: EntryList {
            status,
            account: Some(wish.account.clone()).filter(|name| !name.is_empty()),
            ..EntryList::default()
        },
        newest: wish.sort != "id",
    };
    let entries = match wish.condition(&ENTRIES)? {
        None => select.page(&site.service, caller, from, ROWS).await?,
        Some(condition) => {
            let (_, mut all) = select.page(&site.service, caller, 0, LOOKED_MAX).await?;
            all.retain(|entry| condition.holds(&ENTRIES, entry, shell.now));
            let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
            let skip = usize::try_from(from).unwrap_or(usize::MAX);
            let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
            (count, all.into_iter().skip(skip).take(rows).collect())
        }
    };
    Ok((wish, accounts.accounts, entries))
}

#[derive(Template)]
#[template(path = "entry.html")]
struct Entry {
    shell: Shell,
    told: ExplanationView,
    has_key: bool,
    key: Option<Secret>,
}

/// `GET /queue/1/`
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    shell: Shell,
    Path(id): Path<String>,
) -> Response {
    entry(&site, shell, &id, false).await
}

/// `POST /queue/1/key/`: the entry with its private key, which nothing but this asking shows.
pub(super) async fn key(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    Sent { shell, .. }: Sent,
) -> Response {
    entry(&site, shell, &id, true).await
}

async fn entry(site: &Site, shell: Shell, id: &str, shows_key: bool) -> Response {
    match told(site, &shell, id).await {
        Ok((told, key)) => page(&Entry {
            has_key: key.is_some() && !shows_key,
            key: key.filter(|_| shows_key),
            shell,
            told,
        }),
        Err(stop) => refused(shell, stop),
    }
}

/// An entry with all that came of it, and its private key where there is one for who asks.
async fn told(
    site: &Site,
    shell: &Shell,
    id: &str,
) -> Result<(ExplanationView, Option<Secret>), Stop> {
    let caller = shell.caller()?;
    let id = entry_id(id)?;
    let told = site.service.ask(caller, EntryExplain { id }).await?;
    // The entry itself has the key; that it is there is no secret.
    let shown = site.service.ask(caller, EntryShow { id }).await;
    let instance = shown.ok().and_then(|entry| entry.instance);
    let key = instance.and_then(|instance| instance.key_raw);
    Ok((told, key.map(Secret::new)))
}

/// `POST /queue/1/key/download/`
pub(super) async fn download(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    Sent { shell, .. }: Sent,
) -> Response {
    match told(&site, &shell, &id).await {
        Ok((told, Some(key))) => {
            let mut response = key.expose().to_owned().into_response();
            let headers = response.headers_mut();
            let kind = HeaderValue::from_static("application/octet-stream");
            headers.insert(CONTENT_TYPE, kind);
            let file = format!("attachment; filename=\"oms-{}.pem\"", told.entry.id);
            if let Ok(file) = HeaderValue::from_str(&file) {
                headers.insert(CONTENT_DISPOSITION, file);
            }
            response
        }
        Ok((_, None)) => refused(shell, not_there().into()),
        Err(stop) => refused(shell, stop),
    }
}

#[derive(Template)]
#[template(path = "confirm.html")]
pub(super) struct Confirm {
    pub(super) shell: Shell,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) action: String,
    pub(super) back: String,
}

/// `GET /queue/1/delete/`
pub(super) async fn confirm(shell: Shell, Path(id): Path<String>) -> Response {
    let id = match entry_id(&id) {
        Ok(id) => id,
        Err(error) => return refused(shell, error.into()),
    };
    page(&Confirm {
        title: text::with(shell.l.delete_entry, id),
        text: shell.l.delete_hint.to_owned(),
        action: format!("/queue/{id}/delete/"),
        back: format!("/queue/{id}/"),
        shell,
    })
}

/// `POST /queue/1/delete/`
pub(super) async fn delete(
    State(site): State<Arc<Site>>,
    Path(id): Path<String>,
    Sent { shell, .. }: Sent,
) -> Response {
    let removed = async {
        let id = entry_id(&id)?;
        site.service
            .ask(shell.caller()?, EntryRemove { id })
            .await?;
        Ok::<_, Stop>(id)
    };
    match removed.await {
        Ok(id) => done("/queue/", "deleted", id),
        Err(stop) => refused(shell, stop),
    }
}

#[expect(
    clippy::struct_field_names,
    reason = "they are the words of the template"
)]
#[derive(Template)]
#[template(path = "instances.html")]
struct Instances {
    shell: Shell,
    wish: Wish,
    accounts: Vec<AccountView>,
    instances: Vec<InstanceView>,
    next: Option<String>,
}

/// `GET /instances/`
pub(super) async fn instances(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    match all_instances(&site, &shell).await {
        Ok((accounts, mut instances)) => {
            let wish = Wish::of(&shell);
            instances.retain(|one| wish.account.is_empty() || one.account.name == wish.account);
            let (sort, falling) = match wish.sort.strip_prefix('-') {
                Some(sort) => (sort, true),
                None => (wish.sort.as_str(), wish.sort.is_empty()),
            };
            if let Some(column) = INSTANCES.column(sort) {
                instances.sort_by(|one, other| column.order(one, other, shell.now));
            }
            if falling {
                instances.reverse();
            }
            let from: u64 = shell.param("from").parse().unwrap_or(0);
            let skip = usize::try_from(from).unwrap_or(usize::MAX);
            let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
            let more = instances.len() > skip.saturating_add(rows);
            let end = from.saturating_add(ROWS.into());
            page(&Instances {
                next: more.then(|| wish.place("/instances/", end)),
                instances: instances.into_iter().skip(skip).take(rows).collect(),
                shell,
                wish,
                accounts,
            })
        }
        Err(stop) => refused(shell, stop),
    }
}

async fn all_instances(
    site: &Site,
    shell: &Shell,
) -> Result<(Vec<AccountView>, Vec<InstanceView>), Stop> {
    let caller = shell.caller()?;
    let accounts = site.service.ask(caller, AccountList::default()).await?;
    let mut all = Vec::new();
    let mut list = InstanceList::default();
    loop {
        let (instances, more) = InstanceList::page(site.service.ask(caller, list.clone()).await?);
        if let Some(last) = instances.last() {
            list.go_on(last);
        }
        all.extend(instances);
        if !more || all.len() >= INSTANCES_MAX {
            break;
        }
    }
    if let Some(condition) = Wish::of(shell).condition(&INSTANCES)? {
        all.retain(|one| condition.holds(&INSTANCES, one, shell.now));
    }
    Ok((accounts.accounts, all))
}

fn entry_id(text: &str) -> Result<EntryId, WireError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = digits.then(|| text.parse().ok()).flatten();
    id.map(EntryId).ok_or_else(not_there)
}

fn not_there() -> WireError {
    WireError::new(ErrorCode::NotFound, "Not found.")
}
