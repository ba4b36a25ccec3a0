//! What a cloud offers, as JSON of its service: flavors, images, networks, groups, key pairs.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::render::{Frame, Link, naive};
use crate::cloud::call::{KeypairShown, LimitsShown, NetworkQuotaShown, PortShown};
use crate::cloud::dice::stable_uuid;
use crate::cloud::scenario::{FlavorSpec, ImageSpec, NetworkSpec};

#[derive(Serialize)]
pub(super) struct FlavorBody<'a> {
    id: &'a str,
    name: &'a str,
    links: [Link; 2],
    #[serde(flatten)]
    detail: Option<FlavorDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<()>,
}

#[derive(Serialize)]
struct FlavorDetail {
    ram: u32,
    disk: u32,
    vcpus: u32,
    swap: Value,
    #[serde(rename = "OS-FLV-EXT-DATA:ephemeral")]
    ephemeral: u32,
    #[serde(rename = "OS-FLV-DISABLED:disabled")]
    disabled: bool,
    #[serde(rename = "os-flavor-access:is_public")]
    is_public: bool,
    rxtx_factor: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_specs: Option<Map<String, Value>>,
}

pub(super) fn flavor_body<'a>(
    frame: &Frame<'_>,
    flavor: &'a FlavorSpec,
    detail: bool,
) -> FlavorBody<'a> {
    let whole = || FlavorDetail {
        ram: flavor.ram_mib,
        disk: flavor.disk_gb,
        vcpus: flavor.vcpus,
        swap: match frame.minor {
            75.. => 0.into(),
            _ => "".into(),
        },
        ephemeral: 0,
        disabled: false,
        is_public: true,
        rxtx_factor: 1.0,
        extra_specs: (frame.minor >= 61).then(Map::new),
    };
    FlavorBody {
        id: &flavor.id,
        name: &flavor.name,
        links: frame.links("flavors", &flavor.id),
        detail: detail.then(whole),
        description: (frame.minor >= 55).then_some(()),
    }
}

pub(super) fn image_json(image: &ImageSpec) -> Value {
    json!({
        "id": image.id, "name": image.name, "status": image.status,
        "visibility": "public", "disk_format": "raw", "container_format": "bare",
        "size": 980_000, "virtual_size": 980_000, "min_ram": 256, "min_disk": 1,
        "protected": false, "os_hidden": false, "tags": [],
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "self": format!("/v2/images/{}", image.id),
        "file": format!("/v2/images/{}/file", image.id),
        "schema": "/v2/schemas/image",
    })
}

pub(super) fn network_json(network: &NetworkSpec) -> Value {
    json!({
        "id": network.id, "name": network.name, "status": "ACTIVE", "admin_state_up": true,
        "mtu": 1450, "shared": false, "router:external": network.external,
        "subnets": [stable_uuid(&["subnet", &network.id])], "description": "", "tags": [],
        "port_security_enabled": true, "availability_zones": [],
    })
}

pub(super) fn port_json(port: &PortShown) -> Value {
    json!({
        "id": port.id, "name": port.name, "network_id": port.network_id,
        "tenant_id": port.project_id, "project_id": port.project_id,
        "device_id": port.device_id, "device_owner": port.device_owner,
        "admin_state_up": true, "status": "ACTIVE", "description": "", "tags": [],
    })
}

pub(super) fn group_json(name: &str) -> Value {
    json!({
        "id": stable_uuid(&["security group", name]), "name": name, "description": "",
        "stateful": true, "shared": false, "security_group_rules": [], "tags": [],
    })
}

pub(super) fn keypair_json(frame: &Frame<'_>, keypair: &KeypairShown) -> Value {
    let mut body = json!({
        "name": keypair.name, "public_key": keypair.public_key,
        "fingerprint": keypair.fingerprint, "user_id": keypair.user_id,
    });
    if let Some(fields) = body.as_object_mut()
        && frame.minor >= 2
    {
        fields.insert("type".to_owned(), json!("ssh"));
    }
    body
}

pub(super) fn limits_json(frame: &Frame<'_>, limits: &LimitsShown) -> Value {
    let mut absolute = json!({
        "maxTotalInstances": limits.instances.0, "totalInstancesUsed": limits.instances.1,
        "maxTotalCores": limits.cores.0, "totalCoresUsed": limits.cores.1,
        "maxTotalRAMSize": limits.ram_mib.0, "totalRAMUsed": limits.ram_mib.1,
        "maxTotalKeypairs": limits.keypairs, "maxServerMeta": 128,
        "maxServerGroups": 10, "maxServerGroupMembers": 10, "totalServerGroupsUsed": 0,
    });
    if let Some(fields) = absolute.as_object_mut()
        && frame.minor < 36
    {
        for name in [
            "maxTotalFloatingIps",
            "maxSecurityGroups",
            "maxSecurityGroupRules",
        ] {
            fields.insert(name.to_owned(), json!(-1));
        }
    }
    json!({"limits": {"rate": [], "absolute": absolute}})
}

/// Neutron's quotas, with the others that it lists at their defaults.
pub(super) fn network_quota_json(quota: &NetworkQuotaShown) -> Value {
    let detail = |(limit, used): (i64, i64)| json!({"limit": limit, "used": used, "reserved": 0});
    json!({"quota": {
        "network": detail((100, 1)), "subnet": detail((100, 1)), "subnetpool": detail((-1, 0)),
        "port": detail(quota.ports), "router": detail((10, 0)),
        "floatingip": detail(quota.floating_ips), "rbac_policy": detail((10, 0)),
        "security_group": detail((10, 1)), "security_group_rule": detail((100, 4)),
    }})
}

/// A key pair alone, which shows more of itself than in a list.
pub(super) fn keypair_whole(frame: &Frame<'_>, keypair: &KeypairShown) -> Value {
    let mut body = keypair_json(frame, keypair);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("created_at".into(), json!(naive(keypair.created)));
        fields.insert("deleted".into(), json!(false));
        fields.insert("deleted_at".into(), Value::Null);
        fields.insert("updated_at".into(), Value::Null);
        fields.insert("id".into(), json!(keypair.number));
    }
    body
}
