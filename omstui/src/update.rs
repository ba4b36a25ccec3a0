//! The one place where the dashboard changes: a pure function from what is and what happened to
//! what is then, and what is to be done outside.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crossterm::event::KeyEvent;
use oms_proto::response::EventPage;
use oms_proto::{EntryId, Response, StreamItem, Time};

use crate::effect::Effect;
use crate::filter::Filter;
use crate::keymap::{self, Command, Mode, Resolved};
use crate::layout;
use crate::model::{Detail, Link, Model, RowKey};
use crate::msg::{Ask, Msg};
use crate::rows;
use crate::screen::View;
use crate::view;
use crate::world::{self, Applied};

/// Takes in one thing that happened at `now`.
///
/// Rows are not arranged anew for each event of the daemon, of which there may be thousands
/// between two pictures: call [`settle`] before drawing.
pub fn update(model: &mut Model, msg: Msg, now: Time) -> Vec<Effect> {
    model.now = now;
    match msg {
        Msg::Key(key) => press(model, key),
        Msg::Paste(text) => {
            paste(model, &text);
            Vec::new()
        }
        Msg::Resize { columns, rows } => {
            model.size = (columns, rows);
            model.unsettled = true;
            Vec::new()
        }
        Msg::Tick => Vec::new(),
        Msg::Connected => connected(model),
        Msg::Item(item) => take(model, item),
        Msg::Lost { error } => {
            lost(model, error);
            Vec::new()
        }
        Msg::Answer { ask, result } => answer(model, ask, result),
    }
}

/// Brings rows and scroll positions up to date with everything taken in.
pub fn settle(model: &mut Model) {
    if model.unsettled {
        model.unsettled = false;
        rows::arrange(model);
    }
    if let Some(detail) = &model.detail {
        let furthest =
            view::detail::height(model, detail).saturating_sub(layout::detail_rows(model));
        if let Some(detail) = &mut model.detail {
            detail.scroll = detail.scroll.min(furthest);
        }
    }
    if let Some(scroll) = model.help {
        let furthest = view::help::height(model).saturating_sub(layout::help_rows(model));
        model.help = Some(scroll.min(furthest));
    }
}

fn connected(model: &mut Model) -> Vec<Effect> {
    model.link = if model.world.is_loaded() {
        Link::Live
    } else {
        Link::Loading
    };
    // Whatever waited for an answer over the old connection waits in vain.
    let mut effects = vec![Effect::Ask(Ask::Status), Effect::Ask(Ask::Events)];
    if let Some(detail) = &mut model.detail {
        detail.asking = false;
    }
    effects.extend(explain(model));
    effects
}

fn take(model: &mut Model, item: StreamItem) -> Vec<Effect> {
    let applied = model.world.apply(item);
    model.unsettled = true;
    match applied {
        Applied::Replaced => {
            model.link = Link::Live;
            explain(model)
        }
        Applied::Changed(Some(id)) if explained(model) == Some(id) => explain(model),
        Applied::Changed(_) | Applied::Nothing => Vec::new(),
    }
}

fn lost(model: &mut Model, error: String) {
    model.world.interrupt();
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
        RowKey::Instance(_) | RowKey::Account(_) | RowKey::Event(_) => None,
    }
}

/// Asks for the explanation of what is looked at. One question at a time: what happens while it
/// is on its way makes it be asked once more, however much it was.
fn explain(model: &mut Model) -> Vec<Effect> {
    let Some(id) = explained(model) else {
        return Vec::new();
    };
    match &mut model.detail {
        Some(detail) if detail.asking => {
            detail.outdated = true;
            Vec::new()
        }
        Some(detail) => {
            detail.asking = true;
            detail.outdated = false;
            vec![Effect::Ask(Ask::Explain(id))]
        }
        None => Vec::new(),
    }
}

fn answer(model: &mut Model, ask: Ask, result: Result<Response, String>) -> Vec<Effect> {
    match (ask, result) {
        (Ask::Status, Ok(Response::Status(status))) => model.status = Some(status),
        (Ask::Events, Ok(Response::Events(EventPage { events }))) => {
            model.world.add_events(events);
            model.unsettled = true;
        }
        (Ask::Explain(id), result) if explained(model) == Some(id) => {
            return explanation(model, result);
        }
        // Answers to questions that no longer matter, and lists that live without them: the
        // stream brings what they would have told.
        _ => {}
    }
    Vec::new()
}

fn explanation(model: &mut Model, result: Result<Response, String>) -> Vec<Effect> {
    let Some(detail) = &mut model.detail else {
        return Vec::new();
    };
    detail.asking = false;
    match result {
        Ok(Response::Explanation(mut explanation)) => {
            explanation.entry = world::without_key(explanation.entry);
            detail.explanation = Some(explanation);
            detail.error = None;
        }
        Ok(_) => detail.error = Some(crate::text::ODD_ANSWER.to_owned()),
        Err(error) => detail.error = Some(error),
    }
    if detail.outdated {
        return explain(model);
    }
    Vec::new()
}

fn press(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    // Movement counts rows, so they have to be the ones that come next on screen. Typing moves
    // nothing, and must not wait for a filter over very many rows after each letter.
    if !model.typing {
        settle(model);
    }
    let resolved = keymap::resolve(model.mode(), model.prefix.take(), key);
    match resolved {
        Resolved::Command(command) => obey(model, command),
        Resolved::Prefix(prefix) => {
            model.prefix = Some(prefix);
            Vec::new()
        }
        Resolved::Nothing => Vec::new(),
    }
}

fn obey(model: &mut Model, command: Command) -> Vec<Effect> {
    match command {
        Command::Quit => return vec![Effect::Quit],
        Command::Back => return back(model),
        Command::Escape => escape(model),
        Command::Help => model.help = if model.help.is_none() { Some(0) } else { None },
        Command::Refresh => return refresh(model),
        Command::Open(view) => open(model, view),
        Command::NextView => open(model, model.view.beside(true)),
        Command::PreviousView => open(model, model.view.beside(false)),
        Command::LastView => open(model, model.previous),
        Command::Look => return look(model),
        Command::NextRow => return look_beside(model, Motion::Rows(1)),
        Command::PreviousRow => return look_beside(model, Motion::Rows(-1)),
        Command::Problems => {
            let pane = model.panes.get_mut(model.view);
            pane.problems = !pane.problems;
            model.unsettled = true;
        }
        Command::Filter => model.typing = true,
        Command::Accept => model.typing = false,
        Command::Insert(_) | Command::Erase | Command::EraseWord | Command::EraseAll => {
            edit(model, command);
        }
        Command::SortBy(_) | Command::SortLeft | Command::SortRight | Command::SortReverse => {
            sort(model, command);
        }
        Command::Up
        | Command::Down
        | Command::Top
        | Command::Bottom
        | Command::PageUp
        | Command::PageDown
        | Command::HalfUp
        | Command::HalfDown => travel(model, command),
    }
    Vec::new()
}

fn back(model: &mut Model) -> Vec<Effect> {
    if model.help.take().is_some() || model.detail.take().is_some() {
        model.unsettled = true;
        Vec::new()
    } else {
        vec![Effect::Quit]
    }
}

fn escape(model: &mut Model) {
    model.unsettled = true;
    if model.help.take().is_some() {
        return;
    }
    let pane = model.panes.get_mut(model.view);
    if model.typing {
        model.typing = false;
        pane.filter = Filter::default();
    } else if model.detail.take().is_some() {
    } else if !pane.filter.is_empty() {
        pane.filter = Filter::default();
    } else {
        pane.problems = false;
    }
}

fn refresh(model: &mut Model) -> Vec<Effect> {
    // The old picture stays until the new one is whole.
    model.world.interrupt();
    vec![Effect::Reconnect]
}

fn open(model: &mut Model, view: View) {
    model.detail = None;
    if view != model.view {
        model.previous = model.view;
        model.view = view;
    }
    model.unsettled = true;
}

fn look(model: &mut Model) -> Vec<Effect> {
    let Some(target) = model.pane().current().cloned() else {
        return Vec::new();
    };
    // From now on the cursor stays with this row, even if it was on whatever came first.
    model.panes.get_mut(model.view).cursor = Some(target.clone());
    model.detail = Some(Detail::new(target));
    model.unsettled = true;
    explain(model)
}

fn look_beside(model: &mut Model, motion: Motion) -> Vec<Effect> {
    shift(model, motion);
    if model.detail.as_ref().map(|detail| &detail.target) == model.pane().current() {
        return Vec::new();
    }
    look(model)
}

fn paste(model: &mut Model, text: &str) {
    if model.mode() == Mode::Typing {
        // One line, and no more than a filter holds.
        let line = text.lines().next().unwrap_or_default();
        for letter in line.chars().take(crate::filter::FILTER_BYTES_MAX) {
            edit(model, Command::Insert(letter));
        }
    }
}

fn edit(model: &mut Model, command: Command) {
    let pane = model.panes.get_mut(model.view);
    let mut text = pane.filter.text().to_owned();
    match command {
        Command::Insert(letter) if !letter.is_control() => text.push(letter),
        Command::Erase => {
            text.pop();
        }
        Command::EraseWord => {
            let kept = text.trim_end().rfind(' ').map_or(0, |space| space + 1);
            text.truncate(kept);
        }
        Command::EraseAll => text.clear(),
        _ => {}
    }
    pane.filter = Filter::new(&text);
    model.unsettled = true;
}

fn sort(model: &mut Model, command: Command) {
    let headings = model.view.headings();
    let sort = &mut model.panes.get_mut(model.view).sort;
    match command {
        Command::SortBy(letter) => {
            let Some(column) = headings.iter().position(|it| it.letter == letter) else {
                return;
            };
            sort.descending = sort.column == column && !sort.descending;
            sort.column = column;
        }
        Command::SortLeft => sort.column = sort.column.saturating_sub(1),
        Command::SortRight => {
            sort.column = (sort.column + 1).min(headings.len().saturating_sub(1));
        }
        Command::SortReverse => sort.descending = !sort.descending,
        _ => {}
    }
    model.unsettled = true;
}

/// A movement over rows or lines.
#[derive(Debug, Clone, Copy)]
enum Motion {
    /// So many down, or up where negative.
    Rows(isize),
    /// To the first.
    First,
    /// To the last.
    Last,
}

impl Motion {
    fn from(self, index: usize, count: usize) -> usize {
        let last = count.saturating_sub(1);
        match self {
            Self::Rows(by) => index.saturating_add_signed(by).min(last),
            Self::First => 0,
            Self::Last => last,
        }
    }
}

fn travel(model: &mut Model, command: Command) {
    let visible = match model.mode() {
        Mode::Help => layout::help_rows(model),
        Mode::Detail => layout::detail_rows(model),
        Mode::Table | Mode::Typing => layout::table_rows(model),
    };
    let page = isize::try_from(visible.max(1)).unwrap_or(isize::MAX);
    let half = (page / 2).max(1);
    let motion = match command {
        Command::Up => Motion::Rows(-1),
        Command::Down => Motion::Rows(1),
        Command::PageUp => Motion::Rows(-page),
        Command::PageDown => Motion::Rows(page),
        Command::HalfUp => Motion::Rows(-half),
        Command::HalfDown => Motion::Rows(half),
        Command::Top => Motion::First,
        _ => Motion::Last,
    };
    // `settle` keeps the scroll positions within their texts.
    if let Some(scroll) = &mut model.help {
        *scroll = motion.from(*scroll, usize::MAX);
    } else if let Some(detail) = &mut model.detail {
        detail.scroll = motion.from(detail.scroll, usize::MAX);
    } else {
        shift(model, motion);
    }
}

fn shift(model: &mut Model, motion: Motion) {
    let visible = layout::table_rows(model);
    let pane = model.panes.get_mut(model.view);
    pane.index = motion.from(pane.index, pane.rows.len());
    pane.cursor = match motion {
        Motion::First => None,
        Motion::Rows(_) | Motion::Last => pane.rows.get(pane.index).cloned(),
    };
    rows::scroll(pane, visible);
}
