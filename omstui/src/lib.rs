//! The live dashboard of OpenMultiStack.
//!
//! Elm shape: [`update`](update::update) is a pure function over the [`Model`](model::Model),
//! [`draw`](view::draw) is a pure function of it, and [`runtime`] does everything that touches
//! the world: the terminal, the clock, the socket. So the tests need neither a terminal nor a
//! daemon, and what is on screen is a function of what came in.
//!
//! - What comes in: [`msg`]; what goes out: [`effect`]; requests that wait: [`call`].
//! - What is known: [`world`], [`kept`]; what is wrong: [`causes`]; how often: [`rates`]; what is shown of it and in which order:
//!   [`rows`], [`tables`], [`filter`].
//! - Where one is: [`screen`], [`history`]; what lies over it: [`layer`]; what can be done:
//!   [`action`].
//! - Which key does what: [`keymap`]; words: [`text`]; colours and signs: [`theme`].
//! - Text from clouds is made harmless in [`clean`].
//!
//! - The command line: [`options`]; the file of keys and colours: [`settings`].
//!
//! It speaks to the daemon only, through `oms_proto`, and never to a provider.

pub mod action;
pub mod call;
pub mod causes;
pub mod clean;
pub mod effect;
pub mod filter;
#[cfg(test)]
mod fixture;
pub mod history;
pub mod input;
pub mod kept;
pub mod keymap;
pub mod layer;
pub mod layout;
pub mod model;
pub mod msg;
pub mod notice;
pub mod objects;
pub mod options;
pub mod pen;
pub mod rates;
pub mod row;
pub mod rows;
pub mod runtime;
pub mod screen;
pub mod settings;
pub mod tables;
#[cfg(test)]
mod tests;
pub mod text;
pub mod theme;
pub mod update;
pub mod view;
pub mod world;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with these arguments, its own name first.
///
/// Answers 0 after `q` or Ctrl-c, 1 when the terminal is lost, 2 for wrong usage or no terminal,
/// and 128 plus its number after a signal.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match options::parse(args) {
        Ok(options) => runtime::start(options, runtime::wall_clock),
        Err(code) => code,
    }
}
