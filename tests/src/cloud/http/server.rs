//! A server as Nova shows it, by microversion.

use serde_json::{Map, Value, json};

use super::render::{Frame, naive, zulu};
use crate::cloud::call::ServerShown;

pub(super) fn server_json(frame: &Frame<'_>, server: &ServerShown) -> Value {
    let deleted = server.status == "DELETED";
    let mut body = json!({
        "id": server.id, "name": server.name, "status": server.status,
        "tenant_id": server.project_id, "user_id": server.user_id,
        "metadata": server.metadata,
        "hostId": if server.zone.is_empty() { "" } else { "92a90a74816baeee87cd3b88" },
        "image": {
            "id": server.image_id,
            "links": [frame.bookmark("images", &server.image_id)],
        },
        "flavor": flavor(frame, server),
        "created": zulu(server.created), "updated": zulu(server.updated),
        "addresses": addresses(server),
        "accessIPv4": "", "accessIPv6": "",
        "links": frame.links("servers", &server.id),
        "OS-DCF:diskConfig": "MANUAL",
        "OS-EXT-AZ:availability_zone": server.zone,
        "config_drive": "", "key_name": server.key_name,
        "OS-SRV-USG:launched_at": server.launched.map(naive),
        "OS-SRV-USG:terminated_at": server.terminated.map(naive),
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": server.vm_state,
        "OS-EXT-STS:power_state": u8::from(server.status == "ACTIVE"),
        "os-extended-volumes:volumes_attached": [],
    });
    let Some(fields) = body.as_object_mut() else {
        return body;
    };
    if matches!(server.status, "BUILD" | "ACTIVE") {
        fields.insert("progress".into(), json!(0));
    }
    if !deleted && server.status != "ERROR" {
        let groups = server.security_groups.iter();
        let groups: Vec<Value> = groups.map(|name| json!({"name": name})).collect();
        fields.insert("security_groups".into(), json!(groups));
    }
    if let Some(fault) = &server.fault {
        let created = zulu(fault.created);
        let fault = json!({"code": fault.code, "created": created, "message": fault.message});
        fields.insert("fault".into(), fault);
    }
    since_then(frame, server, fields);
    body
}

/// What later microversions add.
fn since_then(frame: &Frame<'_>, server: &ServerShown, fields: &mut Map<String, Value>) {
    if frame.minor >= 9 {
        fields.insert("locked".into(), json!(false));
    }
    if frame.minor >= 19 {
        fields.insert("description".into(), Value::Null);
    }
    if frame.minor >= 26 {
        fields.insert("tags".into(), json!(server.tags));
    }
    if frame.minor >= 63 {
        fields.insert("trusted_image_certificates".into(), Value::Null);
    }
    if frame.minor >= 73 {
        fields.insert("locked_reason".into(), Value::Null);
    }
    if frame.minor >= 90 {
        fields.insert("OS-EXT-SRV-ATTR:hostname".into(), json!(server.name));
    }
}

fn flavor(frame: &Frame<'_>, server: &ServerShown) -> Value {
    let flavor = &server.flavor;
    if frame.minor < 47 {
        return json!({
            "id": flavor.id,
            "links": [frame.bookmark("flavors", &flavor.id)],
        });
    }
    json!({
        "vcpus": flavor.vcpus, "ram": flavor.ram_mib, "disk": flavor.disk_gb,
        "ephemeral": 0, "swap": 0, "original_name": flavor.name, "extra_specs": {},
    })
}

fn addresses(server: &ServerShown) -> Value {
    let mut networks: Map<String, Value> = Map::new();
    for address in &server.addresses {
        let entry = json!({
            "version": 4, "addr": address.addr,
            "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": address.mac,
        });
        let list = networks
            .entry(address.network.clone())
            .or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(entry);
        }
    }
    Value::Object(networks)
}
