//! Looks once a second after what the daemon stands on: whether this machine still lacks what it
//! lacked, and whether the database is still where it was opened. Every
//! commit asks that as well; this is for the time in which nothing is committed, in which people and
//! monitors would otherwise be told that all is well.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};

use super::error::DaemonError;
use crate::store::{Store, StoreError};
use crate::telemetry::{Chain, Health, Trouble};

/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the daemon goes on to answer, not ready and with an alert, once the database is gone. A
/// commit meanwhile stops it at once; without one, monitors that look every second or two have seen
/// why it stops.
const LINGER: Duration = Duration::from_secs(3);

/// Waits until the database is gone, tells so, and gives the reason to stop.
pub(super) async fn lost(store: Store, health: Health) -> DaemonError {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        health.settle();
        let looking = store.clone();
        // The file system may keep us waiting, and then only this.
        let looked = tokio::task::spawn_blocking(move || looking.check_place()).await;
        if let Ok(Err(error)) = looked {
            tell(&error, &health);
            sleep(LINGER).await;
            return error.into();
        }
    }
}

/// Raises the alert.
pub(super) fn tell(error: &StoreError, health: &Health) {
    health.raise(Trouble::State, Chain(error).to_string());
}
