//! An object as text: its parts for the clipboard, the whole as JSON and YAML.

use oms_proto::view::ExplanationView;
use serde::Serialize;

use crate::row::RowKey;
use crate::world::World;

/// The parts of a row that may be of use elsewhere, under what they are.
pub fn parts(world: &World, row: &RowKey) -> Vec<(&'static str, String)> {
    let mut parts = Vec::new();
    let mut add = |label, text: Option<String>| {
        parts.extend(text.map(|text| (label, text)));
    };
    match row {
        RowKey::Entry(id) | RowKey::Instance(id) => {
            let Some(entry) = world.entry(*id) else {
                return parts;
            };
            if let Some(instance) = &entry.instance {
                add("address", instance.ip_addr.clone());
                add("server id", Some(instance.instance_id.clone()));
                add("server", Some(instance.name.clone()));
                let ssh = format!("omsctl instance ssh {}", instance.id);
                add("sign in", Some(ssh));
            }
            add("entry", Some(entry.id.to_string()));
            add("name", entry.name.clone());
            add("account", entry.account.clone());
            add("reason", entry.reason.clone());
        }
        RowKey::Account(name) => {
            add("name", Some(name.clone()));
            let account = world.account(name);
            add("address", account.map(|account| account.auth_url.clone()));
            add("reason", account.and_then(|account| account.reason.clone()));
        }
        RowKey::Event(seq) => {
            let event = world.event(*seq);
            add("message", event.map(|event| event.message.clone()));
            add("number", Some(seq.to_string()));
        }
        RowKey::Cause(cause) => {
            add("account", cause.account.clone());
            add("entry", cause.entry.map(|id| id.to_string()));
        }
    }
    parts
}

/// A title, and the object as JSON and as YAML. Private keys are in none of them: see
/// [`crate::world`]. Neither is user data, which often holds passwords.
pub fn written(
    world: &World,
    row: &RowKey,
    explanation: Option<&ExplanationView>,
) -> Option<(String, String, String)> {
    match row {
        RowKey::Entry(id) => {
            let title = format!("entry {id}");
            let Some(explanation) = explanation else {
                return both(title, &world.entry(*id)?);
            };
            let mut explanation = explanation.clone();
            let data = explanation.spec.user_data.as_mut();
            if let Some(data) = data {
                *data = crate::text::bytes(data.len());
            }
            both(title, &explanation)
        }
        RowKey::Instance(id) => {
            let instance = world.instance(*id)?;
            both(format!("instance {}", instance.id), &instance)
        }
        RowKey::Account(name) => both(format!("account {name}"), world.account(name)?),
        RowKey::Event(seq) => both(format!("event {seq}"), world.event(*seq)?),
        RowKey::Cause(_) => None,
    }
}

fn both<T: Serialize>(title: String, value: &T) -> Option<(String, String, String)> {
    let json = serde_json::to_string_pretty(value).ok()?;
    let yaml = serde_saphyr::to_string(value).ok()?;
    Some((title, json, yaml))
}
