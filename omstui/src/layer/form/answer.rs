//! What comes of a form's request.

use oms_proto::Response;
use oms_proto::view::AccountTestView;

use super::{Button, Purpose, entry};
use crate::action::{Act, Object};
use crate::call::CallError;
use crate::effect::Effect;
use crate::effect::Ticket;
use crate::layer::{Layer, Pager};
use crate::model::Model;
use crate::row::RowKey;
use crate::text;
use crate::theme::Tone;
use crate::{action, call};

/// Takes the answer in: closes the form, or says in it what is wrong. A form that was closed
/// meanwhile has done what it asked for all the same, so that is told.
pub fn answered(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Response, CallError>,
) -> Vec<Effect> {
    let waits = |layer: &Layer| matches!(layer, Layer::Form(form) if form.ticket == Some(ticket));
    let index = model.layers.iter().position(waits);
    match result {
        Ok(Response::Preview(preview)) => {
            if let Some(Layer::Form(form)) = index.and_then(|index| model.layers.get_mut(index)) {
                form.answered();
                let lines = entry::preview_lines(&preview, &model.pen());
                let title = text::say(text::PREVIEW).to_owned();
                model.layers.push(Layer::Pager(Pager::text(title, lines)));
            }
            Vec::new()
        }
        Ok(Response::AccountTest(test)) => {
            if let Some(Layer::Form(form)) = index.and_then(|index| model.layers.get_mut(index)) {
                form.answered();
                if let Some(offers) = &test.offers {
                    form.offer(offers);
                }
                let title = tested(&test);
                let page = Pager::text(title, test_lines(&test));
                model.layers.push(Layer::Pager(page));
            }
            Vec::new()
        }
        Ok(response) => {
            let form = index.map(|index| model.layers.remove(index));
            let button = match &form {
                Some(Layer::Form(form)) => form.pressed,
                _ => Button::Submit,
            };
            done(model, button, form.is_some(), response)
        }
        Err(error) => {
            if let Some(Layer::Form(form)) = index.and_then(|index| model.layers.get_mut(index)) {
                form.answered();
                refuse(form, error);
            } else {
                model.tell(error.text, Tone::Bad);
            }
            Vec::new()
        }
    }
}

/// What a test has come to.
pub fn tested(test: &AccountTestView) -> String {
    let passed = test.steps.iter().filter(|step| step.ok).count();
    text::tested(&test.account, passed, test.steps.len())
}

/// The steps of a test, a line each, and what there is to choose from.
pub fn test_lines(test: &AccountTestView) -> Vec<String> {
    let steps = test.steps.iter().map(|step| {
        let word = if step.ok {
            text::say(text::PASSED)
        } else {
            text::say(text::NOT_PASSED)
        };
        let seconds = text::seconds(step.milliseconds);
        format!("{word:<7} {seconds:>7}  {}: {}", step.name, step.detail)
    });
    let mut lines: Vec<String> = steps.collect();
    let Some(offers) = &test.offers else {
        return lines;
    };
    let kinds = [
        ("image", &offers.images),
        ("flavor", &offers.flavors),
        ("networks", &offers.networks),
        ("security groups", &offers.security_groups),
        ("zone", &offers.availability_zones),
    ];
    for (kind, names) in kinds {
        if !names.is_empty() {
            lines.extend([String::new(), format!("{}:", text::say(kind))]);
            lines.extend(names.iter().map(|name| format!("  {name}")));
        }
    }
    lines
}

/// Says what is wrong where it is wrong.
fn refuse(form: &mut super::Form, error: CallError) {
    let mut placed = false;
    // The first field at fault gets the keys, so it is the last to be blamed.
    for (name, words) in error.fields.iter().rev() {
        let last = name.rsplit('.').next().unwrap_or(name);
        let last = last.split('[').next().unwrap_or(last).to_owned();
        if form.fields.iter().any(|field| field.name == last) {
            form.blame(&last, &words.join("; "));
            placed = true;
        }
    }
    if !placed {
        form.error = Some(error.text);
    }
}

fn done(model: &mut Model, button: Button, goes_there: bool, response: Response) -> Vec<Effect> {
    match response {
        Response::Entry(entry) => {
            model.tell(text::accepted(&entry.id.to_string()), Tone::Good);
            if goes_there {
                let pane = model.pane_mut();
                pane.cursor = Some(RowKey::Entry(entry.id));
            }
            Vec::new()
        }
        Response::Account(account) => {
            model.tell(text::saved(&account.name), Tone::Good);
            if button != Button::SubmitAndTest {
                return Vec::new();
            }
            let object = Object::Account(account.name.clone());
            let request = oms_proto::request::AccountTest {
                name: account.name,
                boot: false,
            };
            let purpose = call::Purpose::Act(action::Act::Test, object.clone());
            let effect = model.calls.make(purpose, request.into());
            let title = text::doing(Act::Test.word(), &object.to_string());
            let pager = Pager::waiting(title, model.calls.latest(), model.now);
            model.layers.push(Layer::Pager(pager));
            vec![effect]
        }
        _ => {
            model.tell(text::say(text::ODD_ANSWER).to_owned(), Tone::Warn);
            Vec::new()
        }
    }
}

impl Purpose {
    /// What the button says that tells what would come of it.
    pub fn preview(&self) -> &'static str {
        match self {
            Self::Add => text::say(text::TEST),
            Self::Create | Self::Edit(_) | Self::Password(..) => text::say(text::PREVIEW),
        }
    }

    /// What the buttons that do it say.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create => text::say(text::VERB_CREATE),
            Self::Add => text::say(text::VERB_ADD),
            Self::Edit(_) | Self::Password(..) => text::say(text::VERB_SAVE),
        }
    }
}
