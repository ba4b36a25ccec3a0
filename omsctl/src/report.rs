//! How a failure is told: in sentences for people, as an object where json is asked for.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::Format;
use crate::exit::Failure;
use crate::io::Io;
use crate::render::human;

/// A failure as programs read it.
#[derive(Serialize)]
struct Object<'a> {
    /// Its kind, which never changes.
    code: &'a str,
    /// The sentence for people.
    detail: &'a str,
    /// What is wrong with what was given, by flag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: &'a BTreeMap<String, Vec<String>>,
    /// The exit code that it leads to.
    exit: u8,
}

/// Tells of a failure on standard error, unless it was told of before.
pub(crate) fn report(io: &mut Io, failure: &Failure, format: Format) {
    if failure.message.is_empty() {
        return;
    }
    if matches!(format, Format::Json | Format::Jsonl) {
        let object = Object {
            code: failure.code,
            detail: &failure.message,
            fields: &failure.fields,
            exit: failure.exit.code(),
        };
        if let Ok(line) = serde_json::to_string(&object) {
            io.say(&line);
            return;
        }
    }
    say(io, &format!("omsctl: {}", failure.message));
}

/// Tells people something, broken between words where their terminal ends.
pub(crate) fn say(io: &mut Io, text: &str) {
    let width = io.width.filter(|_| io.terminals.stderr);
    let text = printable(text);
    let lines = text.lines().map(|line| human::wrapped(line, width));
    let text = lines.collect::<Vec<_>>().join("\n");
    io.say(&text);
}

/// Messages may quote a cloud or a file; their line breaks stay, anything else that could steer
/// the terminal does not.
fn printable(message: &str) -> String {
    let lines: Vec<String> = message
        .lines()
        .map(|line| {
            let text = line.trim_start();
            let indent = line.len().saturating_sub(text.len());
            " ".repeat(indent) + &human::clean(text)
        })
        .collect();
    lines.join("\n")
}
