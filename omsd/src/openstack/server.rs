//! A server as Nova shows it, turned into what the domain sees.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::limits::ID_CHARS_MAX;
use super::wire::{Address, Server};
use super::{address, message, when};
use crate::ports::{Mark, ServerSeen};
use omsd_domain::ground::failure::Fault;

/// The server, or `None` if its id cannot be one.
pub(super) fn seen(server: Server) -> Option<ServerSeen> {
    if !is_id(&server.id) {
        return None;
    }
    let metadata: BTreeMap<String, String> = server
        .metadata
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect();
    Some(ServerSeen {
        id: server.id,
        name: message::tidy(&server.name, &[]),
        status: status(&server.status),
        task_state: server.task_state.filter(|it| !it.is_empty()),
        fault: server.fault.map(|fault| Fault {
            code: u16::try_from(fault.code).unwrap_or_default(),
            message: message::tidy(&fault.message, &[]),
        }),
        addresses: addresses(server.addresses),
        mark: Mark::read(&metadata),
        created: server.created.as_deref().and_then(when::parse),
    })
}

/// Whether an answer's id can be one of Nova's.
pub(super) fn is_id(id: &str) -> bool {
    address::is_segment(id) && id.chars().count() <= ID_CHARS_MAX
}

fn status(told: &str) -> String {
    if told.is_empty() {
        return "UNKNOWN".to_owned();
    }
    message::tidy(&told.to_uppercase(), &[])
}

/// Floating addresses before fixed ones, as those are the ones to be reached at, and IPv4 before
/// IPv6; otherwise in the cloud's order. What is not an address is left out.
fn addresses(networks: BTreeMap<String, Vec<Address>>) -> Vec<String> {
    let mut found: Vec<(bool, IpAddr)> = networks
        .into_values()
        .flatten()
        .filter_map(|it| {
            Some((
                it.kind.as_deref() != Some("floating"),
                it.addr.parse().ok()?,
            ))
        })
        .collect();
    found.sort_by_key(|(is_fixed, ip)| (*is_fixed, ip.is_ipv6()));
    let mut sorted: Vec<String> = Vec::with_capacity(found.len());
    for (_, ip) in found {
        let text = ip.to_string();
        if !sorted.contains(&text) {
            sorted.push(text);
        }
    }
    sorted
}
