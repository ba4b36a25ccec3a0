//! The threads that the daemon runs on, all of them made at the start. Where the system gives no more
//! of them later, what may block waits for its turn: the look-up of a name that had no thread would
//! else look like a cloud that does not answer.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// The name of all of them, for people.
const NAME: &str = "omsd-worker";

/// Threads for what may block, kept for ever: look-ups of names, readings of the database, keys that
/// take long, large answers. More are made in need, and kept as well.
const KEPT: usize = 8;

/// How long a thread stays that has nothing to do: longer than any daemon runs.
const KEEP: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How long the start waits for them.
const PATIENCE: Duration = Duration::from_secs(10);

/// A runtime whose threads are there.
///
/// # Errors
/// Where the system does not give them.
pub(crate) fn runtime() -> io::Result<Runtime> {
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .thread_name(NAME)
        .thread_keep_alive(KEEP)
        .build()?;
    let gate = Arc::new(Gate::default());
    for _ in 0..KEPT {
        let gate = Arc::clone(&gate);
        runtime.spawn_blocking(move || gate.pass());
    }
    let passed = gate.open_after(KEPT);
    if passed < KEPT {
        return Err(io::Error::new(
            io::ErrorKind::WouldBlock,
            format!(
                "the system gives {passed} threads of {KEPT}; raise the limit (TasksMax= in its unit, \
                 or ulimit -u)"
            ),
        ));
    }
    Ok(runtime)
}

/// Holds threads until all of them are there: one that is done would do the next one's work.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    arrived: usize,
    open: bool,
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.arrived += 1;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |state| !state.open));
    }

    /// Opens it once so many have arrived or it has taken too long, and tells how many did.
    fn open_after(&self, count: usize) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let few = |state: &mut State| state.arrived < count;
        let waited = self.changed.wait_timeout_while(state, PATIENCE, few);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.open = true;
        self.changed.notify_all();
        state.arrived
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Barrier;

    use super::*;

    /// Threads of that name; other tests run on others.
    fn threads() -> usize {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.map(|task| {
            // Another test's thread may be gone by now.
            fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
        });
        names.filter(|name| name.trim() == NAME).count()
    }

    #[test]
    fn threads_for_what_may_block_are_there_before_it_is() {
        let runtime = runtime().unwrap();
        assert!(threads() >= KEPT, "{}", threads());
        // As many at once as there are: none of them waits for another.
        let barrier = Arc::new(Barrier::new(KEPT));
        let tasks = (0..KEPT).map(|_| {
            let barrier = Arc::clone(&barrier);
            runtime.spawn_blocking(move || barrier.wait().is_leader())
        });
        let tasks: Vec<_> = tasks.collect();
        let tasks = tasks.into_iter().map(|task| runtime.block_on(task));
        assert_eq!(tasks.filter(|led| matches!(led, Ok(true))).count(), 1);
    }
}
