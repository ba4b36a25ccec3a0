//! A server as Nova shows it, turned into what the domain sees.

use super::wire::Server;
use super::{address, when};
use crate::ports::{Mark, ServerSeen};
use omsd_domain::ground::failure::Fault;

/// The server, or `None` if its id cannot be one.
pub(super) fn seen(server: Server) -> Option<ServerSeen> {
    if !is_id(&server.id) {
        return None;
    }
    let task_state = server.task_state.map(String::from);
    Some(ServerSeen {
        id: server.id.into(),
        name: server.name.into(),
        status: status(&server.status),
        task_state: task_state.filter(|it| !it.is_empty()),
        fault: server.fault.map(|fault| Fault {
            code: u16::try_from(fault.code).unwrap_or_default(),
            message: fault.message.into(),
        }),
        addresses: server.addresses.0,
        mark: Mark::read(&server.metadata.0),
        created: server.created.as_deref().and_then(when::parse),
    })
}

/// Whether an answer's id can be one of Nova's.
pub(super) fn is_id(id: &str) -> bool {
    address::is_segment(id)
}

fn status(told: &str) -> String {
    if told.is_empty() {
        return "UNKNOWN".to_owned();
    }
    told.to_uppercase()
}
