//! Instances: the servers that entries ended up with.

use oms_proto::response::InstancePage;
use oms_proto::view::InstanceView;
use oms_proto::{AttemptId, ErrorCode, InstanceId, Response, WireError};

use super::error::not_found;
use super::{Caller, Service};
use crate::domain::entry::Status;

/// Instances in one answer, at 1 KiB or so each: well below the largest frame. A list of
/// instances has no pages; the list of entries does.
const INSTANCES_MAX: usize = 4000;

impl Service {
    pub(super) fn instance_list(&self, caller: &Caller) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        if world.count(Status::Run) > u64::try_from(INSTANCES_MAX).unwrap_or(u64::MAX) {
            return Err(WireError::new(
                ErrorCode::TooLarge,
                format!(
                    "there are more than {INSTANCES_MAX} instances, too many for one answer; list \
                     the entries in RUN instead, they come in pages"
                ),
            ));
        }
        let picture = self.picture(caller, &world);
        let mut instances: Vec<InstanceView> = world
            .accounts
            .keys()
            .flat_map(|account| world.live_at(*account))
            .filter(|(entry, attempt)| entry.kept().is_some_and(|kept| kept.id == attempt.id))
            .filter_map(|(entry, _)| picture.instance(entry))
            .collect();
        instances.sort_by_key(|instance| instance.id);
        Ok(Response::Instances(InstancePage { instances }))
    }

    pub(super) fn instance_show(
        &self,
        caller: &Caller,
        id: InstanceId,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let (entry, attempt) = world
            .live(AttemptId::from(id))
            .ok_or_else(|| not_found(format_args!("instance {id}")))?;
        let kept = entry.kept().is_some_and(|kept| kept.id == attempt.id);
        let view = kept
            .then(|| self.picture(caller, &world).instance(entry))
            .flatten()
            .ok_or_else(|| not_found(format_args!("instance {id}")))?;
        Ok(Response::Instance(Box::new(view)))
    }
}
