//! Instances: the servers that entries ended up with.

use oms_proto::request::InstanceList;
use oms_proto::response::InstancePage;
use oms_proto::{AttemptId, InstanceId, Response, WireError};

use super::error::not_found;
use super::{Caller, Service, page};

/// Instances in one answer, at 1 KiB or so each: well below the largest frame.
const INSTANCES_PER_ANSWER: usize = 1000;

impl Service {
    pub(super) fn instance_list(&self, caller: &Caller, list: &InstanceList) -> Response {
        let limit = page::limit(list.limit, INSTANCES_PER_ANSWER);
        let world = self.parts.handle.world();
        let picture = self.picture(caller, &world);
        let follow = world.instances(list.after.map(|after| AttemptId(after.0)));
        let instances = follow.filter_map(|(entry, _)| picture.instance(entry));
        let mut instances: Vec<_> = instances.take(limit.saturating_add(1)).collect();
        let more = page::cut(&mut instances, limit);
        Response::Instances(InstancePage { instances, more })
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
