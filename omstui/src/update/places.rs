//! Ways from place to place: views, deeper into a row, and back.

use super::{answers, view_of};
use crate::action::Object;
use crate::effect::Effect;
use crate::history::{Place, Scope};
use crate::keymap::Command;
use crate::model::{Detail, Model, Unsettled};
use crate::row::RowKey;
use crate::screen::View;
use crate::text;
use crate::theme::Tone;

/// Goes where a command leads.
pub(super) fn travel(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Open(view) => open(model, view),
        Command::NextView => open(model, model.view.beside(true)),
        Command::PreviousView => open(model, model.view.beside(false)),
        Command::LastView => open(model, model.previous),
        Command::HistoryBack => return back(model),
        Command::HistoryForward => return forward(model),
        Command::Look => return look(model),
        Command::Deeper => return deeper(model),
        Command::Instances => return of_row(model, View::Instances),
        Command::Events => return of_row(model, View::Events),
        _ => {}
    }
    Vec::new()
}

/// Undoes one step.
pub(super) fn escape(model: &mut Model) -> Vec<Effect> {
    if model.detail.is_some() || model.scope.is_some() {
        model.unsettled = Unsettled::All;
        return up(model);
    }
    let pane = model.pane_mut();
    if !pane.marks.is_empty() {
        pane.marks.clear();
    } else if !pane.filter.is_empty() {
        super::filtering::clear(model);
    } else {
        pane.problems = false;
        model.unsettled = Unsettled::All;
    }
    Vec::new()
}

/// Closes what is open, or ends.
pub(super) fn close(model: &mut Model) -> Vec<Effect> {
    if model.detail.is_some() || model.scope.is_some() {
        return up(model);
    }
    vec![Effect::Quit]
}

/// Back to where one came from, or out of what is open where one came from nowhere.
fn up(model: &mut Model) -> Vec<Effect> {
    if model.deep {
        return back(model);
    }
    model.detail = None;
    model.scope = None;
    model.unsettled = Unsettled::All;
    Vec::new()
}

/// Opens a view as a whole.
pub(super) fn open(model: &mut Model, view: View) {
    let place = Place {
        view,
        scope: None,
        target: None,
        cursor: model.panes.get(view).cursor.clone(),
        deep: false,
    };
    if view != model.view || model.scope.is_some() || model.detail.is_some() {
        // What opens has nothing to ask of anybody.
        drop(leave_for(model, place));
    }
    model.unsettled = Unsettled::All;
}

/// Looks closely at the row under the cursor.
fn look(model: &mut Model) -> Vec<Effect> {
    let Some(target) = model.pane().current().cloned() else {
        return Vec::new();
    };
    let view = model.view;
    let scope = model.scope.clone();
    go_deep(model, view, scope, target)
}

/// Looks closely at another row of the same view, in place of the one before.
pub(super) fn look_at(model: &mut Model, target: RowKey) -> Vec<Effect> {
    // From now on the cursor stays with this row, even if it was on whatever came first.
    model.pane_mut().cursor = Some(target.clone());
    model.detail = Some(Detail::new(target));
    model.unsettled = Unsettled::All;
    answers::explain(model)
}

/// Goes into the row: an account has entries, an instance has an entry, an event is about one.
fn deeper(model: &mut Model) -> Vec<Effect> {
    let Some(row) = model.row().cloned() else {
        return Vec::new();
    };
    match (&row, &model.detail) {
        (RowKey::Account(name), _) => {
            let scope = Scope::Account(name.clone());
            go_scoped(model, View::Queue, scope)
        }
        (RowKey::Entry(_), None) => look(model),
        (RowKey::Entry(id), Some(_)) => go_scoped(model, View::Events, Scope::Entry(*id)),
        (RowKey::Instance(id), _) => {
            let target = RowKey::Entry(*id);
            go_deep(model, View::Queue, None, target)
        }
        (RowKey::Event(_) | RowKey::Cause(_), _) => {
            let Some(object) = Object::of(&model.world, &row) else {
                model.tell(text::say(text::ABOUT_NOTHING).to_owned(), Tone::Dim);
                return Vec::new();
            };
            let target = object.row();
            go_deep(model, view_of(&target), None, target)
        }
    }
}

/// The instances or events of what the row is about.
fn of_row(model: &mut Model, view: View) -> Vec<Effect> {
    let object = model.row().and_then(|row| Object::of(&model.world, row));
    match object {
        Some(Object::Account(name)) => go_scoped(model, view, Scope::Account(name)),
        Some(Object::Entry(id)) => go_scoped(model, view, Scope::Entry(id)),
        None => Vec::new(),
    }
}

fn go_deep(model: &mut Model, view: View, scope: Option<Scope>, target: RowKey) -> Vec<Effect> {
    let place = Place {
        view,
        scope,
        cursor: Some(target.clone()),
        target: Some(target),
        deep: true,
    };
    leave_for(model, place)
}

fn go_scoped(model: &mut Model, view: View, scope: Scope) -> Vec<Effect> {
    let place = Place {
        view,
        scope: Some(scope),
        target: None,
        cursor: None,
        deep: true,
    };
    leave_for(model, place)
}

/// Goes to a place and remembers this one.
pub(super) fn leave_for(model: &mut Model, place: Place) -> Vec<Effect> {
    let mut here = model.place();
    // Back on its row, even if that was whichever came first.
    if place.deep {
        here.cursor = model.pane().current().cloned();
    }
    model.history.leave(here);
    arrive(model, place)
}

fn back(model: &mut Model) -> Vec<Effect> {
    let here = model.place();
    match model.history.back(here) {
        Some(place) => arrive(model, place),
        None => Vec::new(),
    }
}

fn forward(model: &mut Model) -> Vec<Effect> {
    let here = model.place();
    match model.history.forward(here) {
        Some(place) => arrive(model, place),
        None => Vec::new(),
    }
}

fn arrive(model: &mut Model, place: Place) -> Vec<Effect> {
    if place.view != model.view {
        model.previous = model.view;
        model.view = place.view;
    }
    model.scope = place.scope;
    model.deep = place.deep;
    model.detail = place.target.map(Detail::new);
    let pane = model.pane_mut();
    if place.deep {
        // Marks belong to the rows that were in sight.
        pane.marks.clear();
    }
    pane.cursor = place.cursor;
    model.unsettled = Unsettled::All;
    answers::explain(model)
}
