//! Waiting for a condition: it is looked at again and again, so nothing that happens is missed,
//! and when the time is over the last look is told.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

/// The pause between two looks. Short beside everything that is waited for, and long enough to
/// leave the processor to what is waited for.
const PAUSE: Duration = Duration::from_millis(15);

/// How long anything may take that normally takes a few seconds, on a machine that is busy.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Looks until there is something to give. A look that is too early says what it saw.
///
/// # Errors
/// When the time is over, with what the last look saw.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> anyhow::Result<T> {
    let end = Instant::now() + limit;
    loop {
        let seen = match look().await {
            Ok(found) => return Ok(found),
            Err(seen) => seen,
        };
        if Instant::now() >= end {
            bail!(
                "{what}: not within {} s; last seen: {seen}",
                limit.as_secs()
            );
        }
        sleep(PAUSE).await;
    }
}
