//! Nova: whether there is an availability zone. A create alone would tell otherwise.
//!
//! Source: <https://docs.openstack.org/api-ref/compute/#availability-zones-os-availability-zone>.

use http::Method;
use tokio::time::Instant;

use super::client::OpenStack;
use super::compute::nova;
use super::error::Purpose;
use super::lookup::{Kind, RESOLVE, not_there, wrong};
use super::session::Target;
use super::wire::{Named, Zone, ZonesBody};
use crate::ports::CloudResult;

impl OpenStack {
    /// Looks for an availability zone. No launch asks for the list, so a cloud that keeps it to itself
    /// is none the worse.
    pub(super) async fn find_zone(&self, wanted: &str, deadline: Instant) -> CloudResult<()> {
        let zones = self.zones(deadline).await?;
        // An administrator may name a host of the zone as well.
        let zone = wanted.split(':').next().unwrap_or_default();
        match zones.iter().find(|it| *it.name == *zone) {
            Some(it) if it.state.available => return Ok(()),
            Some(_) => {
                return Err(wrong(format!(
                    "availability zone {zone:?} of account {:?} takes no servers now",
                    self.account()
                )));
            }
            None => {}
        }
        let existing: Vec<_> = zones
            .into_iter()
            .map(|it| Named {
                id: it.name.clone(),
                name: it.name,
            })
            .collect();
        Err(not_there(Kind::Zone, self.account(), wanted, &existing))
    }

    pub(super) async fn zones(&self, deadline: Instant) -> CloudResult<Vec<Zone>> {
        let target = Target::Endpoint(&["os-availability-zone"], &[]);
        let mut request = nova(RESOLVE, Method::GET, target);
        request.purpose = Purpose::Resolve;
        let answer = self.nova(request, deadline).await?;
        Ok(answer.json::<ZonesBody>().await?.zones.into_inner())
    }
}
