//! The form that asks for an instance.

use std::collections::{BTreeMap, BTreeSet};

use oms_proto::Request;
use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};
use oms_proto::request::{EntryCreate, EntryPreview};
use oms_proto::spec::EntrySpec;
use oms_proto::view::{ChoiceView, PreviewView};

use super::{Button, Field, Form, Purpose, Wrong};
use crate::clean;
use crate::model::Model;
use crate::pen::Pen;
use crate::text;

/// Kinds of addresses, as a choice.
pub(super) const ADDRESS_TYPES: &[&str] = &["any", "floating", "fixed"];
/// Families of addresses, as a choice.
pub(super) const ADDRESS_FAMILIES: &[&str] = &["any", "ipv4", "ipv6"];

/// An empty form.
pub fn create(model: &Model) -> Form {
    let accounts: Vec<String> = model.world.accounts().map(|it| it.name.clone()).collect();
    let mut fields = vec![Field::new("name", "name", text::say(text::HINT_NAME))];
    fields.extend(machine(model, None, text::HINT_DEFAULT));
    fields.extend([
        Field::new("accounts", "only accounts", text::say(text::HINT_ACCOUNTS))
            .list()
            .known(accounts.clone()),
        Field::new("avoid_accounts", "not accounts", text::say(text::HINT_LIST))
            .list()
            .known(accounts),
        Field::new("public_key", "public key", text::say(text::HINT_KEY)),
        Field::new("metadata", "metadata", text::say(text::HINT_METADATA)).list(),
        Field::new(
            "deadline_seconds",
            "deadline",
            text::say(text::HINT_DEADLINE),
        ),
    ]);
    let buttons = &[Button::Submit, Button::Preview, Button::Cancel];
    Form::new(Purpose::Create, fields, buttons)
}

/// The fields of a machine, with what others say in the same place to choose from.
pub(super) fn machine(
    model: &Model,
    filled: Option<&MachineSpec>,
    unsaid: &'static str,
) -> Vec<Field> {
    let empty = MachineSpec::default();
    let said = |name: &str| {
        let fields = filled.unwrap_or(&empty).fields();
        let mut fields = fields.filter(|(field, _)| *field == name);
        let text = fields.next().and_then(|(_, said)| said.joined());
        text.unwrap_or_default()
    };
    let known = |name: &str| {
        let defaults = model.world.accounts().map(|account| &account.defaults);
        let values = defaults.flat_map(|defaults| {
            let fields = defaults.fields().filter(move |(field, _)| *field == name);
            fields.filter_map(|(_, said)| said.joined())
        });
        let values: BTreeSet<String> = values.filter(|text| !text.is_empty()).collect();
        values.into_iter().collect::<Vec<_>>()
    };
    let text = |name, label, hint| Field::new(name, label, hint).filled(&said(name));
    let chosen = |field: Field, name: &str| {
        let value = said(name);
        if value.is_empty() {
            field
        } else {
            field.filled(&value)
        }
    };
    let kind = Field::new("address_type", "address", "").choice(ADDRESS_TYPES);
    let family = Field::new("address_family", "family", "").choice(ADDRESS_FAMILIES);
    vec![
        text("image", "image", text::say(unsaid)).known(known("image")),
        text("flavor", "flavor", text::say(unsaid)).known(known("flavor")),
        text("networks", "networks", text::say(text::HINT_LIST))
            .list()
            .known(known("networks")),
        text(
            "security_groups",
            "security groups",
            text::say(text::HINT_LIST),
        )
        .list()
        .known(known("security_groups")),
        text("availability_zone", "zone", text::say(text::HINT_ZONE))
            .known(known("availability_zone")),
        chosen(kind, "address_type"),
        chosen(family, "address_family"),
    ]
}

/// What the form says of the machine; what is left empty is not said.
pub(super) fn machine_of(form: &Form) -> MachineSpec {
    MachineSpec {
        image: said(form, "image"),
        flavor: said(form, "flavor"),
        networks: list(form, "networks"),
        security_groups: list(form, "security_groups"),
        availability_zone: said(form, "availability_zone"),
        address_type: match form.text("address_type") {
            "floating" => Some(AddressType::Floating),
            "fixed" => Some(AddressType::Fixed),
            _ => None,
        },
        address_family: match form.text("address_family") {
            "ipv4" => Some(AddressFamily::Ipv4),
            "ipv6" => Some(AddressFamily::Ipv6),
            _ => None,
        },
    }
}

pub(super) fn request(form: &Form) -> Result<Request, Wrong> {
    let create = EntryCreate {
        spec: spec(form)?,
        idempotency_key: None,
    };
    Ok(create.into())
}

pub(super) fn preview(form: &Form) -> Result<Request, Wrong> {
    Ok(EntryPreview { spec: spec(form)? }.into())
}

/// What each account says to the entry, a line each.
pub(super) fn preview_lines(preview: &PreviewView, pen: &Pen<'_>) -> Vec<String> {
    let widest = preview
        .choices
        .iter()
        .map(|it| clean::width(&clean::clean(&it.account)));
    let width = widest.max().unwrap_or(0);
    let mut lines: Vec<String> = preview
        .choices
        .iter()
        .map(|choice| preview_line(choice, width, pen))
        .collect();
    if preview.left_out > 0 {
        lines.push(text::and_more(
            usize::try_from(preview.left_out).unwrap_or(usize::MAX),
        ));
    }
    let verdict = match &preview.account {
        Some(account) => text::would_go_to(account),
        None if preview.choices.is_empty() => text::say(text::NO_ACCOUNT_YET).to_owned(),
        None => text::say(text::WOULD_WAIT).to_owned(),
    };
    lines.insert(0, verdict);
    lines.insert(1, String::new());
    lines
}

fn preview_line(choice: &ChoiceView, width: usize, pen: &Pen<'_>) -> String {
    let account = clean::clean(&choice.account);
    let padding = " ".repeat(width.saturating_sub(clean::width(&account)));
    let place = choice.place.map(|place| place.to_string());
    let place = place.unwrap_or_else(|| text::NONE.to_owned());
    let left = choice.until.map(|until| text::left(&pen.until(until)));
    let left = left.map(|left| format!(" ({left})")).unwrap_or_default();
    let asked = choice.machine.iter().flat_map(|machine| {
        let parts = [&machine.flavor, &machine.image, &machine.availability_zone];
        parts.into_iter().flatten().cloned()
    });
    let said = choice.reason.clone();
    let said = said.unwrap_or_else(|| asked.collect::<Vec<_>>().join(", "));
    format!("{place:>3}  {account}{padding}  {said}{left}")
}

fn spec(form: &Form) -> Result<EntrySpec, Wrong> {
    Ok(EntrySpec {
        name: said(form, "name"),
        machine: machine_of(form),
        user_data: None,
        metadata: metadata(form)?,
        public_key: said(form, "public_key"),
        key_type: None,
        accounts: list(form, "accounts"),
        avoid_accounts: list(form, "avoid_accounts"),
        deadline_seconds: deadline(form)?,
    })
}

pub(super) fn said(form: &Form, name: &str) -> Option<String> {
    let text = form.text(name);
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) fn list(form: &Form, name: &str) -> Option<Vec<String>> {
    let field = form.fields.iter().find(|field| field.name == name);
    field.map(Field::values).filter(|values| !values.is_empty())
}

fn metadata(form: &Form) -> Result<Option<BTreeMap<String, String>>, Wrong> {
    let mut pairs = BTreeMap::new();
    for pair in list(form, "metadata").unwrap_or_default() {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(("metadata", text::say(text::HINT_METADATA).to_owned()));
        };
        pairs.insert(key.trim().to_owned(), value.trim().to_owned());
    }
    Ok((!pairs.is_empty()).then_some(pairs))
}

fn deadline(form: &Form) -> Result<Option<u32>, Wrong> {
    let Some(text) = said(form, "deadline_seconds") else {
        return Ok(None);
    };
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, text.chars().next_back()),
        None => (text.as_str(), None),
    };
    let factor = match unit {
        Some('h') => 3_600,
        Some('m') => 60,
        _ => 1,
    };
    let seconds = number.trim().parse().ok();
    let seconds = seconds.and_then(|number: u32| number.checked_mul(factor));
    match seconds {
        Some(seconds) => Ok(Some(seconds)),
        None => Err((
            "deadline_seconds",
            text::say(text::HINT_DEADLINE).to_owned(),
        )),
    }
}
