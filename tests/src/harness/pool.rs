//! Many simulated runs on all cores, each in one thread under a paused clock of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// No more threads than that, however many cores there are: each holds a disk and a few clouds.
const WORKERS_MAX: usize = 8;

/// Runs all items and gives what came of them, in their order.
///
/// # Panics
/// When a run does.
pub fn each<T: Sync, R: Send>(items: &[T], run: impl AsyncFn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else {
                return done;
            };
            done.push((place, alone(run(item))));
        }
    };
    let mut all = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.min(WORKERS_MAX))
            .map(|_| scope.spawn(work))
            .collect();
        let ended = threads.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.flatten().collect::<Vec<_>>()
    });
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}

/// Runs one thing under a paused clock.
///
/// # Panics
/// When it does, or when no runtime can be had.
pub fn alone<R>(run: impl Future<Output = R>) -> R {
    // Without the driver of sockets, which nothing here has and each turn of the clock would ask.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(run),
        Err(error) => unreachable!("a runtime without IO can always be had: {error}"),
    }
}
