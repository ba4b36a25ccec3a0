//! Instances as rows.

use super::table::{Column, Table};
use super::value::{Kind, Tone, Value};
use crate::view::InstanceView;

type Instance = Column<InstanceView>;

/// Instances.
pub const INSTANCES: Table<InstanceView> = Table {
    columns: &[
        Instance::new("id", "ID", Kind::Number, |it, _| Value::number(it.id.0))
            .letter('I')
            .width(4, 20),
        Instance::new("entry", "ENTRY", Kind::Number, |it, _| {
            Value::number(it.entry.0)
        })
        .letter('E')
        .spare(4),
        Instance::new("name", "NAME", Kind::Text, |it, _| Value::text(&it.name))
            .letter('N')
            .width(8, 32),
        Instance::new("status", "STATUS", Kind::State, |it, _| {
            Value::state(tone(it), 0, server_word(it))
        })
        .letter('S')
        .width(8, 14),
        Instance::new("address", "ADDRESS", Kind::Address, |it, _| {
            Value::Address(it.ip_addr.as_deref())
        })
        .letter('D')
        .spare(1)
        .width(15, 39),
        Instance::new("account", "ACCOUNT", Kind::Text, |it, _| {
            Value::text(&it.account.name)
        })
        .letter('C')
        .spare(2)
        .width(8, 24),
        Instance::new("ready", "AGE", Kind::Age, |it, _| {
            Value::Age(Some(it.ready))
        })
        .letter('A')
        .spare(3),
        Instance::new("provider", "PROVIDER", Kind::Text, |it, _| {
            Value::text(&it.account.provider)
        })
        .wide()
        .spare(9),
        Instance::new("region", "REGION", Kind::Text, |it, _| {
            Value::maybe(it.account.region_name.as_ref())
        })
        .wide()
        .spare(5),
        Instance::new("project", "PROJECT", Kind::Text, |it, _| {
            Value::maybe(it.account.tenant_name.as_ref())
        })
        .wide()
        .spare(8),
        Instance::new("server_id", "SERVER-ID", Kind::Text, |it, _| {
            Value::text(&it.instance_id)
        })
        .wide()
        .spare(6)
        .width(36, 36),
        Instance::new("image", "IMAGE", Kind::Text, |it, _| Value::text(&it.image))
            .wide()
            .spare(12),
        Instance::new("flavor", "FLAVOR", Kind::Text, |it, _| {
            Value::text(&it.flavor)
        })
        .wide()
        .spare(12),
        Instance::new("zone", "ZONE", Kind::Text, |it, _| {
            Value::maybe(it.availability_zone.as_ref())
        })
        .wide()
        .spare(13),
        Instance::new("key_name", "KEY-NAME", Kind::Text, |it, _| {
            Value::maybe(it.key_name.as_ref())
        })
        .wide()
        .spare(10),
        Instance::new("boot_seconds", "BOOT", Kind::Seconds, |it, _| {
            Value::Seconds(Some(it.boot_seconds))
        })
        .wide()
        .spare(7),
        Instance::new("addresses", "ADDRESSES", Kind::List, |it, _| {
            Value::list(Some(&it.addresses))
        })
        .wide()
        .spare(11),
    ],
    tone: |it, _| tone(it),
};

/// Nova's word, unless the server is not there any more.
pub fn server_word(instance: &InstanceView) -> &str {
    if instance.vanished {
        "VANISHED"
    } else {
        &instance.server_status
    }
}

fn tone(instance: &InstanceView) -> Tone {
    match (instance.vanished, instance.server_status.as_str()) {
        (true, _) | (false, "ERROR") => Tone::Bad,
        (false, "ACTIVE") => Tone::Good,
        (false, _) => Tone::Warn,
    }
}
