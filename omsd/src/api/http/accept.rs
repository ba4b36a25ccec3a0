//! What form of an answer a client wants (RFC 9110, section 12): JSON for programs, problems for those
//! who know RFC 9457, a page for browsers. Who accepts nothing that there is gets 406, as from the
//! 2016 interface.

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::answer::{Refusal, Refused};
use crate::web::shown;

/// Qualities are thousandths, as RFC 9110 has three digits.
const BEST: u16 = 1000;

/// Media ranges in one header that are looked at; browsers send fewer than ten.
const RANGES_MAX: usize = 64;

const JSON: &str = "application/json";
const HTML: &str = "text/html";
const PROBLEM: &str = "application/problem+json";

/// What a client accepts.
pub(super) struct Accept(Vec<(String, u16)>);

impl Accept {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT).iter();
        let ranges = values
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .filter_map(range)
            .take(RANGES_MAX);
        Self(ranges.collect())
    }

    /// How welcome a media type is; the most precise range says so. No header welcomes all.
    pub(super) fn quality(&self, media_type: &str) -> u16 {
        if self.0.is_empty() {
            return BEST;
        }
        let family = media_type.split('/').next().unwrap_or_default();
        let all_of_family = format!("{family}/*");
        let named = |range: &str| self.0.iter().find(|(name, _)| name == range);
        let found = named(media_type).or_else(|| named(&all_of_family));
        found
            .or_else(|| named("*/*"))
            .map_or(0, |(_, quality)| *quality)
    }

    /// Whether a media type is named itself, and welcome.
    pub(super) fn names(&self, media_type: &str) -> bool {
        self.0
            .iter()
            .any(|(name, quality)| name == media_type && *quality > 0)
    }

    /// Whether a page is wanted rather than JSON, as browsers say.
    fn prefers_page(&self) -> bool {
        self.names(HTML) && self.quality(HTML) > self.quality(JSON)
    }

    /// Whether refusals are wanted as RFC 9457 has them: by who says so, and no less than JSON.
    fn prefers_problems(&self) -> bool {
        self.names(PROBLEM) && self.quality(PROBLEM) >= self.quality(JSON)
    }
}

/// `text/html;level=1;q=0.5` as its type and its quality.
fn range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| name.contains('/'))?;
    let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    let quality = match quality {
        None => BEST,
        Some(text) => thousandths(text)?,
    };
    Some((name.to_ascii_lowercase(), quality))
}

/// `0.5` as 500.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = rest.len() <= 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    let rest = format!("{rest:0<3}")
        .parse::<u16>()
        .ok()
        .filter(|_| digits)?;
    match whole {
        "0" => Some(rest),
        "1" if rest == 0 => Some(BEST),
        _ => None,
    }
}

/// The forms in which a path can answer.
fn offers(path: &str) -> &'static [&'static str] {
    match path {
        "/api/events/" => &[JSON, "text/event-stream", HTML, PROBLEM],
        path if path.starts_with("/api/") => &[JSON, HTML, PROBLEM],
        // Probes and scrapers are answered whatever they say.
        _ => &[],
    }
}

/// Refuses who accepts nothing that there is, and puts refusals into the form that is wanted.
pub(super) async fn accept(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let accept = Accept::of(request.headers());
    let offers = offers(request.uri().path());
    if !offers.is_empty() && !offers.iter().any(|offer| accept.quality(offer) > 0) {
        return refuse(offers);
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let shown = (reads && accept.prefers_page()).then(|| shown::Asked::of(&request));
    let mut response = next.run(request).await;
    if let Some(asked) = shown {
        response = shown::page(&shared.site, asked, response).await;
    } else if accept.prefers_problems()
        && let Some(refused) = response.extensions().get::<Refused>().cloned()
    {
        response = refused.problem(response);
    }
    if !offers.is_empty() {
        let vary = HeaderValue::from_static("accept");
        response.headers_mut().append(VARY, vary);
    }
    response
}

fn refuse(offers: &[&str]) -> Response {
    let detail = format!(
        "Could not satisfy the request Accept header; there is {}.",
        offers.join(", ")
    );
    Refusal::http(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &'static str) -> Accept {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(text));
        Accept::of(&headers)
    }

    #[test]
    fn the_most_precise_range_counts() {
        let browser = accept("text/html,application/xhtml+xml,*/*;q=0.8");
        assert_eq!(browser.quality(JSON), 800);
        assert!(browser.prefers_page() && !browser.prefers_problems());
        assert!(!accept("*/*").prefers_page());
        assert!(!accept("text/html;q=0.1, application/json").prefers_page());
        assert!(accept("application/problem+json").prefers_problems());
        assert!(!accept("application/problem+json;q=0.1, */*").prefers_problems());
        assert_eq!(accept("application/*;q=0.25, */*").quality(JSON), 250);
        assert_eq!(accept("text/plain").quality(JSON), 0);
        assert_eq!(Accept::of(&HeaderMap::new()).quality(JSON), 1000);
    }

    #[test]
    fn what_is_no_quality_is_left_out() {
        for bad in [
            "a/b;q=2",
            "a/b;q=0.1234",
            "a/b;q=-1",
            "a/b;q=",
            "ab",
            "a/b;q=1.5",
        ] {
            assert!(accept(bad).0.is_empty(), "{bad}");
        }
    }
}
