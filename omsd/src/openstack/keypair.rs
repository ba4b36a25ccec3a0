//! Nova: key pairs, of which only the public half ever gets there. They belong to the user, not
//! to the project.

use http::Method;
use serde_json::json;
use tokio::time::Instant;

use super::OpenStack;
use super::compute::{nova, one_segment};
use super::discovery::Microversion;
use super::error::Purpose;
use super::limits::PAGE_KEYPAIRS;
use super::pages::{Next, Pages};
use super::session::Target;
use super::wire::{KeypairBody, KeypairsBody};
use crate::ports::{CloudError, CloudResult, Removal};
use omsd_domain::ground::failure::FailureClass;

const IMPORT: &str = "import key pair";

impl OpenStack {
    pub(super) async fn import(&self, name: &str, public_key: &str) -> CloudResult<()> {
        let deadline = self.session.deadline();
        one_segment(IMPORT, name).map_err(|error| CloudError {
            class: FailureClass::Rejected,
            ..error
        })?;
        let body = json!({ "keypair": { "name": name, "public_key": public_key.trim() } });
        let mut request = nova(
            IMPORT,
            Method::POST,
            Target::Endpoint(&["os-keypairs"], &[]),
        );
        request.purpose = Purpose::Import;
        request.body = Some(body.to_string().into_bytes());
        match self.nova(request, deadline).await {
            Ok(_) => Ok(()),
            Err(taken) if taken.http_status == Some(409) => {
                self.accept_taken(name, public_key, taken, deadline).await
            }
            Err(error) => Err(error),
        }
    }

    /// The name is taken. By ourselves, if it has this very key: an import whose answer was lost.
    async fn accept_taken(
        &self,
        name: &str,
        public_key: &str,
        taken: CloudError,
        deadline: Instant,
    ) -> CloudResult<()> {
        let path = ["os-keypairs", name];
        let request = nova(IMPORT, Method::GET, Target::Endpoint(&path, &[]));
        let there = match self.nova(request, deadline).await {
            Ok(answer) => answer.json::<KeypairBody>()?.keypair,
            // Removed in between: as good as taken, and good again at the next try.
            Err(error) if error.class == FailureClass::NotFound => return Err(taken),
            Err(error) => return Err(error),
        };
        if material(&there.public_key).is_some_and(|it| Some(it) == material(public_key)) {
            return Ok(());
        }
        let message = format!("key pair {name:?} exists with another key");
        Err(CloudError { message, ..taken })
    }

    pub(super) async fn remove_keypair(&self, name: &str) -> CloudResult<Removal> {
        let operation = "delete key pair";
        let Ok(name) = one_segment(operation, name) else {
            return Ok(Removal::Gone);
        };
        let path = ["os-keypairs", name];
        let request = nova(operation, Method::DELETE, Target::Endpoint(&path, &[]));
        match self.nova(request, self.session.deadline()).await {
            Ok(_) => Ok(Removal::Gone),
            Err(error) if error.class == FailureClass::NotFound => Ok(Removal::Gone),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn keypairs(&self) -> CloudResult<Vec<String>> {
        let operation = "list key pairs";
        let deadline = self.session.deadline();
        let agreed = self.compute_version(deadline).await?.microversion;
        let is_paged = agreed.is_some_and(Microversion::pages_keypairs);
        let limit = PAGE_KEYPAIRS.to_string();
        let mut pages = Pages::default();
        let mut names = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let mut query = Vec::new();
            query.extend(is_paged.then_some(("limit", limit.as_str())));
            query.extend(marker.as_deref().map(|marker| ("marker", marker)));
            let target = Target::Endpoint(&["os-keypairs"], &query);
            let answer = self
                .nova(nova(operation, Method::GET, target), deadline)
                .await?;
            let page: KeypairsBody = answer.json()?;
            let page_names = page.keypairs.iter().map(|it| it.keypair.name.as_str());
            let full = if is_paged { PAGE_KEYPAIRS } else { usize::MAX };
            let (fresh, next) = pages.take(page_names, &page.keypairs_links, full);
            let fresh = page
                .keypairs
                .into_iter()
                .zip(fresh)
                .filter(|(_, fresh)| *fresh);
            names.extend(fresh.map(|(it, _)| it.keypair.name));
            match next {
                Next::After(last) if is_paged => marker = Some(last),
                Next::Done | Next::After(_) => return Ok(names),
                Next::Endless(message) => return Err(answer.garbage(message)),
            }
        }
    }
}

/// Kind and blob of a public key, without its comment.
fn material(public_key: &str) -> Option<(&str, &str)> {
    let mut words = public_key.split_whitespace();
    Some((words.next()?, words.next()?))
}
