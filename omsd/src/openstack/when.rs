//! Times as clouds write them: with and without a zone, in HTTP's form, and as waits.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use oms_proto::Time;

use super::bounds::{RETRY_AFTER_MAX, WORD_CHARS_MAX};

/// Reads a time of an API's JSON. One without a zone is UTC, as in Nova's `OS-SRV-USG` fields.
pub(super) fn parse(text: &str) -> Option<Time> {
    let text = text.trim();
    if let Ok(stamp) = text.parse::<Timestamp>() {
        return Some(stamp.into());
    }
    let civil = text.parse::<DateTime>().ok()?;
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp().into())
}

/// Reads the time of an HTTP header such as `Date`.
pub(super) fn parse_http(text: &str) -> Option<Time> {
    let zoned = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Some(zoned.timestamp().into())
}

/// Writes a time for Nova's `changes-since`, rounded down to whole seconds, which is as fine as
/// Nova stores them.
pub(super) fn for_nova(time: Time) -> Option<String> {
    let stamp = Timestamp::from_second(time.0.div_euclid(1_000_000)).ok()?;
    Some(stamp.to_string())
}

/// Reads a wait: seconds, or an HTTP time, which counts from the answer's own `now`. Never longer
/// than 15 minutes: a cloud must not be able to switch itself off for good by a slip.
pub(super) fn wait(text: &str, now: Time) -> Option<Duration> {
    let text = text.trim();
    if text.len() > WORD_CHARS_MAX {
        return None;
    }
    let asked = match text.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(RETRY_AFTER_MAX),
        Err(_) => parse_http(text)?.since(now),
    };
    Some(asked.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_with_and_without_a_zone_alike() {
        let with = parse("2026-11-22T21:37:25Z").unwrap();
        assert_eq!(parse("2026-11-22T21:37:25.000000"), Some(with));
        assert_eq!(parse("2026-11-22T22:37:25+01:00"), Some(with));
        assert_eq!(parse_http("Sun, 22 Nov 2026 21:37:25 GMT"), Some(with));
        assert_eq!(
            for_nova(with.plus(Duration::from_millis(999))).unwrap(),
            "2026-11-22T21:37:25Z"
        );
        assert_eq!(parse("yesterday"), None);
        assert_eq!(for_nova(Time(i64::MAX)), None);
    }

    #[test]
    fn a_wait_is_seconds_or_a_time_and_never_longer_than_the_cap() {
        let now = parse("2026-11-22T21:37:25Z").unwrap();
        assert_eq!(wait("7", now), Some(Duration::from_secs(7)));
        assert_eq!(wait(" 1.5 ", now), Some(Duration::from_millis(1500)));
        assert_eq!(
            wait("Sun, 22 Nov 2026 21:38:25 GMT", now),
            Some(Duration::from_secs(60))
        );
        assert_eq!(
            wait("Sun, 22 Nov 2026 21:00:00 GMT", now),
            Some(Duration::ZERO)
        );
        assert_eq!(wait("-3", now), Some(Duration::ZERO));
        assert_eq!(wait("99999999999", now), Some(RETRY_AFTER_MAX));
        for odd in ["NaN", "inf", "1e400"] {
            assert!(
                wait(odd, now).is_none_or(|it| it <= RETRY_AFTER_MAX),
                "{odd}"
            );
        }
        assert_eq!(wait("soon", now), None);
    }
}
