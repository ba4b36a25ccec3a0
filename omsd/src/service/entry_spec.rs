//! What makes a wish for an instance a valid one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use oms_proto::WireError;
use oms_proto::spec::EntrySpec;
use omsd_domain::world::World;

use crate::keys;
use sha2::{Digest, Sha256};

use super::check::offered;
use oms_proto::check::{Check, NAME_MAX, quoted};
use omsd_domain::ground::limits::ACCOUNTS_MAX;

/// Characters of a host name, of each of its labels, and so of a server's name.
const HOST_NAME_MAX: usize = 63;

/// So that the base64 form stays within Nova's 65,535 bytes.
const USER_DATA_BYTES_MAX: usize = 49_149;

/// Nova takes 128 by default, and some are ours.
const METADATA_MAX: usize = 120;

/// Nova's columns.
const METADATA_BYTES_MAX: usize = 255;

/// Prefix of our own metadata keys.
const METADATA_OURS: &str = "oms_";

/// A week: longer than any maintenance worth waiting for.
const DEADLINE_SECONDS: RangeInclusive<u32> = 1..=7 * 24 * 60 * 60;

const IDEMPOTENCY_KEY_MAX: usize = 255;

/// Checks all that can be told without looking at the world. Gives the line of the public key to
/// install, if the entry brings one.
///
/// # Errors
/// [`oms_proto::ErrorCode::Invalid`] with the fields at fault.
pub(super) fn check(spec: &EntrySpec) -> Result<Option<String>, WireError> {
    let mut check = Check::default();
    if let Some(name) = &spec.name {
        host_name(&mut check, name);
    }
    check.machine("", &spec.machine);
    if let Some(data) = &spec.user_data
        && data.len() > USER_DATA_BYTES_MAX
    {
        let message = format!(
            "has {} bytes; at most {USER_DATA_BYTES_MAX} are possible",
            data.len()
        );
        check.refuse("user_data", message);
    }
    if let Some(metadata) = &spec.metadata {
        self::metadata(&mut check, metadata);
    }
    let public = public_key(&mut check, spec);
    account_lists(&mut check, spec);
    if let Some(seconds) = spec.deadline_seconds
        && !DEADLINE_SECONDS.contains(&seconds)
    {
        let message = format!(
            "must be from {} to {}",
            DEADLINE_SECONDS.start(),
            DEADLINE_SECONDS.end()
        );
        check.refuse("deadline_seconds", message);
    }
    check.finish()?;
    Ok(public)
}

fn host_name(check: &mut Check, name: &str) {
    let label = |label: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(fits)
    };
    if name.len() > HOST_NAME_MAX {
        check.refuse(
            "name",
            format!("must have at most {HOST_NAME_MAX} characters"),
        );
    } else if !name.split('.').all(label) {
        check.refuse(
            "name",
            "must be a host name: letters, digits and hyphens, with a letter or digit at both ends",
        );
    }
}

fn metadata(check: &mut Check, metadata: &BTreeMap<String, String>) {
    const FIELD: &str = "metadata";
    if metadata.len() > METADATA_MAX {
        check.refuse(FIELD, format!("must have at most {METADATA_MAX} keys"));
        return;
    }
    // As Nova has it; anything else would be refused there, at every account.
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_:. ".contains(c);
    for (key, value) in metadata {
        if key.is_empty() || key.len() > METADATA_BYTES_MAX || !key.chars().all(fits) {
            let message = format!(
                "the key {} must have 1 to {METADATA_BYTES_MAX} letters, digits, spaces or any of \
                 '-_:.'",
                quoted(key)
            );
            check.refuse(FIELD, message);
        }
        // Some databases below Nova tell no case.
        if key.to_ascii_lowercase().starts_with(METADATA_OURS) {
            let message = format!("keys that begin with {METADATA_OURS} are kept for OMS");
            check.refuse(FIELD, message);
        }
        if value.len() > METADATA_BYTES_MAX {
            let message = format!(
                "the value of {} must have at most {METADATA_BYTES_MAX} bytes",
                quoted(key)
            );
            check.refuse(FIELD, message);
        }
    }
}

fn public_key(check: &mut Check, spec: &EntrySpec) -> Option<String> {
    let line = spec.public_key.as_deref()?;
    if spec.key_type.is_some() {
        check.refuse("key_type", "makes no sense together with public_key");
    }
    match keys::check_public(line) {
        Ok(public) => Some(public),
        Err(message) => {
            check.refuse("public_key", message);
            None
        }
    }
}

fn account_lists(check: &mut Check, spec: &EntrySpec) {
    if let Some(names) = &spec.accounts {
        check.names("accounts", names, ACCOUNTS_MAX);
        if names.is_empty() {
            check.refuse("accounts", "must name an account, or be left out for any");
        }
    }
    if let Some(names) = &spec.avoid_accounts {
        check.names("avoid_accounts", names, ACCOUNTS_MAX);
    }
}

/// Checks that the accounts that an entry names exist, and leave one to place it at.
///
/// # Errors
/// [`oms_proto::ErrorCode::Invalid`] with the fields at fault.
pub(super) fn check_accounts(spec: &EntrySpec, world: &World) -> Result<(), WireError> {
    let mut check = Check::default();
    let existing: BTreeSet<&str> = world.accounts.values().map(|a| a.name.as_str()).collect();
    let lists = [
        ("accounts", &spec.accounts),
        ("avoid_accounts", &spec.avoid_accounts),
    ];
    for (field, names) in lists {
        for name in names.iter().flatten() {
            if !existing.contains(name.as_str()) {
                let offered = offered(existing.iter().copied());
                check.refuse(
                    field,
                    format!("there is no account {}; {offered}", quoted(name)),
                );
            }
        }
    }
    check.finish()?;
    let avoided = |name: &str| {
        let mut avoided = spec.avoid_accounts.iter().flatten();
        avoided.any(|avoided| avoided == name)
    };
    let named = |name: &str| match &spec.accounts {
        Some(names) => names.iter().any(|named| named == name),
        None => true,
    };
    // With no account at all the entry waits for the first one.
    let nothing_left = !existing.iter().any(|name| named(name) && !avoided(name));
    if nothing_left && !existing.is_empty() {
        return Err(WireError::field(
            "avoid_accounts",
            "leaves no account to place the entry at",
        ));
    }
    Ok(())
}

/// Checks an idempotency key.
///
/// # Errors
/// [`oms_proto::ErrorCode::Invalid`].
pub(super) fn check_idempotency_key(key: &str) -> Result<(), WireError> {
    let fits = (1..=IDEMPOTENCY_KEY_MAX).contains(&key.len());
    if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(WireError::field(
        "idempotency_key",
        format!("must have 1 to {IDEMPOTENCY_KEY_MAX} visible ASCII characters and no spaces"),
    ))
}

/// What makes two requests the same: SHA-256 over the fields that are given, by name and in the
/// order of names. A field that a later version adds does not change it.
///
/// # Errors
/// [`oms_proto::ErrorCode::Internal`] when the spec cannot be written as JSON.
pub(super) fn digest(spec: &EntrySpec) -> Result<[u8; 32], serde_json::Error> {
    let mut value = serde_json::to_value(spec)?;
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        fields.sort_keys();
    }
    let mut hash = Sha256::new();
    hash.update(b"oms entry 1\n");
    hash.update(serde_json::to_vec(&value)?);
    Ok(hash.finalize().into())
}

const _: () = assert!(HOST_NAME_MAX <= NAME_MAX);
