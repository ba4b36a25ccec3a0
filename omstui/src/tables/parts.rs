//! What is known of a row beside what its columns show, for the filter.

use oms_proto::view::{AccountView, EntryView, EventView, InstanceView};

/// Takes one part after the other.
pub(super) type Tell<'a> = &'a mut dyn FnMut(&str);

pub(super) fn entry(entry: &EntryView, tell: Tell<'_>) {
    if let Some(asked) = &entry.asked {
        for (_, said) in asked.machine.fields() {
            if let Some(text) = said.joined() {
                tell(&text);
            }
        }
    }
    if let Some(it) = &entry.instance {
        instance(it, tell);
    }
}

fn instance(instance: &InstanceView, tell: Tell<'_>) {
    tell(&instance.name);
    tell(&instance.server_status);
    for address in &instance.addresses {
        if instance.ip_addr.as_ref() != Some(address) {
            tell(address);
        }
    }
    let account = &instance.account;
    tell(&account.provider);
    maybe(tell, account.region_name.as_deref());
    maybe(tell, account.tenant_name.as_deref());
    if instance.vanished {
        tell("vanished");
    }
}

pub(super) fn account(account: &AccountView, tell: Tell<'_>) {
    if !account.enabled {
        tell("disabled");
    }
    if !account.maintenance.is_empty() {
        tell("maintenance");
    }
    maybe(tell, account.tenant_name.as_deref());
    maybe(tell, account.tenant_id.as_deref());
    tell(&account.auth_url);
    maybe(tell, account.reason.as_deref());
    for block in &account.blocks {
        tell(&block.scope);
        tell(&block.reason);
    }
    maybe(tell, account.defaults.image.as_deref());
    maybe(tell, account.defaults.flavor.as_deref());
}

pub(super) fn event(event: &EventView, tell: Tell<'_>) {
    tell(&event.by.to_string());
    tell(event.severity.as_str());
}

fn maybe(tell: Tell<'_>, text: Option<&str>) {
    if let Some(text) = text {
        tell(text);
    }
}
