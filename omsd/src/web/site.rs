//! What the pages are made of.

use std::sync::Arc;

use crate::access::Access;
use crate::ports::Clock;
use crate::service::Service;

/// What the pages are made of.
pub struct Site {
    /// What answers requests.
    pub service: Service,
    /// Who is let in.
    pub access: Arc<Access>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
}
