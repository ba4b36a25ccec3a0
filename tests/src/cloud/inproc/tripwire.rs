//! Counts the moments at which a daemon may stop in the middle of a call to a cloud, and lets
//! everything stop at one of them.
//!
//! Each call has three: before the request leaves, after the cloud has acted and before the answer
//! arrives, and after it has arrived. From the chosen moment on no call goes out and no answer
//! comes in, until the wire is mended.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::cloud::call::CallKind;

/// Where in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The request has not left.
    BeforeSend,
    /// The cloud has acted, and nobody knows.
    BeforeAnswer,
    /// The answer is there, and nothing has been made of it.
    AfterAnswer,
}

/// A moment of a call, as it was passed.
pub type Passed = (CallKind, Moment);

/// The wire. Clones are the same wire.
#[derive(Clone)]
pub struct Tripwire {
    state: Arc<Mutex<State>>,
    tripped: Arc<watch::Sender<Option<Passed>>>,
}

#[derive(Default)]
struct State {
    passed: u64,
    planned: Option<Planned>,
    stopped: bool,
}

struct Planned {
    at: u64,
    stop: Box<dyn FnOnce() + Send>,
}

impl Tripwire {
    /// Lets everything stop at the moment of that number, the first being 1; `stop` is called then
    /// and there, for what else has to stop.
    pub fn plan(&self, at: u64, stop: impl FnOnce() + Send + 'static) {
        let stop = Box::new(stop);
        self.lock().planned = Some(Planned { at, stop });
    }

    /// How many moments have been passed.
    pub fn passed(&self) -> u64 {
        self.lock().passed
    }

    /// Waits until everything has stopped, and tells where.
    pub async fn tripped(&self) -> Passed {
        let mut tripped = self.tripped.subscribe();
        loop {
            let told = *tripped.borrow_and_update();
            if let Some(passed) = told {
                return passed;
            }
            if tripped.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Lets calls through again.
    pub fn mend(&self) {
        let mut state = self.lock();
        state.planned = None;
        state.stopped = false;
        self.tripped.send_replace(None);
    }

    /// Goes on unless everything has stopped or stops here. An answer that has arrived is there
    /// also when everything stops.
    pub(in crate::cloud) async fn pass(&self, kind: CallKind, moment: Moment) {
        if self.stops(kind, moment) {
            std::future::pending::<()>().await;
        }
    }

    fn stops(&self, kind: CallKind, moment: Moment) -> bool {
        let mut state = self.lock();
        if state.stopped {
            return true;
        }
        state.passed += 1;
        let passed = state.passed;
        let Some(planned) = state.planned.take_if(|planned| planned.at <= passed) else {
            return false;
        };
        state.stopped = true;
        drop(state);
        (planned.stop)();
        self.tripped.send_replace(Some((kind, moment)));
        moment != Moment::AfterAnswer
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Tripwire {
    fn default() -> Self {
        Self {
            state: Arc::default(),
            tripped: Arc::new(watch::Sender::new(None)),
        }
    }
}

impl fmt::Debug for Tripwire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tripwire")
            .field("passed", &self.passed())
            .finish_non_exhaustive()
    }
}
