//! Ages, spans, sizes and foreign text for people.

use std::time::Duration;

use jiff::tz::TimeZone;
use oms_proto::Time;
use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};
use oms_proto::spec::Endpoints;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// An age in its largest unit: `42s`, `3m`, `5h`, `12d`.
pub(crate) fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        _ => format!("{}d", seconds / DAY),
    }
}

/// A measured span in its two largest units: `42s`, `3m12s`, `1h05m`.
pub(crate) fn span(seconds: u64) -> String {
    match seconds {
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m{:02}s", seconds / MINUTE, seconds % MINUTE),
        HOUR..DAY => format!("{}h{:02}m", seconds / HOUR, seconds % HOUR / MINUTE),
        _ => format!("{}d{:02}h", seconds / DAY, seconds % DAY / HOUR),
    }
}

/// A size in binary units: `512 B`, `1.5 MiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut unit = "B";
    let (mut whole, mut tenths) = (bytes, 0);
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if whole < 1024 {
            break;
        }
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit = larger;
    }
    if unit == "B" {
        format!("{whole} B")
    } else {
        format!("{whole}.{tenths} {unit}")
    }
}

/// A point in time to the second, in the reader's zone: `2026-11-22 21:36:21`.
pub(crate) fn stamp(time: Time, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_microsecond(time.0) {
        Ok(stamp) => stamp
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => time.to_string(),
    }
}

/// How far a time is from now: `3m ago`, `in 5h`.
pub(crate) fn distance(time: Time, now: Time) -> String {
    if time > now {
        format!("in {}", age(time.since(now)))
    } else {
        format!("{} ago", age(now.since(time)))
    }
}

/// A text from a cloud or a user, on one line and without anything that could steer the terminal.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || is_bidirectional(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Marks that turn the direction of the text around, so that it reads other than it is.
const fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// What fits into so many columns of a terminal, with `...` where something was cut.
pub(crate) fn clip(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(3);
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let there = width <= left;
        left = left.saturating_sub(width);
        there
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}...", kept.trim_end())
}

/// A text in lines of at most so many columns, broken between words where there are several.
pub(crate) fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else {
            break;
        };
        if line.is_empty() {
            word.clone_into(line);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// One line as it fits a terminal, where there is one: in several that are broken between words, and
/// that go on further in.
pub(crate) fn wrapped(line: &str, width: Option<usize>) -> String {
    const FURTHER: usize = 2;
    /// A terminal with less is beyond help.
    const WIDTH_MIN: usize = 30;
    let Some(width) = width.filter(|width| *width >= WIDTH_MIN && line.width() > *width) else {
        return line.to_owned();
    };
    let text = line.trim_start();
    let begin = line.len().saturating_sub(text.len());
    let first = lines(text, width.saturating_sub(begin));
    let Some((first, rest)) = first.split_first() else {
        return line.to_owned();
    };
    let mut out = format!("{:begin$}{first}", "");
    let begin = begin + FURTHER;
    if !rest.is_empty() {
        for line in lines(&rest.join(" "), width.saturating_sub(begin)) {
            out.push('\n');
            out.push_str(&" ".repeat(begin));
            out.push_str(&line);
        }
    }
    out
}

/// `1 attempt`, `2 attempts`.
pub(crate) fn count(number: u64, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}

/// A word of the wire for people: `no_capacity` as `no capacity`.
pub(crate) fn words(word: &str) -> String {
    word.replace('_', " ")
}

/// The addresses that are used instead of the catalogue's, if there are any.
pub(crate) fn endpoints(endpoints: &Endpoints) -> Option<String> {
    let named = [
        ("compute", &endpoints.compute),
        ("image", &endpoints.image),
        ("network", &endpoints.network),
    ];
    let said = named.iter().filter_map(|(service, url)| {
        let url = url.as_ref()?;
        Some(format!("{service}={url}"))
    });
    let said: Vec<String> = said.collect();
    Some(said.join(" ")).filter(|said| !said.is_empty())
}

/// Which addresses an account prefers, if it is said.
pub(crate) fn address(defaults: &MachineSpec) -> Option<String> {
    let kind = defaults.address_type.map(AddressType::as_str);
    let family = defaults.address_family.map(AddressFamily::as_str);
    let said: Vec<&str> = kind.into_iter().chain(family).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words_where_the_terminal_ends() {
        let line = "  a line that is too long for the terminal that there is";
        assert_eq!(wrapped(line, None), line);
        assert_eq!(wrapped(line, Some(80)), line);
        insta::assert_snapshot!(wrapped(line, Some(30)), @r"
        a line that is too long for
          the terminal that there is
        ");
        let word = "x".repeat(40);
        assert_eq!(wrapped(&word, Some(30)), word);
    }

    #[test]
    fn ages_show_their_largest_unit() {
        let of = |seconds| age(Duration::from_secs(seconds));
        assert_eq!(
            [
                of(0),
                of(59),
                of(60),
                of(3599),
                of(3600),
                of(86_400),
                of(864_000)
            ],
            ["0s", "59s", "1m", "59m", "1h", "1d", "10d"]
        );
    }

    #[test]
    fn spans_show_their_two_largest_units() {
        assert_eq!(
            [span(9), span(72), span(3661), span(90_000)],
            ["9s", "1m12s", "1h01m", "1d01h"]
        );
    }

    #[test]
    fn sizes_are_binary() {
        assert_eq!(
            [
                bytes(0),
                bytes(1023),
                bytes(1024),
                bytes(1_572_864),
                bytes(u64::MAX)
            ],
            ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "16777215.9 TiB"]
        );
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(clean("a\x1b[2Jb\nc\u{202e}d "), "a\\u{1b}[2Jb c\\u{202e}d");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(clip("abcdef", 6), "abcdef");
        assert_eq!(clip("ab\u{e4}\u{e4}\u{e4}fg", 6), "ab\u{e4}...");
        assert_eq!(
            clip("\u{6771}\u{4eac}\u{5927}\u{5b66}", 7),
            "\u{6771}\u{4eac}..."
        );
    }

    #[test]
    fn times_beyond_the_calendar_do_not_panic() {
        assert_eq!(
            stamp(Time(i64::MAX), &TimeZone::UTC),
            format!("{}us", i64::MAX)
        );
        assert_eq!(distance(Time(i64::MIN), Time(i64::MAX)), "106751991d ago");
    }
}
