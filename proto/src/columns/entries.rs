//! Queue entries as rows.

use super::table::{Column, Table};
use super::value::{Kind, Tone, Value};
use crate::view::{AskedView, EntryView, InstanceView, Status};

type Entry = Column<EntryView>;

/// Queue entries.
pub const ENTRIES: Table<EntryView> = Table {
    columns: &[
        Entry::new("id", "ID", Kind::Number, |it, _| Value::number(it.id.0))
            .letter('I')
            .width(4, 20),
        Entry::new("status", "STATUS", Kind::State, |it, _| status(it.status))
            .letter('S')
            .width(7, 9),
        Entry::new("name", "NAME", Kind::Text, |it, _| Value::maybe(name(it)))
            .letter('N')
            .width(12, 32),
        Entry::new("account", "ACCOUNT", Kind::Text, |it, _| {
            Value::maybe(it.account.as_ref())
        })
        .letter('C')
        .spare(2)
        .width(10, 24),
        Entry::new("address", "ADDRESS", Kind::Address, |it, _| {
            Value::Address(instance(it).and_then(|there| there.ip_addr.as_deref()))
        })
        .letter('D')
        .spare(4)
        .width(15, 39),
        Entry::new("attempts", "ATTEMPTS", Kind::Number, |it, _| {
            Value::number(it.attempts)
        })
        .letter('T')
        .spare(5),
        Entry::new("regist_datetime", "AGE", Kind::Age, |it, _| {
            Value::Age(Some(it.regist_datetime))
        })
        .letter('A')
        .spare(3),
        Entry::new("image", "IMAGE", Kind::Text, |it, _| {
            let asked = asked(it).and_then(|asked| asked.machine.image.as_ref());
            Value::maybe(instance(it).map(|there| &there.image).or(asked))
        })
        .wide()
        .spare(10),
        Entry::new("flavor", "FLAVOR", Kind::Text, |it, _| {
            let asked = asked(it).and_then(|asked| asked.machine.flavor.as_ref());
            Value::maybe(instance(it).map(|there| &there.flavor).or(asked))
        })
        .wide()
        .spare(10),
        Entry::new("zone", "ZONE", Kind::Text, |it, _| {
            let asked = asked(it).and_then(|asked| asked.machine.availability_zone.as_ref());
            let zone = instance(it).and_then(|there| there.availability_zone.as_ref());
            Value::maybe(zone.or(asked))
        })
        .wide()
        .spare(11),
        Entry::new("held", "HELD", Kind::Text, |it, _| {
            Value::Text(it.held.then_some("yes".into()))
        })
        .wide()
        .spare(9),
        Entry::new("metadata", "METADATA", Kind::List, |it, _| {
            let pairs = asked(it).into_iter().flat_map(|asked| &asked.metadata);
            Value::List(pairs.map(|(key, value)| format!("{key}={value}")).collect())
        })
        .wide()
        .spare(12),
        Entry::new("instance", "INSTANCE", Kind::Number, |it, _| {
            Value::Number(instance(it).map(|there| there.id.0.into()))
        })
        .wide()
        .spare(7),
        Entry::new("server_id", "SERVER-ID", Kind::Text, |it, _| {
            Value::maybe(instance(it).map(|there| &there.instance_id))
        })
        .wide()
        .spare(9)
        .width(36, 36),
        Entry::new("changed", "CHANGED", Kind::Age, |it, _| {
            Value::Age(Some(it.changed))
        })
        .wide()
        .spare(6),
        Entry::new("deadline", "DEADLINE", Kind::Stamp, |it, _| {
            Value::Stamp(Some(it.deadline))
        })
        .wide()
        .spare(8),
        Entry::new("reason", "REASON", Kind::Prose, |it, _| {
            Value::prose(it.reason.as_ref())
        })
        .letter('W')
        .spare(1),
    ],
    tone: |it, _| entry_tone(it),
};

fn instance(entry: &EntryView) -> Option<&InstanceView> {
    entry.instance.as_ref()
}

fn asked(entry: &EntryView) -> Option<&AskedView> {
    entry.asked.as_deref()
}

/// The name asked for, or the one that the server got.
fn name(entry: &EntryView) -> Option<&String> {
    entry
        .name
        .as_ref()
        .or(instance(entry).map(|there| &there.name))
}

fn status(status: Status) -> Value<'static> {
    let place = Status::ALL.iter().position(|known| *known == status);
    let order = place.and_then(|place| u8::try_from(place).ok());
    Value::state(
        status_tone(status),
        order.unwrap_or(u8::MAX),
        status.as_str(),
    )
}

/// What a status means.
pub const fn status_tone(status: Status) -> Tone {
    match status {
        Status::Run => Tone::Good,
        Status::Request | Status::Recive | Status::Boot => Tone::Busy,
        Status::Failed => Tone::Bad,
        Status::Destroy | Status::Unknown => Tone::Quiet,
    }
}

/// What an entry means: it failed or lost its server; it is not as it should be where there is a
/// reason to tell or where one attempt was not enough.
pub fn entry_tone(entry: &EntryView) -> Tone {
    let vanished = instance(entry).is_some_and(|there| there.vanished);
    let struggles = !entry.status.is_settled() && entry.attempts > 1;
    match entry.status {
        Status::Failed => Tone::Bad,
        Status::Run if vanished => Tone::Bad,
        _ if entry.reason.is_some() || struggles => Tone::Warn,
        status => status_tone(status),
    }
}
