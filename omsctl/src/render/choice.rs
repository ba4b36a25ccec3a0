//! What `queue create --dry-run` shows of each account.

use oms_proto::columns::{Column, Kind, Table, Tone, Value};
use oms_proto::view::ChoiceView;

use super::record::Record;

/// A column of its table.
type Row = Column<ChoiceView>;

impl Record for ChoiceView {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Row::new("place", "PLACE", Kind::Number, |it, _| {
                Value::Number(it.place.map(Into::into))
            }),
            Row::new("account", "ACCOUNT", Kind::Text, |it, _| {
                Value::text(&it.account)
            }),
            Row::new("state", "STATE", Kind::State, |it, _| match it.place {
                Some(1) => Value::state(Tone::Good, 0, "chosen"),
                Some(_) => Value::state(Tone::Good, 1, "next"),
                None => Value::state(Tone::Warn, 2, "no"),
            }),
            Row::new("image", "IMAGE", Kind::Text, |it, _| {
                Value::maybe(it.machine.as_ref().and_then(|it| it.image.as_ref()))
            }),
            Row::new("flavor", "FLAVOR", Kind::Text, |it, _| {
                Value::maybe(it.machine.as_ref().and_then(|it| it.flavor.as_ref()))
            }),
            Row::new("until", "UNTIL", Kind::Age, |it, _| Value::Age(it.until)),
            Row::new("reason", "REASON", Kind::Prose, |it, _| {
                Value::prose(it.reason.as_ref())
            }),
        ],
        tone: |it, _| {
            if it.place.is_some() {
                Tone::Good
            } else {
                Tone::Warn
            }
        },
    };

    const IS_READ: bool = true;

    fn name(&self) -> String {
        self.account.clone()
    }
}
