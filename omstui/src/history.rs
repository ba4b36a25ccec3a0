//! Where one was: places one after the other, and the way back and forward.

use oms_proto::EntryId;

use crate::row::RowKey;
use crate::screen::View;

/// Places that are remembered; nobody goes back further.
const PLACES_MAX: usize = 64;

/// What a view is narrowed to because one came from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// An account, by name.
    Account(String),
    /// An entry.
    Entry(EntryId),
}

/// Where somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The view.
    pub view: View,
    /// What it is narrowed to.
    pub scope: Option<Scope>,
    /// What is looked at closely.
    pub target: Option<RowKey>,
    /// The row under the cursor.
    pub cursor: Option<RowKey>,
    /// Whether one came there by going into something, so that Esc leads back.
    pub deep: bool,
}

/// The way so far.
#[derive(Debug, Default)]
pub struct History {
    before: Vec<Place>,
    after: Vec<Place>,
}

impl History {
    /// Leaves a place for a new one.
    pub fn leave(&mut self, place: Place) {
        self.after.clear();
        self.before.push(place);
        if self.before.len() > PLACES_MAX {
            self.before.remove(0);
        }
    }

    /// Goes back from a place.
    pub fn back(&mut self, from: Place) -> Option<Place> {
        let place = self.before.pop()?;
        self.after.push(from);
        Some(place)
    }

    /// Goes forward again from a place.
    pub fn forward(&mut self, from: Place) -> Option<Place> {
        let place = self.after.pop()?;
        self.before.push(from);
        Some(place)
    }
}
