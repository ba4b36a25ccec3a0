//! Values on the command line that are more than a word: durations, pairs, statuses.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::{SignedDuration, Timestamp};
use oms_proto::columns::span_seconds;
use oms_proto::spec::KeyPolicy;
use oms_proto::view::Status;
use oms_proto::{EventKind, Role};

use super::{Begin, When};

/// Reads a time span in whole seconds: `90`, `90s`, `30m`, `1h 30m`.
pub(super) fn seconds(text: &str) -> Result<u32, String> {
    let whole = if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        text.parse::<i64>().ok()
    } else {
        text.parse::<SignedDuration>()
            .ok()
            .map(|span| span.as_secs())
    };
    whole
        .and_then(|whole| u32::try_from(whole).ok())
        .filter(|&whole| whole > 0)
        .ok_or_else(|| "expected a time such as 90, 90s, 30m or 1h30m".to_owned())
}

/// Reads a time: RFC 3339, or `+2h` from now.
pub(super) fn when(text: &str) -> Result<When, String> {
    let expected = |_| "expected a time such as 2026-12-01T22:00:00Z or +2h".to_owned();
    match text.strip_prefix('+') {
        Some(span) => seconds(span).map(When::After).map_err(expected),
        None => match text.parse::<Timestamp>() {
            Ok(stamp) => Ok(When::At(stamp)),
            Err(error) => Err(expected(error.to_string())),
        },
    }
}

/// Reads metadata that is looked for. A comma between patterns would be read as one between several.
pub(super) fn label(text: &str) -> Result<String, String> {
    if text.contains('*') && text.contains(',') {
        return Err("* and , cannot stand in one value; look for a part without the ,".to_owned());
    }
    Ok(text.to_owned())
}

/// Reads how many rows there may be; none would say that there is nothing.
pub(super) fn limit(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|&rows| rows > 0)
        .ok_or_else(|| "expected a number from 1".to_owned())
}

/// Reads `KEY=VALUE`; the value may be empty and may contain `=`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// Reads a status word in any case.
pub(super) fn statuses() -> impl TypedValueParser<Value = String> {
    let words = Status::ALL.iter().map(|status| status.as_str());
    PossibleValuesParser::new(words).map(|word| word.to_uppercase())
}

/// Reads a role.
pub(super) fn roles() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(Role::WORDS)
}

/// Reads how often private keys are shown.
pub(super) fn key_policies() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(KeyPolicy::WORDS)
}

/// Reads the name of a kind of event.
pub(super) fn kinds() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(EventKind::WORDS)
}

/// Reads where the journal is to begin: after a number, so long ago, or with a time.
pub(super) fn begin(text: &str) -> Result<Begin, String> {
    let number = || text.parse().ok().map(Begin::After);
    let ago = || span_seconds(text).map(Begin::Ago);
    let stamp = || text.parse().ok().map(Begin::At);
    number().or_else(ago).or_else(stamp).ok_or_else(|| {
        "expected the number of an event, a span such as 2h, or a time such as 2026-12-01T22:00:00Z"
            .to_owned()
    })
}

/// Reads a time of the past: `2h` for two hours ago, or RFC 3339.
pub(super) fn since(text: &str) -> Result<String, String> {
    let is_stamp = text.parse::<Timestamp>().is_ok();
    if is_stamp || span_seconds(text).is_some() {
        Ok(text.to_owned())
    } else {
        Err(
            "expected a time such as 2h or 2d, which is so long ago, or 2026-12-01T22:00:00Z"
                .to_owned(),
        )
    }
}

/// The names given. One empty name among them says: none.
pub(crate) fn some_names(names: Vec<String>) -> Option<Vec<String>> {
    if names.is_empty() {
        return None;
    }
    Some(names.into_iter().filter(|name| !name.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_or_carry_units() {
        assert_eq!(seconds("60"), Ok(60));
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("30m"), Ok(1800));
        assert_eq!(seconds("1h30m"), Ok(5400));
        for wrong in ["", "0", "-5", "soon", "1.5", "99999999999", "-1h"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_a_row_at_least() {
        assert_eq!(limit("3"), Ok(3));
        for wrong in ["", "0", "-1", "all"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_stamps_or_lie_ahead() {
        assert_eq!(when("+2h"), Ok(When::After(7200)));
        assert!(matches!(when("2026-12-01T22:00:00+09:00"), Ok(When::At(_))));
        for wrong in ["", "+", "2h", "tomorrow", "2026-12-01", "+-2h"] {
            assert!(when(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pairs_split_at_the_first_equals_sign() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(pair("a="), Ok(("a".to_owned(), String::new())));
        assert!(pair("a").is_err());
        assert!(pair("=b").is_err());
    }

    #[test]
    fn a_time_of_the_past_is_a_stamp_or_a_span() {
        for right in ["2h", "90", "2d", "2026-12-01T22:00:00Z"] {
            assert_eq!(since(right), Ok(right.to_owned()));
        }
        for wrong in ["", "soon", "2026-12-01", "-2h"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
