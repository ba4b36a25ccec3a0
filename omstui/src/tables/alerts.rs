//! What is wrong now as rows.

use oms_proto::columns::{Column, Kind, Table, Tone as Meaning, Value, Width};

use crate::row::Cause;
use crate::theme::Tone;

type Wrong = Column<Cause>;

/// What is wrong now.
pub(super) const ALERTS: Table<Cause> = Table {
    columns: &[
        Wrong::new("kind", "KIND", Kind::State, |it, _| {
            let order = u8::from(it.tone != Tone::Bad);
            Value::state(tone(it), order, it.key.kind.as_str())
        })
        .letter('K')
        .width(10, 28),
        Wrong::new("account", "ACCOUNT", Kind::Text, |it, _| {
            Value::maybe(it.key.account.as_ref())
        })
        .letter('C')
        .spare(1)
        .width(12, 24),
        Wrong::new("entry", "ENTRY", Kind::Number, |it, _| {
            Value::Number(it.key.entry.map(|id| id.0.into()))
        })
        .letter('E')
        .spare(2)
        .width(5, 20),
        Wrong::new("count", "COUNT", Kind::Number, |it, _| {
            Value::number(it.count)
        })
        .letter('N')
        .spare(3)
        .width(5, 8),
        Wrong::new("since", "SINCE", Kind::Age, |it, _| Value::Age(it.since))
            .letter('A')
            .spare(4)
            .width(5, 8),
        Wrong::new("left", "LEFT", Kind::Text, |it, now| {
            let left = it.until.map(|until| until.since(now));
            Value::Text(left.map(|left| crate::text::span(left).into()))
        })
        .letter('T')
        .width(5, 8),
        Wrong::new("message", "MESSAGE", Kind::Prose, |it, _| {
            Value::prose(Some(&it.message))
        })
        .letter('M')
        .width(20, Width::REST),
    ],
    tone: |it, _| tone(it),
};

const fn tone(cause: &Cause) -> Meaning {
    match cause.tone {
        Tone::Bad => Meaning::Bad,
        _ => Meaning::Warn,
    }
}
