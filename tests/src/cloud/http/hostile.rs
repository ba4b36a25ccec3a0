//! Answers that are JSON and mean harm: the right shape, and more of everything than anybody can want.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

use crate::cloud::faults::Garbage;

/// Characters that a long text has more than it should.
const LONG: usize = 70_000;
/// Texts of one answer that are long: as many as make some 10 MB.
const LONG_TEXTS: usize = 150;
/// Items of a crowded list.
const CROWD: usize = 5_000;
/// Addresses of a server, all servers of one answer together.
const ADDRESSES: u32 = 100_000;
/// Items that each page of an endless list has more than it should.
const MORE: usize = 700;
/// Bytes that come after an answer that is padded.
const PAD: usize = 15_000_000;

/// Makes an answer hostile.
pub(super) fn hostile(body: &[u8], how: Garbage) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(body).unwrap_or_default();
    match how {
        Garbage::LongTexts => lengthen(&mut value, &mut LONG_TEXTS.clone()),
        Garbage::Crowded => for_lists(&mut value, |_, items| {
            let crowd = items.iter().cycle().take(CROWD.min(items.len() * CROWD));
            *items = crowd.cloned().collect();
        }),
        Garbage::Endless => go_on(&mut value),
        Garbage::ManyAddresses => house(&mut value),
        Garbage::Padded => {
            let mut text = value.to_string().into_bytes();
            text.resize(text.len() + PAD, b' ');
            return text;
        }
        Garbage::Html
        | Garbage::Truncated
        | Garbage::HalfBody
        | Garbage::WrongTypes
        | Garbage::Huge
        | Garbage::Empty => {}
    }
    value.to_string().into_bytes()
}

fn lengthen(value: &mut Value, left: &mut usize) {
    match value {
        Value::String(text) if *left > 0 => {
            *left -= 1;
            text.push_str(&"x".repeat(LONG));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| lengthen(item, left)),
        Value::Object(fields) => fields.values_mut().for_each(|field| lengthen(field, left)),
        _ => {}
    }
}

/// The lists of an answer by name, but for those of links.
fn for_lists(value: &mut Value, change: impl Fn(&str, &mut Vec<Value>)) {
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    for (name, field) in fields.iter_mut() {
        if let Some(items) = field.as_array_mut().filter(|_| !name.ends_with("_links")) {
            change(name, items);
        }
    }
}

/// Adds what is not there, other things each time, and says that there is more.
fn go_on(value: &mut Value) {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    for_lists(value, |name, items| {
        for _ in 0..MORE {
            let id = format!("made-up-{}", SERIAL.fetch_add(1, Ordering::Relaxed));
            let sizes = json!({"id": id, "name": id, "vcpus": 1, "ram": 1, "disk": 1});
            items.push(match name {
                "keypairs" => json!({"keypair": {"name": id}}),
                _ => sizes,
            });
        }
    });
    let Some(fields) = value.as_object_mut() else {
        return;
    };
    let next = json!([{"rel": "next", "href": "http://next/"}]);
    let names: Vec<String> = fields.keys().map(|name| format!("{name}_links")).collect();
    fields.extend(names.into_iter().map(|name| (name, next.clone())));
}

/// Gives servers very many addresses.
fn house(value: &mut Value) {
    let address = |n: u32| {
        let addr = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 1).to_bits() + n);
        json!({"addr": addr, "version": 4, "OS-EXT-IPS:type": "fixed"})
    };
    let house = |server: &mut Map<String, Value>, share: u32| {
        let addresses: Vec<Value> = (0..share).map(address).collect();
        server.insert("addresses".to_owned(), json!({"crowd": addresses}));
    };
    if let Some(server) = value.pointer_mut("/server").and_then(Value::as_object_mut) {
        house(server, ADDRESSES);
    }
    if let Some(servers) = value.pointer_mut("/servers").and_then(Value::as_array_mut) {
        let count = u32::try_from(servers.len()).unwrap_or(u32::MAX).max(1);
        for server in servers.iter_mut().filter_map(Value::as_object_mut) {
            house(server, ADDRESSES / count);
        }
    }
}
