//! Between the daemon's values and the model's.

use oms_proto::spec::Credentials;
use omsd::ports::{Address, CloudResult, Mark, ServerSeen};
use omsd_domain::ground::failure::{FailureClass, Fault};

use super::classify;
use crate::cloud::call::{self, CallKind, Proof, Reply, ServerShown};

pub(super) fn proof(credentials: &Credentials) -> Proof {
    match credentials {
        Credentials::Password(given) => Proof::Password {
            user: given.username.clone(),
            password: given.password.expose().to_owned(),
            project: given
                .tenant_id
                .clone()
                .or_else(|| given.tenant_name.clone()),
            domain: given
                .user_domain_id
                .clone()
                .or_else(|| given.user_domain_name.clone()),
        },
        Credentials::ApplicationCredential(given) => Proof::ApplicationCredential {
            id: given.id.clone(),
            name: given.name.clone().zip(given.username.clone()),
            secret: given.secret.expose().to_owned(),
            scoped: false,
        },
        Credentials::Token(given) => Proof::Token {
            token: given.token.expose().to_owned(),
            project: given.tenant_id.clone().or(given.tenant_name.clone()),
        },
    }
}

/// Picks what has this id, or else the only one that has this name.
pub(super) fn only(what: &str, name: &str, found: Vec<(String, String)>) -> CloudResult<String> {
    if found.iter().any(|(id, _)| id == name) {
        return Ok(name.to_owned());
    }
    let mut named = found.into_iter().filter(|(_, other)| other == name);
    let problem = match (named.next(), named.next()) {
        (Some((id, _)), None) => return Ok(id),
        (None, _) => format!("there is no {what} {name}"),
        (Some(_), Some(_)) => format!("there is more than one {what} {name}"),
    };
    Err(classify::found_out(
        "resolve",
        FailureClass::Configuration,
        problem,
    ))
}

pub(super) fn seen(server: ServerShown) -> ServerSeen {
    ServerSeen {
        mark: Mark::read(&server.metadata),
        id: server.id,
        name: server.name,
        status: server.status.to_owned(),
        task_state: server.task_state.map(str::to_owned),
        fault: server.fault.map(|fault| Fault {
            code: fault.code,
            message: fault.message,
        }),
        addresses: server
            .addresses
            .into_iter()
            .enumerate()
            .map(address)
            .collect(),
        created: Some(server.created),
    }
}

fn address((nth, shown): (usize, call::Address)) -> Address {
    Address {
        ip: shown.addr,
        network: shown.network,
        nth,
        is_floating: false,
    }
}

/// Whether two lines of OpenSSH hold one key; the comment does not count.
pub(super) fn same_key(one: &str, other: &str) -> bool {
    let key = |line: &str| {
        line.split_whitespace()
            .take(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    key(one) == key(other)
}

/// Ids and names of a page, and the marker that leads on.
pub(super) fn named(reply: Reply) -> (Vec<(String, String)>, Option<String>) {
    match reply {
        Reply::Images(page) => {
            let items = page.items.into_iter();
            (items.map(|it| (it.id, it.name)).collect(), page.next)
        }
        Reply::Flavors(page) => {
            let items = page.items.into_iter();
            (items.map(|it| (it.id, it.name)).collect(), page.next)
        }
        Reply::Networks(page) => {
            let items = page.items.into_iter();
            (items.map(|it| (it.id, it.name)).collect(), page.next)
        }
        _ => (Vec::new(), None),
    }
}

pub(super) fn unexpected(kind: CallKind) -> omsd::ports::CloudError {
    classify::garbage(kind, "the answer is to another question", None)
}

pub(super) fn in_base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
