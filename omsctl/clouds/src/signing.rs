//! How to sign in at a cloud: with what, as whom, for which project.

use oms_proto::Secret;
use oms_proto::spec::{ApplicationCredential, Credentials, PasswordCredentials, TokenCredentials};

use super::cloud::Cloud;
use super::{Desk, Lacking, Problem, Problems};

/// Why a way to sign in that goes through somebody else cannot be taken.
const FEDERATED: &str = "signs in through another service, with a person before a browser or \
                         tokens of its own; make an application credential there and use \
                         v3applicationcredential";

/// A way to sign in.
pub(super) enum Way {
    /// As a user, by these methods: a password, passcodes, or both.
    User(Vec<String>),
    /// With a token that was got elsewhere.
    Token,
    /// With an application credential.
    ApplicationCredential,
}

/// The way that a cloud says, or means by what it gives.
pub(super) fn way(cloud: &Cloud) -> Result<Way, Problem> {
    let user = |methods: &[&str]| {
        let methods = methods.iter().map(|&method| method.to_owned());
        Ok(Way::User(methods.collect()))
    };
    let refused = |why: String| Err(Problem::at("auth_type", why));
    match auth_type(cloud)? {
        "password" | "v3password" if cloud.says("totp_secret") => user(&["password", "totp"]),
        "password" | "v3password" => user(&["password"]),
        "v3totp" => user(&["totp"]),
        "v3multifactor" => {
            let said = cloud.get("auth_methods").unwrap_or_default();
            let methods = said
                .split(',')
                .map(|method| method.trim().trim_start_matches("v3"));
            let methods: Vec<&str> = methods.filter(|method| !method.is_empty()).collect();
            user(&methods)
        }
        "token" | "v3token" => Ok(Way::Token),
        "v3applicationcredential" | "application_credential" => Ok(Way::ApplicationCredential),
        past @ ("admin_token" | "token_endpoint" | "none" | "http_basic" | "noauth") => {
            refused(format!(
                "{past} is not supported: it goes past Keystone, which OMS asks where things are; \
                 use v3token, password or v3applicationcredential"
            ))
        }
        old @ ("v2password" | "v2token") => refused(format!(
            "{old} is of Identity v2, which is gone; use password"
        )),
        other if is_federated(other) => {
            refused(format!("{other} is not supported: it {FEDERATED}"))
        }
        other => refused(format!(
            "{other} is not supported; use password, v3totp, v3multifactor, v3token or \
             v3applicationcredential"
        )),
    }
}

/// What a cloud gives to sign in with.
pub(super) fn credentials(
    way: &Way,
    name: &str,
    cloud: &Cloud,
    desk: &mut Desk<'_>,
    problems: &mut Problems,
) -> Option<Credentials> {
    match way {
        Way::User(methods) => {
            let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
            password(name, cloud, desk, &methods, problems)
        }
        Way::Token => token(name, cloud, desk, problems),
        Way::ApplicationCredential => application_credential(name, cloud, desk, problems),
    }
}

/// Words for ways through another service: `OpenID` Connect, SAML, ADFS, Kerberos, `OAuth`.
fn is_federated(auth_type: &str) -> bool {
    [
        "oidc",
        "saml",
        "adfs",
        "kerberos",
        "oauth",
        "mapped",
        "tokenless",
        "websso",
    ]
    .iter()
    .any(|word| auth_type.contains(word))
}

fn auth_type(cloud: &Cloud) -> Result<&str, Problem> {
    let any = |keys: [&str; 2]| keys.iter().any(|key| cloud.says(key));
    let by_credential = any(["application_credential_id", "application_credential_name"]);
    let by_token = any(["auth_token", "token"]);
    let by_password = cloud.says("password");
    if let Some(said) = cloud.get("auth_type") {
        cloud.mark("auth_plugin");
        return Ok(said);
    }
    // What it says where nothing else does is the way that is taken without it.
    let old = cloud.get("auth_plugin");
    if let Some(old) = old.filter(|it| !matches!(*it, "password" | "v3password")) {
        return Err(Problem::at(
            "auth_plugin",
            format!("is no longer read by anything; write auth_type: {old}"),
        ));
    }
    match (by_credential, by_password, by_token) {
        (true, true, _) => Err(Problem::at(
            "auth_type",
            "is missing, and there are a password and an application credential; say which with \
             auth_type: password or v3applicationcredential",
        )),
        (_, _, true) if !by_password => Err(Problem::at(
            "auth_type",
            "is missing beside a token; give auth_type: v3token",
        )),
        (true, false, _) => Ok("v3applicationcredential"),
        _ => Ok("password"),
    }
}

/// What can be told of methods to sign in by.
fn check_methods(methods: &[&str]) -> Result<(), Problem> {
    let is_known = |it: &&&str| matches!(**it, "password" | "totp");
    if let Some(other) = methods.iter().find(|it| !is_known(it)) {
        return Err(Problem::at(
            "auth_methods",
            format!("{other} is not supported; password and totp are"),
        ));
    }
    if methods.is_empty() {
        return Err(Problem::at(
            "auth_methods",
            "is missing; give v3password, v3totp",
        ));
    }
    Ok(())
}

fn check_passcode(cloud: &Cloud) -> Result<(), Problem> {
    if cloud.says("passcode") && !cloud.says("totp_secret") {
        return Err(Problem::at(
            "auth.passcode",
            "lasts for half a minute only; give auth.totp_secret, from which OMS makes passcodes, \
             or use an application credential, which needs none",
        ));
    }
    cloud.mark("passcode");
    Ok(())
}

/// Signs a user in by these methods: a password, passcodes, or both.
fn password(
    name: &str,
    cloud: &Cloud,
    desk: &mut Desk<'_>,
    methods: &[&str],
    problems: &mut Problems,
) -> Option<Credentials> {
    let (by_password, by_totp) = (methods.contains(&"password"), methods.contains(&"totp"));
    let known = problems.see(check_methods(methods));
    let project = project(cloud, problems);
    let user = problems.see(user(cloud));
    let passcode = problems.see(check_passcode(cloud));
    let mut secret = |lacking| match (known, passcode) {
        (Some(()), Some(())) => secret(name, cloud, desk, lacking, problems),
        _ => None,
    };
    let password = by_password.then(|| secret(Lacking::PASSWORD));
    let totp_secret = by_totp.then(|| secret(Lacking::TOTP));
    let (project, user) = (project?, user?);
    Some(Credentials::Password(PasswordCredentials {
        username: user.name.unwrap_or_default(),
        user_domain_name: user.domain.name,
        user_domain_id: user.domain.id,
        password: match password {
            Some(password) => password?,
            None => Secret::default(),
        },
        tenant_name: project.name,
        tenant_id: project.id,
        project_domain_name: project.domain.name,
        project_domain_id: project.domain.id,
        user_id: user.id,
        totp_secret: match totp_secret {
            Some(secret) => Some(secret?),
            None => None,
        },
    }))
}

/// Signs in with a token that was got elsewhere. The domain of its project is said as for a user.
fn token(
    name: &str,
    cloud: &Cloud,
    desk: &mut Desk<'_>,
    problems: &mut Problems,
) -> Option<Credentials> {
    let project = project(cloud, problems);
    let token = match cloud.first(&["token", "auth_token"]) {
        Some(said) => Some(Secret::new(said)),
        None => secret(name, cloud, desk, Lacking::TOKEN, problems),
    };
    let project = project?;
    Some(Credentials::Token(TokenCredentials {
        token: token?,
        tenant_name: project.name,
        tenant_id: project.id,
        project_domain_name: project.domain.name,
        project_domain_id: project.domain.id,
    }))
}

fn application_credential(
    name: &str,
    cloud: &Cloud,
    desk: &mut Desk<'_>,
    problems: &mut Problems,
) -> Option<Credentials> {
    let id = cloud.get("application_credential_id").map(str::to_owned);
    let credential = cloud.get("application_credential_name").map(str::to_owned);
    if id.is_none() && credential.is_none() {
        problems.0.push(Problem::at(
            "auth.application_credential_id",
            "is missing; give it, or auth.application_credential_name with auth.username",
        ));
    }
    // The id says everything; what stands beside it could only contradict it.
    let user = if id.is_none() && credential.is_some() {
        Some(problems.see(user(cloud)))
    } else {
        None
    };
    let secret = secret(name, cloud, desk, Lacking::CREDENTIAL, problems)?;
    let user = match user {
        Some(user) => Some(user?),
        None => None,
    };
    let by_id = id.is_some();
    let (user_name, user_id, domain) = user
        .map(|user| (user.name, user.id, user.domain))
        .unwrap_or_default();
    Some(Credentials::ApplicationCredential(ApplicationCredential {
        id,
        name: credential.filter(|_| !by_id),
        username: user_name,
        user_domain_name: domain.name,
        user_domain_id: domain.id,
        secret,
        user_id,
    }))
}

/// A user; the id counts where there are both.
struct User {
    name: Option<String>,
    id: Option<String>,
    domain: Domain,
}

/// A project, by name or id.
struct Project {
    name: Option<String>,
    id: Option<String>,
    domain: Domain,
}

/// A domain; the id counts where there are both.
#[derive(Default)]
struct Domain {
    name: Option<String>,
    id: Option<String>,
}

fn user(cloud: &Cloud) -> Result<User, Problem> {
    let name = cloud.first(&["username", "user_name"]).map(str::to_owned);
    let id = cloud.get("user_id").map(str::to_owned);
    if name.is_none() && id.is_none() {
        return Err(Problem::missing("auth.username"));
    }
    Ok(User {
        name,
        id,
        domain: domain(cloud, "user_domain_id", "user_domain_name"),
    })
}

fn project(cloud: &Cloud, problems: &mut Problems) -> Option<Project> {
    let not_a_project = "is not supported, OMS signs in to a project; choose the other clouds of the file with --cloud";
    // A scope of another kind stands in the place of a project, which is not missed then.
    problems.see(refuse(cloud, &["system_scope", "trust_id"], not_a_project))?;
    // `project` and `tenant` are no words of openstacksdk's, but of tools that look like it.
    let name = cloud
        .last(&["tenant_name", "project_name"])
        .or(cloud.first(&["project", "tenant"]));
    let id = cloud.last(&["tenant_id", "project_id"]);
    if name.is_none() && id.is_none() {
        problems.0.push(Problem::at(
            "auth.project_name",
            "is missing; give it or auth.project_id",
        ));
        return None;
    }
    Some(Project {
        name: name.map(str::to_owned),
        id: id.map(str::to_owned),
        domain: domain(cloud, "project_domain_id", "project_domain_name"),
    })
}

fn refuse(cloud: &Cloud, keys: &[&'static str], why: &str) -> Result<(), Problem> {
    match keys.iter().find(|key| cloud.get(key).is_some()) {
        None => Ok(()),
        Some(key) => Err(Problem::at(*key, why)),
    }
}

/// A domain: what is said for it, else what is said for both domains; by id and by name apart, as
/// openstacksdk does it.
fn domain(cloud: &Cloud, id: &str, name: &str) -> Domain {
    let said = |own: &str, both: &str, default: &str| {
        let of_its_own = cloud.last(&[own]);
        let for_both = cloud.last(&[both]);
        let by_default = cloud.get(default);
        of_its_own.or(for_both).or(by_default).map(str::to_owned)
    };
    let domain = Domain {
        name: said(name, "domain_name", "default_domain_name"),
        id: said(id, "domain_id", "default_domain_id"),
    };
    // Short form of other tools: the id.
    let short = cloud.get("default_domain").map(str::to_owned);
    if domain.name.is_none() && domain.id.is_none() {
        return Domain {
            name: None,
            id: short,
        };
    }
    domain
}

/// A secret of the file, or from whoever can be asked for what it leaves out; nobody is asked for the
/// sake of a cloud that cannot be used in any case.
fn secret(
    name: &str,
    cloud: &Cloud,
    desk: &mut Desk<'_>,
    lacking: Lacking,
    problems: &mut Problems,
) -> Option<Secret> {
    if let Some(said) = cloud.get(lacking.key) {
        return Some(Secret::new(said));
    }
    if !problems.0.is_empty() && desk.is_person {
        return None;
    }
    let asked = (desk.ask)(name, lacking);
    problems.see(asked.map_err(|words| Problem::at(format!("auth.{}", lacking.key), words)))
}
