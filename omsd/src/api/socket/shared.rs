//! What the connections of a socket have in common.

use std::sync::Arc;

use oms_proto::version::Versions;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::service::Service;

/// What connections share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) service: Service,
    pub(super) versions: Versions,
    pub(super) calls: Arc<Semaphore>,
    pub(super) stop: CancellationToken,
}
