//! How a picture is written down: times against the present, colours, signs, foreign text.
//!
//! Whoever writes an age through the pen also tells it that this text will change by itself. The
//! soonest of those moments is when the next picture is due; a screen on which nothing ages is
//! never drawn again until something happens.

use std::cell::Cell as Slot;
use std::time::Duration;

use jiff::tz::TimeZone;
use oms_proto::Time;
use oms_proto::columns::Share;
use ratatui::style::Style;
use ratatui::text::Span;

use crate::clean;
use crate::text;
use crate::theme::{Glyphs, Theme, Tone};

/// Writes for one picture.
#[derive(Debug)]
pub struct Pen<'a> {
    /// The present.
    pub now: Time,
    /// In which clock times are written.
    pub zone: &'a TimeZone,
    /// Colours.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
    soonest: Slot<Option<Duration>>,
}

impl<'a> Pen<'a> {
    /// A pen for a picture of `now`.
    pub fn new(now: Time, zone: &'a TimeZone, theme: Theme, glyphs: Glyphs) -> Self {
        Self {
            now,
            zone,
            theme,
            glyphs,
            soonest: Slot::new(None),
        }
    }

    /// A pen for texts of the same present that are not drawn.
    #[must_use]
    pub fn scratch(&self) -> Self {
        Self::new(self.now, self.zone, self.theme, self.glyphs)
    }

    /// How long ago something was, as text.
    pub fn age(&self, since: Time) -> String {
        let span = self.now.since(since);
        self.note(text::span_grows_in(span));
        text::span(span)
    }

    /// How long until something is due, as text; zero once it is.
    pub fn until(&self, due: Time) -> String {
        let span = due.since(self.now);
        if let Some(change) = text::span_shrinks_in(span) {
            self.note(change);
        }
        text::span(span)
    }

    /// How long something that is still going on has lasted, in seconds.
    pub fn seconds_since(&self, started: Time) -> u64 {
        let span = self.now.since(started);
        let part = u64::from(span.subsec_nanos());
        self.note(Duration::from_nanos(1_000_000_000 - part));
        span.as_secs()
    }

    /// The time of day.
    pub fn clock(&self, at: Time) -> String {
        self.civil(at, "%H:%M:%S")
    }

    /// The time of day, with its date where that is not today.
    pub fn moment(&self, at: Time) -> String {
        let day = |at| self.civil(at, "%Y-%m-%d");
        if day(at) == day(self.now) {
            self.clock(at)
        } else {
            self.stamp(at)
        }
    }

    /// Date and time of day.
    pub fn stamp(&self, at: Time) -> String {
        self.civil(at, "%Y-%m-%d %H:%M:%S")
    }

    /// Text of our own in the colour of its meaning.
    pub fn own(&self, text: impl Into<String>, tone: Tone) -> Span<'static> {
        Span::styled(text.into(), self.style(tone))
    }

    /// Text from outside, made harmless.
    pub fn foreign(&self, text: &str, tone: Tone) -> Span<'static> {
        Span::styled(clean::clean(text).into_owned(), self.style(tone))
    }

    /// The look of a meaning.
    pub fn style(&self, tone: Tone) -> Style {
        self.theme.style(tone)
    }

    /// A bar of so many columns: what is ours, what others have, what is free.
    pub fn bar(&self, share: &Share, width: usize) -> String {
        let ours = part(share.ours, share.limit, width);
        let others = part(share.others, share.limit, width).min(width - ours);
        let (full, empty) = self.glyphs.bar();
        let parts = [
            full.repeat(ours),
            self.glyphs.others().repeat(others),
            empty.repeat(width - ours - others),
        ];
        parts.concat()
    }

    /// When the soonest of the texts written so far will change by itself.
    pub fn changes_in(&self) -> Option<Duration> {
        self.soonest.get()
    }

    fn civil(&self, at: Time, format: &str) -> String {
        match jiff::Timestamp::from_microsecond(at.0) {
            Ok(stamp) => stamp
                .to_zoned(self.zone.clone())
                .strftime(format)
                .to_string(),
            // Beyond the calendar; the number is all there is to say.
            Err(_) => at.to_string(),
        }
    }

    /// The picture changes after so long by itself.
    pub fn again_in(&self, change: Duration) {
        self.note(change);
    }

    fn note(&self, change: Duration) {
        let soonest = self.soonest.get().map_or(change, |old| old.min(change));
        self.soonest.set(Some(soonest));
    }
}

/// How many columns of a bar something takes; what is there at all takes one.
fn part(amount: u64, limit: u64, width: usize) -> usize {
    if amount == 0 {
        return 0;
    }
    let columns = u128::try_from(width).unwrap_or(u128::MAX);
    let filled = u128::from(amount).saturating_mul(columns);
    let filled = filled.checked_div(limit.into()).unwrap_or(columns);
    let filled = usize::try_from(filled).unwrap_or(width);
    filled.max(1).min(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_soonest_change_and_none_without_ages() {
        let now = Time(1_000_000_000);
        let zone = TimeZone::UTC;
        let pen = Pen::new(now, &zone, Theme::Mono, Glyphs::Ascii);
        assert_eq!(pen.stamp(now), "1970-01-01 00:16:40");
        assert_eq!(pen.changes_in(), None);
        assert_eq!(pen.age(now.minus(Duration::from_secs(300))), "5 m");
        assert_eq!(pen.changes_in(), Some(Duration::from_secs(60)));
        assert_eq!(pen.age(now.minus(Duration::from_millis(400))), "0 s");
        assert_eq!(pen.changes_in(), Some(Duration::from_millis(600)));
        assert_eq!(pen.until(now.plus(Duration::from_secs(30))), "30 s");
        assert_eq!(pen.until(now.minus(Duration::from_secs(30))), "0 s");
        assert_eq!(pen.changes_in(), Some(Duration::from_millis(1)));
    }

    #[test]
    fn a_bar_is_as_wide_as_asked_and_shows_whatever_is_there() {
        let zone = TimeZone::UTC;
        let pen = Pen::new(Time(0), &zone, Theme::Mono, Glyphs::Ascii);
        for (ours, others, limit, bar) in [
            (0, 0, 10, "........"),
            (1, 1, 1_000, "#=......"),
            (5, 5, 10, "####===="),
            (10, 0, 10, "########"),
            (0, 99, 10, "========"),
            (9, 9, 0, "########"),
            (0, 0, 0, "........"),
            (u64::MAX, u64::MAX, u64::MAX, "########"),
        ] {
            let share = Share {
                ours,
                others,
                limit,
                of: "cores",
            };
            assert_eq!(pen.bar(&share, 8), bar, "{share}");
        }
    }

    #[test]
    fn times_beyond_the_calendar_are_written_all_the_same() {
        let zone = TimeZone::UTC;
        let pen = Pen::new(Time(i64::MAX), &zone, Theme::Mono, Glyphs::Ascii);
        assert!(!pen.stamp(Time(i64::MAX)).is_empty());
        assert!(!pen.age(Time(i64::MIN)).is_empty());
        assert!(!pen.until(Time(i64::MAX)).is_empty());
    }
}
