//! Nova: the id of a flavor. Nova has no filter by name, so the whole list is fetched and
//! remembered.

use http::Method;
use tokio::time::Instant;

use super::bounds::{FLAVORS_MAX, PAGE_NAMES};
use super::client::OpenStack;
use super::compute::nova;
use super::error::Purpose;
use super::lookup::{Kind, RESOLVE, not_there, pick, with_ids};
use super::pages::{Next, Pages};
use super::session::Target;
use super::wire::{FlavorsBody, Named};
use crate::ports::CloudResult;

/// All flavors are one thing to remember.
const ALL: &str = "";

impl OpenStack {
    /// The id of a flavor, by name or id.
    pub(super) async fn flavor(&self, wanted: &str, deadline: Instant) -> CloudResult<String> {
        let account = self.account();
        if wanted.is_empty() {
            return Err(not_there(Kind::Flavor, account, wanted, &[]));
        }
        let fetch = || self.flavors(deadline);
        let found = self
            .lookups
            .candidates(Kind::Flavor, ALL, self.ttl(), fetch)
            .await?;
        if let Some(id) = pick(Kind::Flavor, wanted, &found)? {
            return Ok(id);
        }
        // It may have been made since; the next who asks looks again.
        self.lookups.forget(Kind::Flavor, ALL);
        Err(not_there(Kind::Flavor, account, wanted, &found))
    }

    pub(super) async fn flavors(&self, deadline: Instant) -> CloudResult<Vec<Named>> {
        let limit = PAGE_NAMES.to_string();
        let mut flavors = Vec::new();
        let mut pages = Pages::new(PAGE_NAMES, FLAVORS_MAX);
        let mut marker: Option<String> = None;
        loop {
            let mut query = vec![("limit", limit.as_str())];
            query.extend(marker.as_deref().map(|marker| ("marker", marker)));
            let mut request = nova(RESOLVE, Method::GET, Target::Endpoint(&["flavors"], &query));
            request.purpose = Purpose::Resolve;
            let answer = self.nova(request, deadline).await?;
            let page: FlavorsBody = answer.json().await?;
            let ids = page.flavors.iter().map(|it| &*it.id);
            let (_, next) = pages.take(ids, &page.flavors_links, answer.size());
            flavors.extend(with_ids(page.flavors.into_inner()));
            match next {
                Next::Done => return Ok(flavors),
                Next::After(last) => marker = Some(last),
                Next::Endless(message) => return Err(answer.garbage(message)),
            }
        }
    }
}
