//! Reads the account of a clouds.yaml that somebody pastes: what openstacksdk calls a cloud, as far as
//! one account needs it. What has no meaning here is refused with its name, so that nothing that was
//! meant is left out without a word; `omsctl account import` reads more.

use std::collections::BTreeMap;

use oms_proto::Secret;
use oms_proto::WireError;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::{
    AccountSpec, ApplicationCredential, Credentials, Endpoints, Interface, PasswordCredentials,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    clouds: BTreeMap<String, Cloud>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cloud {
    auth: Auth,
    #[serde(default)]
    auth_type: Option<String>,
    #[serde(default)]
    region_name: Option<String>,
    #[serde(default, alias = "endpoint_type")]
    interface: Option<String>,
    // They say what is so in any case.
    #[serde(default, rename = "identity_api_version")]
    _identity: Option<serde::de::IgnoredAny>,
    #[serde(default, rename = "volume_api_version")]
    _volume: Option<serde::de::IgnoredAny>,
}

#[expect(clippy::struct_field_names, reason = "they are the words of the file")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Auth {
    auth_url: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    password: Option<Secret>,
    #[serde(default, alias = "tenant_name")]
    project_name: Option<String>,
    #[serde(default, alias = "tenant_id")]
    project_id: Option<String>,
    #[serde(default)]
    user_domain_name: Option<String>,
    #[serde(default)]
    user_domain_id: Option<String>,
    #[serde(default)]
    project_domain_name: Option<String>,
    #[serde(default)]
    project_domain_id: Option<String>,
    #[serde(default)]
    application_credential_id: Option<String>,
    #[serde(default)]
    application_credential_name: Option<String>,
    #[serde(default)]
    application_credential_secret: Option<Secret>,
}

/// The account of a cloud; of the only one where none is named.
pub(super) fn account(yaml: &str, wanted: &str) -> Result<AccountSpec, WireError> {
    let at_fault = |message: String| WireError::field("yaml", message);
    let file: File = serde_saphyr::from_str(yaml).map_err(|error| {
        // What is wrong is told by its place; a snippet would show the secrets beside it.
        at_fault(error.without_snippet().to_string())
    })?;
    let names: Vec<_> = file.clouds.keys().cloned().collect();
    let mut clouds = file.clouds;
    let name = match (wanted, names.as_slice()) {
        ("", [only]) => only.clone(),
        ("", []) => return Err(at_fault("there is no cloud in it".to_owned())),
        ("", several) => {
            let message = format!("say which of {}", several.join(", "));
            return Err(WireError::field("cloud", message));
        }
        (wanted, _) => wanted.to_owned(),
    };
    let Some(cloud) = clouds.remove(&name) else {
        let message = format!("there is no such cloud; there is {}", names.join(", "));
        return Err(WireError::field("cloud", message));
    };
    let interface = match cloud
        .interface
        .as_deref()
        .map(|word| word.trim_end_matches("URL"))
    {
        None => Interface::default(),
        Some(word) => word
            .parse()
            .map_err(|error| at_fault(format!("interface: {error}")))?,
    };
    Ok(AccountSpec {
        name,
        provider: None,
        auth_url: cloud.auth.auth_url.clone(),
        region_name: cloud.region_name,
        interface,
        credentials: credentials(cloud.auth, cloud.auth_type.as_deref())?,
        defaults: MachineSpec::default(),
        ca_pem: None,
        pinned_cert_pem: None,
        priority: 0,
        enabled: true,
        endpoints: Endpoints::default(),
        proxy: None,
        client_cert_pem: None,
        client_key_pem: None,
    })
}

fn credentials(auth: Auth, auth_type: Option<&str>) -> Result<Credentials, WireError> {
    let by_credential = match auth_type {
        None => auth.application_credential_secret.is_some(),
        Some("v3applicationcredential") => true,
        Some("password" | "v3password") => false,
        Some(other) => {
            let message =
                format!("auth_type {other:?} is not read here; `omsctl account import` knows more");
            return Err(WireError::field("yaml", message));
        }
    };
    if by_credential {
        return Ok(Credentials::ApplicationCredential(ApplicationCredential {
            id: auth.application_credential_id,
            name: auth.application_credential_name,
            username: auth.username,
            user_domain_name: auth.user_domain_name,
            user_domain_id: auth.user_domain_id,
            secret: auth.application_credential_secret.unwrap_or_default(),
            user_id: auth.user_id,
        }));
    }
    Ok(Credentials::Password(PasswordCredentials {
        username: auth.username.unwrap_or_default(),
        user_domain_name: auth.user_domain_name,
        user_domain_id: auth.user_domain_id,
        password: auth.password.unwrap_or_default(),
        tenant_name: auth.project_name,
        tenant_id: auth.project_id,
        project_domain_name: auth.project_domain_name,
        project_domain_id: auth.project_domain_id,
        user_id: auth.user_id,
        totp_secret: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "clouds:\n  tokyo:\n    region_name: tyo1\n    auth:\n      auth_url: \
        https://k.example/v3\n      username: u\n      password: hush\n      project_name: p\n";

    #[test]
    fn the_only_cloud_is_taken() {
        let spec = account(ONE, "").unwrap();
        assert_eq!(
            (spec.name.as_str(), spec.region_name.as_deref()),
            ("tokyo", Some("tyo1"))
        );
        let Credentials::Password(given) = &spec.credentials else {
            panic!("{spec:?}");
        };
        assert_eq!(
            (given.password.expose(), given.tenant_name.as_deref()),
            ("hush", Some("p"))
        );
    }

    #[test]
    fn what_cannot_be_is_told_without_a_secret() {
        let two = format!("{ONE}  osaka:\n    auth: {{auth_url: x}}\n");
        assert_eq!(
            account(&two, "").unwrap_err().detail,
            "cloud: say which of osaka, tokyo"
        );
        assert!(
            account(ONE, "kyoto")
                .unwrap_err()
                .detail
                .contains("there is tokyo")
        );
        let odd = ONE.replace("password: hush", "password: hush\n      trust_id: t");
        let told = account(&odd, "").unwrap_err().detail;
        assert!(
            told.contains("trust_id") && !told.contains("hush"),
            "{told}"
        );
        for bad in ["", "nonsense", "clouds: {}", "clouds: [1]"] {
            account(bad, "").unwrap_err();
        }
    }
}
