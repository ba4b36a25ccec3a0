//! A cloud's words made fit for people: found in whatever it sent, without secrets, without
//! control characters, and short.
//!
//! Nova wraps its text in a key that varies (`badRequest`, `forbidden`, `computeFault`, ...),
//! Keystone in `error`, Neutron in `NeutronError`, Glance sends plain text or HTML, and whatever
//! stands in front of them HTML of its own.

use serde_json::Value;

use super::limits::MESSAGE_CHARS_MAX;

/// The words in an answer's body; empty if there are none.
pub(super) fn from_body(body: &[u8], secrets: &[&str]) -> String {
    let words = match serde_json::from_slice::<Value>(body) {
        Ok(value) => words_in(&value).unwrap_or_else(|| value.to_string()),
        Err(_) => plain(&String::from_utf8_lossy(body)),
    };
    tidy(&words, secrets)
}

/// The wait that an old Nova puts into the body (`overLimit.retryAfter`), as text.
pub(super) fn retry_after(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let inner = value
        .as_object()?
        .values()
        .find_map(|it| it.get("retryAfter"))?;
    match inner {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Takes secrets, control characters and runs of blanks out of a text and cuts it to 500
/// characters.
pub(super) fn tidy(text: &str, secrets: &[&str]) -> String {
    let text = redact(text, secrets);
    let mut tidied = String::new();
    let mut count = 0_usize;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        let gap = usize::from(!tidied.is_empty());
        let length = word.chars().count();
        if count + gap + length > MESSAGE_CHARS_MAX {
            let room = MESSAGE_CHARS_MAX.saturating_sub(count + gap + 3);
            if gap == 1 && room > 0 {
                tidied.push(' ');
            }
            tidied.extend(word.chars().take(room));
            return cut_with_dots(&tidied);
        }
        if gap == 1 {
            tidied.push(' ');
        }
        tidied.push_str(&word);
        count += gap + length;
    }
    tidied
}

fn cut_with_dots(text: &str) -> String {
    let mut kept: String = text.chars().take(MESSAGE_CHARS_MAX - 3).collect();
    kept.push_str("...");
    kept
}

/// Marks that reorder or hide text on a terminal.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn redact(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|it| !it.is_empty()) {
        text = text.replace(secret, "***");
        // An echo of our own request body shows a secret as JSON writes it.
        if let Ok(quoted) = serde_json::to_string(secret)
            && let Some(inner) = quoted.get(1..quoted.len().saturating_sub(1))
            && inner != *secret
        {
            text = text.replace(inner, "***");
        }
    }
    text
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

/// HTML without its tags; anything else as it is.
fn plain(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let is_html = ["<html", "<!doctype", "<body", "<h1", "<br"]
        .iter()
        .any(|it| lower.contains(it));
    if !is_html {
        return text.to_owned();
    }
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, tagged)) = rest.split_once('<') {
        words.push_str(before);
        words.push(' ');
        let (tag, after) = tagged.split_once('>').unwrap_or((tagged, ""));
        rest = after_hidden(tag, after);
    }
    words.push_str(rest);
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

/// What follows a tag; for tags whose content nobody reads, what follows their end.
fn after_hidden<'a>(tag: &str, after: &'a str) -> &'a str {
    let tag = tag.to_ascii_lowercase();
    for hidden in ["script", "style"] {
        if tag.starts_with(hidden) {
            let end = after.to_ascii_lowercase().find(&format!("</{hidden}"));
            return end.and_then(|at| after.get(at..)).unwrap_or("");
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_words_in_every_wrapping() {
        for (body, words) in [
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
    fn control_and_reordering_characters_are_taken_out() {
        assert_eq!(
            tidy("a\u{1b}[31mred\u{7}\r\n\t b\u{202e}c", &[]),
            "a [31mred bc"
        );
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

        #[test]
        fn long_texts_are_cut_to_the_limit(text in "[a-z ]{490,1200}") {
            prop_assert!(tidy(&text, &[]).chars().count() <= MESSAGE_CHARS_MAX);
        }
    }
}
