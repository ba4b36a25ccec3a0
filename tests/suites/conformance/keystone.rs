//! Keystone of a real cloud, past the client that is under test.

use oms_proto::spec::Credentials;
use omsd::ports::OpenAccount;
use serde_json::{Value, json};

/// A client for it.
pub(crate) fn http() -> reqwest::Client {
    // Another check may have chosen it already.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::new()
}

/// A new token of an account, and what Keystone says of it.
pub(crate) async fn token(http: &reqwest::Client, account: &OpenAccount) -> (String, Value) {
    let tokens = format!("{}/auth/tokens", account.auth_url);
    let request = http.post(tokens).json(&sign_in(account));
    let answer = request.send().await.unwrap().error_for_status().unwrap();
    let token = answer.headers()["x-subject-token"].to_str().unwrap();
    let token = token.to_owned();
    (token, answer.json().await.unwrap())
}

/// Ends a token.
pub(crate) async fn revoke(http: &reqwest::Client, account: &OpenAccount, token: &str) {
    let tokens = format!("{}/auth/tokens", account.auth_url);
    let request = http.delete(tokens).header("x-auth-token", token);
    let request = request.header("x-subject-token", token);
    request.send().await.unwrap().error_for_status().unwrap();
}

fn sign_in(account: &OpenAccount) -> Value {
    match &account.credentials {
        Credentials::Password(it) => json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": it.username, "password": it.password.expose(),
                "domain": {"name": it.user_domain_name},
            }}},
            "scope": {"project": {
                "name": it.tenant_name, "domain": {"name": it.project_domain_name},
            }},
        }}),
        Credentials::ApplicationCredential(it) => json!({"auth": {"identity": {
            "methods": ["application_credential"],
            "application_credential": {"id": it.id, "secret": it.secret.expose()},
        }}}),
        Credentials::Token(_) => unreachable!("no account of the fixtures signs in with a token"),
    }
}
