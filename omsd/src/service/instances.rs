//! Instances: the servers that entries ended up with.

use oms_proto::response::InstancePage;
use oms_proto::view::InstanceView;
use oms_proto::{AttemptId, ErrorCode, InstanceId, Response, WireError};
use omsd_domain::rows::entry::Status;

use super::error::not_found;
use super::{Caller, Service};

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
        let instances = world.instances(None);
        let instances: Vec<InstanceView> = instances
            .filter_map(|(entry, _)| picture.instance(entry))
            .collect();
        Ok(Response::Instances(InstancePage { instances }))
    }

    pub(super) fn instance_show(
        &self,
        caller: &Caller,
        id: InstanceId,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let before = id.0.checked_sub(1).map(AttemptId);
        let found = world.instances(before).next();
        let view = found
            .filter(|(_, attempt)| attempt.id == AttemptId::from(id))
            .and_then(|(entry, _)| self.picture(caller, &world).instance(entry))
            .ok_or_else(|| not_found(format_args!("instance {id}")))?;
        Ok(Response::Instance(Box::new(view)))
    }
}
