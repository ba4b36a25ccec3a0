//! A server as Nova shows it, by microversion.
//!
//! Source: <https://docs.openstack.org/api-ref/compute/#show-server-details>.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::render::{Frame, Link, naive, zulu};
use crate::cloud::call::ServerShown;

/// What later microversions add is left out before them, not null.
type Since<T> = Option<T>;

#[derive(Serialize)]
pub(super) struct ServerBody<'a> {
    id: &'a str,
    name: &'a str,
    status: &'a str,
    tenant_id: &'a str,
    user_id: &'a str,
    metadata: &'a BTreeMap<String, String>,
    #[serde(rename = "hostId")]
    host_id: &'static str,
    image: Pointer<'a>,
    flavor: Flavor<'a>,
    created: String,
    updated: String,
    #[serde(serialize_with = "in_order")]
    addresses: Vec<(&'a str, Vec<Address<'a>>)>,
    #[serde(rename = "accessIPv4")]
    access_ipv4: &'static str,
    #[serde(rename = "accessIPv6")]
    access_ipv6: &'static str,
    links: [Link; 2],
    #[serde(rename = "OS-DCF:diskConfig")]
    disk_config: &'static str,
    #[serde(rename = "OS-EXT-AZ:availability_zone")]
    zone: &'a str,
    config_drive: &'static str,
    key_name: Option<&'a str>,
    #[serde(rename = "OS-SRV-USG:launched_at")]
    launched_at: Option<String>,
    #[serde(rename = "OS-SRV-USG:terminated_at")]
    terminated_at: Option<String>,
    #[serde(rename = "OS-EXT-STS:task_state")]
    task_state: Option<&'static str>,
    #[serde(rename = "OS-EXT-STS:vm_state")]
    vm_state: &'static str,
    #[serde(rename = "OS-EXT-STS:power_state")]
    power_state: u8,
    #[serde(rename = "os-extended-volumes:volumes_attached")]
    volumes: [(); 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_groups: Option<Vec<Named<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Since<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Since<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Since<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_image_certificates: Since<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked_reason: Since<()>,
    #[serde(
        rename = "OS-EXT-SRV-ATTR:hostname",
        skip_serializing_if = "Option::is_none"
    )]
    hostname: Since<&'a str>,
}

#[derive(Serialize)]
struct Pointer<'a> {
    id: &'a str,
    links: [Link; 1],
}

/// By the release, a pointer to the flavor or what it was when the server was made.
#[derive(Serialize)]
#[serde(untagged)]
enum Flavor<'a> {
    Pointer(Pointer<'a>),
    Embedded {
        vcpus: u32,
        ram: u32,
        disk: u32,
        ephemeral: u32,
        swap: u32,
        original_name: &'a str,
        extra_specs: BTreeMap<String, String>,
    },
}

#[derive(Serialize)]
struct Address<'a> {
    version: u8,
    addr: &'a str,
    #[serde(rename = "OS-EXT-IPS:type")]
    kind: &'static str,
    #[serde(rename = "OS-EXT-IPS-MAC:mac_addr")]
    mac: &'a str,
}

#[derive(Serialize)]
struct Fault<'a> {
    code: u16,
    created: String,
    message: &'a str,
}

/// An object that is shown by its name alone.
#[derive(Serialize)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
}

pub(super) fn server_body<'a>(frame: &Frame<'_>, server: &'a ServerShown) -> ServerBody<'a> {
    let is_known = server.status != "DELETED" && server.status != "ERROR";
    let groups = || {
        let names = server.security_groups.iter();
        names.map(|name| Named { name }).collect()
    };
    let since = |minor: u16| frame.minor >= minor;
    ServerBody {
        id: &server.id,
        name: &server.name,
        status: server.status,
        tenant_id: &server.project_id,
        user_id: &server.user_id,
        metadata: &server.metadata,
        host_id: if server.zone.is_empty() {
            ""
        } else {
            "92a90a74816baeee87cd3b88"
        },
        image: Pointer {
            id: &server.image_id,
            links: [frame.bookmark("images", &server.image_id)],
        },
        flavor: flavor(frame, server),
        created: zulu(server.created),
        updated: zulu(server.updated),
        addresses: addresses(server),
        access_ipv4: "",
        access_ipv6: "",
        links: frame.links("servers", &server.id),
        disk_config: "MANUAL",
        zone: &server.zone,
        config_drive: "",
        key_name: server.key_name.as_deref(),
        launched_at: server.launched.map(naive),
        terminated_at: server.terminated.map(naive),
        task_state: server.task_state,
        vm_state: server.vm_state,
        power_state: u8::from(server.status == "ACTIVE"),
        volumes: [],
        progress: matches!(server.status, "BUILD" | "ACTIVE").then_some(0),
        security_groups: is_known.then(groups),
        fault: server.fault.as_ref().map(|fault| Fault {
            code: fault.code,
            created: zulu(fault.created),
            message: &fault.message,
        }),
        locked: since(9).then_some(false),
        description: since(19).then_some(()),
        tags: since(26).then_some(&server.tags),
        trusted_image_certificates: since(63).then_some(()),
        locked_reason: since(73).then_some(()),
        hostname: since(90).then_some(&server.name),
    }
}

fn flavor<'a>(frame: &Frame<'_>, server: &'a ServerShown) -> Flavor<'a> {
    let flavor = &server.flavor;
    if frame.minor < 47 {
        return Flavor::Pointer(Pointer {
            id: &flavor.id,
            links: [frame.bookmark("flavors", &flavor.id)],
        });
    }
    Flavor::Embedded {
        vcpus: flavor.vcpus,
        ram: flavor.ram_mib,
        disk: flavor.disk_gb,
        ephemeral: 0,
        swap: 0,
        original_name: &flavor.name,
        extra_specs: BTreeMap::new(),
    }
}

/// The addresses by network, in the order of the networks at the server.
fn addresses(server: &ServerShown) -> Vec<(&str, Vec<Address<'_>>)> {
    let mut networks: Vec<(&str, Vec<Address<'_>>)> = Vec::new();
    for address in &server.addresses {
        let shown = Address {
            version: if address.addr.contains(':') { 6 } else { 4 },
            addr: &address.addr,
            kind: address.kind,
            mac: &address.mac,
        };
        let mut known = networks.iter_mut();
        match known.find(|(name, _)| *name == address.network) {
            Some((_, list)) => list.push(shown),
            None => networks.push((&address.network, vec![shown])),
        }
    }
    networks
}

/// An object whose names keep their order, as Nova's do.
fn in_order<S: Serializer, T: Serialize>(
    pairs: &[(&str, T)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
