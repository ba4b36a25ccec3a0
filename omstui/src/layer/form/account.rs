//! The forms that add an account, edit its defaults and change its secret.

use oms_proto::Request;
use oms_proto::request::{AccountAdd, AccountEdit, AccountTry};
use oms_proto::secret::Secret;
use oms_proto::spec::{
    AccountPatch, AccountSpec, ApplicationCredential, Credentials, Endpoints, Interface, NewSecret,
    PasswordCredentials, TokenCredentials,
};
use oms_proto::view::{AccountView, AuthType};

use super::entry::{list, machine, machine_of, said};
use super::{Button, Field, Form, Purpose, Wrong};
use crate::model::Model;
use crate::text;

/// The ways to sign in that the form has.
const WAYS: &[&str] = &["password", "application credential", "token"];
const PASSWORD: &[&str] = &["password"];
const CREDENTIAL: &[&str] = &["application credential"];
const TOKEN: &[&str] = &["token"];
const SCOPED: &[&str] = &["password", "token"];
/// Endpoints of the catalogue.
const INTERFACES: &[&str] = &["public", "internal", "admin"];

/// What kind of secret an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A password.
    Password,
    /// The secret of an application credential.
    Credential,
    /// A token.
    Token,
}

impl SecretKind {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Credential => "credential's secret",
            Self::Token => "token",
        }
    }
}

/// An empty form for a new account.
pub fn add(model: &Model) -> Form {
    let mut fields = vec![
        Field::new("name", "name", text::say(text::HINT_ACCOUNT_NAME)),
        Field::new("provider", "provider", text::say(text::HINT_PROVIDER)),
        Field::new("auth_url", "auth URL", text::say(text::HINT_AUTH_URL)),
        Field::new("region_name", "region", text::say(text::HINT_REGION)),
        Field::new("interface", "interface", "").choice(INTERFACES),
        Field::new("by", "sign in by", "").choice(WAYS),
        Field::new("username", "user", "").only("by", PASSWORD),
        Field::new(
            "user_domain_name",
            "user's domain",
            text::say(text::HINT_DOMAIN),
        )
        .only("by", PASSWORD),
        Field::new("password", "password", "")
            .secret()
            .only("by", PASSWORD),
        Field::new("id", "credential id", "").only("by", CREDENTIAL),
        Field::new("secret", "secret", "")
            .secret()
            .only("by", CREDENTIAL),
        Field::new("token", "token", "").secret().only("by", TOKEN),
        Field::new("tenant_name", "project", text::say(text::HINT_PROJECT)).only("by", SCOPED),
        Field::new(
            "project_domain_name",
            "project's domain",
            text::say(text::HINT_DOMAIN),
        )
        .only("by", SCOPED),
    ];
    fields.extend(machine(model, None, text::HINT_NO_DEFAULT));
    fields.push(Field::new(
        "priority",
        "priority",
        text::say(text::HINT_PRIORITY),
    ));
    let buttons = &[
        Button::Preview,
        Button::SubmitAndTest,
        Button::Submit,
        Button::Cancel,
    ];
    Form::new(Purpose::Add, fields, buttons)
}

/// A form with an account's defaults.
pub fn edit(model: &Model, account: &AccountView) -> Form {
    let mut fields = machine(model, Some(&account.defaults), text::HINT_NO_DEFAULT);
    let priority = Field::new("priority", "priority", text::say(text::HINT_PRIORITY));
    fields.push(priority.filled(&account.priority.to_string()));
    let buttons = &[Button::SubmitAndTest, Button::Submit, Button::Cancel];
    Form::new(Purpose::Edit(account.name.clone()), fields, buttons)
}

/// A form for an account's new secret.
pub fn password(account: &AccountView) -> Form {
    let kind = match account.auth_type {
        AuthType::ApplicationCredential => SecretKind::Credential,
        AuthType::Token => SecretKind::Token,
        AuthType::Password | AuthType::PasswordTotp | AuthType::Totp | AuthType::Unknown => {
            SecretKind::Password
        }
    };
    let fields = vec![
        Field::new("secret", "new", "").secret(),
        Field::new("again", "once more", "").secret(),
    ];
    let purpose = Purpose::Password(account.name.clone(), kind);
    let buttons = &[Button::SubmitAndTest, Button::Submit, Button::Cancel];
    Form::new(purpose, fields, buttons)
}

pub(super) fn add_request(form: &Form) -> Result<Request, Wrong> {
    Ok(AccountAdd { spec: spec(form)? }.into())
}

/// Tests it as it stands in the form; nothing is added.
pub(super) fn try_request(form: &Form) -> Result<Request, Wrong> {
    Ok(AccountTry { spec: spec(form)? }.into())
}

fn spec(form: &Form) -> Result<AccountSpec, Wrong> {
    let needed = |name: &'static str| {
        said(form, name).ok_or_else(|| (name, text::say(text::NEEDED).to_owned()))
    };
    let secret = |name: &'static str| {
        let field = form.fields.iter().find(|field| field.name == name);
        let typed = field.map_or("", |field| field.input.text());
        if typed.is_empty() {
            return Err((name, text::say(text::NEEDED).to_owned()));
        }
        Ok(Secret::new(typed))
    };
    let name = needed("name")?;
    let auth_url = needed("auth_url")?;
    let credentials = match form.text("by") {
        "application credential" => Credentials::ApplicationCredential(ApplicationCredential {
            id: Some(needed("id")?),
            name: None,
            username: None,
            user_domain_name: None,
            user_domain_id: None,
            secret: secret("secret")?,
            user_id: None,
        }),
        "token" => Credentials::Token(TokenCredentials {
            token: secret("token")?,
            tenant_name: Some(needed("tenant_name")?),
            tenant_id: None,
            project_domain_name: said(form, "project_domain_name"),
            project_domain_id: None,
        }),
        _ => Credentials::Password(PasswordCredentials {
            username: needed("username")?,
            user_domain_name: said(form, "user_domain_name"),
            user_domain_id: None,
            password: secret("password")?,
            tenant_name: Some(needed("tenant_name")?),
            tenant_id: None,
            project_domain_name: said(form, "project_domain_name"),
            project_domain_id: None,
            user_id: None,
            totp_secret: None,
        }),
    };
    Ok(AccountSpec {
        name,
        provider: said(form, "provider"),
        auth_url,
        region_name: said(form, "region_name"),
        interface: match form.text("interface") {
            "internal" => Interface::Internal,
            "admin" => Interface::Admin,
            _ => Interface::Public,
        },
        credentials,
        defaults: machine_of(form),
        ca_pem: None,
        pinned_cert_pem: None,
        priority: priority(form)?.unwrap_or(0),
        enabled: true,
        endpoints: Endpoints::default(),
        proxy: None,
        client_cert_pem: None,
        client_key_pem: None,
    })
}

/// All of the defaults as the form has them; what is left empty is taken away.
pub(super) fn edit_request(form: &Form, name: &str) -> Result<Request, Wrong> {
    let machine = machine_of(form);
    let patch = AccountPatch {
        image: Some(machine.image),
        flavor: Some(machine.flavor),
        networks: Some(list(form, "networks").unwrap_or_default()),
        security_groups: Some(list(form, "security_groups").unwrap_or_default()),
        availability_zone: Some(machine.availability_zone),
        address_type: Some(machine.address_type),
        address_family: Some(machine.address_family),
        priority: priority(form)?,
        ..AccountPatch::default()
    };
    let name = name.to_owned();
    Ok(AccountEdit { name, patch }.into())
}

pub(super) fn password_request(
    form: &Form,
    name: &str,
    kind: SecretKind,
) -> Result<Request, Wrong> {
    let typed = |name: &str| {
        let field = form.fields.iter().find(|field| field.name == name);
        field.map_or("", |field| field.input.text())
    };
    if typed("secret").is_empty() {
        return Err(("secret", text::say(text::NEEDED).to_owned()));
    }
    if typed("secret") != typed("again") {
        return Err(("again", text::say(text::DIFFERS).to_owned()));
    }
    let secret = Secret::new(typed("secret"));
    let secret = match kind {
        SecretKind::Password => NewSecret::Password(secret),
        SecretKind::Credential => NewSecret::ApplicationCredential(secret),
        SecretKind::Token => NewSecret::Token(secret),
    };
    let patch = AccountPatch {
        secret: Some(secret),
        ..AccountPatch::default()
    };
    let name = name.to_owned();
    Ok(AccountEdit { name, patch }.into())
}

fn priority(form: &Form) -> Result<Option<i32>, Wrong> {
    match said(form, "priority") {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(("priority", text::say(text::HINT_PRIORITY).to_owned())),
        },
    }
}
