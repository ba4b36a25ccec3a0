//! Events of the journal as rows.

use super::table::{Column, Table, Width};
use super::value::{Kind, Tone, Value};
use crate::event::Severity;
use crate::view::EventView;

type Event = Column<EventView>;

/// Events.
pub const EVENTS: Table<EventView> = Table {
    columns: &[
        Event::new("seq", "SEQ", Kind::Number, |it, _| Value::number(it.seq))
            .letter('I')
            .spare(8)
            .width(7, 20),
        Event::new("time", "TIME", Kind::Stamp, |it, _| {
            Value::Stamp(Some(it.at))
        })
        .letter('A'),
        Event::new("kind", "KIND", Kind::State, |it, _| {
            Value::state(tone(it), 0, it.kind.as_str())
        })
        .letter('K')
        .spare(1)
        .width(16, 26),
        Event::new("entry", "ENTRY", Kind::Number, |it, _| {
            Value::Number(it.entry.map(|id| id.0.into()))
        })
        .letter('E')
        .spare(2)
        .width(5, 20),
        Event::new("attempt", "ATTEMPT", Kind::Number, |it, _| {
            Value::Number(it.attempt.map(|id| id.0.into()))
        })
        .wide()
        .spare(5)
        .width(7, 20),
        Event::new("account", "ACCOUNT", Kind::Text, |it, _| {
            Value::maybe(it.account.as_ref())
        })
        .letter('C')
        .spare(3)
        .width(12, 24),
        Event::new("severity", "SEVERITY", Kind::Text, |it, _| {
            Value::text(it.severity.as_str())
        })
        .wide()
        .spare(6)
        .width(8, 8),
        Event::new("by", "BY", Kind::Text, |it, _| {
            Value::text(it.by.to_string())
        })
        .wide()
        .spare(7)
        .width(16, 24),
        Event::new("message", "MESSAGE", Kind::Prose, |it, _| {
            Value::Prose(Some(it.message.as_str().into()))
        })
        .letter('M')
        .width(20, Width::REST),
    ],
    tone: |it, _| tone(it),
};

const fn tone(event: &EventView) -> Tone {
    match event.severity {
        Severity::Debug | Severity::Info | Severity::Notice => Tone::Quiet,
        Severity::Warning => Tone::Warn,
        Severity::Error | Severity::Unknown => Tone::Bad,
    }
}
