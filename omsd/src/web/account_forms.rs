//! Registering an account by form or from a clouds.yaml, and editing one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use oms_proto::machine::MachineSpec;
use oms_proto::request::{AccountAdd, AccountEdit, AccountShow};
use oms_proto::spec::{
    AccountPatch, AccountSpec, ApplicationCredential, Credentials, Endpoints, Interface, NewSecret,
    PasswordCredentials,
};
use oms_proto::view::{AccountView, AuthType};
use oms_proto::{ErrorCode, Secret, WireError};

use super::clouds;
use super::form::{Form, Sent};
use super::reply::{done, page_with, refused, status_of};
use super::shell::Shell;
use super::site::Site;
use super::stop::Stop;
use super::text;

#[derive(Template)]
#[template(path = "account_form.html")]
struct AccountForm {
    shell: Shell,
    title: String,
    is_new: bool,
    action: String,
    back: String,
    tag: String,
    form: Form,
}

fn new_form(shell: Shell, form: Form) -> Response {
    let status = status_of(shell.wrong.as_ref());
    let form = AccountForm {
        title: shell.l.register.to_owned(),
        is_new: true,
        action: "/accounts/new/".to_owned(),
        back: "/accounts/".to_owned(),
        tag: String::new(),
        form: without_secrets(form),
        shell,
    };
    page_with(status, &form)
}

/// What was typed is shown again after a refusal; what is secret is not.
fn without_secrets(form: Form) -> Form {
    form.without(&["password", "application_credential_secret", "yaml"])
}

/// `GET /accounts/new/`
pub(super) async fn fresh(shell: Shell) -> Response {
    new_form(shell, Form::default())
}

/// `POST /accounts/new/`
pub(super) async fn add(State(site): State<Arc<Site>>, Sent { shell, form }: Sent) -> Response {
    let wanted = spec(&form).map_err(Stop::from);
    register(&site, shell, form, wanted).await
}

/// `POST /accounts/paste/`
pub(super) async fn paste(State(site): State<Arc<Site>>, Sent { shell, form }: Sent) -> Response {
    let wanted = clouds::account(form.get("yaml"), form.get("cloud")).map_err(Stop::from);
    register(&site, shell, form, wanted).await
}

/// Adds the account, or shows the form again with what is wrong.
async fn register(
    site: &Site,
    mut shell: Shell,
    form: Form,
    wanted: Result<AccountSpec, Stop>,
) -> Response {
    let added = async {
        let spec = wanted?;
        Ok(site
            .service
            .ask(shell.caller()?, AccountAdd { spec })
            .await?)
    };
    match added.await {
        Ok(account) => registered(&account),
        Err(stop) => {
            shell.wrong = Stop::into_wire(stop);
            new_form(shell, form)
        }
    }
}

fn registered(account: &AccountView) -> Response {
    let place = format!("/accounts/{}/", account.name);
    done(&place, "registered", &account.name)
}

/// The account that the form describes.
fn spec(form: &Form) -> Result<AccountSpec, WireError> {
    Ok(AccountSpec {
        name: form.get("name").to_owned(),
        provider: form.text("provider"),
        auth_url: form.get("auth_url").to_owned(),
        region_name: form.text("region_name"),
        interface: Interface::default(),
        credentials: credentials(form)?,
        defaults: MachineSpec {
            image: form.text("image"),
            flavor: form.text("flavor"),
            networks: form.list("networks"),
            security_groups: form.list("security_groups"),
            availability_zone: form.text("availability_zone"),
            ..MachineSpec::default()
        },
        ca_pem: form.text("ca_pem"),
        pinned_cert_pem: form.text("pinned_cert_pem"),
        priority: form.number("priority")?.unwrap_or(0),
        enabled: true,
        endpoints: Endpoints::default(),
        proxy: None,
        client_cert_pem: None,
        client_key_pem: None,
    })
}

fn credentials(form: &Form) -> Result<Credentials, WireError> {
    if let Some(secret) = form.text("application_credential_secret") {
        let Some(id) = form.text("application_credential_id") else {
            let message = "an application credential is told by its id";
            return Err(WireError::field("application_credential_id", message));
        };
        return Ok(Credentials::ApplicationCredential(ApplicationCredential {
            id: Some(id),
            name: None,
            username: None,
            user_domain_name: None,
            user_domain_id: None,
            secret: Secret::new(secret),
            user_id: None,
        }));
    }
    Ok(Credentials::Password(PasswordCredentials {
        username: form.get("username").to_owned(),
        user_domain_name: form.text("user_domain_name"),
        user_domain_id: None,
        password: Secret::new(form.get("password")),
        tenant_name: form.text("tenant_name"),
        tenant_id: form.text("tenant_id"),
        project_domain_name: form.text("project_domain_name"),
        project_domain_id: None,
        user_id: None,
        totp_secret: None,
    }))
}

fn edit_form(shell: Shell, name: &str, tag: String, form: Form) -> Response {
    let status = status_of(shell.wrong.as_ref());
    let form = AccountForm {
        title: text::with(shell.l.edit_account, name),
        is_new: false,
        action: format!("/accounts/{name}/edit/"),
        back: format!("/accounts/{name}/"),
        tag,
        form: without_secrets(form),
        shell,
    };
    page_with(status, &form)
}

/// `GET /accounts/NAME/edit/`
pub(super) async fn edit(
    State(site): State<Arc<Site>>,
    shell: Shell,
    Path(name): Path<String>,
) -> Response {
    let read = async {
        // The tag first: what comes between is noticed when the form is sent.
        let tag = site.service.account_tag(&name)?;
        let show = AccountShow { name: name.clone() };
        Ok((tag, site.service.ask(shell.caller()?, show).await?))
    };
    match read.await {
        Ok((tag, account)) => edit_form(shell, &name, tag, filled(&account)),
        Err(stop) => refused(shell, stop),
    }
}

/// The form as the account stands.
fn filled(account: &AccountView) -> Form {
    let mut fields = vec![
        ("provider".to_owned(), account.provider.clone()),
        ("auth_url".to_owned(), account.auth_url.clone()),
        (
            "region_name".to_owned(),
            account.region_name.clone().unwrap_or_default(),
        ),
        ("priority".to_owned(), account.priority.to_string()),
    ];
    let said = account.defaults.fields();
    fields.extend(said.filter_map(|(name, said)| Some((name.to_owned(), said.joined()?))));
    Form::of(fields)
}

/// `POST /accounts/NAME/edit/`
pub(super) async fn save(
    State(site): State<Arc<Site>>,
    Path(name): Path<String>,
    Sent { mut shell, form }: Sent,
) -> Response {
    let tag = form.get("tag").to_owned();
    let saved = async {
        let caller = shell.caller()?;
        let show = AccountShow { name: name.clone() };
        let before = site.service.ask(caller, show).await?;
        let edit = AccountEdit {
            name: name.clone(),
            patch: patch(&form, &before)?,
        };
        let edited = site
            .service
            .edit_account(caller, edit, Some(vec![tag.clone()]))
            .await?;
        edited.ok_or_else(|| {
            let detail = "somebody else has edited the account since this form was loaded";
            Stop::Refused(WireError::new(ErrorCode::Conflict, detail))
        })
    };
    match saved.await {
        Ok(account) => done(&format!("/accounts/{}/", account.name), "edited", ""),
        Err(stop) => {
            shell.wrong = Stop::into_wire(stop);
            edit_form(shell, &name, tag, form)
        }
    }
}

/// What the form changes: only what differs, so that an address that stays is not tried anew.
fn patch(form: &Form, before: &AccountView) -> Result<AccountPatch, WireError> {
    let changed = |name: &str, was: Option<&str>| {
        let now = form.text(name);
        (now.as_deref() != was).then_some(now)
    };
    let list = |name: &str, was: &Option<Vec<String>>| {
        let now = form.list(name);
        (now != *was).then(|| now.unwrap_or_default())
    };
    let defaults = &before.defaults;
    let priority: i32 = form.number("priority")?.unwrap_or(0);
    Ok(AccountPatch {
        provider: changed("provider", Some(&before.provider)).flatten(),
        auth_url: changed("auth_url", Some(&before.auth_url)).flatten(),
        region_name: changed("region_name", before.region_name.as_deref()),
        image: changed("image", defaults.image.as_deref()),
        flavor: changed("flavor", defaults.flavor.as_deref()),
        networks: list("networks", &defaults.networks),
        security_groups: list("security_groups", &defaults.security_groups),
        availability_zone: changed("availability_zone", defaults.availability_zone.as_deref()),
        ca_pem: form.text("ca_pem").map(Some),
        pinned_cert_pem: form.text("pinned_cert_pem").map(Some),
        priority: (priority != before.priority).then_some(priority),
        secret: new_secret(form, before.auth_type),
        ..AccountPatch::default()
    })
}

fn new_secret(form: &Form, auth_type: AuthType) -> Option<NewSecret> {
    match auth_type {
        AuthType::ApplicationCredential => form
            .text("application_credential_secret")
            .map(|secret| NewSecret::ApplicationCredential(Secret::new(secret))),
        AuthType::Token => form
            .text("password")
            .map(|secret| NewSecret::Token(Secret::new(secret))),
        AuthType::Password | AuthType::PasswordTotp | AuthType::Totp | AuthType::Unknown => form
            .text("password")
            .map(|secret| NewSecret::Password(Secret::new(secret))),
    }
}
