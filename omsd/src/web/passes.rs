//! Who is let in: tokens and users, made, changed and taken away.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use oms_proto::request::{
    TokenCreate, TokenList, TokenRevoke, UserAdd, UserEdit, UserList, UserRemove,
};
use oms_proto::spec::{KeyPolicy, TokenSpec, UserPatch, UserSpec};
use oms_proto::view::{TokenView, UserView};
use oms_proto::{ErrorCode, Role, Secret, WireError};

use super::entries::Confirm;
use super::form::{Form, Sent};
use super::reply::{done, page, page_with, refused, status_of};
use super::shell::Shell;
use super::site::Site;
use super::stop::Stop;
use super::text;

/// The longest life of a token that the form takes, in days: ten years.
const DAYS_MAX: u64 = 3660;

#[expect(
    clippy::struct_field_names,
    reason = "they are the words of the template"
)]
#[derive(Template)]
#[template(path = "tokens.html")]
struct Tokens {
    shell: Shell,
    tokens: Vec<TokenView>,
    /// One that was just made, which is shown this once.
    fresh: Option<(String, Secret)>,
    form: Form,
    roles: &'static [&'static str],
    policies: &'static [&'static str],
}

/// `GET /tokens/`
pub(super) async fn tokens(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    list_tokens(&site, shell, None, Form::default()).await
}

async fn list_tokens(
    site: &Site,
    shell: Shell,
    fresh: Option<(String, Secret)>,
    form: Form,
) -> Response {
    let listed = async { Ok(site.service.ask(shell.caller()?, TokenList {}).await?) };
    match listed.await {
        Ok(listed) => {
            let status = match fresh {
                Some(_) => StatusCode::CREATED,
                None => status_of(shell.wrong.as_ref()),
            };
            let tokens = Tokens {
                shell,
                tokens: listed.tokens,
                fresh,
                form,
                roles: Role::WORDS,
                policies: KeyPolicy::WORDS,
            };
            page_with(status, &tokens)
        }
        Err(stop) => refused(shell, stop),
    }
}

/// `POST /tokens/`: the page that shows the token, once.
pub(super) async fn make(
    State(site): State<Arc<Site>>,
    Sent { mut shell, form }: Sent,
) -> Response {
    let made = async {
        let spec = token(&shell, &form)?;
        Ok(site
            .service
            .ask(shell.caller()?, TokenCreate { spec })
            .await?)
    };
    match made.await {
        Ok(view) => {
            let fresh = view.token.map(|token| (view.name, token));
            list_tokens(&site, shell, fresh, Form::default()).await
        }
        Err(stop) => {
            shell.wrong = Stop::into_wire(stop);
            list_tokens(&site, shell, None, form).await
        }
    }
}

fn token(shell: &Shell, form: &Form) -> Result<TokenSpec, WireError> {
    let days: Option<u64> = form.number("days")?;
    if days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        let message = format!("expected a whole number from 1 to {DAYS_MAX}");
        return Err(WireError::field("days", message));
    }
    let after = |days| shell.now.plus(Duration::from_secs(days * 86_400));
    Ok(TokenSpec {
        name: form.get("name").to_owned(),
        role: role(form)?,
        key_raw: match KeyPolicy::of(form.get("key_raw")) {
            KeyPolicy::Unknown => KeyPolicy::default(),
            known => known,
        },
        expires: days.map(after),
    })
}

fn role(form: &Form) -> Result<Role, WireError> {
    let read = form.get("role").parse();
    read.map_err(|unknown: oms_proto::codec::words::UnknownWord| {
        WireError::field("role", unknown.to_string())
    })
}

/// `GET /tokens/NAME/revoke/`
pub(super) async fn confirm_revoke(shell: Shell, Path(name): Path<String>) -> Response {
    page(&Confirm {
        title: text::with(shell.l.revoke_token, &name),
        text: shell.l.revoke_hint.to_owned(),
        action: format!("/tokens/{name}/revoke/"),
        back: "/tokens/".to_owned(),
        shell,
    })
}

/// `POST /tokens/NAME/revoke/`
pub(super) async fn revoke(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Sent { mut shell, .. }: Sent,
) -> Response {
    let ask = TokenRevoke { name: name.clone() };
    let revoked = async { Ok(site.service.ask(shell.caller()?, ask).await?) };
    match revoked.await {
        Ok(_) => done("/tokens/", "revoked", name),
        Err(stop) => {
            shell.wrong = Stop::into_wire(stop);
            list_tokens(&site, shell, None, Form::default()).await
        }
    }
}

#[expect(
    clippy::struct_field_names,
    reason = "they are the words of the template"
)]
#[derive(Template)]
#[template(path = "users.html")]
struct Users {
    shell: Shell,
    users: Vec<UserView>,
    form: Form,
    roles: &'static [&'static str],
}

/// `GET /users/`
pub(super) async fn users(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    list_users(&site, shell, Form::default()).await
}

async fn list_users(site: &Site, shell: Shell, form: Form) -> Response {
    let listed = async { Ok(site.service.ask(shell.caller()?, UserList {}).await?) };
    match listed.await {
        Ok(listed) => {
            let status = status_of(shell.wrong.as_ref());
            let users = Users {
                shell,
                users: listed.users,
                form: form.without(&["password"]),
                roles: Role::WORDS,
            };
            page_with(status, &users)
        }
        Err(stop) => refused(shell, stop),
    }
}

/// `POST /users/`
pub(super) async fn add(State(site): State<Arc<Site>>, Sent { mut shell, form }: Sent) -> Response {
    let added = async {
        let spec = UserSpec {
            name: form.get("name").to_owned(),
            role: role(&form)?,
            password: Secret::new(form.raw("password")),
        };
        Ok(site.service.ask(shell.caller()?, UserAdd { spec }).await?)
    };
    match added.await {
        Ok(user) => done("/users/", "user_added", user.name),
        Err(stop) => {
            shell.wrong = Stop::into_wire(stop);
            list_users(&site, shell, form).await
        }
    }
}

/// `POST /users/NAME/`
pub(super) async fn edit(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Sent { mut shell, form }: Sent,
) -> Response {
    let edited = async {
        let password = Some(form.raw("password")).filter(|it| !it.is_empty());
        let patch = UserPatch {
            role: Some(role(&form)?),
            password: password.map(Secret::new),
        };
        Ok(site
            .service
            .ask(shell.caller()?, UserEdit { name, patch })
            .await?)
    };
    match edited.await {
        Ok(_) => done("/users/", "edited", ""),
        Err(stop) => {
            shell.wrong = Stop::into_wire(stop);
            list_users(&site, shell, Form::default()).await
        }
    }
}

/// `GET /users/NAME/remove/`
pub(super) async fn confirm_remove(shell: Shell, Path(name): Path<String>) -> Response {
    page(&Confirm {
        title: text::with(shell.l.remove_user, &name),
        text: shell.l.remove_user_hint.to_owned(),
        action: format!("/users/{name}/remove/"),
        back: "/users/".to_owned(),
        shell,
    })
}

/// `POST /users/NAME/remove/`
pub(super) async fn remove(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Sent { mut shell, .. }: Sent,
) -> Response {
    let ask = UserRemove { name: name.clone() };
    let removed = async { Ok(site.service.ask(shell.caller()?, ask).await?) };
    match removed.await {
        Ok(_) => done("/users/", "user_removed", name),
        Err(stop) => {
            shell.wrong = Stop::into_wire(stop);
            list_users(&site, shell, Form::default()).await
        }
    }
}

/// Pages that only administrators are shown.
pub(super) fn for_admins(shell: &Shell) -> Result<(), Stop> {
    if shell.may_admin() {
        return Ok(());
    }
    let detail = format!("this takes the role {}", Role::Admin);
    Err(Stop::Refused(WireError::new(ErrorCode::Forbidden, detail)))
}
