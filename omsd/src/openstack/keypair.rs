//! Nova: key pairs, of which only the public half ever gets there. They belong to the user, not
//! to the project.

use http::Method;
use serde_json::json;
use tokio::time::Instant;

use super::bounds::{KEYPAIRS_MAX, PAGE_KEYPAIRS};
use super::client::OpenStack;
use super::compute::{nova, one_segment};
use super::discovery::Microversion;
use super::error::Purpose;
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
        let lost = match self.import_once(name, public_key, deadline).await {
            Err(error) if is_lost(&error) => error,
            other => return other,
        };
        // Whether it was carried out is seen by looking, and what was not is safe to repeat.
        match self.is_there(name, public_key, deadline).await {
            Ok(Some(true)) => Ok(()),
            Ok(None) => self.import_once(name, public_key, deadline).await,
            Ok(Some(false)) => Err(another(name, lost)),
            Err(_) => Err(lost),
        }
    }

    async fn import_once(
        &self,
        name: &str,
        public_key: &str,
        deadline: Instant,
    ) -> CloudResult<()> {
        let body = json!({ "keypair": { "name": name, "public_key": public_key.trim() } });
        let mut request = nova(
            IMPORT,
            Method::POST,
            Target::Endpoint(&["os-keypairs"], &[]),
        );
        request.purpose = Purpose::Import;
        request.body = Some(body.to_string().into_bytes());
        let taken = match self.nova(request, deadline).await {
            Err(error) if error.class == FailureClass::Conflict => error,
            other => return other.map(drop),
        };
        // By ourselves, if it has this very key: an import whose answer was lost.
        match self.is_there(name, public_key, deadline).await? {
            Some(true) => Ok(()),
            Some(false) => Err(another(name, taken)),
            // Removed in between: as good as taken, and good again at the next try.
            None => Err(taken),
        }
    }

    /// Whether a key pair of that name has that very key; `None` if there is none.
    async fn is_there(
        &self,
        name: &str,
        public_key: &str,
        deadline: Instant,
    ) -> CloudResult<Option<bool>> {
        let path = ["os-keypairs", name];
        let request = nova(IMPORT, Method::GET, Target::Endpoint(&path, &[]));
        let there = match self.nova(request, deadline).await {
            Ok(answer) => answer.json::<KeypairBody>().await?.keypair,
            Err(error) if error.class == FailureClass::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_same =
            material(&there.public_key).is_some_and(|it| Some(it) == material(public_key));
        Ok(Some(is_same))
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
        let full = if is_paged { PAGE_KEYPAIRS } else { usize::MAX };
        let mut pages = Pages::new(full, KEYPAIRS_MAX);
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
            let page: KeypairsBody = answer.json().await?;
            let page_names = page.keypairs.iter().map(|it| &*it.keypair.name);
            let (fresh, next) = pages.take(page_names, &page.keypairs_links, answer.size());
            let page = page.keypairs.into_inner().into_iter().zip(fresh);
            let fresh = page.filter(|(it, fresh)| *fresh && !it.keypair.name.is_empty());
            names.extend(fresh.map(|(it, _)| String::from(it.keypair.name)));
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

/// Whether the answer to an import was lost, so that it may have been carried out.
fn is_lost(error: &CloudError) -> bool {
    use FailureClass as F;
    matches!(error.class, F::Timeout | F::Garbage | F::ServerError)
        && error.http_status.is_none_or(|it| !(400..500).contains(&it))
}

fn another(name: &str, error: CloudError) -> CloudError {
    let message = format!("key pair {name:?} exists with another key");
    CloudError {
        class: FailureClass::Conflict,
        message: message.into(),
        ..error
    }
}
