//! What lies over the view: boxes in its middle, and pages over the whole window.

mod choice;
mod confirm;
mod form;
pub(super) mod frame;
mod pager;
mod palette;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::help;
use crate::layer::Layer;
use crate::model::Model;
use crate::pen::Pen;

/// Whether a layer takes the whole window, so that nothing below it can be seen.
pub(super) fn is_page(layer: &Layer) -> bool {
    matches!(layer, Layer::Help(_) | Layer::Pager(_))
}

pub(super) fn draw(model: &Model, layer: &Layer, pen: &Pen<'_>, buffer: &mut Buffer, window: Rect) {
    match layer {
        Layer::Help(page) => help::draw(model, page, pen, buffer, window),
        Layer::Pager(pager) => pager::draw(model, pager, pen, buffer, window),
        Layer::Palette(palette) => palette::draw(model, palette, pen, buffer, window),
        Layer::Menu(menu) => choice::draw(menu, pen, buffer, window),
        Layer::Confirm(confirm) => confirm::draw(confirm, pen, buffer, window),
        Layer::Form(form) => form::draw(form, pen, buffer, window),
    }
}
