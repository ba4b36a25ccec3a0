//! A cloud's words made fit for people: found in whatever it sent, without secrets, without
//! control characters, and short.
//!
//! Nova wraps its text in a key that varies (`badRequest`, `forbidden`, `computeFault`, ...),
//! Keystone in `error`, Neutron in `NeutronError`, Glance sends plain text or HTML, and whatever
//! stands in front of them HTML of its own.

use serde_json::Value;

use super::bounds::WORD_CHARS_MAX;
use crate::ports::Message;

/// The words in an answer's body; empty if there are none.
pub(super) fn from_body(body: &[u8], secrets: &[&str]) -> Message {
    let words = match serde_json::from_slice::<Value>(body) {
        Ok(value) => second_factor(&value)
            .or_else(|| words_in(&value))
            .unwrap_or_else(|| value.to_string()),
        Err(_) => plain(&String::from_utf8_lossy(body)),
    };
    tidy(&words, secrets)
}

/// Keystone took what was given and wants more: it says which methods, each list of them one way.
fn second_factor(value: &Value) -> Option<String> {
    let ways = value.get("required_auth_methods")?.as_array()?;
    let names = |way: &Value| -> Vec<String> {
        let methods = way.as_array().into_iter().flatten();
        methods
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let ways: Vec<String> = ways.iter().map(|way| names(way).join(" and ")).collect();
    Some(format!(
        "Keystone wants a second factor ({}); use an application credential, which needs none, or \
         give totp_secret where it is totp",
        ways.join(", or ")
    ))
}

/// The wait that an old Nova puts into the body (`overLimit.retryAfter`), as text.
pub(super) fn retry_after(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let inner = value
        .as_object()?
        .values()
        .find_map(|it| it.get("retryAfter"))?;
    match inner {
        Value::String(text) if text.len() <= WORD_CHARS_MAX => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// How much of a text is looked at; what is shown of it is far less.
const LOOKED_AT_BYTES: usize = 16 * 1024;

/// Takes secrets out of a text and makes it fit to be shown.
pub(super) fn tidy(text: &str, secrets: &[&str]) -> Message {
    let mut ends = (0..=LOOKED_AT_BYTES.min(text.len())).rev();
    let text = ends.find_map(|end| text.get(..end)).unwrap_or_default();
    Message::new(&redact(text, secrets))
}

/// The lines of a secret text that are long enough to tell something, for what quotes but one of them.
pub(super) fn lines(secret: &str) -> impl Iterator<Item = &str> {
    const TELLING_BYTES: usize = 8;
    let lines = secret.lines().map(str::trim);
    lines.filter(|line| line.len() >= TELLING_BYTES)
}

fn redact(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|it| !it.is_empty()) {
        text = without(text, secret);
        // An echo of our own request body shows a secret as JSON writes it.
        if let Ok(quoted) = serde_json::to_string(secret)
            && let Some(inner) = quoted.get(1..quoted.len().saturating_sub(1))
            && inner != *secret
        {
            text = without(text, inner);
        }
    }
    text
}

/// The shortest begin of a secret that is taken for it where a text ends, and anywhere.
const CUT_BYTES: usize = 4;
const PIECE_BYTES: usize = 32;

/// A text without a secret: without the whole of it, and without the begin of it where that is long, or
/// where the text was cut off within it.
fn without(text: String, secret: &str) -> String {
    let least = secret.len().min(CUT_BYTES);
    let head = (least..=secret.len()).find_map(|end| secret.get(..end));
    let Some(head) = head.filter(|head| text.contains(head)) else {
        return text;
    };
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some((before, from)) = rest.find(head).and_then(|at| rest.split_at_checked(at)) {
        kept.push_str(before);
        let both = from.char_indices().zip(secret.chars());
        let alike = both.take_while(|((_, one), other)| one == other);
        let length = alike.last().map_or(0, |((at, one), _)| at + one.len_utf8());
        let is_it = length == secret.len() || length == from.len() || length >= PIECE_BYTES;
        let first = from.chars().next().map_or(0, char::len_utf8);
        let step = if is_it { length } else { first };
        let (passed, behind) = from.split_at_checked(step).unwrap_or((from, ""));
        kept.push_str(if is_it { "***" } else { passed });
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

fn words_in(value: &Value) -> Option<String> {
    let object = value.as_object()?;
    if let Some(words) = own_words(value) {
        return Some(words);
    }
    if let Some(first) = object.get("errors").and_then(|it| it.get(0)) {
        return own_words(first).or_else(|| first.as_str().map(str::to_owned));
    }
    object.values().find_map(own_words)
}

fn own_words(value: &Value) -> Option<String> {
    ["message", "detail", "error", "faultstring", "title"]
        .iter()
        .filter_map(|key| value.get(key)?.as_str())
        .find(|words| !words.trim().is_empty())
        .map(plain)
}

/// HTML without its tags; anything else as it is. Goes through the text once, for it may be made of
/// nothing but tags.
fn plain(text: &str) -> String {
    // Of the same length, byte for byte.
    let lower = text.to_ascii_lowercase();
    let is_html = ["<html", "<!doctype", "<body", "<h1", "<br"]
        .iter()
        .any(|it| lower.contains(it));
    if !is_html {
        return text.to_owned();
    }
    let mut words = String::new();
    let mut at = 0;
    while let Some(open) = find(text, at, "<") {
        words.push_str(text.get(at..open).unwrap_or_default());
        words.push(' ');
        at = after_tag(&lower, open);
    }
    words.push_str(text.get(at..).unwrap_or_default());
    for (entity, character) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        words = words.replace(entity, character);
    }
    words
}

/// Where the text after a tag goes on; for tags whose content nobody reads, where their end begins.
/// An end that is not there is the end of the text.
fn after_tag(lower: &str, open: usize) -> usize {
    let Some(close) = find(lower, open, ">") else {
        return lower.len();
    };
    for (hidden, end) in [("<script", "</script"), ("<style", "</style")] {
        if lower.get(open..).is_some_and(|it| it.starts_with(hidden)) {
            return find(lower, close, end).unwrap_or(lower.len());
        }
    }
    close + 1
}

/// Where something is found at or after a place.
fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    Some(from + text.get(from..)?.find(what)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::openstack::bounds::ERROR_BODY_BYTES_MAX;
    use crate::ports::MESSAGE_CHARS_MAX;

    #[test]
    fn finds_the_words_in_every_wrapping() {
        for (body, words) in [
            (
                r#"{"receipt": {"methods": ["password"]}, "required_auth_methods": [["totp", "password"]]}"#,
                "Keystone wants a second factor (totp and password); use an application credential, \
                 which needs none, or give totp_secret where it is totp",
            ),
            (
                r#"{"badRequest": {"code": 400, "message": "Can not find requested image"}}"#,
                "Can not find requested image",
            ),
            (
                r#"{"error": {"code": 401, "title": "Unauthorized", "message": "no"}}"#,
                "no",
            ),
            (
                r#"{"NeutronError": {"type": "T", "message": "Network x could not be found.", "detail": ""}}"#,
                "Network x could not be found.",
            ),
            (
                r#"{"errors": [{"status": 500, "title": "t", "detail": "deep"}]}"#,
                "deep",
            ),
            (
                r#"{"message": "<html><body><h1>503</h1>No <b>server</b></body></html>"}"#,
                "503 No server",
            ),
            (
                "<!DOCTYPE html><html><head><style>p { a: b }</style><script>x()</script><title>502 Bad Gateway</title></head><body>&amp; nginx</body></html>",
                "502 Bad Gateway & nginx",
            ),
            (
                "404 Not Found\n\nNo image found with ID nope\n\n   ",
                "404 Not Found No image found with ID nope",
            ),
            ("[1, 2]", "[1,2]"),
            ("", ""),
        ] {
            assert_eq!(from_body(body.as_bytes(), &[]), words);
        }
    }

    #[test]
    fn secrets_are_taken_out_plain_and_as_json_writes_them() {
        let body = br#"{"error": {"message": "bad value {\"password\": \"a\\\"b\"} and a\"b"}}"#;
        assert_eq!(
            from_body(body, &["a\"b"]),
            r#"bad value {"password": "***"} and ***"#
        );
        assert_eq!(tidy("x", &[""]), "x");
    }

    #[test]
    fn a_secret_that_is_cut_off_or_quoted_in_part_is_taken_out_too() {
        let secret = "correct-horse-battery-staple-and-some-more-of-it";
        for (told, shown) in [
            ("value 'correct-hor", "value '***"),
            (
                "value correct-horse-battery-staple-and-some! bad",
                "value ***! bad",
            ),
            ("the correct way", "the correct way"),
            (
                "corcorrect-horse-battery-staple-and-some-more-of-it.",
                "cor***.",
            ),
        ] {
            assert_eq!(tidy(told, &[secret]), shown);
        }
        let data = "#cloud-config\n  list: root:secret\nx: y\n";
        let lines: Vec<_> = lines(data).collect();
        assert_eq!(lines, ["#cloud-config", "list: root:secret"]);
        assert_eq!(
            tidy("Matched \"list: root:secret\"", &lines),
            "Matched \"***\""
        );
    }

    #[test]
    fn a_page_made_of_nothing_but_tags_says_nothing() {
        for tags in [
            "<script>x</script>",
            "<script>x",
            "<",
            "<style",
            "</script>",
        ] {
            let page = format!("<html>{}", tags.repeat(ERROR_BODY_BYTES_MAX / tags.len()));
            assert_eq!(from_body(page.as_bytes(), &[]), "", "{tags}");
        }
        let page = "<html><SCRIPT>a</style>b</Script>c<style>d</style >e<br";
        assert_eq!(from_body(page.as_bytes(), &[]), "c e");
    }

    #[test]
    fn the_wait_in_an_old_body_is_found_as_text_or_number() {
        assert_eq!(
            retry_after(br#"{"overLimit": {"code": 413, "retryAfter": "5"}}"#).unwrap(),
            "5"
        );
        assert_eq!(
            retry_after(br#"{"overLimit": {"code": 413, "retryAfter": 6}}"#).unwrap(),
            "6"
        );
        assert_eq!(retry_after(b"{}"), None);
    }

    proptest! {
        #[test]
        fn no_body_breaks_it_and_the_result_is_short_and_printable(
            body in proptest::collection::vec(any::<u8>(), 0..3000),
            prefix in "(<html><script>|\\{\"message\":\"|)",
        ) {
            let mut bytes = prefix.into_bytes();
            bytes.extend(body);
            let words = from_body(&bytes, &["secret"]);
            prop_assert!(words.chars().count() <= MESSAGE_CHARS_MAX);
            prop_assert!(!words.chars().any(char::is_control));
            prop_assert!(!words.contains("secret"));
        }
    }
}
