//! Answers of the REST interface as pages, for browsers that open its paths: what the 2016
//! interface's framework did. Programs get the same bytes as ever.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, ETAG, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, StatusCode};
use axum::response::Response;

use askama::Template;
use http_body_util::{BodyExt, Limited};

use super::reply::page_with;
use super::shell::Shell;
use super::site::Site;
use super::stop::redirect;

/// The largest answer that is shown as a page; a list beyond it is read in pages.
const SHOWN_MAX_BYTES: usize = 512 * 1024;

/// What is kept of a request until its answer is there.
pub struct Asked(Parts);

impl Asked {
    /// Of a request.
    pub fn of(request: &Request) -> Self {
        let mut copy = Request::new(());
        copy.method_mut().clone_from(request.method());
        copy.uri_mut().clone_from(request.uri());
        copy.headers_mut().clone_from(request.headers());
        Self(copy.into_parts().0)
    }
}

#[derive(Template)]
#[template(path = "shown.html")]
struct Shown {
    shell: Shell,
    method: Method,
    path: String,
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: String,
    takes_post: bool,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Missing {
    shell: Shell,
    title: String,
    text: String,
}

/// The headers that are shown of an answer in JSON; `None` of any other.
fn shown_headers(answer: &Response) -> Option<Vec<(String, String)>> {
    let value = |name: &HeaderName| answer.headers().get(name)?.to_str().ok();
    if !value(&CONTENT_TYPE)?.starts_with("application/json") {
        return None;
    }
    let names = [CONTENT_TYPE, ALLOW, LOCATION, ETAG];
    let shown = names.iter().filter_map(|name| {
        let value = value(name)?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    Some(shown.collect())
}

/// An answer as a page, if it is one in JSON.
pub async fn page(site: &Site, Asked(parts): Asked, answer: Response) -> Response {
    let Some(headers) = shown_headers(&answer) else {
        return answer;
    };
    let shell = Shell::of(site, &parts);
    let status = answer.status();
    let path = parts.uri.path_and_query();
    let path = path.map_or("/", |path| path.as_str()).to_owned();
    if status == StatusCode::UNAUTHORIZED {
        return redirect(&format!("/sign-in/?back={}", shell.back()));
    }
    if status == StatusCode::NOT_FOUND && !path.starts_with("/api/") {
        let (title, text) = (
            shell.l.not_found.to_owned(),
            shell.l.not_found_hint.to_owned(),
        );
        return page_with(status, &Missing { shell, title, text });
    }
    let body = body(answer.into_body()).await;
    let shown = Shown {
        takes_post: parts.uri.path() == "/api/queues/",
        method: parts.method,
        shell,
        path,
        status,
        headers,
        body,
    };
    page_with(status, &shown)
}

/// The JSON with line feeds and indents; its fields keep their order.
async fn body(body: Body) -> String {
    let Ok(collected) = Limited::new(body, SHOWN_MAX_BYTES).collect().await else {
        return format!(
            "// more than {SHOWN_MAX_BYTES} bytes; read it in pages with ?limit=100&offset=0"
        );
    };
    indented(&collected.to_bytes())
}

/// JSON on lines of its own. Read as a value it would lose the order of its fields.
fn indented(json: &[u8]) -> String {
    let (mut out, mut depth, mut in_text, mut escaped) = (String::new(), 0_usize, false, false);
    let text = String::from_utf8_lossy(json);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if in_text {
            out.push(letter);
            in_text = letter != '"' || escaped;
            escaped = letter == '\\' && !escaped;
            continue;
        }
        match letter {
            '{' | '[' => {
                out.push(letter);
                if letters
                    .peek()
                    .is_some_and(|next| !matches!(next, '}' | ']'))
                {
                    depth += 1;
                    feed(&mut out, depth);
                } else {
                    out.extend(letters.next());
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                feed(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                feed(&mut out, depth);
            }
            ':' => out.push_str(": "),
            letter => {
                in_text = letter == '"';
                out.push(letter);
            }
        }
    }
    out
}

fn feed(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("    ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_and_says_the_same() {
        let json = r#"{"b":[1,{"a":"x\"{[,:\\"}],"e":[],"o":{},"n":null}"#;
        let shown = indented(json.as_bytes());
        assert!(shown.starts_with("{\n    \"b\": [\n        1,"), "{shown}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&shown), read(json));
    }
}
