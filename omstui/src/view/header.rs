//! The first rows: connection and daemon, totals by status, tabs.

use oms_proto::view::{AccountStatus, Status};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{cut, edges, line};
use crate::model::{Link, Model, Pane};
use crate::pen::Pen;
use crate::screen::View;
use crate::text;
use crate::theme::{Tone, status_tone};

pub(super) fn draw(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, area: Rect) {
    edges(
        buffer,
        area,
        0,
        daemon(model, pen),
        vec![connection(model, pen)],
    );
    line(buffer, area, 1, totals(model, pen));
    edges(
        buffer,
        area,
        2,
        tabs(model, pen),
        narrowing(model, pen, area),
    );
}

/// Which daemon, for how long, and its accounts.
fn daemon(model: &Model, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let mut spans = vec![Span::raw(" "), pen.own(text::SHORT_NAME, Tone::Title)];
    if let Some(status) = &model.status {
        let version = cut(pen, &status.version, 24);
        let up = pen.age(status.started);
        spans.push(pen.own(format!("  omsd {version}  up {up}"), Tone::Plain));
    }
    let mut all = 0;
    let mut available = 0;
    let mut removing: u64 = 0;
    for account in model.world.accounts() {
        all += 1;
        available += usize::from(account.status == AccountStatus::Available);
        removing = removing.saturating_add(account.removing.into());
    }
    let tone = match available {
        0 if all > 0 => Tone::Bad,
        some if some < all => Tone::Warn,
        _ => Tone::Plain,
    };
    spans.push(pen.own(format!("  accounts {available}/{all} available"), tone));
    if removing > 0 {
        spans.push(pen.own(format!("  removing {removing}"), Tone::Plain));
    }
    if model.status.as_ref().is_some_and(|status| status.draining) {
        spans.push(pen.own(format!("  {}", text::DRAINING), Tone::Warn));
    }
    spans
}

/// How the connection stands, in words.
fn connection(model: &Model, pen: &Pen<'_>) -> Span<'static> {
    let (tone, words) = match &model.link {
        Link::Live => (Tone::Good, text::LIVE.to_owned()),
        Link::Loading => (Tone::Busy, text::LOADING.to_owned()),
        Link::Connecting { .. } => (Tone::Busy, text::CONNECTING.to_owned()),
        Link::Lost { since, tries, .. } => (Tone::Bad, text::stale(&pen.age(*since), *tries)),
    };
    pen.own(format!("{} {words} ", pen.glyphs.tone(tone)), tone)
}

fn totals(model: &Model, pen: &Pen<'_>) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for status in Status::ALL {
        let total = model.world.total(status);
        let tone = if total == 0 {
            Tone::Dim
        } else {
            status_tone(status)
        };
        let sign = pen.glyphs.status(status);
        spans.push(pen.own(format!("{sign} {status} {total}  "), tone));
    }
    Line::from(spans)
}

fn tabs(model: &Model, pen: &Pen<'_>) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (index, view) in View::ALL.into_iter().enumerate() {
        let tab = format!(" {} {} ", index + 1, view.title());
        spans.push(if view == model.view {
            Span::styled(tab, pen.style(Tone::Title).patch(pen.theme.selected()))
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
    if pane.problems {
        spans.push(pen.own(format!("{}  ", text::PROBLEMS_ONLY), Tone::Warn));
    }
    if !pane.filter.is_empty() {
        // An eighth of the window keeps the tabs readable in a small one.
        let filter = cut(pen, pane.filter.text(), usize::from(area.width) / 8);
        spans.push(pen.own(format!("/{filter}  "), Tone::Accent));
    }
    let shown = text::shown_of(pane.rows.len(), pane.all);
    spans.push(pen.own(format!("{shown} "), Tone::Dim));
    spans
}
