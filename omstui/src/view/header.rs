//! The first rows: connection and daemon, totals by status, tabs.

use oms_proto::view::Status;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::stroke::{cut, edges, line};
use crate::history::Scope;
use crate::model::{Link, Model, Pane};
use crate::pen::Pen;
use crate::screen::View;
use crate::tables::accounts::takes_entries;
use crate::text;
use crate::theme::{Tone, status_tone};

/// Below this many columns the tabs are shortened.
const NARROW: u16 = 76;

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    edges(
        buffer,
        area,
        0,
        daemon(model, pen),
        vec![connection(model, pen)],
    );
    line(buffer, area, 1, totals(model, pen, area));
    edges(
        buffer,
        area,
        2,
        tabs(model, pen, area.width < NARROW),
        narrowing(model, pen, area),
    );
}

/// Which daemon, for how long, and its accounts.
fn daemon(model: &Model, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let mut spans = vec![Span::raw(" "), pen.own(text::SHORT_NAME, Tone::Title)];
    spans.push(pen.own(format!("  {}", cut(pen, &socket(model), 28)), Tone::Accent));
    let mut all = 0;
    let mut ready = 0;
    let mut removing: u64 = 0;
    for account in model.world.accounts() {
        all += 1;
        ready += usize::from(takes_entries(account, pen.now));
        removing = removing.saturating_add(account.removing.into());
    }
    let tone = match ready {
        0 if all > 0 => Tone::Bad,
        some if some < all => Tone::Warn,
        _ => Tone::Plain,
    };
    spans.push(pen.own(format!("  {}", text::ready(ready, all)), tone));
    if removing > 0 {
        spans.push(pen.own(format!("  {}", text::removing(removing)), Tone::Plain));
    }
    if model.options.readonly {
        spans.push(pen.own(format!("  {}", text::say(text::LOCKED)), Tone::Warn));
    }
    if let Some(status) = &model.status {
        if status.draining {
            spans.push(pen.own(format!("  {}", text::say(text::DRAINING)), Tone::Warn));
        }
        let version = cut(pen, &status.version, 24);
        let up = pen.age(status.started);
        spans.push(pen.own(format!("  {}", text::up(&version, &up)), Tone::Dim));
    }
    spans
}

/// The daemon's socket, in short: two dashboards side by side are told apart by it.
fn socket(model: &Model) -> String {
    let path = &model.options.socket;
    let mut parts = path.rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(file), Some(folder)) if !folder.is_empty() => format!("{folder}/{file}"),
        _ => path.clone(),
    }
}

/// How the connection stands, in words.
fn connection(model: &Model, pen: &Pen<'_>) -> Span<'static> {
    let (tone, words) = match &model.link {
        Link::Live => (Tone::Good, text::say(text::LIVE).to_owned()),
        Link::Loading => (Tone::Busy, text::say(text::LOADING).to_owned()),
        Link::Connecting { .. } => (Tone::Busy, text::say(text::CONNECTING).to_owned()),
        Link::Lost { since, tries, .. } => (Tone::Bad, text::stale(&pen.age(*since), *tries)),
    };
    pen.own(format!("{} {words} ", pen.glyphs.tone(tone)), tone)
}

/// Entries by status. Where there is no room for all, those that there are none of go first, then
/// the words.
fn totals(model: &Model, pen: &Pen<'_>, area: Rect) -> Line<'static> {
    let room = usize::from(area.width);
    let all = totals_of(model, pen, |_| true, true);
    if all.width() <= room {
        return all;
    }
    let some = totals_of(model, pen, |total| total > 0, true);
    if some.width() <= room {
        return some;
    }
    totals_of(model, pen, |total| total > 0, false)
}

fn totals_of(
    model: &Model,
    pen: &Pen<'_>,
    shown: impl Fn(usize) -> bool,
    words: bool,
) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for status in Status::ALL {
        let total = model.world.total(status);
        if !shown(total) {
            continue;
        }
        let tone = if total == 0 {
            Tone::Dim
        } else {
            status_tone(status)
        };
        let sign = pen.glyphs.status(status);
        let text = if words {
            format!("{sign} {status} {total}  ")
        } else {
            format!("{sign} {total}  ")
        };
        spans.push(pen.own(text, tone));
    }
    Line::from(spans)
}

/// The view whose name is at a place from the left.
pub(super) fn tab_at(model: &Model, pen: &Pen<'_>, area: Rect, x: u16) -> Option<View> {
    let mut rest = usize::from(x.checked_sub(area.x)?);
    for (span, view) in tabs(model, pen, area.width < NARROW).iter().zip(View::ALL) {
        match rest.checked_sub(span.width()) {
            Some(left) => rest = left,
            None => return Some(view),
        }
    }
    None
}

fn tabs(model: &Model, pen: &Pen<'_>, narrow: bool) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (index, view) in View::ALL.into_iter().enumerate() {
        let number = index + 1;
        let wrong = model.causes.len();
        let tab = match view {
            // In a narrow window the open one alone has its name.
            _ if narrow && view != model.view => format!(" {number} "),
            View::Alerts if wrong > 0 => format!(" {number} {} {wrong} ", text::say(view.title())),
            _ => format!(" {number} {} ", text::say(view.title())),
        };
        spans.push(if view == model.view {
            Span::styled(tab, pen.style(Tone::Title).patch(pen.theme.selected()))
        } else if view == View::Alerts && wrong > 0 {
            pen.own(tab, Tone::Warn)
        } else {
            pen.own(tab, Tone::Accent)
        });
    }
    spans
}

/// How many rows are shown, and what hides the others.
fn narrowing(model: &Model, pen: &Pen<'_>, area: Rect) -> Vec<Span<'static>> {
    let pane: &Pane = model.pane();
    let mut spans = Vec::new();
    match &model.scope {
        Some(Scope::Account(name)) => {
            let name = cut(pen, name, usize::from(area.width) / 6);
            spans.push(pen.own(format!("account={name}  "), Tone::Warn));
        }
        Some(Scope::Entry(id)) => spans.push(pen.own(format!("entry={id}  "), Tone::Warn)),
        None => {}
    }
    if pane.problems {
        spans.push(pen.own(format!("{}  ", text::say(text::PROBLEMS_ONLY)), Tone::Warn));
    }
    if !pane.filter.is_empty() {
        // An eighth of the window keeps the tabs readable in a small one.
        let filter = cut(pen, pane.filter.text(), usize::from(area.width) / 8);
        spans.push(pen.own(format!("/{filter}  "), Tone::Accent));
    }
    let shown = text::shown_of(pane.rows.len(), pane.all());
    spans.push(pen.own(format!("{shown} "), Tone::Dim));
    spans
}
