//! All that is known of a row, part by part, for the filter. The names are those of
//! [`crate::filter::PARTS`].

use oms_proto::view::{AccountView, EntryView, EventView, InstanceView};

use crate::causes::Cause;
use crate::filter::Parts;

pub(super) fn entry(entry: &EntryView, tell: Parts<'_>) {
    let digits = itoa(entry.id.0);
    tell("id", digits.text());
    tell("status", entry.status.as_str());
    maybe(tell, "name", entry.name.as_deref());
    maybe(tell, "reason", entry.reason.as_deref());
    if let Some(asked) = &entry.asked {
        for (name, said) in asked.machine.fields() {
            if let (Some(part), Some(text)) = (part_of(name), said.joined()) {
                tell(part, &text);
            }
        }
        for (key, value) in &asked.metadata {
            tell("metadata", key);
            tell("metadata", value);
        }
    }
    match &entry.instance {
        Some(it) => instance(it, tell),
        None => maybe(tell, "account", entry.account.as_deref()),
    }
}

/// The name by which a field of a machine is filtered.
fn part_of(field: &str) -> Option<&'static str> {
    match field {
        "image" => Some("image"),
        "flavor" => Some("flavor"),
        "availability_zone" => Some("zone"),
        "networks" => Some("network"),
        "security_groups" => Some("group"),
        _ => None,
    }
}

fn instance(instance: &InstanceView, tell: Parts<'_>) {
    let digits = itoa(instance.id.0);
    tell("id", digits.text());
    tell("name", &instance.name);
    tell("server", &instance.instance_id);
    tell("status", &instance.server_status);
    for address in &instance.addresses {
        tell("address", address);
    }
    if let Some(address) = &instance.ip_addr
        && !instance.addresses.contains(address)
    {
        tell("address", address);
    }
    tell("image", &instance.image);
    tell("flavor", &instance.flavor);
    maybe(tell, "zone", instance.availability_zone.as_deref());
    let account = &instance.account;
    tell("account", &account.name);
    tell("provider", &account.provider);
    maybe(tell, "region", account.region_name.as_deref());
    maybe(tell, "project", account.tenant_name.as_deref());
    if instance.vanished {
        tell("status", "VANISHED");
    }
}

pub(super) fn account(account: &AccountView, tell: Parts<'_>) {
    tell("name", &account.name);
    tell("account", &account.name);
    tell("provider", &account.provider);
    tell("status", account.status.as_str());
    if !account.enabled {
        tell("status", "disabled");
    }
    if !account.maintenance.is_empty() {
        tell("status", "maintenance");
    }
    maybe(tell, "region", account.region_name.as_deref());
    maybe(tell, "project", account.tenant_name.as_deref());
    maybe(tell, "project", account.tenant_id.as_deref());
    tell("address", &account.auth_url);
    maybe(tell, "reason", account.reason.as_deref());
    for block in &account.blocks {
        tell("reason", &block.scope);
        tell("reason", &block.reason);
    }
    maybe(tell, "image", account.defaults.image.as_deref());
    maybe(tell, "flavor", account.defaults.flavor.as_deref());
}

pub(super) fn event(event: &EventView, tell: Parts<'_>) {
    let digits = itoa(event.seq);
    tell("id", digits.text());
    tell("kind", event.kind.as_str());
    if let Some(id) = event.entry {
        let digits = itoa(id.0);
        tell("entry", digits.text());
    }
    maybe(tell, "account", event.account.as_deref());
    tell("message", &event.message);
    tell("by", &event.by.to_string());
    tell("status", event.severity.as_str());
}

pub(super) fn cause(cause: &Cause, tell: Parts<'_>) {
    tell("kind", &cause.key.kind);
    maybe(tell, "account", cause.key.account.as_deref());
    if let Some(id) = cause.key.entry {
        let digits = itoa(id.0);
        tell("entry", digits.text());
    }
    tell("message", &cause.message);
}

fn maybe(tell: Parts<'_>, part: &'static str, text: Option<&str>) {
    if let Some(text) = text {
        tell(part, text);
    }
}

/// A number's digits, without asking for memory: a filter writes those of every row.
struct Digits {
    bytes: [u8; 20],
    from: usize,
}

fn itoa(mut number: u64) -> Digits {
    let mut digits = Digits {
        bytes: [b'0'; 20],
        from: 20,
    };
    loop {
        digits.from -= 1;
        let digit = u8::try_from(number % 10).unwrap_or(0);
        if let Some(byte) = digits.bytes.get_mut(digits.from) {
            *byte = b'0' + digit;
        }
        number /= 10;
        if number == 0 {
            return digits;
        }
    }
}

impl Digits {
    fn text(&self) -> &str {
        let bytes = self.bytes.get(self.from..).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_everywhere() {
        for number in [0, 7, 10, 12_345, u64::MAX] {
            assert_eq!(itoa(number).text(), number.to_string());
        }
    }
}
