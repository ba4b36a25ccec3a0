//! Maintenance on a line of days: for each account that has any, what of the next two weeks it takes.

use std::time::Duration;

use oms_proto::Time;
use oms_proto::spec::Window;

/// Days on the line, today included.
const DAYS: u32 = 14;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How wide a day is drawn.
const DAY_WIDE: u64 = 100;

/// Narrower ones could not be seen.
const SPAN_WIDE_MIN: u64 = 8;

/// The line of days and what is on it.
pub(super) struct Calendar {
    /// Its days as month and day, today first.
    pub(super) days: Vec<String>,
    /// Where now is.
    pub(super) now: u64,
    /// The accounts that have maintenance on it.
    pub(super) lines: Vec<Line>,
}

/// One account's windows.
pub(super) struct Line {
    /// Its name.
    pub(super) account: String,
    /// Its windows, as far as they are on the line.
    pub(super) spans: Vec<Span>,
}

/// A window, as far as it is on the line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) x: u64,
    pub(super) width: u64,
    pub(super) drain: bool,
    pub(super) from: Time,
    pub(super) until: Option<Time>,
    pub(super) reason: String,
}

impl Calendar {
    /// The days from today on (UTC).
    pub(super) fn of<'a>(
        accounts: impl Iterator<Item = (&'a str, &'a [Window])>,
        now: Time,
    ) -> Self {
        let into_day = now.since(Time(0)).as_micros() % DAY.as_micros();
        let into_day = Duration::from_micros(u64::try_from(into_day).unwrap_or(0));
        let begin = now.minus(into_day);
        let day = |number| begin.plus(DAY * number).to_string();
        let month_and_day = |text: String| text.get(5..10).unwrap_or_default().to_owned();
        let lines = accounts.map(|(name, windows)| Line {
            account: name.to_owned(),
            spans: spans(windows, begin),
        });
        Self {
            days: (0..DAYS).map(day).map(month_and_day).collect(),
            now: place(now, begin),
            lines: lines.filter(|line| !line.spans.is_empty()).collect(),
        }
    }

    /// How wide all of it is drawn.
    #[expect(clippy::unused_self, reason = "templates ask the calendar")]
    pub(super) fn wide(&self) -> u64 {
        u64::from(DAYS) * DAY_WIDE
    }
}

fn spans(windows: &[Window], begin: Time) -> Vec<Span> {
    let end = begin.plus(DAY * DAYS);
    let on_it = windows
        .iter()
        .filter(|window| window.from < end && window.until.is_none_or(|until| until > begin));
    on_it
        .map(|window| {
            let x = place(window.from, begin);
            let until = place(window.until.unwrap_or(end).min(end), begin);
            Span {
                x,
                width: until.saturating_sub(x).max(SPAN_WIDE_MIN),
                drain: window.drain,
                from: window.from,
                until: window.until,
                reason: window.reason.clone(),
            }
        })
        .collect()
}

/// Where on the line a time is; what was before is at its beginning.
fn place(at: Time, begin: Time) -> u64 {
    let place = at.since(begin).as_micros() * u128::from(DAY_WIDE) / DAY.as_micros();
    u64::try_from(place).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_drawn_as_far_as_they_are_on_the_line() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let window = |from: &str, until: Option<&str>| Window {
            from: at(from),
            until: until.map(at),
            drain: false,
            reason: "r".to_owned(),
        };
        let begin = at("2026-11-29T00:00:00Z");
        let windows = [
            window("2026-11-01T00:00:00Z", Some("2026-11-29T00:00:00Z")),
            window("2026-11-28T00:00:00Z", Some("2026-11-29T12:00:00Z")),
            window("2026-12-01T06:00:00Z", Some("2026-12-01T06:01:00Z")),
            window("2026-12-12T00:00:00Z", None),
            window("2026-12-13T00:00:00Z", Some("2026-12-14T00:00:00Z")),
        ];
        let drawn: Vec<_> = spans(&windows, begin)
            .iter()
            .map(|span| (span.x, span.width))
            .collect();
        assert_eq!(drawn, [(0, 50), (225, SPAN_WIDE_MIN), (1300, 100)]);
        let now = at("2026-11-29T06:00:00Z");
        let accounts = [("alpha", &windows[..]), ("beta", &windows[..0])];
        let calendar = Calendar::of(accounts.into_iter(), now);
        assert_eq!((calendar.lines.len(), calendar.now), (1, 25));
        assert_eq!(calendar.days.first().map(String::as_str), Some("11-29"));
        assert_eq!(calendar.days.last().map(String::as_str), Some("12-12"));
    }
}
