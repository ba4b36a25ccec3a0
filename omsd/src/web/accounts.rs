//! The accounts: how they stand, and what is done with them short of changing what they are.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use oms_proto::WireError;
use oms_proto::request::{
    AccountEdit, AccountList, AccountMaintain, AccountRemove, AccountShow, AccountTest, Paged,
};
use oms_proto::spec::{AccountPatch, Window};
use oms_proto::view::{AccountTestView, AccountView};

use super::calendar::Calendar;
use super::entries::Confirm;
use super::form::{Form, Sent};
use super::reply::{done, page, page_with, refused, status_of};
use super::shell::Shell;
use super::site::Site;
use super::stop::Stop;
use super::text;

/// The longest maintenance that the form takes, in hours: a year.
const HOURS_MAX: u64 = 8784;

#[expect(
    clippy::struct_field_names,
    reason = "they are the words of the template"
)]
#[derive(Template)]
#[template(path = "accounts.html")]
struct Accounts {
    shell: Shell,
    accounts: Vec<AccountView>,
    calendar: Calendar,
}

/// `GET /accounts/`
pub(super) async fn list(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    match all(&site, &shell).await {
        Ok(accounts) => {
            let windows = accounts.iter().map(|it| (&*it.name, &*it.maintenance));
            page(&Accounts {
                calendar: Calendar::of(windows, shell.now),
                shell,
                accounts,
            })
        }
        Err(stop) => refused(shell, stop),
    }
}

/// All accounts, of which there are a bounded number.
async fn all(site: &Site, shell: &Shell) -> Result<Vec<AccountView>, Stop> {
    let caller = shell.caller()?;
    let mut all = Vec::new();
    let mut list = AccountList::default();
    loop {
        let (accounts, more) = AccountList::page(site.service.ask(caller, list.clone()).await?);
        if let Some(last) = accounts.last() {
            list.go_on(last);
        }
        all.extend(accounts);
        if !more {
            return Ok(all);
        }
    }
}

#[expect(
    clippy::struct_field_names,
    reason = "they are the words of the template"
)]
#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    shell: Shell,
    account: AccountView,
    test: Option<AccountTestView>,
}

/// `GET /accounts/NAME/`
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    shell: Shell,
    Path(name): Path<String>,
) -> Response {
    account(&site, shell, name, None).await
}

async fn account(
    site: &Site,
    shell: Shell,
    name: String,
    test: Option<AccountTestView>,
) -> Response {
    let shown = async {
        Ok(site
            .service
            .ask(shell.caller()?, AccountShow { name })
            .await?)
    };
    match shown.await {
        Ok(account) => {
            let status = status_of(shell.wrong.as_ref());
            let account = Account {
                shell,
                account,
                test,
            };
            page_with(status, &account)
        }
        Err(stop) => refused(shell, stop),
    }
}

/// The account after something was refused, with why.
async fn still(site: &Site, mut shell: Shell, name: String, stop: Stop) -> Response {
    match stop {
        Stop::Refused(wrong) => {
            shell.wrong = Some(wrong);
            account(site, shell, name, None).await
        }
        elsewhere @ Stop::Elsewhere(_) => refused(shell, elsewhere),
    }
}

/// `POST /accounts/NAME/test/`
pub(super) async fn test(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Sent { shell, .. }: Sent,
) -> Response {
    let ask = AccountTest {
        name: name.clone(),
        boot: false,
    };
    let tested = async { Ok(site.service.ask(shell.caller()?, ask).await?) };
    match tested.await {
        Ok(test) => account(&site, shell, name, Some(test)).await,
        Err(stop) => still(&site, shell, name, stop).await,
    }
}

/// `POST /accounts/NAME/enabled/`
pub(super) async fn enable(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Sent { shell, form }: Sent,
) -> Response {
    let edit = AccountEdit {
        name: name.clone(),
        patch: AccountPatch {
            enabled: Some(form.get("enabled") == "true"),
            ..AccountPatch::default()
        },
    };
    let edited = async { Ok(site.service.ask(shell.caller()?, edit).await?) };
    match edited.await {
        Ok(account) => done(&format!("/accounts/{}/", account.name), "edited", ""),
        Err(stop) => still(&site, shell, name, stop).await,
    }
}

/// `POST /accounts/NAME/maintenance/`
pub(super) async fn maintain(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Sent { shell, form }: Sent,
) -> Response {
    let maintained = async {
        let caller = shell.caller()?;
        let show = AccountShow { name: name.clone() };
        let account = site.service.ask(caller, show).await?;
        let maintain = AccountMaintain {
            name: name.clone(),
            windows: windows(&shell, &form, &account)?,
            expected: Some(account.maintenance),
        };
        Ok(site.service.ask(caller, maintain).await?)
    };
    match maintained.await {
        Ok(account) => done(&format!("/accounts/{}/", account.name), "maintained", ""),
        Err(stop) => still(&site, shell, name, stop).await,
    }
}

/// The account's windows from now on.
fn windows(shell: &Shell, form: &Form, account: &AccountView) -> Result<Vec<Window>, WireError> {
    let later = account
        .maintenance
        .iter()
        .filter(|window| !window.covers(shell.now));
    let mut windows: Vec<_> = later.cloned().collect();
    if form.get("act") == "uncordon" {
        return Ok(windows);
    }
    let hours: Option<u64> = form.number("hours")?;
    if hours.is_some_and(|hours| !(1..=HOURS_MAX).contains(&hours)) {
        let message = format!("expected a whole number from 1 to {HOURS_MAX}");
        return Err(WireError::field("hours", message));
    }
    windows.push(Window {
        from: shell.now,
        until: hours.map(|hours| shell.now.plus(Duration::from_secs(hours * 3600))),
        drain: form.get("act") == "drain",
        reason: form.get("reason").to_owned(),
    });
    Ok(windows)
}

/// `GET /accounts/NAME/remove/`
pub(super) async fn confirm(shell: Shell, Path(name): Path<String>) -> Response {
    page(&Confirm {
        title: text::with(shell.l.remove_account, &name),
        text: shell.l.remove_hint.to_owned(),
        action: format!("/accounts/{name}/remove/"),
        back: format!("/accounts/{name}/"),
        shell,
    })
}

/// `POST /accounts/NAME/remove/`
pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Sent { shell, .. }: Sent,
) -> Response {
    let ask = AccountRemove { name: name.clone() };
    let removed = async { Ok(site.service.ask(shell.caller()?, ask).await?) };
    match removed.await {
        Ok(_) => done("/accounts/", "removed", name),
        Err(stop) => still(&site, shell, name, stop).await,
    }
}
