//! Passwords, hashed with Argon2id so that guessing is dear: for whoever has the database by its memory
//! and time, for whoever signs in by the turns that there are. Nobody makes the daemon hold more memory
//! than that of a few hashes.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use oms_proto::{ErrorCode, Secret, WireError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::ports::Entropy;
use crate::service::error::Cause;

/// Memory of one hash, passes over it, and lanes: what OWASP has as the least for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes at a time: each takes a processor for some 30 ms, and the rest of the daemon needs one too.
const AT_A_TIME: usize = 2;

/// How long somebody waits for a turn.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// Random bytes of a salt.
const SALT_BYTES: usize = 16;

/// What no password has: what is given for a name that there is not is compared with it.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0IGhlcmU$\
                       bm9ib2R5cyBwYXNzd29yZCwgYXMgbG9uZyBhcyBvbmU";

/// Hashes and compares passwords, a few at a time.
#[derive(Clone)]
pub(in crate::service) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }
}

impl Passwords {
    /// A password as it is kept.
    ///
    /// # Errors
    /// There are too many at a time.
    pub(super) async fn hash(
        &self,
        password: Secret,
        entropy: &dyn Entropy,
    ) -> Result<Result<String, Cause>, WireError> {
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt);
        let hashing = move || -> Result<String, Cause> {
            let salt = SaltString::encode_b64(&salt).map_err(told)?;
            let hash = hasher()?.hash_password(password.expose().as_bytes(), &salt);
            Ok(hash.map_err(told)?.to_string())
        };
        self.in_turn(hashing).await
    }

    /// Whether a password is the one of a hash; where there is none it is not, after as much work.
    ///
    /// # Errors
    /// There are too many at a time.
    pub(super) async fn verify(
        &self,
        password: Secret,
        hash: Option<String>,
    ) -> Result<bool, WireError> {
        let verifying = move || -> Result<bool, Cause> {
            let text = hash.as_deref().unwrap_or(NOBODYS);
            let parsed = PasswordHash::new(text).map_err(told)?;
            let same = hasher()?.verify_password(password.expose().as_bytes(), &parsed);
            Ok(same.is_ok() && hash.is_some())
        };
        let verified = self.in_turn(verifying).await?;
        Ok(verified.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot compare a password");
            false
        }))
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Cause> + Send + 'static,
    ) -> Result<Result<T, Cause>, WireError> {
        let turn = timeout(TURN_WITHIN, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let busy = "too many sign in at the same time; try again in a moment";
            return Err(WireError::new(ErrorCode::Unavailable, busy));
        };
        let working = tokio::task::spawn_blocking(move || {
            // Held to the end, even if nobody waits for it any more.
            let _turn: OwnedSemaphorePermit = turn;
            work()
        });
        Ok(working.await.unwrap_or_else(|error| Err(error.into())))
    }
}

fn hasher() -> Result<Argon2<'static>, Cause> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| {
        let error: Cause = error.to_string().into();
        error
    })?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn told(error: argon2::password_hash::Error) -> Cause {
    error.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::default();
        let secret = || Secret::new("correct horse");
        let hash = async || {
            let hashed = passwords.hash(secret(), &SystemEntropy).await;
            hashed.unwrap().unwrap()
        };
        let (one, other) = (hash().await, hash().await);
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other, "each has a salt of its own");
        let verify = async |text: &str, hash: Option<&str>| {
            let verified = passwords.verify(Secret::new(text), hash.map(str::to_owned));
            verified.await.unwrap()
        };
        assert!(verify("correct horse", Some(&one)).await);
        assert!(!verify("correct horse ", Some(&one)).await);
        assert!(!verify("", Some(&one)).await);
        assert!(!verify("correct horse", None).await);
        assert!(!verify("correct horse", Some("$nonsense")).await);
        assert!(PasswordHash::new(NOBODYS).is_ok(), "there is work to do");
    }
}
