//! The columns of a row that were asked for, as an object for programs.

use oms_proto::Time;
use oms_proto::columns::{Column, Value};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A row's values by the names of their columns.
pub(super) struct Picked<'a> {
    fields: Vec<(&'static str, Value<'a>)>,
}

impl<'a> Picked<'a> {
    /// These columns of this row.
    pub(super) fn of<T>(item: &'a T, columns: &[&'static Column<T>], now: Time) -> Self {
        let value = |column: &&'static Column<T>| (column.key, (column.value)(item, now));
        Self {
            fields: columns.iter().map(value).collect(),
        }
    }
}

impl Serialize for Picked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for (key, value) in &self.fields {
            map.serialize_key(key)?;
            match value {
                Value::Number(number) => map.serialize_value(number)?,
                Value::Bytes(number) => map.serialize_value(number)?,
                Value::Seconds(number) => map.serialize_value(number)?,
                Value::List(names) => map.serialize_value(names)?,
                nothing if nothing.is_nothing() => map.serialize_value(&())?,
                text => map.serialize_value(&text.plain())?,
            }
        }
        map.end()
    }
}
