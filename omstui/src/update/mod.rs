//! The one place where the dashboard changes: a pure function from what is and what happened to
//! what is then, and what is to be done outside.
//!
//! Answers are taken in [`answers`], keys over rows in [`travel`] and [`filtering`], ways from
//! place to place in [`places`], what is done to objects in [`acts`], and what lies over the view
//! in [`layers`].
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod acts;
mod answers;
mod filtering;
mod layers;
mod mouse;
mod places;
mod travel;

use std::time::Duration;

use crossterm::event::KeyEvent;
use oms_proto::request::{EventList, StatusShow};
use oms_proto::{EntryId, Severity, StreamItem, Time};

use crate::call::Purpose;
use crate::causes;
use crate::effect::Effect;
use crate::keymap::{Command, Mode, Resolved};
use crate::layer::Layer;
use crate::layout;
use crate::model::{Link, Model, Unsettled};
use crate::msg::Msg;
use crate::row::RowKey;
use crate::rows;
use crate::screen::{Shows, View};
use crate::text;
use crate::theme::Tone;
use crate::view;
use crate::world::{Applied, EVENTS_MAX};

/// How often it is looked what is wrong while only entries change.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Takes in one thing that happened at `now`.
///
/// Rows are not arranged anew for each event of the daemon, of which there may be thousands
/// between two pictures: call [`settle`] before drawing.
pub fn update(model: &mut Model, msg: Msg, now: Time) -> Vec<Effect> {
    model.now = now;
    text::speak(model.options.language);
    match msg {
        Msg::Key(key) => press(model, key),
        Msg::Mouse(event) => mouse::take(model, event),
        Msg::Paste(text) => {
            layers::paste(model, &text);
            Vec::new()
        }
        Msg::Resize { columns, rows } => {
            model.size = (columns, rows);
            model.unsettled.touch();
            Vec::new()
        }
        Msg::Tick => {
            time_passes(model);
            // Time alone is a reason to look once, and none to look again soon.
            model.looked = Time(0);
            Vec::new()
        }
        Msg::Connected => connected(model),
        Msg::Item(item) => take(model, item),
        Msg::Status(status) => {
            model.status = Some(*status);
            time_passes(model);
            model.looked = Time(0);
            Vec::new()
        }
        Msg::Lost { error } => {
            lost(model, error);
            Vec::new()
        }
        Msg::Answer { ticket, result } => answers::take(model, ticket, result),
        Msg::Returned(result) => {
            if let Err(error) = result {
                model.tell(error, Tone::Bad);
            }
            Vec::new()
        }
    }
}

/// Brings rows and scroll positions up to date with everything taken in.
pub fn settle(model: &mut Model) {
    text::speak(model.options.language);
    match std::mem::replace(&mut model.unsettled, Unsettled::Nothing) {
        Unsettled::Nothing => {}
        unsettled => {
            look(model, &unsettled);
            rows::arrange(model, &unsettled);
        }
    }
    model.world.looked_at();
    rows::widen(model);
    if model
        .notice
        .as_ref()
        .is_some_and(|it| it.until <= model.now)
    {
        model.notice = None;
    }
    if let Some(detail) = &model.detail {
        let furthest =
            view::detail::height(model, detail).saturating_sub(layout::detail_rows(model));
        if let Some(detail) = &mut model.detail {
            detail.scroll = detail.scroll.min(furthest);
        }
    }
    let visible = layout::page_rows(model);
    let height = match model.layers.last() {
        Some(Layer::Help(_)) => view::help::height(model),
        Some(Layer::Pager(pager)) => pager.shown(layout::page_columns(model)).len(),
        _ => return,
    };
    let furthest = height.saturating_sub(visible);
    match model.layers.last_mut() {
        Some(Layer::Help(help)) => help.scroll = help.scroll.min(furthest),
        Some(Layer::Pager(pager)) => pager.scroll = pager.scroll.min(furthest),
        _ => {}
    }
}

/// Something other than entries may stand otherwise: an account, or a block whose time is over.
fn time_passes(model: &mut Model) {
    match model.view.spec().shows {
        Shows::Entries => model.unsettled.touch(),
        Shows::Accounts | Shows::Told => model.unsettled = Unsettled::All,
    }
}

/// Looks what is wrong. While nothing but entries changes, once a second is enough: there may be
/// thousands of them.
fn look(model: &mut Model, unsettled: &Unsettled) {
    let young = model.now.since(model.looked) < LOOK_EVERY && model.looked <= model.now;
    model.stale = *unsettled != Unsettled::All && young;
    if !model.stale {
        model.looked = model.now;
        model.causes = causes::causes(&model.world, model.status.as_ref(), model.now);
    }
}

fn connected(model: &mut Model) -> Vec<Effect> {
    model.link = if model.world.is_loaded() {
        Link::Live
    } else {
        Link::Loading
    };
    // Whatever waited for an answer over the old connection waits in vain.
    answers::hang_up(model);
    let events = EventList {
        since: None,
        limit: u32::try_from(EVENTS_MAX).unwrap_or(u32::MAX),
        ..EventList::default()
    };
    let mut effects = vec![
        model.calls.make(Purpose::Status, StatusShow {}.into()),
        model.calls.make(Purpose::Events, events.into()),
    ];
    effects.extend(answers::explain(model));
    effects
}

fn take(model: &mut Model, item: StreamItem) -> Vec<Effect> {
    let grave = match &item {
        StreamItem::Event(told) => told.event.severity >= Severity::Warning,
        _ => false,
    };
    let applied = model.world.apply(item);
    match applied {
        Applied::Nothing => {}
        Applied::Replaced => model.unsettled = Unsettled::All,
        Applied::Entry(id) => match model.view.spec().shows {
            Shows::Entries => model.unsettled.entry(id),
            Shows::Accounts => model.unsettled.touch(),
            Shows::Told => model.unsettled = Unsettled::All,
        },
        Applied::Other => time_passes(model),
    }
    let mut effects = match applied {
        Applied::Replaced => {
            model.link = Link::Live;
            answers::explain(model)
        }
        Applied::Entry(id) if explained(model) == Some(id) => answers::explain(model),
        Applied::Entry(_) | Applied::Other | Applied::Nothing => Vec::new(),
    };
    // What needs a person is told by the status alone, and this may have changed it.
    if grave && !model.calls.has(&Purpose::Status) {
        effects.push(model.calls.make(Purpose::Status, StatusShow {}.into()));
    }
    effects
}

fn lost(model: &mut Model, error: String) {
    model.world.interrupt();
    answers::hang_up(model);
    model.link = match &model.link {
        Link::Connecting { tries, .. } => Link::Connecting {
            tries: tries.saturating_add(1),
            error: Some(error),
        },
        // There is nothing on screen that could be out of date.
        Link::Loading => Link::Connecting {
            tries: 1,
            error: Some(error),
        },
        Link::Live => Link::Lost {
            since: model.now,
            tries: 1,
            error,
        },
        Link::Lost { since, tries, .. } => Link::Lost {
            since: *since,
            tries: tries.saturating_add(1),
            error,
        },
    };
}

/// The entry whose explanation is on screen.
fn explained(model: &Model) -> Option<EntryId> {
    match model.detail.as_ref()?.target {
        RowKey::Entry(id) => Some(id),
        RowKey::Instance(_) | RowKey::Account(_) | RowKey::Event(_) | RowKey::Cause(_) => None,
    }
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    // Movement counts rows, so they have to be the ones that come next on screen. Typing moves
    // nothing, and must not wait for a filter over very many rows after each letter.
    if model.typing.is_none() {
        settle(model);
    }
    let mode = model.mode();
    let resolved = model.options.keymap.resolve(mode, model.prefix.take(), key);
    match resolved {
        Resolved::Command(command) => obey(model, command),
        Resolved::Prefix(prefix) => {
            model.prefix = Some(prefix);
            Vec::new()
        }
        Resolved::Nothing => {
            model.tell(text::no_such_key(), Tone::Dim);
            Vec::new()
        }
        Resolved::Silent => Vec::new(),
    }
}

/// Does what a key or a name asks for: what lies over the view takes it first.
pub(crate) fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    if command == Command::Quit {
        return vec![Effect::Quit];
    }
    if !model.layers.is_empty() {
        return layers::obey(model, command);
    }
    if model.mode() == Mode::Typing {
        filtering::edit(model, command);
        return Vec::new();
    }
    over_rows(model, command)
}

fn over_rows(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Back => return places::close(model),
        Command::Escape => return places::escape(model),
        Command::Suspend => return vec![Effect::Suspend],
        Command::Refresh => {
            // The old picture stays until the new one is whole.
            model.world.interrupt();
            return vec![Effect::Reconnect];
        }
        Command::Open(_)
        | Command::NextView
        | Command::PreviousView
        | Command::LastView
        | Command::HistoryBack
        | Command::HistoryForward
        | Command::Deeper
        | Command::Look
        | Command::Instances
        | Command::Events => return places::travel(model, command),
        Command::NextRow => return travel::look_beside(model, 1),
        Command::PreviousRow => return travel::look_beside(model, -1),
        Command::Problems => {
            let pane = model.pane_mut();
            pane.problems = !pane.problems;
            model.unsettled = Unsettled::All;
        }
        Command::Wide => {
            let pane = model.pane_mut();
            pane.wide = !pane.wide;
            let words = if pane.wide {
                text::WIDE
            } else {
                text::NOT_WIDE
            };
            model.tell(text::say(words).to_owned(), Tone::Dim);
        }
        Command::Filter => filtering::begin(model),
        Command::SortBy(_) | Command::SortLeft | Command::SortRight | Command::SortReverse => {
            filtering::sort(model, command);
        }
        Command::Mark => acts::mark(model),
        Command::MarkAll => acts::mark_all(model),
        Command::Act(act) => return acts::act(model, act),
        Command::Ssh => return acts::ssh(model),
        Command::Import => return acts::import(model),
        Command::Help
        | Command::Palette
        | Command::Actions
        | Command::Json
        | Command::Copy
        | Command::Theme
        | Command::Language => layers::open(model, command),
        _ => travel::travel(model, command),
    }
    Vec::new()
}

/// The view that shows rows of this kind.
fn view_of(row: &RowKey) -> View {
    match row {
        RowKey::Entry(_) => View::Queue,
        RowKey::Instance(_) => View::Instances,
        RowKey::Account(_) => View::Accounts,
        RowKey::Event(_) => View::Events,
        RowKey::Cause(_) => View::Alerts,
    }
}
