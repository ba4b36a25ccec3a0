//! Signing in and out, and the language.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use oms_proto::{ErrorCode, Secret, WireError};

use super::form::{self, Form, Sent};
use super::reply::{page, page_with, refused};
use super::shell::Shell;
use super::site::Site;
use super::stop::{Stop, place_of, redirect};
use super::text::{self, LANGUAGE_COOKIE};
use crate::access::{Credentials, SESSION_COOKIE, Scheme, SignInError, peer, scheme};

/// What browsers are to do with a session.
const SESSION: &str = "; HttpOnly; SameSite=Strict";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    shell: Shell,
    back: String,
    /// The name that was given.
    user: String,
}

/// `GET /sign-in/`
pub(super) async fn show(State(site): State<Arc<Site>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let shell = Shell::of(&site, &parts);
    let back = place_of(shell.param("back")).to_owned();
    page(&SignIn {
        shell,
        back,
        user: String::new(),
    })
}

/// `POST /sign-in/`
pub(super) async fn sign_in(State(site): State<Arc<Site>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut shell = Shell::of(&site, &parts);
    let (from, how) = (peer(&parts.extensions), scheme(&parts.extensions));
    let form = match form::read(Request::from_parts(parts, body)).await {
        Ok(form) => form,
        Err(error) => return refused(shell, Stop::Refused(error)),
    };
    let back = place_of(form.get("back")).to_owned();
    let user = form.get("user").to_owned();
    let (status, detail, wait) = match site.access.sign_in(credentials(&form), from).await {
        Ok(key) => {
            let mut response = redirect(&back);
            set_cookie(&mut response, how, SESSION_COOKIE, &key, SESSION);
            return response;
        }
        Err(SignInError::Wrong) => (
            StatusCode::FORBIDDEN,
            shell.l.wrong_sign_in.to_owned(),
            None,
        ),
        Err(SignInError::Busy(error)) => (StatusCode::SERVICE_UNAVAILABLE, error.detail, Some(2)),
        Err(SignInError::Later(wait)) => {
            let seconds = wait.as_secs().saturating_add(1);
            let detail = text::with(shell.l.too_many_tries, seconds);
            (StatusCode::TOO_MANY_REQUESTS, detail, Some(seconds))
        }
    };
    shell.wrong = Some(WireError::new(ErrorCode::Unauthorized, detail));
    let mut response = page_with(status, &SignIn { shell, back, user });
    if let Some(seconds) = wait {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A name with a password, or else a token.
fn credentials(form: &Form) -> Credentials {
    match form.text("user") {
        Some(name) => Credentials::User {
            name,
            // White space may be a part of it.
            password: Secret::new(form.raw("password")),
        },
        None => Credentials::Token(Secret::new(form.get("token"))),
    }
}

/// `POST /sign-out/`
pub(super) async fn sign_out(
    State(site): State<Arc<Site>>,
    Extension(how): Extension<Scheme>,
    headers: HeaderMap,
    _sent: Sent,
) -> Response {
    site.access.sign_out(&headers);
    let mut response = redirect("/sign-in/");
    let ended = format!("{SESSION}; Max-Age=0");
    set_cookie(&mut response, how, SESSION_COOKIE, "", &ended);
    response
}

/// `GET /language/ja/`
pub(super) async fn language(
    State(site): State<Arc<Site>>,
    Path(code): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let shell = Shell::of(&site, &parts);
    let mut response = redirect(place_of(shell.param("back")));
    if let Some(language) = text::of(&code) {
        let year = "; SameSite=Lax; Max-Age=31536000";
        let how = scheme(&parts.extensions);
        set_cookie(&mut response, how, LANGUAGE_COOKIE, language.code, year);
    }
    response
}

/// Sets a cookie, which never travels in clear where the client does not.
fn set_cookie(response: &mut Response, how: Scheme, name: &str, value: &str, rest: &str) {
    let secure = match how {
        Scheme::Http => "",
        Scheme::Https => "; Secure",
    };
    if let Ok(cookie) = HeaderValue::from_str(&format!("{name}={value}; Path=/{rest}{secure}")) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}
