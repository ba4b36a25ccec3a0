//! The body of a sign-in at Keystone v3: by password, passcode or both, by application credential,
//! or by a token.
//!
//! Source: <https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management>.

use oms_proto::Time;
use oms_proto::spec::{ApplicationCredential, Credentials, PasswordCredentials, TokenCredentials};
use serde_json::{Map, Value, json};

/// Keystone's domain for those that do not use domains.
const DEFAULT_DOMAIN: &str = "Default";

/// The body of `POST /v3/auth/tokens` that is sent at that time.
///
/// # Errors
/// A sentence about what is missing.
pub(super) fn auth_body(credentials: &Credentials, now: Time) -> Result<Vec<u8>, String> {
    let auth = match credentials {
        Credentials::Password(password) => by_password(password, now)?,
        Credentials::ApplicationCredential(credential) => by_credential(credential)?,
        Credentials::Token(token) => by_token(token)?,
    };
    Ok(json!({ "auth": auth }).to_string().into_bytes())
}

/// The text that must never be shown.
pub(super) fn secret(credentials: &Credentials) -> &str {
    match credentials {
        Credentials::Password(password) => password.password.expose(),
        Credentials::ApplicationCredential(credential) => credential.secret.expose(),
        Credentials::Token(given) => given.token.expose(),
    }
}

fn by_password(given: &PasswordCredentials, now: Time) -> Result<Value, String> {
    let user_domain = domain(
        given.user_domain_id.as_ref(),
        given.user_domain_name.as_ref(),
    );
    let of_its_own =
        named(given.project_domain_id.as_ref()).or(named(given.project_domain_name.as_ref()));
    let project_domain = match of_its_own {
        Some(_) => domain(
            given.project_domain_id.as_ref(),
            given.project_domain_name.as_ref(),
        ),
        None => user_domain.clone(),
    };
    let project = project(
        given.tenant_id.as_ref(),
        given.tenant_name.as_ref(),
        &project_domain,
    )?;
    let mut user = match (named(given.user_id.as_ref()), named(Some(&given.username))) {
        (Some(id), _) => Map::from_iter([("id".to_owned(), id.into())]),
        (None, Some(name)) => Map::from_iter([
            ("name".to_owned(), name.into()),
            ("domain".to_owned(), user_domain),
        ]),
        (None, None) => return Err("a username or a user_id is needed".to_owned()),
    };
    let mut methods = Vec::new();
    let mut identity = Map::new();
    if let Some(secret) = &given.totp_secret {
        let mut user = user.clone();
        user.insert(
            "passcode".to_owned(),
            passcode(secret.expose(), now)?.into(),
        );
        methods.push("totp");
        identity.insert("totp".to_owned(), json!({ "user": user }));
    }
    if !given.password.expose().is_empty() {
        user.insert("password".to_owned(), given.password.expose().into());
        methods.insert(0, "password");
        identity.insert("password".to_owned(), json!({ "user": user }));
    }
    if methods.is_empty() {
        return Err("a password is needed, or a totp_secret".to_owned());
    }
    identity.insert("methods".to_owned(), methods.into());
    Ok(json!({ "identity": identity, "scope": { "project": project } }))
}

/// The passcode of that time, as Keystone reckons it: RFC 6238 with SHA-1, six digits and half a
/// minute.
fn passcode(secret: &str, now: Time) -> Result<String, String> {
    let secret: String = secret
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '='))
        .collect();
    let secret = totp_rs::Secret::try_from_base32(secret.to_ascii_uppercase())
        .map_err(|_| "totp_secret is not base32".to_owned())?;
    let totp = totp_rs::Builder::new()
        .with_secret(secret)
        .build_noncompliant();
    Ok(totp.generate(now.since(Time(0)).as_secs()).to_string())
}

/// The token's own end is the end of all that is got with it.
fn by_token(given: &TokenCredentials) -> Result<Value, String> {
    let domain = domain(
        given.project_domain_id.as_ref(),
        given.project_domain_name.as_ref(),
    );
    let project = project(
        given.tenant_id.as_ref(),
        given.tenant_name.as_ref(),
        &domain,
    )?;
    let identity = json!({ "methods": ["token"], "token": { "id": given.token.expose() } });
    Ok(json!({ "identity": identity, "scope": { "project": project } }))
}

/// A project, which needs its domain where it is given by name.
fn project(id: Option<&String>, name: Option<&String>, domain: &Value) -> Result<Value, String> {
    match (named(id), named(name)) {
        (Some(id), _) => Ok(json!({ "id": id })),
        (None, Some(name)) => Ok(json!({ "name": name, "domain": domain })),
        (None, None) => Err("a project is needed: tenant_name or tenant_id".to_owned()),
    }
}

/// Without a scope: with one Keystone answers 401, for the credential has its project.
fn by_credential(given: &ApplicationCredential) -> Result<Value, String> {
    let mut credential = Map::new();
    credential.insert("secret".to_owned(), given.secret.expose().into());
    match (
        named(given.id.as_ref()),
        named(given.name.as_ref()),
        named(given.username.as_ref()),
    ) {
        (Some(id), _, _) => {
            credential.insert("id".to_owned(), id.into());
        }
        (None, Some(name), _) if named(given.user_id.as_ref()).is_some() => {
            credential.insert("name".to_owned(), name.into());
            credential.insert("user".to_owned(), json!({ "id": given.user_id }));
        }
        (None, Some(name), Some(user)) => {
            let domain = domain(
                given.user_domain_id.as_ref(),
                given.user_domain_name.as_ref(),
            );
            credential.insert("name".to_owned(), name.into());
            credential.insert("user".to_owned(), json!({ "name": user, "domain": domain }));
        }
        (None, Some(_), None) => {
            return Err("an application credential by name needs its username".to_owned());
        }
        (None, None, _) => return Err("an application credential needs its id".to_owned()),
    }
    Ok(json!({
        "identity": {
            "methods": ["application_credential"],
            "application_credential": credential,
        }
    }))
}

fn domain(id: Option<&String>, name: Option<&String>) -> Value {
    match (named(id), named(name)) {
        (Some(id), _) => json!({ "id": id }),
        (None, name) => json!({ "name": name.unwrap_or(DEFAULT_DOMAIN) }),
    }
}

fn named(given: Option<&String>) -> Option<&str> {
    given.map(String::as_str).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use oms_proto::Secret;

    use super::*;

    fn password() -> PasswordCredentials {
        PasswordCredentials {
            username: "u".into(),
            user_domain_name: None,
            user_domain_id: None,
            password: Secret::new("pw"),
            tenant_name: Some("t".into()),
            tenant_id: None,
            project_domain_name: None,
            project_domain_id: None,
            user_id: None,
            totp_secret: None,
        }
    }

    fn credential() -> ApplicationCredential {
        ApplicationCredential {
            id: None,
            name: Some("n".into()),
            username: None,
            user_domain_name: None,
            user_domain_id: None,
            secret: Secret::new("s"),
            user_id: None,
        }
    }

    fn body(credentials: &Credentials) -> String {
        String::from_utf8(auth_body(credentials, Time(59_000_000)).unwrap()).unwrap()
    }

    #[test]
    fn a_project_is_in_the_users_domain_unless_told_otherwise() {
        let mut given = password();
        given.user_domain_name = Some("tenants".into());
        insta::assert_snapshot!(body(&Credentials::Password(given.clone())));
        given.tenant_id = Some("tid".into());
        given.user_domain_id = Some("did".into());
        insta::assert_snapshot!(body(&Credentials::Password(given)));
    }

    #[test]
    fn an_application_credential_has_no_scope() {
        let mut given = credential();
        given.username = Some("u".into());
        insta::assert_snapshot!(body(&Credentials::ApplicationCredential(given.clone())));
        given.id = Some("cid".into());
        insta::assert_snapshot!(body(&Credentials::ApplicationCredential(given)));
    }

    #[test]
    fn a_token_is_for_the_project_that_is_named() {
        let mut given = TokenCredentials {
            token: Secret::new("gAAAAA"),
            tenant_name: Some("t".into()),
            tenant_id: None,
            project_domain_name: None,
            project_domain_id: None,
        };
        insta::assert_snapshot!(body(&Credentials::Token(given.clone())));
        given.tenant_id = Some("tid".into());
        insta::assert_snapshot!(body(&Credentials::Token(given)));
    }

    #[test]
    fn a_user_id_stands_before_a_name_and_needs_no_domain() {
        let mut given = password();
        given.user_id = Some("uid".into());
        insta::assert_snapshot!(body(&Credentials::Password(given)));
        let mut given = credential();
        given.user_id = Some("uid".into());
        insta::assert_snapshot!(body(&Credentials::ApplicationCredential(given)));
    }

    #[test]
    fn passcodes_are_those_of_the_standard_s_own_table() {
        let mut given = password();
        // RFC 6238, appendix B: "12345678901234567890" at 59 seconds gives 94287082.
        given.totp_secret = Some(Secret::new("gezd gnbv gy3t qojq GEZDGNBVGY3TQOJQ===="));
        insta::assert_snapshot!(body(&Credentials::Password(given.clone())));
        given.password = Secret::new("");
        insta::assert_snapshot!(body(&Credentials::Password(given.clone())));
        given.totp_secret = Some(Secret::new("not base32!"));
        let error = auth_body(&Credentials::Password(given.clone()), Time(0)).unwrap_err();
        assert_eq!(error, "totp_secret is not base32");
        given.totp_secret = None;
        let error = auth_body(&Credentials::Password(given), Time(0)).unwrap_err();
        assert!(error.contains("password"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut given = password();
        given.tenant_name = Some(String::new());
        assert!(
            auth_body(&Credentials::Password(given), Time(0))
                .unwrap_err()
                .contains("tenant_name")
        );
        let error =
            auth_body(&Credentials::ApplicationCredential(credential()), Time(0)).unwrap_err();
        assert!(error.contains("username"));
    }
}
