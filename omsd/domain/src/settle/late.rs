//! A launch that was put off for want of something of our own: its times count from when it was begun
//! after all. Without that, what is learned from how long it took would be of this machine.

use crate::rows::attempt::{Attempt, Change, State};
use crate::rows::entry::Entry;
use crate::schedule::agenda::Agenda;
use crate::world::event::Event;
use crate::world::facts::attempt_event;

/// That a launch whose end is told was begun late, if it was.
pub(super) fn begun(agenda: &Agenda, entry: &Entry, attempt: &Attempt) -> Option<Event> {
    let at = agenda.launched(attempt)?;
    let late = attempt.state == State::Launching && at > attempt.started;
    late.then(|| attempt_event(entry, attempt, Change::BegunLate { at }))
}
