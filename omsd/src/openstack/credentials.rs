//! The body of a sign-in at Keystone v3, by password or by application credential.
//!
//! Source: <https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management>.

use oms_proto::spec::{ApplicationCredential, Credentials, PasswordCredentials};
use serde_json::{Map, Value, json};

/// Keystone's domain for those that do not use domains.
const DEFAULT_DOMAIN: &str = "Default";

/// The body of `POST /v3/auth/tokens`.
///
/// # Errors
/// A sentence about what is missing.
pub(super) fn auth_body(credentials: &Credentials) -> Result<Vec<u8>, String> {
    let auth = match credentials {
        Credentials::Password(password) => by_password(password)?,
        Credentials::ApplicationCredential(credential) => by_credential(credential)?,
    };
    Ok(json!({ "auth": auth }).to_string().into_bytes())
}

/// The text that must never be shown.
pub(super) fn secret(credentials: &Credentials) -> &str {
    match credentials {
        Credentials::Password(password) => password.password.expose(),
        Credentials::ApplicationCredential(credential) => credential.secret.expose(),
    }
}

fn by_password(given: &PasswordCredentials) -> Result<Value, String> {
    let user_domain = domain(
        given.user_domain_id.as_ref(),
        given.user_domain_name.as_ref(),
    );
    let project = match (
        named(given.tenant_id.as_ref()),
        named(given.tenant_name.as_ref()),
    ) {
        (Some(id), _) => json!({ "id": id }),
        (None, Some(name)) => {
            let given_domain = named(given.project_domain_id.as_ref())
                .or(named(given.project_domain_name.as_ref()));
            let project_domain = match given_domain {
                Some(_) => domain(
                    given.project_domain_id.as_ref(),
                    given.project_domain_name.as_ref(),
                ),
                None => user_domain.clone(),
            };
            json!({ "name": name, "domain": project_domain })
        }
        (None, None) => return Err("a project is needed: tenant_name or tenant_id".to_owned()),
    };
    if given.username.is_empty() {
        return Err("a username is needed".to_owned());
    }
    Ok(json!({
        "identity": {
            "methods": ["password"],
            "password": {
                "user": {
                    "name": given.username,
                    "domain": user_domain,
                    "password": given.password.expose(),
                }
            }
        },
        "scope": { "project": project },
    }))
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
        }
    }

    fn body(credentials: &Credentials) -> String {
        String::from_utf8(auth_body(credentials).unwrap()).unwrap()
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
    fn what_is_missing_is_named() {
        let mut given = password();
        given.tenant_name = Some(String::new());
        assert!(
            auth_body(&Credentials::Password(given))
                .unwrap_err()
                .contains("tenant_name")
        );
        let error = auth_body(&Credentials::ApplicationCredential(credential())).unwrap_err();
        assert!(error.contains("username"));
    }
}
