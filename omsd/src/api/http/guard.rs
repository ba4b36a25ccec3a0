//! Keeps web pages of others out. A browser on this machine can reach the loopback, so a page
//! could launch servers unless requests from it are told apart.
//!
//! A name that its owner points at 127.0.0.1 (DNS rebinding) shows in `Host`; a form or a script
//! on another page shows in `Sec-Fetch-Site` or `Origin`. No header that allows reading from
//! elsewhere (CORS) is ever sent.

use axum::extract::{Request, State};
use axum::http::header::{ORIGIN, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::answer::Refusal;
use super::arrival::{Trust, Way};

/// Browsers that came by TLS to a name of ours come to it by nothing else for a year.
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Where a request that was let through went: scheme and host, for addresses in answers.
#[derive(Debug, Clone)]
pub(super) struct Host(pub(super) String);

/// Lets requests through that were meant for this daemon and come from no foreign page, and notes
/// from whom and how they come.
pub(super) async fn guard(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let way = match check(&shared.trust, &request) {
        Ok(way) => way,
        Err(refusal) => return refusal.into_response(),
    };
    let extensions = request.extensions_mut();
    extensions.insert(Host(way.origin()));
    extensions.insert(way.scheme);
    if let Some(peer) = way.peer {
        extensions.insert(peer);
    }
    let mut response = next.run(request).await;
    if way.strict {
        let headers = response.headers_mut();
        headers.insert(STRICT_TRANSPORT_SECURITY, STRICT);
    }
    response
}

fn check(trust: &Trust, request: &Request) -> Result<Way, Refusal> {
    let way = trust.way(request)?;
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let costs = !reads || calls_clouds(request.uri().path());
    if costs && is_foreign(request.headers(), &way.origin()) {
        return Err(Refusal::http(
            StatusCode::FORBIDDEN,
            "forbidden",
            "requests from other web pages are refused",
        ));
    }
    Ok(way)
}

/// Whether reading there calls clouds, which no foreign page is to cause either: a look for strays, and
/// what an account offers.
fn calls_clouds(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path.starts_with("/api/gc") || (path.starts_with("/api/accounts/") && path.ends_with("/offers"))
}

/// Whether a browser says that another page is behind the request.
fn is_foreign(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => false,
        Some(_) => true,
        None => text(ORIGIN.as_str()).is_some_and(|origin| !origin.eq_ignore_ascii_case(own)),
    }
}
