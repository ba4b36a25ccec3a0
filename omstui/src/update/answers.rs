//! What comes of requests.

use oms_proto::Response;
use oms_proto::request::EntryExplain;
use oms_proto::response::EventPage;

use super::explained;
use crate::action::{Act, Object};
use crate::call::{CallError, Purpose};
use crate::effect::Effect;
use crate::effect::Ticket;
use crate::kept;
use crate::layer::{Layer, Pager, form};
use crate::model::{Model, Unsettled};
use crate::text;
use crate::theme::Tone;

/// Takes an answer in. Those that nobody waits for any more change nothing.
pub(super) fn take(
    model: &mut Model,
    ticket: Ticket,
    result: Result<Response, CallError>,
) -> Vec<Effect> {
    let Some(purpose) = model.calls.take(ticket) else {
        return Vec::new();
    };
    match (purpose, result) {
        (Purpose::Status, Ok(Response::Status(status))) => {
            model.status = Some(status);
            model.unsettled = Unsettled::All;
        }
        (Purpose::Events, Ok(Response::Events(EventPage { events, .. }))) => {
            model.world.add_events(events);
            model.unsettled = Unsettled::All;
        }
        (Purpose::Explain(id), result) if explained(model) == Some(id) => {
            return explanation(model, result);
        }
        (Purpose::Offers, Ok(Response::Offers(offers))) => {
            for layer in &mut model.layers {
                if let Layer::Form(form) = layer {
                    form.offer(&offers);
                }
            }
            model.offers.insert(offers.account.clone(), *offers);
        }
        // Answers to questions that no longer matter, and lists that live without them: the
        // stream brings what they would have told.
        (Purpose::Status | Purpose::Events | Purpose::Explain(_) | Purpose::Offers, _) => {}
        (Purpose::Act(act, object), result) => return acted(model, ticket, act, &object, result),
        (Purpose::Form, result) => return form::answered(model, ticket, result),
    }
    Vec::new()
}

/// Nothing that was asked will be answered any more.
pub(super) fn hang_up(model: &mut Model) {
    let unanswered = model.calls.hang_up();
    let mut acts = unanswered.iter().filter_map(|purpose| match purpose {
        Purpose::Act(act, object) => Some((*act, object)),
        _ => None,
    });
    if let Some((act, object)) = acts.next_back() {
        let words = text::unanswered(act.word(), &object.to_string());
        model.tell(words, Tone::Bad);
    }
    for layer in &mut model.layers {
        match layer {
            Layer::Pager(pager) => pager.give_up(),
            Layer::Form(form) => form.give_up(),
            _ => {}
        }
    }
}

/// Asks for the explanation of what is looked at. One question at a time: what happens while it
/// is on its way makes it be asked once more, however much it was.
pub(super) fn explain(model: &mut Model) -> Vec<Effect> {
    let Some(id) = explained(model) else {
        return Vec::new();
    };
    let asking = model.is_asking();
    let Some(detail) = &mut model.detail else {
        return Vec::new();
    };
    detail.outdated = asking;
    if asking {
        return Vec::new();
    }
    let request = EntryExplain { id }.into();
    vec![model.calls.make(Purpose::Explain(id), request)]
}

fn explanation(model: &mut Model, result: Result<Response, CallError>) -> Vec<Effect> {
    let Some(detail) = &mut model.detail else {
        return Vec::new();
    };
    match result {
        Ok(Response::Explanation(mut explanation)) => {
            explanation.entry = kept::without_key(explanation.entry);
            detail.explanation = Some(explanation);
            detail.error = None;
        }
        Ok(_) => detail.error = Some(text::say(text::ODD_ANSWER).to_owned()),
        Err(error) => detail.error = Some(error.text),
    }
    if detail.outdated {
        return explain(model);
    }
    Vec::new()
}

/// Tells what came of something that was done, and goes on with the rest of it.
fn acted(
    model: &mut Model,
    ticket: Ticket,
    act: Act,
    object: &Object,
    result: Result<Response, CallError>,
) -> Vec<Effect> {
    let result = match result {
        Ok(Response::AccountTest(test)) => {
            let told = form::tested(&test);
            if let Some(page) = page_of(model, ticket) {
                page.fill(form::test_lines(&test));
                page.title.clone_from(&told);
            }
            if test.ok { Ok(told) } else { Err(told) }
        }
        Ok(_) => Ok(text::done(act, &object.to_string())),
        Err(error) => {
            if let Some(page) = page_of(model, ticket) {
                page.fill(vec![error.text.clone()]);
            }
            Err(text::failed(act.word(), &object.to_string(), &error.text))
        }
    };
    let told = match &result {
        Ok(words) => (words.clone(), Tone::Good),
        Err(words) => (words.clone(), Tone::Bad),
    };
    let is_batch = model.calls.batch().is_some_and(|batch| batch.act == act);
    if !is_batch {
        model.tell(told.0, told.1);
        return Vec::new();
    }
    let (next, over) = model.calls.note(result.map(drop));
    if let Some(batch) = over {
        let words = text::batch(act.word(), batch.done, batch.all);
        let tone = if batch.failed == 0 {
            Tone::Good
        } else {
            // One line holds no more than one of them, and soon none.
            let page = Pager::text(words.clone(), batch.errors);
            model.layers.push(Layer::Pager(page));
            Tone::Bad
        };
        model.tell(words, tone);
    } else if let Some(batch) = model.calls.batch() {
        let words = text::batch(act.word(), batch.done, batch.all);
        model.tell(words, Tone::Busy);
    }
    next.into_iter().collect()
}

fn page_of(model: &mut Model, ticket: Ticket) -> Option<&mut crate::layer::Pager> {
    model.layers.iter_mut().find_map(|layer| match layer {
        Layer::Pager(pager) if pager.waits_for(ticket) => Some(pager),
        _ => None,
    })
}
