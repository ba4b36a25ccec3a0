//! Glance: the id of an image.

use http::Method;

use super::bounds::PAGE_NAMES;
use super::catalog::Service;
use super::client::OpenStack;
use super::error::Purpose;
use super::lookup::{Kind, RESOLVE, is_uuid, not_there, only, pick, with_ids, wrong};
use super::session::{Request, Target};
use super::wire::{Image, ImagesBody, Named};
use crate::ports::{CloudError, CloudResult};
use omsd_domain::ground::failure::FailureClass;
use tokio::time::Instant;

impl OpenStack {
    /// The id of an active image, by name or id.
    pub(super) async fn image(&self, wanted: &str, deadline: Instant) -> CloudResult<String> {
        let account = self.account();
        if wanted.is_empty() {
            return Err(not_there(Kind::Image, account, wanted, &[]));
        }
        let fetch = || self.find_image(wanted, deadline);
        let found = self
            .lookups
            .candidates(Kind::Image, wanted, self.ttl(), fetch)
            .await?;
        match pick(Kind::Image, wanted, &found) {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(not_there(Kind::Image, account, wanted, &[])),
            Err(error) => {
                self.lookups.forget(Kind::Image, wanted);
                Err(error)
            }
        }
    }

    async fn find_image(&self, wanted: &str, deadline: Instant) -> CloudResult<Vec<Named>> {
        if is_uuid(wanted)
            && let Some(image) = self.image_by_id(wanted, deadline).await?
        {
            if !is_active(&image) {
                return Err(self.not_active(wanted, &image));
            }
            let (id, name) = (image.id, image.name);
            return Ok(vec![Named { id, name }]);
        }
        let by_name = [("name", wanted), ("status", "active")];
        let named = named(self.images(&by_name, deadline).await?);
        if let Some(id) = pick(Kind::Image, wanted, &named)? {
            return Ok(only(&id, named));
        }
        let of_any_status = self.images(&[("name", wanted)], deadline).await;
        let mut of_any_status = of_any_status.unwrap_or_default().into_iter();
        if let Some(image) = of_any_status.find(|it| *it.name == *wanted && !is_active(it)) {
            return Err(self.not_active(wanted, &image));
        }
        // Only to say what there is; if that fails too, it goes unsaid.
        let existing = self.active_images(deadline).await.unwrap_or_default();
        Err(not_there(Kind::Image, self.account(), wanted, &existing))
    }

    /// A page of what servers can be made of.
    pub(super) async fn active_images(&self, deadline: Instant) -> CloudResult<Vec<Named>> {
        let limit = PAGE_NAMES.to_string();
        let query = [("status", "active"), ("limit", limit.as_str())];
        Ok(named(self.images(&query, deadline).await?))
    }

    async fn image_by_id(&self, id: &str, deadline: Instant) -> CloudResult<Option<Image>> {
        let path = ["v2", "images", id];
        match self
            .session
            .send(request(Target::Root(&path, &[])), deadline)
            .await
        {
            Ok(answer) => answer.json().await.map(Some),
            Err(error)
                if error.http_status == Some(404) && error.class == FailureClass::Configuration =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn images(&self, query: &[(&str, &str)], deadline: Instant) -> CloudResult<Vec<Image>> {
        let request = request(Target::Root(&["v2", "images"], query));
        let answer = self.session.send(request, deadline).await?;
        Ok(answer.json::<ImagesBody>().await?.images.into_inner())
    }

    fn not_active(&self, wanted: &str, image: &Image) -> CloudError {
        let account = self.account();
        let status = match &*image.status {
            "" => "in no state that Glance tells",
            status => status,
        };
        wrong(format!(
            "image {wanted:?} of account {account:?} is {status}, not active"
        ))
    }
}

fn is_active(image: &Image) -> bool {
    &*image.status == "active"
}

/// Those that servers can be made of.
fn named(images: Vec<Image>) -> Vec<Named> {
    let active = images.into_iter().filter(is_active);
    let named = active.map(|it| Named {
        id: it.id,
        name: it.name,
    });
    with_ids(named).collect()
}

fn request(target: Target<'_>) -> Request<'_> {
    Request {
        operation: RESOLVE,
        purpose: Purpose::Resolve,
        service: Service::Image,
        method: Method::GET,
        target,
        microversion: None,
        body: None,
        hide: Vec::new(),
    }
}
