//! What lies over the view: help, a command line, a list to choose from, a question, a form, a
//! page of text. Layers lie one over the other; the top one gets the keys.
//!
//! Here is what they are; [`crate::update`] changes them and [`crate::view`] draws them.

mod confirm;
pub mod form;
mod menu;
mod pager;
mod palette;

pub use confirm::Confirm;
pub use form::Form;
pub use menu::{Item, Menu, Then};
pub use pager::Pager;
pub use palette::{Offer, Palette};

use crate::input::Input;
use crate::keymap::Mode;

/// One of them.
#[derive(Debug)]
pub enum Layer {
    /// The keys.
    Help(Help),
    /// The command line.
    Palette(Palette),
    /// A list to choose from.
    Menu(Menu),
    /// A question before something is done.
    Confirm(Confirm),
    /// A form.
    Form(Box<Form>),
    /// A page of text.
    Pager(Pager),
}

/// The page of keys.
#[derive(Debug, Default)]
pub struct Help {
    /// The first line in the window.
    pub scroll: usize,
    /// Lines must have this.
    pub filter: Input,
    /// Whether keys go into the filter.
    pub typing: bool,
}

impl Layer {
    /// What keys mean while it is on top.
    pub const fn mode(&self) -> Mode {
        match self {
            Self::Help(Help { typing: true, .. }) => Mode::Typing,
            Self::Help(_) => Mode::Help,
            Self::Palette(_) => Mode::Palette,
            Self::Menu(_) => Mode::Menu,
            Self::Confirm(_) => Mode::Confirm,
            Self::Form(_) => Mode::Form,
            Self::Pager(_) => Mode::Pager,
        }
    }
}
