//! Whose answer it is. What stands before a service (a load balancer, an ingress, a wall that wants
//! people to sign in) answers in its place where it cannot or will not reach it. Then the service is
//! away, whatever the status says: a 404 of an ingress means no server that is gone.

use http::header::{HeaderMap, WWW_AUTHENTICATE};
use reqwest::Url;
use serde_json::{Map, Value};

use super::answer::{request_id, text_of};
use super::error::Purpose;

/// Whether an answer that says no is the service's own, told by its shape: Nova, Neutron and
/// Keystone say no in JSON of a few forms, and so does the library below Glance, which older
/// releases let speak in pages.
pub(super) fn is_own(
    status: http::StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    purpose: Purpose,
) -> bool {
    if !may_be_anothers(status.as_u16()) {
        return true;
    }
    let identified = request_id(headers).is_some();
    // Keystone's own, or of its doorkeeper before the other services.
    let may_be_keystone = purpose == Purpose::SignIn || status.as_u16() == 401;
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        return value.as_object().is_some_and(|object| {
            identified || is_refusal(object, status.as_u16(), may_be_keystone)
        });
    }
    let challenge = headers
        .get(WWW_AUTHENTICATE)
        .and_then(|it| it.to_str().ok());
    if challenge.is_some_and(|it| it.starts_with("Keystone ")) {
        return true;
    }
    let words = String::from_utf8_lossy(body);
    identified && (words.trim().is_empty() || words.contains(&status.to_string()))
}

/// Statuses that mean one thing from a service and another from what stands before it. To ask for
/// patience (408, 413, 429) or for a sign-in of its own (407) is anybody's business, and 5xx says of
/// itself that somebody is away.
const fn may_be_anothers(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 407 | 408 | 413 | 429)
}

/// What Nova and Cinder call their refusals, by status (nova/api/openstack/wsgi.py).
const FAULTS: [(u16, &str); 8] = [
    (400, "badRequest"),
    (401, "unauthorized"),
    (403, "forbidden"),
    (404, "itemNotFound"),
    (405, "badMethod"),
    (409, "conflictingRequest"),
    (413, "overLimit"),
    (415, "badMediaType"),
];

/// The forms: an object with words and a code or a kind below a name of the status (`itemNotFound`) or
/// of any (`computeFault`, `NeutronError`), or with the status in words as its code, or in a list of
/// `errors` with the status as a number.
/// Only Keystone, and its doorkeeper before the others, speaks of an `error`; so do many gateways, which
/// have words and a code below other names as well.
fn is_refusal(object: &Map<String, Value>, status: u16, may_be_keystone: bool) -> bool {
    if object.get("NeutronError").is_some_and(Value::is_string) {
        return true;
    }
    let listed = object.get("errors").and_then(|it| it.get(0));
    let listed = listed.is_some_and(|it| {
        it.get("title").is_some() && it.get("status").and_then(Value::as_u64) == Some(status.into())
    });
    let code = object.get("code").and_then(Value::as_str);
    let whole = ["message", "title"]
        .iter()
        .all(|key| object.contains_key(*key))
        && code.is_some_and(|code| code.starts_with(&status.to_string()));
    let tells = |value: &Value| {
        value.get("message").is_some_and(Value::is_string)
            && ["code", "type", "title"]
                .iter()
                .any(|key| value.get(key).is_some())
    };
    let is_name = |name: &str| match name {
        "error" => may_be_keystone,
        "computeFault" | "NeutronError" => true,
        name => FAULTS.contains(&(status, name)),
    };
    whole
        || listed
        || object
            .iter()
            .any(|(name, value)| is_name(name) && tells(value))
}

/// Whether an answer that says yes is a page for people, which no service sends.
pub(super) fn is_page(body: &[u8]) -> bool {
    let bare = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    bare.trim_ascii_start().first() == Some(&b'<')
}

/// Whether a redirect leads away for now, as to a page where people sign in, and not to where the
/// same thing is: by another scheme, with another slash, for good.
pub(super) fn leads_away(status: u16, asked: &Url, headers: &HeaderMap) -> bool {
    let Some(to) = text_of(headers, "location").and_then(|it| asked.join(it).ok()) else {
        return false;
    };
    let bare = |url: &Url| url.path().trim_end_matches('/').to_owned();
    matches!(status, 302 | 303 | 307)
        && (to.host_str(), bare(&to)) != (asked.host_str(), bare(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(status: u16, identified: bool, body: &str) -> bool {
        let mut headers = HeaderMap::new();
        if identified {
            headers.insert("x-openstack-request-id", "req-1".parse().unwrap());
        }
        is_own(
            status.try_into().unwrap(),
            &headers,
            body.as_bytes(),
            Purpose::Object,
        )
    }

    #[test]
    fn a_service_is_known_by_how_it_says_no() {
        let forbidden = r#"{"forbidden": {"code": 403, "message": "Policy doesn't allow it"}}"#;
        assert!(own(403, false, forbidden));
        for body in [
            r#"{"itemNotFound": {"code": 404, "message": "Instance x could not be found."}}"#,
            r#"{"NeutronError": {"type": "PortNotFound", "message": "no", "detail": ""}}"#,
            r#"{"NeutronError": "no"}"#,
            r#"{"message": "No image<br /><br />", "code": "404 Not Found", "title": "Not Found"}"#,
            r#"{"errors": [{"status": 404, "title": "Not Found", "detail": "no"}]}"#,
        ] {
            assert!(own(404, false, body), "{body}");
        }
        let page = "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n</html>";
        for body in [page, "404 Not Found\n\nNo image found\n\n   ", "", "{}"] {
            assert!(own(404, true, body), "{body}");
        }
    }

    #[test]
    fn an_error_is_keystone_s_word_and_that_of_its_doorkeeper() {
        let body = br#"{"error": {"code": 404, "message": "no", "title": "Not Found"}}"#;
        for (status, purpose, is_its_own) in [
            (404, Purpose::SignIn, true),
            (401, Purpose::Object, true),
            (404, Purpose::Object, false),
            (403, Purpose::Create, false),
        ] {
            let status = status.try_into().unwrap();
            assert_eq!(is_own(status, &HeaderMap::new(), body, purpose), is_its_own);
        }
    }

    #[test]
    fn what_stands_before_it_is_known_too() {
        for body in [
            "default backend - 404",
            "404 page not found\n",
            "<html><head><title>404 Not Found</title></head><center>nginx</center></html>",
            r#"{"message": "no Route matched with those values"}"#,
            r#"{"timestamp": 1, "status": 404, "error": "Not Found", "path": "/v2.1"}"#,
            r#"{"fault": {"code": 404, "type": "Status report", "message": "Runtime Error"}}"#,
            r#"{"errors": [{"status": "404", "title": "Not Found"}]}"#,
            r#"{"title": "Not Found", "message": "no", "code": 404}"#,
            r#"{"notFound": {"code": 404, "message": "no"}}"#,
            "[]",
            "",
        ] {
            for status in [400, 401, 403, 404, 405, 409] {
                assert!(!own(status, false, body), "{status} {body}");
            }
            for status in [408, 413, 429, 500, 503] {
                assert!(own(status, false, body), "{status} {body}");
            }
        }
        assert!(!own(404, true, "default backend - 404"));
    }

    #[test]
    fn a_challenge_of_keystone_is_its_services_own() {
        let body = b"Authentication required";
        for (challenge, is_its_own) in [
            ("Keystone uri='https://h/identity'", true),
            ("Basic realm=\"lab\"", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(WWW_AUTHENTICATE, challenge.parse().unwrap());
            assert_eq!(
                is_own(
                    http::StatusCode::UNAUTHORIZED,
                    &headers,
                    body,
                    Purpose::Object
                ),
                is_its_own
            );
        }
    }

    #[test]
    fn a_page_is_no_answer_and_no_body_is_no_page() {
        assert!(is_page(b"\n <!doctype html><title>Sign in</title>"));
        assert!(is_page(b"\xef\xbb\xbf<html>"));
        assert!(!is_page(b"") && !is_page(b"{}") && !is_page(b"[\"<html>\"]"));
    }

    #[test]
    fn a_redirect_leads_away_only_to_another_place_and_for_now() {
        let asked = Url::parse("http://h/compute/v2.1/servers").unwrap();
        for (status, to, away) in [
            (302, "https://sso.example/login?next=x", true),
            (303, "/login", true),
            (307, "http://other/compute/v2.1/servers", true),
            (302, "https://h/compute/v2.1/servers", false),
            (307, "/compute/v2.1/servers/", false),
            (301, "https://sso.example/login", false),
            (308, "/login", false),
        ] {
            let headers = HeaderMap::from_iter([(http::header::LOCATION, to.parse().unwrap())]);
            assert_eq!(leads_away(status, &asked, &headers), away, "{status} {to}");
        }
        assert!(!leads_away(302, &asked, &HeaderMap::new()));
    }
}
