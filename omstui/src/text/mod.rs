//! Every text that people read, and how numbers and spans of time are written.
//!
//! Wording lives here so that it can be read and corrected in one place; in other languages than
//! English it lives in a file each, see [`Language`]. Words of the domain (statuses, kinds of event)
//! come from the wire and are shown as they are.

mod deeds;
mod language;
mod settings;

use std::time::Duration;

use oms_proto::view::Status;

pub use deeds::*;
pub use language::{Language, fill, say, speak};
pub use settings::*;

/// The product's name on the connecting screen.
pub const PRODUCT: &str = "OpenMultiStack";
/// The name in the header.
pub const SHORT_NAME: &str = "OMS";

/// Told when standard input or output is not a terminal.
pub const NOT_A_TERMINAL: &str = "omstui: the dashboard needs a terminal for its input and output; \
     for scripts and pipes use `omsctl status` and `omsctl queue list`";

/// The keyboard is gone.
pub const INPUT_ENDED: &str = "its input has ended";

/// Told after the terminal was lost.
pub fn no_terminal(reason: &str) -> String {
    format!("omstui: the terminal is lost: {reason}")
}

/// A failure and what lies below it.
pub fn because(what: &str, cause: &str) -> String {
    format!("{what}: {cause}")
}

/// What `--theme` does.
pub const THEME: &str = "Colours: default, dark, light, high-contrast, mono, or one of the file's \
     [default: default, or mono where NO_COLOR is set]";
/// What `--config` names.
pub const CONFIG: &str = "File of keys and colours \
     [default: oms/omstui.toml in XDG_CONFIG_HOME or ~/.config]";

/// What `--language` does.
pub const LANGUAGE: &str = "Language [default: that of the locale, or en]";

/// Examples and environment, at the end of `--help`.
pub const EXAMPLES: &str = "\
Examples:
  omstui                               the daemon of this machine
  omstui --socket /tmp/oms/omsd.sock   another daemon
  omstui --theme light --ascii         for a light terminal without symbols

Environment:
  OMS_SOCKET  the socket, where --socket is not given
  NO_COLOR    any value but an empty one: no colours, unless --theme is given
  LC_ALL, LC_CTYPE, LANG
              where they name a character set other than UTF-8, --ascii is implied
  TERM        linux implies --ascii; dumb is refused

Example of omstui.toml:
  theme = \"dusk\"
  [keys]
  remove = [\"Ctrl-x\", \"Del\"]
  [themes.dusk]
  like = \"dark\"
  bad = \"magenta\"

Keys: press ? inside. Exit status: 0 after q or Ctrl-c, 1 when the terminal is lost, 2 for
wrong usage or no terminal, 128 plus its number after a signal.";

/// omsctl could not be started.
pub fn no_omsctl(error: &str) -> String {
    fill(
        "cannot start omsctl: {error}; install it beside omstui",
        &[("error", &error)],
    )
}
/// omsctl has failed.
pub fn ended_with(status: &str) -> String {
    format!("omsctl: {status}")
}

/// What omsctl printed before it failed is read before the dashboard covers it.
pub const PRESS_ENTER: &str = "press Enter to go back";

/// Words for the state of the connection.
pub const LIVE: &str = "live";
/// Connected, and the first picture is on its way.
pub const LOADING: &str = "loading";
/// Never connected so far.
pub const CONNECTING: &str = "connecting";
/// The daemon is shutting down.
pub const DRAINING: &str = "stopping, takes no new entries";

/// What can be done while nothing is shown.
pub const CONNECT_KEYS: &str = "Ctrl-r tries now, ? helps, q quits";

/// Shown instead of rows.
pub const NO_ENTRIES: &str = "No entries. Ask for one: omsctl queue create --wait";
/// Shown instead of rows.
pub const NOTHING_ACTIVE: &str = "Nothing under way.";
/// Shown instead of rows.
pub const NO_INSTANCES: &str = "No instances.";
/// Shown instead of rows.
pub const NO_ACCOUNTS: &str = "No accounts. Add some: omsctl account import --clouds-yaml FILE";
/// Shown instead of rows.
pub const NO_EVENTS: &str = "No events yet.";
/// Shown instead of alerts.
pub const NO_ALERTS: &str = "Nothing is wrong.";
/// Shown when the filter or the problem switch hides every row.
pub const NONE_MATCH: &str = "Nothing matches; Esc shows all again.";
/// Shown instead of a detail whose object is gone.
pub const GONE: &str = "It is gone. Esc goes back.";
/// Told when the daemon answers something else than was asked.
pub const ODD_ANSWER: &str = "the daemon answered something else than was asked";
/// Shown while the explanation is on its way.
pub const ASKING: &str = "asking the daemon ...";
/// Shown when the window cannot hold anything.
pub const TOO_SMALL: &str = "window too small";

/// Section titles.
pub const ACCOUNTS: &str = "Accounts";
/// Section title on the overview.
pub const ACTIVE: &str = "Under way";
/// Before how often things happened lately.
pub const LATELY: &str = "last 30 m";
/// Section title on the overview.
pub const CAUSES: &str = "Wrong now";
/// Section title on the overview.
pub const FAILED: &str = "Failed last";
/// Section title in details.
pub const ATTEMPTS: &str = "Attempts";
/// Section title in details.
pub const ROOM: &str = "Room (ours, others, free)";
/// How much is left of how much.
pub fn room(left: u64, limit: u64, ours: u64, others: u64, unit: &str) -> String {
    fill(
        "{left}{unit} of {limit} free; ours {ours}, others {others}",
        &[
            ("left", &left),
            ("unit", &unit),
            ("limit", &limit),
            ("ours", &ours),
            ("others", &others),
        ],
    )
}
/// Something without a limit.
pub fn no_limit(used: u64, unit: &str) -> String {
    fill(
        "{used}{unit} used, no limit",
        &[("used", &used), ("unit", &unit)],
    )
}
/// Section title in details.
pub const ENTRY: &str = "Entry";
/// A block whose time is over.
pub const BLOCK_OVER: &str = "over; the next launch is a probe";
/// So many boots.
pub fn boots(count: u32) -> String {
    match count {
        1 => say("1 boot").to_owned(),
        more => fill("{more} boots", &[("more", &more)]),
    }
}
/// Section title in details.
pub const SIGN_IN: &str = "Signing in";
/// That an account proves who it is.
pub const CLIENT_CERTIFICATE: &str = "a certificate of ours";
/// Shown instead of attempts.
pub const NO_ATTEMPTS: &str = "None so far.";
/// Beside a server that the cloud no longer shows.
pub const VANISHED: &str =
    "The cloud no longer shows this server, and nobody asked OMS to remove it.";
/// Beside what was due.
pub const PAST: &str = "past";
/// Beside what has not happened.
pub const NEVER: &str = "never";
/// Beside what nobody has measured.
pub const NOT_KNOWN: &str = "not known yet";
/// Section title in details.
pub const PASSED_OVER: &str = "Passed over";
/// Section title in details.
pub const ASKED_FOR: &str = "Asked for";
/// Section title in details.
pub const INSTANCE: &str = "Instance";
/// Section title in details.
pub const BLOCKS: &str = "Blocks";
/// Section title in details.
pub const DEFAULTS: &str = "Defaults";
/// Section title in details.
pub const LEARNED: &str = "Learned from launches (zone/flavor)";
/// Section title in details.
pub const MAINTENANCE: &str = "Maintenance";
/// For a maintenance without an end.
pub const UNTIL_ENDED: &str = "somebody ends it";
/// What a maintenance that drains does.
pub const DRAINS: &str = "entries that do not run yet are moved elsewhere";
/// Section title in details.
pub const LAST_FAILURE: &str = "Last failure";

/// A kind of thing and the name of one.
pub fn titled(kind: &str, name: &str) -> String {
    format!("{} {name}", say(kind))
}
/// How many accounts take the next entry.
pub fn ready(ready: usize, all: usize) -> String {
    fill(
        "accounts {ready}/{all} ready",
        &[("ready", &ready), ("all", &all)],
    )
}
/// How many objects are being removed.
pub fn removing(count: u64) -> String {
    fill("removing {count}", &[("count", &count)])
}
/// The daemon's version and for how long it is up.
pub fn up(version: &str, up: &str) -> String {
    fill(
        "omsd {version}  up {up}",
        &[("version", &version), ("up", &up)],
    )
}
/// In the header where nothing can be changed.
pub const LOCKED: &str = "read-only";

/// The mark of a row filter in the tab line.
pub const PROBLEMS_ONLY: &str = "problems only";
/// Follows a text that the filter takes literally because it is no regular expression.
pub const LITERAL: &str = "(as plain text)";
/// Follows a word that reads like a condition and is none.
pub fn no_condition(why: &str) -> String {
    fill("({why})", &[("why", &why)])
}
/// Follows a text whose letters are looked for in order.
pub const FUZZY: &str = "(letters in order)";
/// Above the entries that an account serves.
pub const ENTRIES_HERE: &str = "Entries here";
/// Behind how many more there are.
pub const ENTER_FOR_ALL: &str = "(Enter shows all)";
/// How long something still takes.
pub fn left(span: &str) -> String {
    fill("{span} left", &[("span", &span)])
}
/// How long ago something was.
pub fn since(span: &str) -> String {
    fill("{span} ago", &[("span", &span)])
}
/// How often.
pub fn times(count: u64) -> String {
    format!("x{count}")
}
/// Nothing to say.
pub const NONE: &str = "-";

/// Title of the help page.
pub const HELP_TITLE: &str = "Keys";
/// How to leave and move in help.
pub const HELP_KEYS: &str = "Esc closes, j k scroll, / filters";
/// Heading over the words of state.
pub const HELP_STATUS: &str = "What an entry's status means";

/// Keys that are always worth knowing in a table, the most useful first: what does not fit goes.
pub const TABLE_HINTS: [(&str, &str); 9] = [
    ("?", "help"),
    ("Enter", "open"),
    ("a", "actions"),
    ("+", "new"),
    ("/", "filter"),
    (":", "command"),
    ("Ctrl-z", "problems"),
    ("Tab", "view"),
    ("q", "quit"),
];
/// Keys that are always worth knowing in a detail.
pub const DETAIL_HINTS: [(&str, &str); 7] = [
    ("?", "help"),
    ("Esc", "back"),
    ("a", "actions"),
    ("j k", "scroll"),
    ("n p", "next, previous"),
    ("v", "events"),
    ("y", "JSON"),
];

/// Heading over the sort letters of a view.
pub fn help_sort(view: &str) -> String {
    fill(
        "Sort {view} by (again: the other way round)",
        &[("view", &view)],
    )
}

/// Which lines of a text are in the window; nothing where all are.
pub fn lines_shown(first: usize, visible: usize, all: usize) -> String {
    if all <= visible {
        return String::new();
    }
    let last = (first + visible).min(all);
    let first = first + 1;
    fill(
        "lines {first}-{last} of {all}",
        &[("first", &first), ("last", &last), ("all", &all)],
    )
}

/// Which fields of a form are in sight.
pub fn fields_shown(first: usize, last: usize, all: usize) -> String {
    fill(
        "fields {first}-{last} of {all}",
        &[("first", &first), ("last", &last), ("all", &all)],
    )
}

/// The state of a lost connection: how old the picture is, and which try runs.
pub fn stale(age: &str, tries: u32) -> String {
    fill(
        "stale {age}, reconnecting ({tries})",
        &[("age", &age), ("tries", &tries)],
    )
}

/// The connecting screen's main line.
pub fn connecting_to(socket: &str) -> String {
    fill("connecting to {socket}", &[("socket", &socket)])
}

/// The connecting screen's main line once the daemon has answered.
pub fn loading_from(socket: &str) -> String {
    fill("connected to {socket}, loading ...", &[("socket", &socket)])
}

/// A failed try on the connecting screen.
pub fn try_failed(tries: u32, error: &str) -> String {
    fill(
        "try {tries} failed: {error}",
        &[("tries", &tries), ("error", &error)],
    )
}

/// How many rows of how many are shown.
pub fn shown_of(shown: usize, all: usize) -> String {
    if shown == all {
        grouped(all)
    } else {
        fill(
            "{shown} of {all}",
            &[("shown", &grouped(shown)), ("all", &grouped(all))],
        )
    }
}

/// What a status means, for the help page.
pub fn status_meaning(status: Status) -> &'static str {
    say(match status {
        Status::Request => "accepted",
        Status::Recive => "being placed, or waiting for an account",
        Status::Boot => "a server is building",
        Status::Run => "the instance is usable",
        Status::Destroy => "being removed",
        Status::Failed => "deadline or attempts used up",
        Status::Unknown => "what a newer omsd says; upgrade this program",
    })
}

/// A size in the unit that leaves one to four digits.
pub fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut left = bytes;
    let mut unit = 0;
    while left >= 10_240 && unit + 1 < units.len() {
        left /= 1_024;
        unit += 1;
    }
    format!("{left} {}", units.get(unit).copied().unwrap_or_default())
}

/// A size.
pub fn bytes(bytes: usize) -> String {
    fill("{bytes} bytes", &[("bytes", &grouped(bytes))])
}

/// A number with its thousands apart: `12,345`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A span of time in one unit, the coarsest that still has two digits or so.
pub fn span(span: Duration) -> String {
    let (unit, word) = unit_of(span);
    format!("{} {word}", span.as_secs() / unit)
}

/// How long until a growing span is written differently.
pub fn span_grows_in(span: Duration) -> Duration {
    let (unit, _) = unit_of(span);
    Duration::from_secs((span.as_secs() / unit + 1) * unit).saturating_sub(span)
}

/// How long until a shrinking span is written differently; `None` once it is used up.
pub fn span_shrinks_in(span: Duration) -> Option<Duration> {
    if span.is_zero() {
        return None;
    }
    let (unit, _) = unit_of(span);
    let floor = Duration::from_secs(span.as_secs() / unit * unit);
    // One millisecond past the edge, so that the next picture lies on the far side of it.
    Some(span.saturating_sub(floor) + Duration::from_millis(1))
}

fn unit_of(span: Duration) -> (u64, &'static str) {
    match span.as_secs() {
        seconds if seconds < 2 * MINUTE => (1, "s"),
        seconds if seconds < 2 * HOUR => (MINUTE, "m"),
        seconds if seconds < 2 * DAY => (HOUR, "h"),
        _ => (DAY, "d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_in_one_unit() {
        let written: Vec<String> = [0, 119, 120, 7_199, 7_200, 172_799, 172_800, 8_640_000]
            .into_iter()
            .map(|seconds| span(Duration::from_secs(seconds)))
            .collect();
        assert_eq!(
            written,
            [
                "0 s", "119 s", "2 m", "119 m", "2 h", "47 h", "2 d", "100 d"
            ]
        );
    }

    #[test]
    fn a_span_tells_when_its_text_changes() {
        assert_eq!(
            span_grows_in(Duration::from_millis(1_250)),
            Duration::from_millis(750)
        );
        assert_eq!(
            span_grows_in(Duration::from_secs(119)),
            Duration::from_secs(1)
        );
        assert_eq!(
            span_grows_in(Duration::from_secs(130)),
            Duration::from_secs(50)
        );
        assert_eq!(span_shrinks_in(Duration::ZERO), None);
        let left = Duration::from_secs(125);
        let wait = span_shrinks_in(left).unwrap();
        assert_ne!(span(left), span(left.saturating_sub(wait)));
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
