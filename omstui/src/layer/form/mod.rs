//! Forms: fields, buttons, and the request that they make.
//!
//! What each form asks for is in [`entry`] and [`account`]; here is how any form is filled in.

mod account;
mod answer;
mod entry;
mod field;

pub use account::{add, edit, password};
pub use answer::{answered, test_lines, tested};
pub use entry::create;
pub use field::{Field, Kind};

use oms_proto::view::OffersView;
use oms_proto::{Request, Time};

use crate::effect::Ticket;
use crate::keymap::Command;
use crate::text;

/// A button below the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Closes the form.
    Cancel,
    /// Does it.
    Submit,
    /// Does it, and tests the account.
    SubmitAndTest,
    /// Tells what would come of it.
    Preview,
}

/// What a form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Asks for an instance.
    Create,
    /// Adds an account.
    Add,
    /// Edits an account's defaults.
    Edit(String),
    /// Changes an account's secret.
    Password(String, account::SecretKind),
}

/// A form that is filled in.
#[derive(Debug)]
pub struct Form {
    /// What for.
    pub purpose: Purpose,
    /// Its fields; some may not be shown, see [`Form::is_shown`].
    pub fields: Vec<Field>,
    /// Its buttons.
    pub buttons: &'static [Button],
    /// The field or, beyond the fields, the button that has the keys.
    pub at: usize,
    /// What is wrong with it as a whole.
    pub error: Option<String>,
    /// Since when an answer is waited for.
    pub since: Option<Time>,
    /// The button that was pressed last.
    pub pressed: Button,
    ticket: Option<Ticket>,
    /// Whether something was typed, which is lost when it is closed.
    filled: bool,
    /// Whether the next Esc closes it all the same.
    warned: bool,
}

/// What a key did to a form.
#[derive(Debug)]
pub enum Outcome {
    /// It stays.
    Open,
    /// It is to be closed.
    Cancelled,
    /// This is to be asked.
    Asks(Box<Request>),
}

impl Form {
    pub(super) fn new(purpose: Purpose, fields: Vec<Field>, buttons: &'static [Button]) -> Self {
        Self {
            purpose,
            fields,
            buttons,
            at: 0,
            error: None,
            since: None,
            pressed: Button::Cancel,
            ticket: None,
            filled: false,
            warned: false,
        }
    }

    /// What it is called.
    pub fn title(&self) -> String {
        match &self.purpose {
            Purpose::Create => text::say(text::FORM_CREATE).to_owned(),
            Purpose::Add => text::say(text::FORM_ADD).to_owned(),
            Purpose::Edit(name) => text::form_edit(name),
            Purpose::Password(name, kind) => text::form_password(name, kind.word()),
        }
    }

    /// The field that has the keys.
    pub fn current(&self) -> Option<&Field> {
        self.fields.get(self.at)
    }

    /// The button that has the keys.
    pub fn button(&self) -> Option<Button> {
        let index = self.at.checked_sub(self.fields.len())?;
        self.buttons.get(index).copied()
    }

    /// Whether a field has a meaning, as the others stand.
    pub fn is_shown(&self, field: &Field) -> bool {
        field.only.is_none_or(|(name, values)| {
            let said = self.text(name);
            values.contains(&said)
        })
    }

    /// What a field says; nothing where it is not shown.
    pub fn text(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|field| field.name == name);
        match field {
            Some(field) if self.is_shown(field) => field.input.text().trim(),
            _ => "",
        }
    }

    /// Does what a key asks for.
    pub fn obey(&mut self, command: Command) -> Outcome {
        let warned = std::mem::take(&mut self.warned);
        match command {
            Command::Escape if self.filled && !warned => {
                self.warned = true;
                self.error = Some(text::say(text::ESC_AGAIN).to_owned());
            }
            Command::Escape => return Outcome::Cancelled,
            Command::NextField => self.step(true),
            Command::PreviousField => self.step(false),
            Command::Accept => match self.button() {
                None => self.step(true),
                Some(Button::Cancel) => return Outcome::Cancelled,
                Some(button) => return self.submit(button),
            },
            Command::CaretLeft if self.button().is_some() => self.step(false),
            Command::CaretRight if self.button().is_some() => self.step(true),
            _ => {
                if let Some(field) = self.fields.get_mut(self.at) {
                    let before = field.input.text().to_owned();
                    field.obey(command);
                    self.filled |= field.input.text() != before;
                }
            }
        }
        Outcome::Open
    }

    /// Takes pasted text into the field.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.at) {
            field.paste(text);
            self.filled = true;
        }
    }

    /// An answer is on its way.
    pub fn wait_for(&mut self, ticket: Ticket, now: Time) {
        self.ticket = Some(ticket);
        self.since = Some(now);
    }

    /// Offers what there is at an account, where the form is about it.
    pub fn offer(&mut self, offers: &OffersView) {
        let is_about = match &self.purpose {
            Purpose::Create | Purpose::Add => true,
            Purpose::Edit(name) => *name == offers.account,
            Purpose::Password(..) => false,
        };
        if !is_about {
            return;
        }
        let kinds = [
            ("image", &offers.images),
            ("flavor", &offers.flavors),
            ("networks", &offers.networks),
            ("security_groups", &offers.security_groups),
            ("availability_zone", &offers.availability_zones),
        ];
        for (name, names) in kinds {
            let field = self.fields.iter_mut().find(|field| field.name == name);
            if let Some(field) = field {
                field.offer(names);
            }
        }
    }

    /// The answer is there, and the form stays.
    fn answered(&mut self) {
        self.ticket = None;
        self.since = None;
    }

    /// There will be no answer.
    pub fn give_up(&mut self) {
        if self.ticket.take().is_some() {
            self.since = None;
            self.error = Some(text::say(text::NO_ANSWER).to_owned());
        }
    }

    fn submit(&mut self, button: Button) -> Outcome {
        if self.ticket.is_some() {
            return Outcome::Open;
        }
        for field in &mut self.fields {
            field.error = None;
        }
        self.error = None;
        self.pressed = button;
        let request = match &self.purpose {
            Purpose::Create if button == Button::Preview => entry::preview(self),
            Purpose::Create => entry::request(self),
            Purpose::Add if button == Button::Preview => account::try_request(self),
            Purpose::Add => account::add_request(self),
            Purpose::Edit(name) => account::edit_request(self, name),
            Purpose::Password(name, kind) => account::password_request(self, name, *kind),
        };
        match request {
            Ok(request) => Outcome::Asks(Box::new(request)),
            Err((name, words)) => {
                self.blame(name, &words);
                Outcome::Open
            }
        }
    }

    /// Says what is wrong with a field, and goes there.
    fn blame(&mut self, name: &str, words: &str) {
        let found = self.fields.iter().position(|field| field.name == name);
        match found {
            Some(index) => {
                self.at = index;
                if let Some(field) = self.fields.get_mut(index) {
                    field.error = Some(words.to_owned());
                }
            }
            None => self.error = Some(words.to_owned()),
        }
    }

    fn step(&mut self, forward: bool) {
        let all = self.fields.len() + self.buttons.len();
        for _ in 0..all {
            self.at = if forward {
                (self.at + 1) % all
            } else {
                (self.at + all - 1) % all
            };
            let hidden = self.current().is_some_and(|field| !self.is_shown(field));
            if !hidden {
                return;
            }
        }
    }
}

/// What is wrong with which field.
type Wrong = (&'static str, String);
