//! The private key for whoever is shown it once: that it was shown is durable before it is.

use oms_proto::spec::KeyPolicy;
use oms_proto::view::InstanceView;
use oms_proto::{EntryId, Response, WireError};
use omsd_domain::world::command::{Command, Rejection};

use super::error::rejected;
use super::view::{Keys, Picture};
use super::{Caller, Service};
use crate::engine::handle::SubmitError;

impl Service {
    /// Puts the key into an answer that shows one instance, for the first who asks.
    pub(super) async fn with_key_once(
        &self,
        caller: &Caller,
        mut response: Response,
    ) -> Result<Response, WireError> {
        if caller.keys() != KeyPolicy::Once {
            return Ok(response);
        }
        let instance = match &mut response {
            Response::Entry(entry) => entry.instance.as_mut(),
            Response::Instance(instance) => Some(&mut **instance),
            _ => None,
        };
        if let Some(instance) = instance {
            instance.key_raw = self.key_once(caller, instance).await?;
        }
        Ok(response)
    }

    async fn key_once(
        &self,
        caller: &Caller,
        instance: &InstanceView,
    ) -> Result<Option<String>, WireError> {
        let entry: EntryId = instance.entry;
        let world = self.parts.handle.world();
        let living = world.entries.get(&entry);
        let Some(living) = living.filter(|it| !it.key_shown && it.asked.key.private.is_some())
        else {
            return Ok(None);
        };
        let command = Command::ShowKey(entry);
        let shown = self.parts.handle.submit(caller.actor.clone(), command);
        match shown.await {
            Ok(_) => {}
            Err(SubmitError::Rejected(Rejection::KeyShown(_) | Rejection::NoEntry(_))) => {
                return Ok(None);
            }
            Err(error) => return Err(rejected(&error)),
        }
        let picture = Picture {
            world: &world,
            now: self.parts.clock.now(),
            keys: Keys::Shown(&self.parts.vault),
        };
        Ok(picture.private_key(living))
    }
}
