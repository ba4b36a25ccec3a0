//! Reads a `clouds.yaml` the way openstacksdk does and makes accounts of it. Pure: files come in
//! as text, and the one thing that is read on the way (a `cacert`) through a function that the
//! caller hands in.
//!
//! [`document`] is the file as it stands, [`search`] where it is looked for, [`account`] what
//! a cloud means. Behaviour follows
//! <https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html>.

mod account;
mod document;
pub(crate) mod search;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use oms_proto::machine::MachineSpec;
use oms_proto::spec::AccountSpec;

pub(crate) use document::{Cloud, Document};

/// Largest file that is read, in bytes. Real ones have a few kilobytes; this is room for hundreds
/// of clouds with certificates' paths, and small enough to parse at once.
pub(crate) const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The name of the cloud that the variables `OS_*` describe.
pub(crate) const ENVVARS: &str = "envvars";

/// What cannot be used, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}{problem}")]
pub(crate) struct CloudsError {
    /// The file.
    file: String,
    /// The line, or the cloud and the key, with a colon behind; or nothing.
    place: String,
    /// What is wrong and what to do.
    problem: String,
}

impl CloudsError {
    fn of_file(file: &str, problem: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place: String::new(),
            problem: problem.into(),
        }
    }

    fn of_cloud(file: &str, cloud: &str, problem: &Problem) -> Self {
        let key = problem
            .key
            .map(|key| format!("{key}: "))
            .unwrap_or_default();
        Self {
            file: file.to_owned(),
            place: format!("cloud {cloud}: {key}"),
            problem: problem.text.clone(),
        }
    }
}

/// What is wrong with one cloud; [`CloudsError`] adds the place.
#[derive(Debug)]
struct Problem {
    key: Option<&'static str>,
    text: String,
}

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Self {
            key: None,
            text: text.into(),
        }
    }

    fn at(key: &'static str, text: impl Into<String>) -> Self {
        Self {
            key: Some(key),
            text: text.into(),
        }
    }
}

/// The files, parsed.
pub(crate) struct Sources {
    /// Name of the file for messages.
    pub(crate) file: String,
    /// `clouds.yaml` with `secure.yaml` laid over it, and `envvars` if it is wanted.
    pub(crate) clouds: BTreeMap<String, Cloud>,
    /// `clouds-public.yaml`: what a `profile` begins with.
    pub(crate) public: BTreeMap<String, Cloud>,
}

/// What the flags of the import add to every account.
pub(crate) struct Additions {
    /// Defaults for entries.
    pub(crate) defaults: MachineSpec,
    /// Authorities to trust instead of those that `cacert` names.
    pub(crate) ca_pem: Option<String>,
    /// The one certificate to accept.
    pub(crate) pinned_cert_pem: Option<String>,
}

/// Reads the text of a certificate file that a cloud names; says in words why it could not.
pub(crate) type ReadCertificate<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// Makes accounts of the clouds in `selection`, or of all if it is empty.
///
/// # Errors
/// The first thing that cannot be used, with its file, cloud and key. Nothing is half imported.
pub(crate) fn accounts(
    sources: &Sources,
    selection: &[String],
    additions: &Additions,
    read_certificate: &ReadCertificate<'_>,
) -> Result<Vec<AccountSpec>, CloudsError> {
    let mut specs = Vec::new();
    // Account name to cloud: names are made to fit, so two clouds may end up with one.
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for name in chosen(sources, selection)? {
        let failed = |problem: Problem| CloudsError::of_cloud(&sources.file, name, &problem);
        let cloud = sources.clouds.get(name).cloned().unwrap_or_default();
        let cloud = with_profile(name, cloud, &sources.public).map_err(failed)?;
        for (account, region) in account::by_region(name, &cloud).map_err(failed)? {
            if let Some(other) = names.insert(account.clone(), name.to_owned()) {
                return Err(failed(Problem::new(format!(
                    "would become account {account}, as cloud {other} does; rename one of them"
                ))));
            }
            specs.push(
                account::account(account, name, &region, additions, read_certificate)
                    .map_err(failed)?,
            );
        }
    }
    Ok(specs)
}

/// The names of the clouds to import, each once, in the order asked for.
fn chosen<'a>(sources: &'a Sources, selection: &'a [String]) -> Result<Vec<&'a str>, CloudsError> {
    if sources.clouds.is_empty() {
        return Err(CloudsError::of_file(
            &sources.file,
            "no clouds in it; expected a mapping 'clouds:' with one mapping for each cloud",
        ));
    }
    let mut names: Vec<&str> = Vec::new();
    for wanted in selection {
        let Some((name, _)) = sources.clouds.get_key_value(wanted) else {
            let known: Vec<&str> = sources.clouds.keys().map(String::as_str).collect();
            return Err(CloudsError::of_file(
                &sources.file,
                format!("no cloud {wanted} in it; there are: {}", known.join(", ")),
            ));
        };
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names = sources.clouds.keys().map(String::as_str).collect();
    }
    Ok(names)
}

/// The cloud laid over the profile that it names.
fn with_profile(
    name: &str,
    cloud: Cloud,
    public: &BTreeMap<String, Cloud>,
) -> Result<Cloud, Problem> {
    // `cloud` is the profile's key of old files.
    let Some(profile) = cloud.get("profile").or_else(|| cloud.get("cloud")) else {
        return Ok(cloud);
    };
    if let Some(base) = public.get(profile) {
        return Ok(base.clone().overlaid(cloud));
    }
    if cloud.get("auth_url").is_some() || profile == name {
        // Enough is said here: openstacksdk goes on without the profile as well.
        return Ok(cloud);
    }
    let advice = if profile.contains("://") {
        "profiles are not fetched from the network; put it into clouds-public.yaml".to_owned()
    } else {
        format!(
            "no profile {profile} in any clouds-public.yaml, and the ones inside openstacksdk are \
             not known here; give auth.auth_url"
        )
    };
    Err(Problem::at("profile", advice))
}
