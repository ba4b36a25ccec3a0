//! Tokens and users: made, listed, taken away; and whom they let in. A token is random and as long as
//! its digest, so that the digest alone is kept and compared; a password is hashed so that guessing is
//! dear, see [`passwords`].

pub(super) mod passwords;
mod uses;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oms_proto::check::pass as check;
use oms_proto::request::{TokenCreate, UserAdd, UserEdit};
use oms_proto::response::{TokenPage, UserPage};
use oms_proto::spec::{KeyPolicy, TokenSpec, UserPatch, UserSpec};
use oms_proto::view::{TokenView, UserView};
use oms_proto::{ErrorCode, Response, Role, Secret, WireError};
use omsd_domain::rows::pass::{Id, Kind, New, Pass, Proof};
use omsd_domain::world::World;
use omsd_domain::world::command::Command;
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::accounts::SEEN_WITHIN;
use super::error::stopping;
use super::{Caller, Grant, Service};

pub(super) use uses::Uses;

/// What a token begins with, so that people and scanners of files know one when they see it.
const TOKEN_BEGIN: &str = "oms_";

/// Random bytes of a token.
const TOKEN_BYTES: usize = 32;

/// The longest text that is looked at as a token.
const TOKEN_MAX_BYTES: usize = 256;

/// The longest pause between two looks whether a token's time is over: clocks may be set.
const LOOK_EVERY: Duration = Duration::from_secs(60);

impl Service {
    /// Whom a token lets in.
    pub fn bearer(&self, token: &str, from: Option<IpAddr>) -> Option<Caller> {
        if token.len() > TOKEN_MAX_BYTES || !token.starts_with(TOKEN_BEGIN) {
            return None;
        }
        let now = self.parts.clock.now();
        let world = self.parts.handle.world();
        // Nobody can choose the digest of what they show, so that the time it takes to look it up
        // tells nothing of a token.
        let pass = world.token(&digest(token), now)?;
        let caller = Caller::of_pass(pass, from);
        if self.uses.note(pass, now) {
            self.tell_use(pass, &caller);
        }
        Some(caller)
    }

    /// Whom a name and a password let in.
    ///
    /// # Errors
    /// There are too many who sign in.
    pub async fn user(
        &self,
        name: &str,
        password: Secret,
        from: Option<IpAddr>,
    ) -> Result<Option<Caller>, WireError> {
        let id = Id {
            kind: Kind::User,
            name: name.to_owned(),
        };
        let known = |world: &World| world.pass(&id, self.parts.clock.now()).cloned();
        let pass = known(&self.parts.handle.world());
        let hash = pass.as_ref().and_then(|pass| match &pass.proof {
            Proof::Password(hash) => Some(hash.clone()),
            Proof::Token(_) => None,
        });
        // As much work for a name that there is not as for one that there is.
        let good = self.passwords.verify(password, hash).await?;
        let Some(pass) = pass.filter(|_| good) else {
            return Ok(None);
        };
        let now = known(&self.parts.handle.world());
        if now.is_none_or(|now| now.stamp != pass.stamp) {
            return Ok(None);
        }
        let caller = Caller::of_pass(&pass, from);
        self.uses.note(&pass, self.parts.clock.now());
        self.tell_use(&pass, &caller);
        Ok(Some(caller))
    }

    /// Who somebody is now that came in before: with the role of today, from another place perhaps.
    /// `None` where what let them in no longer does.
    pub fn renewed(&self, caller: &Caller, from: Option<IpAddr>) -> Option<Caller> {
        let Grant::Pass { id, stamp } = &caller.grant else {
            return Some(caller.clone().from(from));
        };
        let now = self.parts.clock.now();
        let world = self.parts.handle.world();
        let pass = world.pass(id, now).filter(|pass| pass.stamp == *stamp)?;
        if id.kind == Kind::Token && self.uses.note(pass, now) {
            self.tell_use(pass, caller);
        }
        Some(Caller::of_pass(pass, from))
    }

    /// Waits until what lets somebody in no longer does.
    pub(super) async fn ended(&self, caller: &Caller) {
        let Grant::Pass { id, stamp } = &caller.grant else {
            return std::future::pending().await;
        };
        let mut worlds = self.parts.handle.worlds();
        loop {
            let now = self.parts.clock.now();
            let expires = {
                let world = worlds.borrow_and_update();
                match world.pass(id, now).filter(|pass| pass.stamp == *stamp) {
                    Some(pass) => pass.expires,
                    None => return,
                }
            };
            let left = expires.map_or(LOOK_EVERY, |expires| expires.since(now).min(LOOK_EVERY));
            tokio::select! {
                changed = worlds.changed() => if changed.is_err() {
                    // The daemon stops, which ends whatever there is.
                    return std::future::pending().await;
                },
                () = sleep(left) => {}
            }
        }
    }

    /// Has the journal told that a token was shown or that somebody signed in; nobody waits for it.
    fn tell_use(&self, pass: &Pass, caller: &Caller) {
        let command = Command::NoteUse {
            id: pass.id.clone(),
            stamp: pass.stamp,
        };
        let (handle, by) = (self.parts.handle.clone(), caller.actor.clone());
        tokio::spawn(async move {
            if let Err(error) = handle.submit(by, command).await {
                tracing::debug!(%error, "the use of a token is not written down");
            }
        });
    }

    pub(super) async fn token_create(
        &self,
        caller: &Caller,
        create: TokenCreate,
    ) -> Result<Response, WireError> {
        let TokenCreate { spec } = create;
        let now = self.parts.clock.now();
        check::token(&spec, now)?;
        let TokenSpec {
            name,
            role,
            key_raw,
            expires,
        } = spec;
        let mut random = Zeroizing::new([0; TOKEN_BYTES]);
        self.parts.entropy.fill(random.as_mut_slice());
        let mut text = String::from(TOKEN_BEGIN);
        URL_SAFE_NO_PAD.encode_string(random.as_slice(), &mut text);
        let kind = Kind::Token;
        let pass = Pass {
            id: Id { kind, name },
            role,
            keys: key_raw,
            proof: Proof::Token(digest(&text)),
            made: now,
            changed: now,
            // The engine gives it one.
            stamp: 0,
            expires,
            used: None,
        };
        let (id, shown) = (pass.id.clone(), self.token_view(&pass));
        let command = Command::MakePass(Box::new(pass));
        self.submit(caller, command).await?;
        // Whoever is told of it may show it at once.
        self.seen(|world| world.passes.contains_key(&id)).await?;
        tracing::info!(token.name = %shown.name, caller = %caller.actor, "made a token");
        Ok(Response::Token(TokenView {
            token: Some(Secret::new(text)),
            ..shown
        }))
    }

    pub(super) fn token_list(&self) -> Response {
        let world = self.parts.handle.world();
        let tokens = world.passes_of(Kind::Token).map(|it| self.token_view(it));
        Response::Tokens(TokenPage {
            tokens: tokens.collect(),
        })
    }

    pub(super) async fn pass_revoke(
        &self,
        caller: &Caller,
        kind: Kind,
        name: String,
    ) -> Result<Response, WireError> {
        let id = Id { kind, name };
        let command = Command::RevokePass(id.clone());
        self.submit(caller, command).await?;
        self.seen(|world| !world.passes.contains_key(&id)).await?;
        tracing::info!(
            name = %id.name,
            kind = kind.as_str(),
            caller = %caller.actor,
            "took away what let somebody in"
        );
        Ok(Response::DONE)
    }

    pub(super) async fn user_add(
        &self,
        caller: &Caller,
        add: UserAdd,
    ) -> Result<Response, WireError> {
        let UserAdd { spec } = add;
        check::user(&spec)?;
        let UserSpec {
            name,
            role,
            password,
        } = spec;
        let proof = self.password(password).await?;
        let now = self.parts.clock.now();
        let kind = Kind::User;
        let pass = Pass {
            id: Id { kind, name },
            role,
            keys: KeyPolicy::Full,
            proof,
            made: now,
            changed: now,
            stamp: 0,
            expires: None,
            used: None,
        };
        let id = pass.id.clone();
        let command = Command::MakePass(Box::new(pass));
        self.submit(caller, command).await?;
        tracing::info!(user.name = %id.name, caller = %caller.actor, "added a user");
        self.user_when(&id, |_| true).await
    }

    pub(super) async fn user_edit(
        &self,
        caller: &Caller,
        edit: UserEdit,
    ) -> Result<Response, WireError> {
        let UserEdit { name, patch } = edit;
        check::user_patch(&name, &patch)?;
        let UserPatch { role, password } = patch;
        let id = Id {
            kind: Kind::User,
            name,
        };
        let before = self.parts.handle.world().passes.get(&id).cloned();
        let proof = match password {
            // Nothing is hashed for nobody.
            Some(password) if before.is_some() => Some(self.password(password).await?),
            Some(_) | None => None,
        };
        let stamp = before.as_ref().map_or(0, |it| it.stamp);
        let another = before.is_some_and(|it| role.is_some_and(|role| role != it.role));
        let changes = proof.is_some() || another;
        let command = Command::ChangePass {
            id: id.clone(),
            new: New { role, proof },
        };
        self.submit(caller, command).await?;
        tracing::info!(user.name = %id.name, caller = %caller.actor, "changed a user");
        let done = |pass: &Pass| !changes || pass.stamp > stamp;
        self.user_when(&id, done).await
    }

    pub(super) fn user_list(&self) -> Response {
        let world = self.parts.handle.world();
        let users = world.passes_of(Kind::User).map(|it| self.user_view(it));
        Response::Users(UserPage {
            users: users.collect(),
        })
    }

    async fn password(&self, password: Secret) -> Result<Proof, WireError> {
        let hash = self.passwords.hash(password, &*self.parts.entropy).await?;
        let hash = hash.map_err(|cause| self.internal("hash a password", &cause))?;
        Ok(Proof::Password(hash))
    }

    /// A user from a world that contains what was just done.
    async fn user_when(
        &self,
        id: &Id,
        done: impl Fn(&Pass) -> bool,
    ) -> Result<Response, WireError> {
        self.seen(|world| world.passes.get(id).is_some_and(|pass| done(pass)))
            .await?;
        let world = self.parts.handle.world();
        let pass = world
            .passes
            .get(id)
            .ok_or_else(|| WireError::new(ErrorCode::NotFound, "the user was removed meanwhile"))?;
        Ok(Response::User(self.user_view(pass)))
    }

    /// Waits for the world that shows what was just done, which follows the engine's answer at once;
    /// somebody may undo it as quickly, so that it is not waited for long.
    async fn seen(&self, done: impl Fn(&World) -> bool) -> Result<(), WireError> {
        let mut worlds = self.parts.handle.worlds();
        let seen = worlds.wait_for(|world: &Arc<World>| done(world));
        match timeout(SEEN_WITHIN, seen).await {
            Ok(Err(_closed)) => Err(stopping()),
            Ok(Ok(_)) | Err(_) => Ok(()),
        }
    }

    fn token_view(&self, pass: &Pass) -> TokenView {
        TokenView {
            name: pass.id.name.clone(),
            role: pass.role,
            key_raw: if pass.role.may(Role::Operator) {
                pass.keys
            } else {
                KeyPolicy::Never
            },
            created: pass.made,
            expires: pass.expires,
            last_used: self.uses.last(pass),
            token: None,
        }
    }

    fn user_view(&self, pass: &Pass) -> UserView {
        UserView {
            name: pass.id.name.clone(),
            role: pass.role,
            created: pass.made,
            changed: pass.changed,
            last_used: self.uses.last(pass),
        }
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
