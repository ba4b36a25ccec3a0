//! The events that somebody may want to look at.

use oms_proto::view::EventView;

use crate::tables::EVENTS;
use crate::world::World;

/// Alerts that the overview shows at most; the events view has them all.
pub const ALERTS_MAX: usize = 12;

/// The latest events that somebody may want to look at.
pub fn alerts(world: &World) -> impl Iterator<Item = &EventView> {
    let is_alert = |event: &&EventView| (EVENTS.is_problem)(event);
    world.events().filter(is_alert).take(ALERTS_MAX)
}
