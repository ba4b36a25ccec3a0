//! What the daemon would refuse, told before it is asked: so a dry run shows what the import does. The
//! rule is the daemon's own; here its fields are called as the file or the command line calls them.

use oms_proto::check;
use oms_proto::spec::AccountSpec;

use super::{Additions, Problem};

/// Checks an account as the daemon will.
///
/// # Errors
/// All that it would refuse.
pub(super) fn check(spec: &AccountSpec, additions: &Additions) -> Result<(), Vec<Problem>> {
    let Err(refused) = check::account::check(spec) else {
        return Ok(());
    };
    let faults = refused
        .fields
        .iter()
        .map(|(field, messages)| Problem::at(key(field, additions), messages.join("; ")));
    Err(faults.collect())
}

/// What stands for a field of an account where people write it.
fn key(field: &str, additions: &Additions) -> String {
    match field {
        "provider" => "profile".to_owned(),
        "auth_url" => "auth.auth_url".to_owned(),
        "ca_pem" if additions.ca_pem.is_some() => "--ca-file".to_owned(),
        "ca_pem" => "cacert".to_owned(),
        "pinned_cert_pem" => "--pin-cert-file".to_owned(),
        "client_cert_pem" => "cert".to_owned(),
        "client_key_pem" => "key".to_owned(),
        "credentials.tenant_name" => "auth.project_name".to_owned(),
        "credentials.tenant_id" => "auth.project_id".to_owned(),
        "defaults.networks" => "--network".to_owned(),
        "defaults.security_groups" => "--security-group".to_owned(),
        other => of_a_group(other),
    }
}

fn of_a_group(field: &str) -> String {
    match field.split_once('.') {
        Some(("credentials", part @ ("id" | "name" | "secret"))) => {
            format!("auth.application_credential_{part}")
        }
        Some(("credentials", part)) => format!("auth.{part}"),
        Some(("defaults", part)) => format!("--{}", part.replace('_', "-")),
        Some(("endpoints", service)) => format!("{service}_endpoint_override"),
        _ => field.to_owned(),
    }
}
