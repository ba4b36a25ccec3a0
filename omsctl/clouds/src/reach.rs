//! Where a cloud is and whom to trust there: addresses, interface, versions, certificates.

use oms_proto::spec::{Endpoints, Interface};
use oms_proto::{Secret, pem};

use super::cloud::Cloud;
use super::keys::SERVICES;
use super::{Additions, Desk, Problem, Problems};

pub(super) fn check_identity_version(cloud: &Cloud) -> Result<(), Problem> {
    match cloud.get("identity_api_version") {
        None => Ok(()),
        Some(version) if matches!(major(version), "3" | "v3") => Ok(()),
        Some(version) => Err(Problem::at(
            "identity_api_version",
            format!("{version} is not supported; OMS signs in at Identity v3"),
        )),
    }
}

/// A version without what stands behind its point.
fn major(version: &str) -> &str {
    version.split_once('.').map_or(version, |(major, _)| major)
}

/// OMS checks certificates always; without a check, anybody on the way could read the password.
pub(super) fn check_verify(cloud: &Cloud, additions: &Additions) -> Result<(), Problem> {
    let (verify, insecure) = (cloud.get("verify"), cloud.get("insecure"));
    if additions.pinned_cert_pem.is_some() {
        return Ok(());
    }
    let advice = "OMS does not talk to servers unchecked; give --pin-cert-file with the server's \
                  certificate, or cacert with the authority that signed it";
    if let Some(verify) = verify
        && !boolean(verify).ok_or_else(|| {
            Problem::at(
                "verify",
                "expected true or false; a file with authorities is cacert",
            )
        })?
    {
        return Err(Problem::at("verify", format!("false is refused: {advice}")));
    }
    if let Some(insecure) = insecure
        && boolean(insecure).ok_or_else(|| Problem::at("insecure", "expected true or false"))?
    {
        return Err(Problem::at(
            "insecure",
            format!("true is refused: {advice}"),
        ));
    }
    Ok(())
}

/// A boolean in the spellings of YAML 1.1, which openstacksdk reads.
fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "0" => Some(false),
        _ => None,
    }
}

pub(super) fn auth_url(cloud: &Cloud) -> Result<String, Problem> {
    let said = cloud
        .get("auth_url")
        .ok_or_else(|| Problem::missing("auth.auth_url"))?;
    let url = address(cloud, "auth.auth_url", said)?;
    if url.trim_end_matches('/').ends_with("/v2.0") {
        return Err(Problem::at(
            "auth.auth_url",
            "Identity v2 is not supported; use the address that ends with /v3",
        ));
    }
    Ok(url)
}

/// An address with what stands between braces put out.
fn address(cloud: &Cloud, key: &str, said: &str) -> Result<String, Problem> {
    cloud.expanded(key, said.trim())
}

pub(super) fn interface(cloud: &Cloud) -> Result<Interface, Problem> {
    let new = word(cloud, "interface")?;
    let old = word(cloud, "endpoint_type")?;
    match (new, old) {
        (Some(new), Some(old)) if new != old => Err(Problem::at(
            "interface",
            "says something else than endpoint_type; keep one of them",
        )),
        (said, other) => Ok(said.or(other).unwrap_or_default()),
    }
}

/// An interface; a list of them is an order of preference, which OMS does not have.
fn word(cloud: &Cloud, key: &str) -> Result<Option<Interface>, Problem> {
    let Some(word) = cloud.get(key) else {
        return Ok(None);
    };
    match word.strip_suffix("URL").unwrap_or(word) {
        "public" => Ok(Some(Interface::Public)),
        "internal" => Ok(Some(Interface::Internal)),
        "admin" => Ok(Some(Interface::Admin)),
        several if several.contains(',') => Err(Problem::at(
            key,
            format!("'{several}' are several; OMS uses one, give the one to use"),
        )),
        other => Err(Problem::at(
            key,
            format!("'{other}' is none of public, internal, admin"),
        )),
    }
}

/// The authorities to trust: those of the command line, or those that `cacert` names.
pub(super) fn ca_pem(
    cloud: &Cloud,
    additions: &Additions,
    desk: &Desk<'_>,
) -> Result<Option<String>, Problem> {
    let said = cloud.first(&["cacert", "ca_cert"]);
    if additions.ca_pem.is_some() || additions.pinned_cert_pem.is_some() {
        return Ok(additions.ca_pem.clone());
    }
    said.map(|path| pem_file(cloud, "cacert", path, desk))
        .transpose()
}

/// The text of a file with certificates or a key.
fn pem_file(cloud: &Cloud, key: &str, path: &str, desk: &Desk<'_>) -> Result<String, Problem> {
    if path.contains("-----BEGIN ") {
        // It is not repeated: it may be a key.
        return Err(Problem::at(
            key,
            "is the PEM itself, where openstacksdk expects the name of a file with it",
        ));
    }
    let path = cloud.expanded(key, path)?;
    (desk.read)(&path).map_err(|problem| Problem::at(key, format!("{path}: {problem}")))
}

/// The certificate by which we prove who we are, and its key: the two files that `cert` and `key`
/// name, or one that holds both.
pub(super) fn client(
    cloud: &Cloud,
    desk: &Desk<'_>,
) -> Result<(Option<String>, Option<Secret>), Problem> {
    let (certificate, key) = (cloud.get("cert"), cloud.get("key"));
    let Some(certificate) = certificate else {
        return match key {
            None => Ok((None, None)),
            Some(_) => Err(Problem::at("key", "is of no use without cert")),
        };
    };
    let held = pem_file(cloud, "key", key.unwrap_or(certificate), desk)?;
    let chain = pem_file(cloud, "cert", certificate, desk)?;
    Ok((
        Some(pem::certificates_alone(&chain)),
        Some(Secret::new(pem::private_key_alone(&held))),
    ))
}

/// Addresses that a cloud gives for services, instead of the catalogue's. Refuses what would have
/// one service be looked for elsewhere or spoken to otherwise.
pub(super) fn services(
    cloud: &Cloud,
    interface: Option<Interface>,
    problems: &mut Problems,
    notes: &mut Vec<String>,
) -> Endpoints {
    let mut endpoints = Endpoints::default();
    for service in SERVICES {
        let key = |what: &str| format!("{service}_{what}");
        let said = |what: &str| cloud.get(&key(what));
        if let Some(version) = said("api_version") {
            problems.see(check_version(service, version, notes));
        }
        if let Some(version) = said("default_microversion") {
            notes.push(format!(
                "{service}_default_microversion {version} is not used: OMS agrees on one itself"
            ));
        }
        let (newer, older) = (key("endpoint_override"), key("endpoint"));
        let own = cloud.first(&[newer.as_str(), older.as_str()]);
        if let Some(own) = own {
            // The catalogue is not asked, so nothing is looked for in it either.
            for what in [
                "interface",
                "endpoint_type",
                "region_name",
                "service_type",
                "service_name",
            ] {
                cloud.mark(&key(what));
            }
            let url = problems.see(address(cloud, &newer, own));
            match service {
                "compute" => endpoints.compute = url,
                "image" => endpoints.image = url,
                _ => endpoints.network = url,
            }
            continue;
        }
        for what in ["interface", "endpoint_type"] {
            let own = problems.see(word(cloud, &key(what))).flatten();
            if own.is_some_and(|own| interface.is_some_and(|of_all| own != of_all)) {
                problems.0.push(elsewhere(&key(what), "one interface"));
            }
        }
        let region = cloud.get("region_name");
        if said("region_name").is_some_and(|other| Some(other) != region) {
            problems
                .0
                .push(elsewhere(&key("region_name"), "one region"));
        }
        if said("service_type").is_some_and(|other| other != service) {
            problems
                .0
                .push(elsewhere(&key("service_type"), "the usual types"));
        }
        if said("service_name").is_some() {
            problems
                .0
                .push(elsewhere(&key("service_name"), "no names of services"));
        }
    }
    endpoints
}

fn elsewhere(key: &str, what: &str) -> Problem {
    Problem::at(
        key,
        format!("is not supported: OMS has {what} for all services of an account"),
    )
}

/// OMS speaks compute 2, image 2 and network 2; a microversion it agrees on with the cloud.
fn check_version(service: &str, said: &str, notes: &mut Vec<String>) -> Result<(), Problem> {
    let version = said.trim_start_matches('v');
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    if major != "2" {
        return Err(Problem::at(
            format!("{service}_api_version"),
            format!("{said} is not supported; OMS speaks version 2"),
        ));
    }
    if service == "compute" && !matches!(minor, "0" | "1") {
        notes.push(format!(
            "compute_api_version {said} is not used: OMS agrees on a microversion itself"
        ));
    }
    Ok(())
}
