//! What is done to objects: one under the cursor or all that are marked, asked about first where
//! it takes something away, and never where only looking is allowed.

use std::collections::BTreeSet;

use oms_proto::request::AccountOffers;

use crate::action::{self, Act, Object};
use crate::call::Purpose;
use crate::effect::Effect;
use crate::layer::{Confirm, Layer, Pager, form};
use crate::model::Model;
use crate::row::RowKey;
use crate::screen::View;
use crate::text;
use crate::theme::Tone;

/// Clouds that one form asks what they offer: each has its own calls to answer.
const OFFERS_ASKED_MAX: usize = 4;

/// Marks the row and goes to the next, or takes its mark away.
pub(super) fn mark(model: &mut Model) {
    let Some(row) = model.pane().current().cloned() else {
        return;
    };
    let pane = model.pane_mut();
    if !pane.marks.remove(&row) {
        pane.marks.insert(row);
    }
    super::travel::travel(model, crate::keymap::Command::Down);
}

/// Marks all rows that are shown, or none where all are marked.
pub(super) fn mark_all(model: &mut Model) {
    let pane = model.pane_mut();
    let shown: BTreeSet<RowKey> = pane.keys().cloned().collect();
    pane.marks = if pane.marks == shown {
        BTreeSet::new()
    } else {
        shown
    };
}

/// What an action would be done to: what is marked, else the row.
pub(super) fn objects(model: &Model) -> Vec<Object> {
    let marks = &model.pane().marks;
    let rows: Vec<&RowKey> = if model.detail.is_none() && !marks.is_empty() {
        marks.iter().collect()
    } else {
        model.row().into_iter().collect()
    };
    let objects: BTreeSet<Object> = rows
        .into_iter()
        .filter_map(|row| Object::of(&model.world, row))
        .collect();
    objects.into_iter().collect()
}

/// Begins to do something: asks first, opens a form, or does it.
pub(super) fn act(model: &mut Model, act: Act) -> Vec<Effect> {
    let objects = objects(model);
    act_on(model, act, objects)
}

/// The same to these objects.
pub(super) fn act_on(model: &mut Model, act: Act, objects: Vec<Object>) -> Vec<Effect> {
    if model.options.readonly {
        model.tell(text::say(text::READ_ONLY).to_owned(), Tone::Warn);
        return Vec::new();
    }
    if act == Act::New {
        let accounts = model.view == View::Accounts;
        let new = if accounts {
            form::add(model)
        } else {
            form::create(model)
        };
        model.layers.push(Layer::Form(Box::new(new)));
        return if accounts {
            Vec::new()
        } else {
            let names = model.world.accounts().map(|it| it.name.clone()).collect();
            ask_offers(model, names)
        };
    }
    if objects.is_empty() {
        model.tell(text::say(text::NOTHING_CHOSEN).to_owned(), Tone::Dim);
        return Vec::new();
    }
    if let Some(object) = objects.iter().find(|object| !act.fits(object)) {
        let words = text::does_not_fit(act.word(), &object.to_string());
        model.tell(words, Tone::Warn);
        return Vec::new();
    }
    if act.has_form() {
        return with_form(model, act, &objects);
    }
    if act.is_destructive() || objects.len() > 1 {
        let question = Confirm::new(act, objects, &model.world);
        model.layers.push(Layer::Confirm(question));
        return Vec::new();
    }
    order(model, act, &objects)
}

fn with_form(model: &mut Model, act: Act, objects: &[Object]) -> Vec<Effect> {
    let form = match objects {
        [Object::Account(name)] => {
            let account = model.world.account(name);
            account.map(|account| match act {
                Act::Password => form::password(account),
                _ => form::edit(model, account),
            })
        }
        _ => None,
    };
    let Some(form) = form else {
        model.tell(text::say(text::ONE_AT_A_TIME).to_owned(), Tone::Warn);
        return Vec::new();
    };
    model.layers.push(Layer::Form(Box::new(form)));
    let name = objects.first().and_then(|object| match object {
        Object::Account(name) if act == Act::Edit => Some(name.clone()),
        _ => None,
    });
    ask_offers(model, name.into_iter().collect())
}

/// Offers in the form on top what clouds are known to have, and asks for what is not known yet.
fn ask_offers(model: &mut Model, names: Vec<String>) -> Vec<Effect> {
    let mut effects = Vec::new();
    for name in names {
        let known = model.offers.get(&name);
        if let (Some(offers), Some(Layer::Form(form))) = (known, model.layers.last_mut()) {
            form.offer(offers);
        } else if effects.len() < OFFERS_ASKED_MAX {
            let ask = AccountOffers { name };
            effects.push(model.calls.make(Purpose::Offers, ask.into()));
        }
    }
    effects
}

/// Does it.
pub(super) fn order(model: &mut Model, act: Act, objects: &[Object]) -> Vec<Effect> {
    let mut requests = Vec::new();
    for object in objects {
        match action::request(act, object, &model.world, model.now) {
            Ok(request) => requests.push((object.clone(), request)),
            // Some of many may have gone meanwhile, or need nothing.
            Err(_) if objects.len() > 1 => {}
            Err(words) => model.tell(words, Tone::Warn),
        }
    }
    model.pane_mut().marks.clear();
    let several = requests.len() > 1;
    if several && model.calls.batch().is_some() {
        model.tell(text::say(text::STILL_AT_WORK).to_owned(), Tone::Warn);
        return Vec::new();
    }
    if several {
        return model.calls.order(act, requests);
    }
    let Some((object, request)) = requests.pop() else {
        return Vec::new();
    };
    let words = text::doing(act.word(), &object.to_string());
    let purpose = Purpose::Act(act, object);
    let effect = model.calls.make(purpose, request);
    if act == Act::Test {
        let pager = Pager::waiting(words, model.calls.latest(), model.now);
        model.layers.push(Layer::Pager(pager));
    } else {
        model.tell(words, Tone::Busy);
    }
    vec![effect]
}

/// Gives the terminal to `omsctl account import`, which finds the file and asks for what it lacks.
pub(super) fn import(model: &mut Model) -> Vec<Effect> {
    if model.options.readonly {
        model.tell(text::say(text::READ_ONLY).to_owned(), Tone::Warn);
        return Vec::new();
    }
    let words = ["account", "import", "--choose"];
    vec![Effect::Hand(words.map(Into::into).to_vec())]
}

/// Gives the terminal to `omsctl instance ssh`.
pub(super) fn ssh(model: &mut Model) -> Vec<Effect> {
    let object = objects(model).into_iter().next();
    let instance = match object {
        Some(Object::Entry(id)) => model.world.instance(id),
        _ => None,
    };
    let Some(instance) = instance else {
        model.tell(text::say(text::NO_INSTANCE_HERE).to_owned(), Tone::Warn);
        return Vec::new();
    };
    let id = instance.id.to_string();
    let words = ["instance", "ssh", id.as_str()];
    vec![Effect::Hand(words.map(Into::into).to_vec())]
}
