//! Draws a model: `draw(&Model, &mut Frame)`, which changes nothing and asks nobody.
//!
//! Every row, cell and line that holds text from outside goes through [`crate::pen::Pen::foreign`]
//! or [`crate::clean`].
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod connecting;
pub mod detail;
mod footer;
mod header;
pub mod help;
mod layer;
mod overview;
mod panes;
pub mod spot;
mod stroke;
mod table;

use std::time::Duration;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::stroke::line;
use crate::layout::{self, Areas};
use crate::model::{Link, Model};
use crate::pen::Pen;
use crate::screen::View;
use crate::text;
use crate::theme::Tone;

/// Draws the whole screen. Tells when the picture changes by itself, if it does: something on it
/// is getting older.
pub fn draw(model: &Model, frame: &mut Frame<'_>) -> Option<Duration> {
    let window = frame.area();
    text::speak(model.options.language);
    let buffer = frame.buffer_mut();
    let pen = model.pen();
    buffer.set_style(window, pen.theme.base());
    // The window may have changed since the model heard of its size.
    if window.width < 20 || window.height < 4 || (window.width, window.height) != model.size {
        line(
            buffer,
            window,
            0,
            pen.own(text::say(text::TOO_SMALL), Tone::Dim).into(),
        );
        return None;
    }
    if model.stale {
        pen.again_in(Duration::from_secs(1));
    }
    let page = model.layers.iter().rposition(layer::is_page);
    if page.is_none() {
        below(model, &pen, buffer, window);
    }
    for over in model.layers.iter().skip(page.unwrap_or(0)) {
        layer::draw(model, over, &pen, buffer, window);
    }
    // A page has no last line of its own for news.
    if let (Some(notice), true) = (&model.notice, !model.layers.is_empty()) {
        pen.until(notice.until);
        footer::notice(notice, &pen, buffer, window);
    }
    pen.changes_in()
}

/// The view, with nothing over it.
fn below(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    if !model.world.is_loaded() {
        return connecting::draw(model, pen, buffer, window);
    }
    let areas = layout::areas(model);
    body(model, pen, buffer, areas);
    if matches!(model.link, Link::Lost { .. }) {
        for area in [areas.table, areas.detail] {
            buffer.set_style(area, pen.theme.stale());
        }
    }
    header::draw(model, pen, buffer, areas.header);
    footer::draw(model, pen, buffer, areas.footer);
}

fn body(model: &Model, pen: &Pen<'_>, buffer: &mut Buffer, areas: Areas) {
    match model.view {
        View::Overview => overview::draw(model, pen, buffer, areas.table),
        _ => panes::draw(model, pen, buffer, areas.table),
    }
    if let Some(detail) = &model.detail {
        detail::draw(model, detail, pen, buffer, areas.detail);
    }
}
