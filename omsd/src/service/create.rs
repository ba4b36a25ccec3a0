//! Accepts an entry: checks it, makes its key, and answers once it is durable.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::request::EntryCreate;
use omsd_domain::rows::entry::{Entry, EntryKey, Idempotency};
use omsd_domain::world::command::{Answer, Command, NewEntry, Rejection};

use crate::engine::handle::SubmitError;
use oms_proto::spec::{EntrySpec, KeyType};
use oms_proto::{EntryId, ErrorCode, Response, WireError};

use super::error::{Cause, rejected, stopping};
use super::view::{key_context, user_data_context};
use super::{Caller, Service, entry_spec};
use crate::keys::{self, KeyError, KeyPair};

/// What stands behind a key that OMS made, where it is installed.
const KEY_COMMENT: &str = "oms";

impl Service {
    pub(super) async fn entry_create(
        &self,
        caller: &Caller,
        create: EntryCreate,
    ) -> Result<Response, WireError> {
        let EntryCreate {
            spec,
            idempotency_key,
        } = create;
        if let Some(key) = &idempotency_key {
            entry_spec::check_idempotency_key(key)?;
        }
        let public = entry_spec::check(&spec)?;
        let idempotency = self.idempotency(idempotency_key, &spec)?;
        // A repeated request is answered before a key is made for nothing, and even if an account
        // that it names is gone by now. The engine looks again, for two at the same time.
        if let Some(id) = self.accepted_before(idempotency.as_ref()).await? {
            return self.accepted(caller, id).await;
        }
        entry_spec::check_accounts(&spec, &self.parts.handle.world())?;
        self.entry_accept(caller, spec, public, idempotency).await
    }

    /// Accepts an entry whose request was found good.
    pub(super) async fn entry_accept(
        &self,
        caller: &Caller,
        mut spec: EntrySpec,
        public: Option<String>,
        idempotency: Option<Idempotency>,
    ) -> Result<Response, WireError> {
        let key = self.entry_key(&spec, public).await?;
        let user_data = spec.user_data.take().map(|text| {
            let context = user_data_context(&key.public);
            self.parts.vault.seal(&context, text.as_bytes())
        });
        let patience = spec
            .deadline_seconds
            .map_or(self.parts.policy.entry_deadline, |seconds| {
                Duration::from_secs(seconds.into())
            });
        let new = NewEntry {
            spec,
            key,
            user_data,
            idempotency,
            patience,
        };
        let command = Command::AcceptEntry(Box::new(new));
        match self
            .parts
            .handle
            .submit(caller.actor.clone(), command)
            .await
        {
            Ok(Answer::Entry(id)) => {
                tracing::info!(entry.id = %id, caller = %caller.actor, "accepted an entry");
                self.accepted(caller, id).await
            }
            Ok(Answer::Account(_) | Answer::Done) => {
                let cause: Cause = "the engine answered another command".into();
                Err(self.internal("accept the entry", &cause))
            }
            Err(error) => Err(rejected(&error)),
        }
    }

    fn idempotency(
        &self,
        key: Option<String>,
        spec: &EntrySpec,
    ) -> Result<Option<Idempotency>, WireError> {
        let Some(key) = key else {
            return Ok(None);
        };
        match entry_spec::digest(spec) {
            Ok(digest) => Ok(Some(Idempotency { key, digest })),
            Err(error) => Err(self.internal("digest the request", &error.into())),
        }
    }

    async fn accepted_before(
        &self,
        idempotency: Option<&Idempotency>,
    ) -> Result<Option<EntryId>, WireError> {
        let Some(now) = idempotency else {
            return Ok(None);
        };
        let mut under = self.parts.handle.world().under(&now.key);
        if under.is_none() {
            let key = now.key.clone();
            let reading = self.database.read(move |store| store.under(&key)).await;
            under =
                reading.map_err(|cause| self.internal("look up the idempotency key", &cause))?;
        }
        match under {
            None => Ok(None),
            Some((id, digest)) if digest == now.digest => Ok(Some(id)),
            Some((id, _)) => {
                let reused = SubmitError::Rejected(Rejection::KeyReused(id));
                Err(rejected(&reused))
            }
        }
    }

    /// The entry's key: the one it brings, or one made and sealed.
    async fn entry_key(
        &self,
        spec: &EntrySpec,
        public: Option<String>,
    ) -> Result<EntryKey, WireError> {
        if let Some(public) = public {
            let private = None;
            return Ok(EntryKey { public, private });
        }
        let made = match spec.key_type.unwrap_or_default() {
            KeyType::Ed25519 => {
                let made = keys::make(KeyType::Ed25519, KEY_COMMENT, &*self.parts.entropy);
                made.map_err(Cause::from)
            }
            KeyType::Rsa => {
                let Ok(_in_line) = self.rsa_line.try_acquire() else {
                    let detail = "as many RSA keys are being made as can be waited for; ask again \
                                  later, or bring a public_key";
                    return Err(WireError::new(ErrorCode::Unavailable, detail));
                };
                self.rsa_key().await
            }
            KeyType::Unknown => Err(KeyError::Type.into()),
        };
        let pair = made.map_err(|cause| self.internal("make a key", &cause))?;
        let context = key_context(&pair.public_openssh);
        let private = pair.private_openssh.expose().as_bytes();
        Ok(EntryKey {
            private: Some(self.parts.vault.seal(&context, private)),
            public: pair.public_openssh,
        })
    }

    /// RSA takes a second or so of a processor, so it is made where that holds up nobody.
    async fn rsa_key(&self) -> Result<KeyPair, Cause> {
        let turn = Arc::clone(&self.rsa_turns).acquire_owned().await?;
        let entropy = Arc::clone(&self.parts.entropy);
        let making = tokio::task::spawn_blocking(move || {
            // Held to the end, even if nobody waits for the key any more.
            let _turn = turn;
            keys::make(KeyType::Rsa, KEY_COMMENT, &*entropy)
        });
        Ok(making.await??)
    }

    /// The entry as it was accepted, once the world contains it. The answer to a create is always
    /// REQUEST, as the 2016 interface had it, and the same however often it is repeated; what has
    /// become of the entry since is for the next question.
    async fn accepted(&self, caller: &Caller, id: EntryId) -> Result<Response, WireError> {
        let mut worlds = self.parts.handle.worlds();
        let world = worlds.wait_for(|world| world.next.entry > id.0).await;
        let world = Arc::clone(&*world.map_err(|_closed| stopping())?);
        let asked = match world.entries.get(&id) {
            Some(entry) => Arc::clone(&entry.asked),
            None => self.past(id).await?.entry.asked,
        };
        let accepted = Entry::new(asked);
        Ok(Response::Entry(Box::new(
            self.picture(caller, &world).entry(&accepted),
        )))
    }
}
