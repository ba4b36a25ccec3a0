//! Sessions of people who signed in. They live in memory, bounded in number and in time, so that a
//! restart signs everybody out; of their keys only the digests are kept.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oms_proto::Time;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::ports::Entropy;
use crate::service::Caller;

/// Sessions at a time; the one that was idle longest makes room.
const SESSIONS_MAX: usize = 1000;

/// How long a session lives at most: a day's work.
pub(super) const LIFE: Duration = Duration::from_secs(12 * 3600);

/// How long a session lives that nobody uses.
const IDLE: Duration = Duration::from_secs(2 * 3600);

/// Random bytes of a key.
const KEY_BYTES: usize = 32;

pub(super) struct Sessions {
    entropy: Arc<dyn Entropy>,
    open: Mutex<BTreeMap<[u8; 32], Session>>,
}

struct Session {
    caller: Caller,
    form_key: String,
    begun: Time,
    used: Time,
    ended: CancellationToken,
}

/// The end of a session, for what outlasts a request.
pub struct SessionEnd {
    ended: CancellationToken,
    /// How long it may go on.
    left: Duration,
}

impl SessionEnd {
    /// Waits until the session has ended, by its person or for its age.
    pub async fn wait(self) {
        drop(tokio::time::timeout(self.left, self.ended.cancelled()).await);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

impl Session {
    fn is_over(&self, now: Time) -> bool {
        now.since(self.begun) > LIFE || now.since(self.used) > IDLE
    }
}

/// A key that nobody guesses.
pub(super) fn key(entropy: &dyn Entropy) -> String {
    let mut random = [0; KEY_BYTES];
    entropy.fill(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

impl Sessions {
    pub(super) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self {
            entropy,
            open: Mutex::default(),
        }
    }

    /// Begins a session and gives its key.
    pub(super) fn begin(&self, caller: Caller, now: Time) -> String {
        let (key, form_key) = (key(&*self.entropy), key(&*self.entropy));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| !session.is_over(now));
        if open.len() >= SESSIONS_MAX
            && let Some(idlest) = open.iter().min_by_key(|(_, session)| session.used)
        {
            let idlest = *idlest.0;
            open.remove(&idlest);
        }
        open.insert(
            digest(&key),
            Session {
                caller,
                form_key,
                begun: now,
                used: now,
                ended: CancellationToken::new(),
            },
        );
        key
    }

    /// Whose session a key opens, and what their forms must carry.
    pub(super) fn of(&self, key: &str, now: Time) -> Option<(Caller, String)> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get_mut(&digest(key))?;
        if session.is_over(now) {
            return None;
        }
        session.used = now;
        Some((session.caller.clone(), session.form_key.clone()))
    }

    /// When a session that a key opens will have ended.
    pub(super) fn end_of(&self, key: &str, now: Time) -> Option<SessionEnd> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.get(&digest(key))?;
        Some(SessionEnd {
            ended: session.ended.clone(),
            left: LIFE.saturating_sub(now.since(session.begun)),
        })
    }

    pub(super) fn unique(&self) -> String {
        key(&*self.entropy)
    }

    pub(super) fn end(&self, key: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&digest(key));
    }
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

#[cfg(test)]
mod tests {
    use oms_proto::{Actor, Role};

    use super::*;
    use crate::clock::SystemEntropy;

    fn sessions() -> Sessions {
        Sessions::new(Arc::new(SystemEntropy))
    }

    fn caller() -> Caller {
        Caller::standing(Role::Admin, Actor::Scheduler)
    }

    #[test]
    fn a_session_ends_when_it_is_told_to_when_idle_and_when_old() {
        let sessions = sessions();
        let begun = Time(0);
        let key = sessions.begin(caller(), begun);
        assert!(sessions.of(&key, begun).is_some());
        assert!(sessions.of("other", begun).is_none());
        assert!(sessions.of(&key, begun.plus(IDLE)).is_some());
        let idle = begun.plus(IDLE).plus(IDLE).plus(Duration::from_secs(1));
        assert!(sessions.of(&key, idle).is_none());
        let mut now = begun;
        while now.since(begun) <= LIFE {
            sessions.of(&key, now);
            now = now.plus(IDLE / 2);
        }
        assert!(sessions.of(&key, now).is_none());
        let key = sessions.begin(caller(), begun);
        sessions.end(&key);
        assert!(sessions.of(&key, begun).is_none());
    }

    #[test]
    fn the_idlest_session_makes_room() {
        let sessions = sessions();
        let first = sessions.begin(caller(), Time(0));
        for at in 1..=SESSIONS_MAX {
            sessions.begin(caller(), Time(i64::try_from(at).unwrap()));
        }
        assert!(sessions.of(&first, Time(0)).is_none());
        let open = sessions.open.lock().unwrap();
        assert_eq!(open.len(), SESSIONS_MAX);
    }
}
