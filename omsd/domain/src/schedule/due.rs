//! What a row calls for, and when it is to be looked at again.

use oms_proto::Time;

use crate::schedule::effect::Effect;
use crate::world::event::Event;

/// What a row calls for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Facts to apply and commit.
    pub events: Vec<Event>,
    /// Acts to begin once the facts are durable.
    pub effects: Vec<Effect>,
}

/// The earliest of several times.
#[derive(Default)]
pub(crate) struct Due(pub(crate) Option<Time>);

impl Due {
    pub(crate) fn by(&mut self, at: Time) {
        self.0 = Some(self.0.map_or(at, |before| before.min(at)));
    }
}
