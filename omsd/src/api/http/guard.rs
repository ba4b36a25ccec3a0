//! Keeps web pages of others out. A browser on this machine can reach the loopback, so a page
//! could launch servers unless requests from it are told apart.
//!
//! A name that its owner points at 127.0.0.1 (DNS rebinding) shows in `Host`; a form or a script
//! on another page shows in `Sec-Fetch-Site` or `Origin`. No header that allows reading from
//! elsewhere (CORS) is ever sent.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Refusal;

/// Reading here calls every cloud, which no foreign page is to cause either.
const CALLS_CLOUDS: &str = "/api/gc";

/// Where a request that was let through went: scheme and host, for addresses in answers.
#[derive(Debug, Clone)]
pub(super) struct Host(pub(super) String);

/// Lets requests through that were meant for this daemon and come from no foreign page.
pub(super) async fn guard(mut request: Request, next: Next) -> Response {
    match check(&request) {
        Ok(host) => {
            request.extensions_mut().insert(host);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn check(request: &Request) -> Result<Host, Refusal> {
    let host = host(request)?;
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let costs = !reads || request.uri().path().starts_with(CALLS_CLOUDS);
    if costs && is_foreign(request.headers(), &host) {
        return Err(Refusal::http(
            StatusCode::FORBIDDEN,
            "forbidden",
            "requests from other web pages are refused",
        ));
    }
    Ok(Host(format!("http://{host}")))
}

fn host(request: &Request) -> Result<String, Refusal> {
    let mut given = request.headers().get_all(HOST).iter();
    let (first, second) = (given.next(), given.next());
    if second.is_some() {
        return Err(Refusal::invalid("there is more than one Host header"));
    }
    let text = match (request.uri().authority(), first) {
        // What the target says wins over the header.
        (Some(authority), _) => authority.as_str(),
        (None, Some(value)) => value.to_str().unwrap_or("?"),
        (None, None) if request.version() == Version::HTTP_10 => "localhost",
        (None, None) => return Err(Refusal::invalid("there is no Host header")),
    };
    let authority: Option<Authority> = text.parse().ok();
    match authority {
        Some(authority) if is_here(&authority) => Ok(authority.as_str().to_owned()),
        _ => Err(Refusal::http(
            StatusCode::MISDIRECTED_REQUEST,
            "misdirected",
            format!(
                "{text:?} is no name of this daemon; use localhost or the address it listens on"
            ),
        )),
    }
}

/// Whether it is a name that nobody else can point here.
fn is_here(authority: &Authority) -> bool {
    let name = authority.host();
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let address: Option<IpAddr> = address.unwrap_or(name).parse().ok();
    // Without a user, and with a port that is one, if there is any.
    let plain = match authority.port_u16() {
        Some(port) => authority.as_str() == format!("{name}:{port}"),
        None => authority.as_str() == name,
    };
    plain && (name.eq_ignore_ascii_case("localhost") || address.is_some_and(|a| a.is_loopback()))
}

/// Whether a browser says that another page is behind the request.
fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => false,
        Some(_) => true,
        None => text(ORIGIN.as_str())
            .is_some_and(|origin| !origin.eq_ignore_ascii_case(&format!("http://{host}"))),
    }
}
