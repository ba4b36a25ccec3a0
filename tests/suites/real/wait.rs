//! Waiting for a condition, with a deadline and a last word.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How often a wait looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Looks again and again until `look` finds what it is after; fails with what it last saw.
pub(crate) async fn until<T>(
    what: &str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(last) => assert!(
                Instant::now() < deadline,
                "not {what} after {patience:?}: {last}"
            ),
        }
        sleep(LOOK_EVERY).await;
    }
}
