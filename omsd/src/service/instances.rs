//! Instances: the servers that entries ended up with.

use oms_proto::request::InstanceList;
use oms_proto::response::InstancePage;
use oms_proto::{AttemptId, InstanceId, Response, WireError};

use super::error::not_found;
use super::filter::{self, LOOKED_AT_ONCE};
use super::{Caller, Service, page};

/// Instances in one answer, at 1 KiB or so each: well below the largest frame.
const INSTANCES_PER_ANSWER: usize = 1000;

impl Service {
    /// They are looked at in turns, so that nobody waits where few of many are asked for.
    pub(super) async fn instance_list(
        &self,
        caller: &Caller,
        list: &InstanceList,
    ) -> Result<Response, WireError> {
        let limit = page::limit(list.limit, INSTANCES_PER_ANSWER);
        let most = limit.saturating_add(1);
        let world = self.parts.handle.world();
        let wants = filter::Instances::of(&world, list)?;
        let mut after = list.after.map(|after| AttemptId(after.0));
        let mut found = Vec::new();
        loop {
            let before = after;
            for (entry, attempt) in world.instances(after).take(LOOKED_AT_ONCE) {
                after = Some(attempt.id);
                if found.len() < most && wants.fits(attempt) {
                    found.push(entry);
                }
            }
            if before == after || found.len() >= most {
                break;
            }
            tokio::task::yield_now().await;
        }
        let more = page::cut(&mut found, limit);
        let picture = self.picture(caller, &world);
        let instances = found
            .into_iter()
            .filter_map(|entry| picture.instance(entry));
        Ok(Response::Instances(InstancePage {
            instances: instances.collect(),
            more,
        }))
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
