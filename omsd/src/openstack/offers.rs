//! What there is to make servers of, for people who choose: names, a page of each kind. Launches never
//! ask for it, so a cloud that keeps something to itself is none the worse.

use futures::join;
use tokio::time::Instant;

use super::bounds::PAGE_NAMES;
use super::client::OpenStack;
use super::wire::Named;
use crate::ports::{CloudResult, Offers};

/// Names told of each kind. More than a person looks through.
const NAMES_MAX: usize = 1000;

impl OpenStack {
    pub(super) async fn offered(&self) -> CloudResult<Offers> {
        let deadline = self.session.deadline();
        // Who cannot sign in is told so once.
        self.session.scope(deadline).await?;
        let limit = PAGE_NAMES.to_string();
        let page = [("limit", limit.as_str())];
        let (images, flavors, networks, groups, zones) = join!(
            self.active_images(deadline),
            self.flavors(deadline),
            self.networks(&page, deadline),
            self.groups(&[], deadline),
            self.open_zones(deadline),
        );
        Ok(Offers {
            images: told(images)?,
            flavors: told(flavors)?,
            networks: told(networks)?,
            security_groups: told(groups)?,
            zones: told(zones)?,
        })
    }

    async fn open_zones(&self, deadline: Instant) -> CloudResult<Vec<Named>> {
        let zones = self.zones(deadline).await?;
        let open = zones.into_iter().filter(|zone| zone.state.available);
        let named = open.map(|zone| Named {
            id: zone.name.clone(),
            name: zone.name,
        });
        Ok(named.collect())
    }
}

/// The names of what was told; nothing where a cloud does not tell.
fn told(answer: CloudResult<Vec<Named>>) -> CloudResult<Vec<String>> {
    let things = match answer {
        Ok(things) => things,
        Err(error) if error.lack.is_some() => return Err(error),
        Err(error) => {
            tracing::debug!(%error, "the cloud does not tell what it has");
            Vec::new()
        }
    };
    let shown = |it: &Named| {
        let shown = if it.name.is_empty() { &it.id } else { &it.name };
        shown.to_string()
    };
    let mut names: Vec<String> = things.iter().map(shown).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(NAMES_MAX);
    Ok(names)
}
