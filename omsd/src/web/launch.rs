//! The form that hands in an entry, with a preview of where it would be tried.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use oms_proto::WireError;
use oms_proto::machine::MachineSpec;
use oms_proto::request::{EntryCreate, EntryPreview};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{ChoiceView, EntryView, PreviewView};

use super::form::{Form, Sent};
use super::reply::{done, page_with, status_of};
use super::shell::Shell;
use super::site::Site;
use super::stop::Stop;

#[derive(Template)]
#[template(path = "launch.html")]
struct Launch {
    machine: Vec<Field>,
    lists: Vec<Field>,
    shell: Shell,
    form: Form,
    once: String,
    preview: Option<PreviewView>,
}

/// A field of the form.
struct Field {
    name: &'static str,
    word: String,
    value: String,
    hint: String,
    wrong: bool,
}

const MACHINE: [&str; 4] = ["name", "image", "flavor", "availability_zone"];
const LISTS: [&str; 2] = ["networks", "security_groups"];

/// `GET /launch/`
pub(super) async fn show(State(site): State<Arc<Site>>, shell: Shell) -> Response {
    form(&site, shell, Form::default(), None)
}

/// `POST /launch/`
pub(super) async fn act(State(site): State<Arc<Site>>, sent: Sent) -> Response {
    let Sent {
        mut shell,
        form: given,
    } = sent;
    if given.get("act") == "preview" {
        match preview(&site, &shell, &given).await {
            Ok(preview) => return form(&site, shell, given, Some(preview)),
            Err(stop) => shell.wrong = stop.into_wire(),
        }
        return form(&site, shell, given, None);
    }
    match launch(&site, &shell, &given).await {
        Ok(entry) => done(&format!("/queue/{}/", entry.id), "launched", entry.id),
        Err(stop) => {
            shell.wrong = stop.into_wire();
            form(&site, shell, given, None)
        }
    }
}

fn form(site: &Site, shell: Shell, form: Form, preview: Option<PreviewView>) -> Response {
    let fields = |names: &[&'static str]| {
        let field = |name: &'static str| Field {
            name,
            word: shell.word(name).to_owned(),
            value: form.get(name).to_owned(),
            hint: String::new(),
            wrong: shell.is_wrong(name),
        };
        names.iter().map(|name| field(name)).collect()
    };
    let status = status_of(shell.wrong.as_ref());
    let launch = Launch {
        machine: fields(&MACHINE),
        lists: fields(&LISTS),
        // Sent twice, as by a second click, the form makes one entry.
        once: match form.get("once") {
            "" => site.access.once(),
            once => once.to_owned(),
        },
        shell,
        form,
        preview,
    };
    page_with(status, &launch)
}

async fn launch(site: &Site, shell: &Shell, form: &Form) -> Result<EntryView, Stop> {
    let create = EntryCreate {
        spec: spec(form)?,
        idempotency_key: form.text("once"),
    };
    Ok(site.service.ask(shell.caller()?, create).await?)
}

/// What the form asks for.
fn spec(form: &Form) -> Result<EntrySpec, WireError> {
    Ok(EntrySpec {
        name: form.text("name"),
        machine: MachineSpec {
            image: form.text("image"),
            flavor: form.text("flavor"),
            networks: form.list("networks"),
            security_groups: form.list("security_groups"),
            availability_zone: form.text("availability_zone"),
            ..MachineSpec::default()
        },
        user_data: form.text("user_data"),
        public_key: form.text("public_key"),
        accounts: form.list("accounts"),
        avoid_accounts: form.list("avoid_accounts"),
        deadline_seconds: form.number("deadline_seconds")?,
        ..EntrySpec::default()
    })
}

/// What would become of it. Nothing is stored.
async fn preview(site: &Site, shell: &Shell, form: &Form) -> Result<PreviewView, Stop> {
    let spec = spec(form)?;
    Ok(site
        .service
        .ask(shell.caller()?, EntryPreview { spec })
        .await?)
}

/// What an account says in the preview: what would be asked there, or why it cannot take the entry.
fn why(choice: &ChoiceView) -> String {
    let machine = choice.machine.iter().flat_map(|machine| {
        let parts = [&machine.flavor, &machine.image, &machine.availability_zone];
        parts.into_iter().flatten().cloned()
    });
    let asked: Vec<_> = machine.collect();
    choice.reason.clone().unwrap_or_else(|| asked.join(", "))
}
