//! What one cloud means: its regions, how to sign in there, whom to trust.

use oms_proto::Secret;
use oms_proto::spec::{
    AccountSpec, ApplicationCredential, Credentials, Interface, PasswordCredentials,
};

use super::document::Cloud;
use super::{Additions, Problem, ReadCertificate};

/// Longest account name, in characters; the daemon's bound.
const NAME_CHARS_MAX: usize = 64;

/// Splits a cloud by its regions: the name of the account, and the cloud as it is there.
pub(super) fn by_region(name: &str, cloud: &Cloud) -> Result<Vec<(String, Cloud)>, Problem> {
    let mut regions: Vec<(String, Cloud)> = cloud
        .regions()
        .iter()
        .map(|region| {
            let there = cloud.clone().overlaid(region.values.clone());
            (region.name.clone(), there)
        })
        .collect();
    if regions.is_empty() {
        // Several regions behind commas are the old way to write a list.
        let listed = cloud.get("region_name").or_else(|| cloud.get("region"));
        regions = listed
            .unwrap_or_default()
            .split(',')
            .map(|region| (region.trim().to_owned(), cloud.clone()))
            .collect();
    }
    let several = regions.len() > 1;
    regions
        .into_iter()
        .map(|(region, there)| {
            if several && region.is_empty() {
                return Err(Problem::at("regions", "a region without a name"));
            }
            let account = if several {
                format!("{name}-{region}")
            } else {
                name.to_owned()
            };
            let fields = [("region_name".to_owned(), region)];
            Ok((
                account_name(&account)?,
                there.overlaid(Cloud::of_fields(fields)),
            ))
        })
        .collect()
}

/// A name as accounts may have them: other characters become `-`.
fn account_name(text: &str) -> Result<String, Problem> {
    let name: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
                c
            } else {
                '-'
            }
        })
        .collect();
    if name.is_empty() || name.len() > NAME_CHARS_MAX {
        return Err(Problem::new(format!(
            "'{text}' cannot be the name of an account: 1 to {NAME_CHARS_MAX} characters"
        )));
    }
    Ok(name)
}

/// Makes an account of a cloud in one region.
pub(super) fn account(
    name: String,
    cloud_name: &str,
    cloud: &Cloud,
    additions: &Additions,
    read_certificate: &ReadCertificate<'_>,
) -> Result<AccountSpec, Problem> {
    check_identity_version(cloud)?;
    check_verify(cloud, additions)?;
    Ok(AccountSpec {
        provider: Some(cloud.get("profile").unwrap_or(cloud_name).to_owned()),
        auth_url: auth_url(cloud)?,
        region_name: cloud.get("region_name").map(str::to_owned),
        interface: interface(cloud)?,
        credentials: credentials(cloud)?,
        defaults: additions.defaults.clone(),
        ca_pem: ca_pem(cloud, additions, read_certificate)?,
        pinned_cert_pem: additions.pinned_cert_pem.clone(),
        priority: 0,
        enabled: true,
        name,
    })
}

fn check_identity_version(cloud: &Cloud) -> Result<(), Problem> {
    match cloud.get("identity_api_version") {
        None => Ok(()),
        Some(version) if version == "3" || version.starts_with("3.") => Ok(()),
        Some(version) => Err(Problem::at(
            "identity_api_version",
            format!("{version} is not supported; OMS signs in at Identity v3"),
        )),
    }
}

/// OMS checks certificates always; without a check, anybody on the way could read the password.
fn check_verify(cloud: &Cloud, additions: &Additions) -> Result<(), Problem> {
    if additions.pinned_cert_pem.is_some() {
        return Ok(());
    }
    let advice = "OMS does not talk to servers unchecked; give --pin-cert-file with the server's \
                  certificate, or cacert with the authority that signed it";
    if let Some(verify) = cloud.get("verify")
        && !boolean(verify).ok_or_else(|| Problem::at("verify", "expected true or false"))?
    {
        return Err(Problem::at("verify", format!("false is refused: {advice}")));
    }
    if let Some(insecure) = cloud.get("insecure")
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

fn auth_url(cloud: &Cloud) -> Result<String, Problem> {
    let url = required(cloud, "auth_url", "auth.auth_url")?.trim();
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return Err(Problem::at(
            "auth.auth_url",
            "expected an address that begins with https:// or http://",
        ));
    }
    if url.contains('@') {
        // It would be shown wherever the account is.
        return Err(Problem::at(
            "auth.auth_url",
            "must not contain a user or a password",
        ));
    }
    if url.trim_end_matches('/').ends_with("/v2.0") {
        return Err(Problem::at(
            "auth.auth_url",
            "Identity v2 is not supported; use the address that ends with /v3",
        ));
    }
    Ok(url.to_owned())
}

fn interface(cloud: &Cloud) -> Result<Interface, Problem> {
    let word = cloud
        .get("interface")
        .or_else(|| cloud.get("endpoint_type"));
    match word.map(|word| word.strip_suffix("URL").unwrap_or(word)) {
        None | Some("public") => Ok(Interface::Public),
        Some("internal") => Ok(Interface::Internal),
        Some("admin") => Ok(Interface::Admin),
        Some(other) => Err(Problem::at(
            "interface",
            format!("'{other}' is none of public, internal, admin"),
        )),
    }
}

/// The authorities to trust: those of the command line, or those that `cacert` names.
fn ca_pem(
    cloud: &Cloud,
    additions: &Additions,
    read_certificate: &ReadCertificate<'_>,
) -> Result<Option<String>, Problem> {
    if additions.ca_pem.is_some() || additions.pinned_cert_pem.is_some() {
        return Ok(additions.ca_pem.clone());
    }
    let Some(path) = cloud.get("cacert").or_else(|| cloud.get("ca_cert")) else {
        return Ok(None);
    };
    let pem = read_certificate(path)
        .map_err(|problem| Problem::at("cacert", format!("{path}: {problem}")))?;
    if !pem.contains("-----BEGIN ") {
        return Err(Problem::at(
            "cacert",
            format!("{path}: no PEM certificate in it"),
        ));
    }
    Ok(Some(pem))
}

fn credentials(cloud: &Cloud) -> Result<Credentials, Problem> {
    let by_credential = cloud.get("application_credential_id").is_some()
        || cloud.get("application_credential_name").is_some();
    match cloud.get("auth_type") {
        None if by_credential => application_credential(cloud),
        None | Some("password" | "v3password") => password(cloud),
        Some("v3applicationcredential" | "application_credential") => application_credential(cloud),
        Some(other) => Err(Problem::at(
            "auth_type",
            format!("{other} is not supported; use password or v3applicationcredential"),
        )),
    }
}

fn password(cloud: &Cloud) -> Result<Credentials, Problem> {
    for key in ["system_scope", "trust_id", "passcode"] {
        if cloud.get(key).is_some() {
            return Err(Problem::at(
                key,
                "is not supported; OMS signs in to a project",
            ));
        }
    }
    let project_name = first(cloud, &["project_name", "tenant_name", "project"]);
    let project_id = first(cloud, &["project_id", "tenant_id"]);
    if project_name.is_none() && project_id.is_none() {
        return Err(Problem::at(
            "auth.project_name",
            "is missing; give it or auth.project_id",
        ));
    }
    let (user_domain_id, user_domain_name) = domain(cloud, "user_domain_id", "user_domain_name");
    let (project_domain_id, project_domain_name) =
        domain(cloud, "project_domain_id", "project_domain_name");
    Ok(Credentials::Password(PasswordCredentials {
        username: username(cloud)?,
        user_domain_name,
        user_domain_id,
        password: Secret::new(required(cloud, "password", "auth.password")?),
        tenant_name: project_name,
        tenant_id: project_id,
        project_domain_name,
        project_domain_id,
    }))
}

fn application_credential(cloud: &Cloud) -> Result<Credentials, Problem> {
    let id = first(cloud, &["application_credential_id"]);
    let name = first(cloud, &["application_credential_name"]);
    let secret = required(
        cloud,
        "application_credential_secret",
        "auth.application_credential_secret",
    )?;
    let secret = Secret::new(secret);
    if id.is_some() {
        // The id says everything; what stands beside it could only contradict it.
        return Ok(Credentials::ApplicationCredential(ApplicationCredential {
            id,
            name: None,
            username: None,
            user_domain_name: None,
            user_domain_id: None,
            secret,
        }));
    }
    if name.is_none() {
        return Err(Problem::at(
            "auth.application_credential_id",
            "is missing; give it, or auth.application_credential_name with auth.username",
        ));
    }
    let (user_domain_id, user_domain_name) = domain(cloud, "user_domain_id", "user_domain_name");
    Ok(Credentials::ApplicationCredential(ApplicationCredential {
        id,
        name,
        username: Some(username(cloud)?),
        user_domain_name,
        user_domain_id,
        secret,
    }))
}

fn username(cloud: &Cloud) -> Result<String, Problem> {
    if cloud.get("username").is_none() && cloud.get("user_id").is_some() {
        return Err(Problem::at(
            "auth.user_id",
            "is not supported; give auth.username and the user's domain",
        ));
    }
    required(cloud, "username", "auth.username").map(str::to_owned)
}

/// A domain by id and by name: what is said for it, else what is said for both domains.
fn domain(cloud: &Cloud, id: &str, name: &str) -> (Option<String>, Option<String>) {
    let pairs = [
        (id, name),
        ("domain_id", "domain_name"),
        ("default_domain_id", "default_domain_name"),
        // Short form of clouds.yaml: the id.
        ("default_domain", ""),
    ];
    pairs
        .into_iter()
        .map(|(id, name)| (first(cloud, &[id]), first(cloud, &[name])))
        .find(|(id, name)| id.is_some() || name.is_some())
        .unwrap_or_default()
}

fn first(cloud: &Cloud, keys: &[&str]) -> Option<String> {
    keys.iter()
        .find_map(|key| cloud.get(key))
        .map(str::to_owned)
}

fn required<'a>(cloud: &'a Cloud, key: &str, shown: &'static str) -> Result<&'a str, Problem> {
    cloud
        .get(key)
        .ok_or_else(|| Problem::at(shown, "is missing, in clouds.yaml and in secure.yaml alike"))
}
