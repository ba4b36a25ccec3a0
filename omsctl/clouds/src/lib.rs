//! Reads a `clouds.yaml` the way openstacksdk does and makes accounts of it. Pure: files come in
//! as text, and what is read or asked for on the way (a `cacert`, a password that the file leaves
//! out) comes through a [`Desk`] that the caller hands in.
//!
//! [`document`] is the file as it stands, [`search`] where it is looked for, [`cloud`] what one
//! cloud says, [`account`] what that means: [`reach`] where it is, [`signing`] how to sign in.
//! What is not read as openstacksdk reads it is refused, and what is not used is told. Behaviour
//! follows <https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html>.

mod account;
mod bounds;
mod cloud;
mod document;
mod keys;
pub mod openrc;
mod reach;
pub mod search;
mod signing;
mod tags;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use oms_proto::Secret;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::AccountSpec;

pub use cloud::Cloud;
pub use document::{Document, Reads};

/// Largest file that is read, in bytes. Real ones have a few kilobytes; this is room for hundreds
/// of clouds with certificates' paths, and small enough to parse at once.
pub const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The name of the cloud that the variables `OS_*` describe.
pub const ENVVARS: &str = "envvars";

/// What cannot be used, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}{problem}")]
pub struct CloudsError {
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
            .as_ref()
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
    key: Option<String>,
    text: String,
}

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Self {
            key: None,
            text: text.into(),
        }
    }

    fn at(key: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            key: Some(key.into()),
            text: text.into(),
        }
    }

    fn missing(key: &str) -> Self {
        Self::at(key, MISSING)
    }
}

/// All that is wrong with one cloud, so that nobody has to mend and try again fault by fault.
#[derive(Debug, Default)]
struct Problems(Vec<Problem>);

impl Problems {
    /// What was found; what was wrong with it is kept.
    fn see<T>(&mut self, found: Result<T, Problem>) -> Option<T> {
        found.map_err(|problem| self.0.push(problem)).ok()
    }

    /// What was found, unless anything at all was wrong.
    fn unless_any<T>(self, found: Option<T>) -> Result<T, Self> {
        match found {
            Some(found) if self.0.is_empty() => Ok(found),
            _ => Err(self),
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// What is said of a key that has to be there.
pub const MISSING: &str = "is missing";

/// A kind of secret that a file may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lacking {
    /// Its key in `auth`.
    pub key: &'static str,
    /// What people call it.
    pub what: &'static str,
    /// Variables that may hold it, the first that is set.
    pub variables: [&'static str; 2],
}

impl Lacking {
    /// A user's password.
    pub const PASSWORD: Self = Self {
        key: "password",
        what: "password",
        variables: ["OMS_ACCOUNT_PASSWORD", "OS_PASSWORD"],
    };

    /// A token that was got elsewhere.
    pub const TOKEN: Self = Self {
        key: "token",
        what: "token",
        variables: ["OMS_ACCOUNT_TOKEN", "OS_TOKEN"],
    };

    /// What passcodes are made from.
    pub const TOTP: Self = Self {
        key: "totp_secret",
        what: "secret of the passcodes",
        variables: ["OMS_ACCOUNT_TOTP_SECRET", "OS_TOTP_SECRET"],
    };

    /// The secret of an application credential.
    pub const CREDENTIAL: Self = Self {
        key: "application_credential_secret",
        what: "secret of the application credential",
        variables: ["OMS_ACCOUNT_SECRET", "OS_APPLICATION_CREDENTIAL_SECRET"],
    };
}

/// The cloud of variables `OS_*`, whose keys are their names in small letters without `OS_`.
pub fn envvars(fields: impl IntoIterator<Item = (String, String)>) -> Cloud {
    let chooses = |key: &str| {
        key == "cloud"
            || key == "cloud_name"
            || ["client_", "test", "std", "log"]
                .iter()
                .any(|prefix| key.starts_with(prefix))
    };
    Cloud::of_fields(fields.into_iter().filter(|(key, _)| !chooses(key)))
}

/// The files, parsed.
pub struct Sources {
    /// Name of the file for messages.
    pub file: String,
    /// `clouds.yaml` with `secure.yaml` laid over it, and `envvars` if it is wanted.
    pub clouds: BTreeMap<String, Cloud>,
    /// `clouds-public.yaml`: what a `profile` begins with.
    pub public: BTreeMap<String, Cloud>,
}

/// What the flags of the import add to every account.
pub struct Additions {
    /// Name of the account, instead of the cloud's.
    pub name: Option<String>,
    /// Defaults for entries.
    pub defaults: MachineSpec,
    /// Authorities to trust instead of those that `cacert` names.
    pub ca_pem: Option<String>,
    /// The one certificate to accept.
    pub pinned_cert_pem: Option<String>,
}

/// Where files are read and secrets are asked for.
pub struct Desk<'a> {
    /// Reads the text of a file that a cloud names; says in words why it could not.
    pub read: &'a dyn Fn(&str) -> Result<String, String>,
    /// Gets a secret that a cloud of that name leaves out; says in words why it could not.
    pub ask: &'a mut dyn FnMut(&str, Lacking) -> Result<Secret, String>,
    /// Whether a person is asked, whose answer should not be in vain.
    pub is_person: bool,
}

/// What files mean.
#[derive(Debug)]
pub struct Import {
    /// The accounts.
    pub specs: Vec<AccountSpec>,
    /// What of each account was said and not taken for granted, by the accounts' names.
    pub said: BTreeMap<String, Said>,
    /// What people should know of how they were read, a sentence each.
    pub notes: Vec<String>,
    /// What is wrong with the clouds that cannot be used; nothing of these is among the accounts.
    pub faults: Vec<CloudsError>,
}

/// Which of the values that every account has were said by its cloud.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said {
    /// The provider.
    pub provider: bool,
    /// The interface.
    pub interface: bool,
}

impl Said {
    fn of(cloud: &Cloud) -> Self {
        let any = |keys: [&str; 2]| keys.iter().any(|key| cloud.get(key).is_some());
        Self {
            provider: any(["profile", "cloud"]),
            interface: any(["interface", "endpoint_type"]),
        }
    }
}

/// Makes accounts of the clouds in `selection`, or of all if it is empty.
///
/// # Errors
/// What keeps all clouds from being read. What is wrong with some of them is in [`Import::faults`].
pub fn accounts(
    sources: &Sources,
    selection: &[String],
    additions: &Additions,
    desk: &mut Desk<'_>,
) -> Result<Import, CloudsError> {
    let mut import = Import {
        specs: Vec::new(),
        said: BTreeMap::new(),
        notes: Vec::new(),
        faults: Vec::new(),
    };
    // Account name to cloud: names are made to fit, so two clouds may end up with one.
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let chosen = chosen(sources, selection)?;
    if let (Some(name), [_, other, ..]) = (&additions.name, &chosen[..]) {
        return Err(CloudsError::of_file(
            &sources.file,
            format!("--name {name} is for one cloud, and {other} is a second; choose with --cloud"),
        ));
    }
    for name in chosen {
        let mut notes = Vec::new();
        match of_cloud(sources, name, additions, &mut names, desk, &mut notes) {
            Ok(accounts) => {
                for (spec, said) in accounts {
                    import.said.insert(spec.name.clone(), said);
                    import.specs.push(spec);
                }
            }
            Err(Problems(problems)) => {
                let fault = |problem| CloudsError::of_cloud(&sources.file, name, problem);
                for fault in problems.iter().map(fault) {
                    // What is wrong in one region is mostly wrong in the others.
                    if !import.faults.contains(&fault) {
                        import.faults.push(fault);
                    }
                }
            }
        }
        let mut told = BTreeSet::new();
        notes.retain(|note| told.insert(note.clone()));
        let of_cloud = |note| format!("{}: cloud {name}: {note}", sources.file);
        import.notes.extend(notes.into_iter().map(of_cloud));
    }
    Ok(import)
}

/// The accounts of one cloud, one a region.
fn of_cloud(
    sources: &Sources,
    name: &str,
    additions: &Additions,
    names: &mut BTreeMap<String, String>,
    desk: &mut Desk<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<(AccountSpec, Said)>, Problems> {
    let cloud = sources.clouds.get(name).cloned().unwrap_or_default();
    let profile = profile(&cloud, &sources.public, notes)?;
    let wanted = additions.name.as_deref().unwrap_or(name);
    let mut problems = Problems::default();
    let mut accounts = Vec::new();
    for (account, region) in account::by_region(wanted, &cloud, profile)? {
        if let Some(other) = names.insert(account.clone(), name.to_owned()) {
            problems.0.push(Problem::new(format!(
                "would become account {account}, as cloud {other} does; rename one of them"
            )));
        }
        if !account.starts_with(wanted) {
            notes.push(format!("becomes account {account}"));
        }
        match account::account(account, name, &region, additions, desk, notes) {
            Ok(spec) => accounts.push((spec, Said::of(&region))),
            Err(more) => problems.0.extend(more.0),
        }
    }
    problems.unless_any(Some(accounts))
}

/// The names of the clouds to import, each once, in the order asked for.
fn chosen<'a>(sources: &'a Sources, selection: &'a [String]) -> Result<Vec<&'a str>, CloudsError> {
    if sources.clouds.is_empty() {
        return Err(CloudsError::of_file(
            &sources.file,
            "no clouds in it; expected a mapping 'clouds:' with one mapping for each cloud",
        ));
    }
    let is_unknown = |wanted: &&String| !sources.clouds.contains_key(*wanted);
    let unknown: Vec<&str> = selection
        .iter()
        .filter(is_unknown)
        .map(String::as_str)
        .collect();
    if !unknown.is_empty() {
        let known: Vec<&str> = sources.clouds.keys().map(String::as_str).collect();
        return Err(CloudsError::of_file(
            &sources.file,
            format!(
                "no cloud {} in it; there are: {}",
                unknown.join(", "),
                known.join(", ")
            ),
        ));
    }
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in selection
        .iter()
        .filter_map(|wanted| sources.clouds.get_key_value(wanted))
    {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names = sources.clouds.keys().map(String::as_str).collect();
    }
    Ok(names)
}

/// The profile that a cloud begins with; nothing where it names none.
fn profile(
    cloud: &Cloud,
    public: &BTreeMap<String, Cloud>,
    notes: &mut Vec<String>,
) -> Result<Cloud, Problem> {
    // `cloud` is the profile's key of old files.
    let Some(profile) = cloud.first(&["profile", "cloud"]) else {
        return Ok(Cloud::default());
    };
    if let Some(base) = public.get(profile) {
        return Ok(base.clone());
    }
    if cloud.get("auth_url").is_some() {
        // Enough is said here: openstacksdk goes on without the profile as well.
        notes.push(format!(
            "no profile {profile} in any clouds-public.yaml; nothing is taken from it, its regions \
             neither"
        ));
        return Ok(Cloud::default());
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
