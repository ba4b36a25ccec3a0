//! What tokens and users show.

use oms_proto::columns::{Column, Kind, Table, Tone, Value};
use oms_proto::view::{TokenView, UserView};
use oms_proto::{Secret, Time};

use super::record::{Cell, Record};

/// A column of its table.
type Token = Column<TokenView>;
type User = Column<UserView>;

impl Record for TokenView {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            Token::new("name", "NAME", Kind::Text, |it, _| Value::text(&it.name)),
            Token::new("role", "ROLE", Kind::Text, |it, _| {
                Value::text(it.role.as_str())
            }),
            Token::new("key_raw", "KEY-RAW", Kind::Text, |it, _| {
                Value::text(it.key_raw.as_str())
            }),
            Token::new("created", "CREATED", Kind::Age, |it, _| {
                Value::Age(Some(it.created))
            }),
            Token::new("expires", "EXPIRES", Kind::Stamp, |it, _| {
                Value::Stamp(it.expires)
            }),
            Token::new("last_used", "LAST-USED", Kind::Age, |it, _| {
                Value::Age(it.last_used)
            }),
        ],
        tone: |it, now| {
            if it.expires.is_some_and(|expires| expires <= now) {
                Tone::Warn
            } else {
                Tone::Quiet
            }
        },
    };

    fn name(&self) -> String {
        self.name.clone()
    }

    fn detail(&self, now: Time) -> Vec<(&'static str, Cell<'_>)> {
        let columns = Self::TABLE.columns.iter();
        let mut fields: Vec<_> = columns
            .map(|column| (column.title, Cell::Value((column.value)(self, now))))
            .collect();
        if let Some(token) = self.token.as_ref().map(Secret::expose) {
            fields.push(("TOKEN", Cell::text(token)));
        }
        fields
    }
}

impl Record for UserView {
    const TABLE: &'static Table<Self> = &Table {
        columns: &[
            User::new("name", "NAME", Kind::Text, |it, _| Value::text(&it.name)),
            User::new("role", "ROLE", Kind::Text, |it, _| {
                Value::text(it.role.as_str())
            }),
            User::new("created", "CREATED", Kind::Age, |it, _| {
                Value::Age(Some(it.created))
            }),
            User::new("changed", "CHANGED", Kind::Age, |it, _| {
                Value::Age(Some(it.changed))
            }),
            User::new("last_used", "LAST-USED", Kind::Age, |it, _| {
                Value::Age(it.last_used)
            }),
        ],
        tone: |_, _| Tone::Quiet,
    };

    fn name(&self) -> String {
        self.name.clone()
    }
}
