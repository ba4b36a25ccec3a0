//! The style, the script and the icon; part of the program, so that no page needs anything from
//! elsewhere.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

const STYLE: &str = include_str!("../../assets/oms.css");
const SCRIPT: &str = include_str!("../../assets/oms.js");
const ICON: &str = include_str!("../../assets/icon.svg");

/// Their addresses carry the version, so that a browser may keep them; a day, for who builds one
/// version often.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// `GET /static/NAME`
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "oms.css" => ("text/css; charset=utf-8", STYLE),
        "oms.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, KEPT);
    response
}
