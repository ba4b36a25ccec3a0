//! Carries out what the domain decides: wake, plan, commit the intents, act, commit the outcomes.
//!
//! The engine alone changes the world and writes the store. It waits for wishes, for outcomes
//! and for the time when something falls due; all that has come in by then is one turn and one
//! commit. A caller that is alone is committed for at once; what comes in during an fsync shares the
//! next one, so that many callers cost few.

mod core;
mod executor;
pub mod handle;
pub mod registry;
mod steady;
mod sweep;
mod vigil;
pub mod waits;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use omsd_domain::rows::spur::Spur;
use omsd_domain::rules::policy::Policy;
use omsd_domain::schedule::effect::{Effect, Outcome};
use omsd_domain::schedule::pulse::Pulse;
use omsd_domain::world::command::Command;
use omsd_domain::world::{Rows, World};

use crate::ports::Clock;
use crate::store::Store;

use self::core::Planning;
pub use self::core::{Core, EngineError, Start, Turn};
use self::executor::Executor;
use self::handle::{Handle, Published, Wish};
use self::registry::Registry;
use self::steady::Steady;
use self::vigil::Vigil;
use self::waits::Waits;

/// Wishes that may wait for the next turn; further callers wait to hand theirs in.
const INBOX_MAX: usize = 1024;

/// Wishes and outcomes taken into one turn.
const BATCH_MAX: usize = 1024;

/// Turns whose facts a watcher may be behind before it misses some.
const FEED_MAX: usize = 1024;

/// How long one turn plans at most: short enough that a wish or an outcome that comes in meanwhile is
/// not kept waiting, long enough for some hundred placements.
const PLANNING_MAX: Duration = Duration::from_millis(5);

/// How long a stop waits for effects that are under way; what comes later is settled by looking
/// at the next start.
const DRAIN: Duration = Duration::from_secs(3);

/// How long new entries wait after the database went back, so that the clouds can be listed before ids
/// are given out. An account that has not answered by then gets its launches later.
const SIGHT_WAIT: Duration = Duration::from_secs(10);

/// What an engine is made of.
pub struct Parts {
    /// Where the world is kept.
    pub store: Store,
    /// The rows as they were read from there.
    pub rows: Rows,
    /// How the daemon starts.
    pub start: Start,
    /// The scheduler's settings.
    pub policy: Policy,
    /// The clients of the accounts.
    pub registry: Arc<Registry>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Who is told of commits.
    pub observer: Arc<dyn Observer>,
}

/// Is told how the engine fares, for metrics.
pub trait Observer: Send + Sync {
    /// A turn has committed these facts, and led to this world.
    fn committed(&self, facts: &Arc<Published>, world: &Arc<World>, took: Duration);

    /// A server was made for an entry beside another that served it or may serve it.
    fn made_extra(&self, spur: Spur);
}

/// Tells those that wait for entries, also that nothing more will come.
struct Telling(Arc<Waits>);

impl Drop for Telling {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The engine, ready to run.
pub struct Engine {
    core: Core,
    inbox: mpsc::Receiver<Wish>,
    pulse_takers: mpsc::Receiver<oneshot::Sender<()>>,
    worlds: watch::Sender<Arc<World>>,
    feed: broadcast::Sender<Arc<Published>>,
    waits: Telling,
    pulses: watch::Sender<Arc<Pulse>>,
    /// Entries that are not accepted before the clouds were listed, and until when they wait.
    parked: Vec<Wish>,
    parked_until: Option<Instant>,
    executor: Executor,
    clock: Arc<dyn Clock>,
    vigil: Vigil,
    observer: Arc<dyn Observer>,
}

impl Engine {
    /// Takes up the world where the last daemon left it, and gives the door to it.
    ///
    /// # Errors
    /// [`EngineError`]
    pub fn new(parts: Parts) -> Result<(Self, Handle), EngineError> {
        let clock: Arc<dyn Clock> = Arc::new(Steady::over(parts.clock));
        let now = clock.now();
        let core = Core::new(parts.store, parts.rows, &parts.policy, parts.start, now)?;
        let (sender, inbox) = mpsc::channel(INBOX_MAX);
        let (pulse_taker, pulse_takers) = mpsc::channel(1);
        let (worlds, watched) = watch::channel(Arc::new(core.world().clone()));
        let (feed, _) = broadcast::channel(FEED_MAX);
        let waits = Telling(Arc::default());
        let (pulses, felt) = watch::channel(Arc::default());
        let handle = Handle {
            inbox: sender,
            pulse_takers: pulse_taker,
            worlds: watched,
            feed: feed.clone(),
            pulses: felt,
            registry: Arc::clone(&parts.registry),
            waits: Arc::clone(&waits.0),
        };
        let executor = Executor {
            sweeps: Arc::default(),
            registry: parts.registry,
            clock: Arc::clone(&clock),
        };
        let observer = parts.observer;
        Ok((
            Self {
                core,
                inbox,
                pulse_takers,
                worlds,
                feed,
                waits,
                pulses,
                parked: Vec::new(),
                parked_until: None,
                executor,
                vigil: Vigil::new(clock.now()),
                clock,
                observer,
            },
            handle,
        ))
    }

    /// Runs on a thread of its own, whose fsyncs keep nobody else waiting, and tells how it ended.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn run_on_thread(
        self,
        runtime: tokio::runtime::Handle,
        stop: CancellationToken,
    ) -> std::io::Result<oneshot::Receiver<Result<(), EngineError>>> {
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new()
            .name("oms-engine".to_owned())
            .spawn(move || {
                let run = AssertUnwindSafe(|| runtime.block_on(self.run(stop)));
                let result = catch_unwind(run).unwrap_or_else(|panic| {
                    let what = panic_text(&*panic).to_owned();
                    Err(EngineError::Broken { what })
                });
                // Nobody may be left to hear it.
                drop(ended.send(result));
            })?;
        Ok(end)
    }

    /// Runs until told to stop. Dropping the future is what a crash is: whatever is under way is
    /// abandoned.
    ///
    /// # Errors
    /// [`EngineError`]; nothing that was not durable has been told or done.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), EngineError> {
        let mut under_way = JoinSet::new();
        if self.core.is_unseen() {
            self.parked_until = Some(Instant::now() + SIGHT_WAIT);
        }
        while let Some((outcomes, wishes)) = self.gather(&stop, &mut under_way).await {
            let wishes = self.park(wishes);
            self.turn(&outcomes, wishes, true, &mut under_way)?;
        }
        self.inbox.close();
        let drained = tokio::time::sleep(DRAIN);
        tokio::pin!(drained);
        while self.core.is_flying() {
            tokio::select! {
                () = &mut drained => break,
                landed = under_way.join_next() => match landed {
                    Some(Ok(outcome)) => {
                        self.turn(&[outcome], Vec::new(), false, &mut under_way)?;
                    }
                    Some(Err(_)) => {}
                    None => break,
                },
            }
        }
        Ok(())
    }

    /// Waits until there is something to do, then takes in all that has come; `None` when told to
    /// stop.
    async fn gather(
        &mut self,
        stop: &CancellationToken,
        under_way: &mut JoinSet<Outcome>,
    ) -> Option<(Vec<Outcome>, Vec<Wish>)> {
        let (mut outcomes, mut wishes) = (Vec::new(), Vec::new());
        let now = self.clock.now();
        let due = self.core.next_due(now).map(|due| due.since(now));
        let asleep = tokio::time::Instant::now();
        tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            Some(landed) = under_way.join_next() => outcomes.extend(landed.ok()),
            Some(wish) = self.inbox.recv() => wishes.push(wish),
            // Who asked may be gone.
            Some(taker) = self.pulse_takers.recv() => drop(taker.send(())),
            () = sleep(due) => {}
            () = until(self.parked_until) => {}
        }
        if let Some(gap) = self.vigil.wake(asleep, due, self.clock.now()) {
            self.core.lose(gap);
        }
        while outcomes.len() < BATCH_MAX
            && let Some(landed) = under_way.try_join_next()
        {
            outcomes.extend(landed.ok());
        }
        while wishes.len() < BATCH_MAX
            && let Ok(wish) = self.inbox.try_recv()
        {
            wishes.push(wish);
        }
        Some((outcomes, wishes))
    }

    /// Keeps back new entries while the clouds are to be listed first; gives what may be taken in.
    fn park(&mut self, wishes: Vec<Wish>) -> Vec<Wish> {
        let Some(until) = self.parked_until else {
            return wishes;
        };
        let over = !self.core.is_unseen() || Instant::now() >= until;
        if over || self.parked.len() >= INBOX_MAX {
            self.parked_until = None;
            let mut all = std::mem::take(&mut self.parked);
            all.extend(wishes);
            return all;
        }
        let is_new = |wish: &Wish| matches!(wish.command, Command::AcceptEntry(_));
        let (new, others): (Vec<_>, Vec<_>) = wishes.into_iter().partition(is_new);
        self.parked.extend(new);
        others
    }

    /// One turn: commit, then tell and act.
    fn turn(
        &mut self,
        outcomes: &[Outcome],
        wishes: Vec<Wish>,
        plans: bool,
        under_way: &mut JoinSet<Outcome>,
    ) -> Result<(), EngineError> {
        // By the runtime's clock, which stands still in simulations: there, how much is planned must not
        // depend on how busy the machine is.
        let began = Instant::now();
        let tired = || began.elapsed() >= PLANNING_MAX;
        let planning = if plans {
            Planning::On { tired: &tired }
        } else {
            Planning::Off
        };
        let now = self.clock.now();
        for account in self.core.listens_to() {
            if let Some(ago) = self.executor.registry.heard(account) {
                self.core.hear(account, now.minus(ago));
            }
        }
        let turn = self.core.turn(outcomes, wishes, planning, now)?;
        for account in turn.closed {
            self.executor.registry.close(account);
            self.executor.sweeps.forget(account);
        }
        if let Some((published, world)) = turn.committed {
            self.observer.committed(&published, &world, began.elapsed());
            self.worlds.send_replace(world);
            let changed = published.rows.iter().filter_map(|row| row.entry);
            self.waits.0.wake(changed);
            // There may be no watcher.
            drop(self.feed.send(published));
        }
        if let Some(pulse) = turn.pulse {
            self.pulses.send_replace(pulse);
        }
        for cause in turn.extras {
            self.observer.made_extra(cause);
        }
        for reply in turn.answers {
            // Who asked may be gone.
            drop(reply.to.send(reply.result));
        }
        for (effect, account) in turn.effects {
            log(&effect, &account.name);
            let executor = self.executor.clone();
            under_way.spawn(async move { executor.run(effect, account).await });
        }
        Ok(())
    }
}

fn log(effect: &Effect, account: &str) {
    match effect {
        Effect::Launch(launch) => tracing::info!(
            entry.id = launch.mark.entry.0,
            attempt.id = launch.mark.attempt.0,
            account.name = account,
            "launches a server"
        ),
        Effect::RemoveServer { target, .. } => tracing::info!(
            entry.id = target.mark.entry.0,
            attempt.id = target.mark.attempt.0,
            account.name = account,
            server.id = target.server,
            "removes a server"
        ),
        Effect::Collect { id, mark, .. } => tracing::warn!(
            entry.id = mark.entry.0,
            attempt.id = mark.attempt.0,
            account.name = account,
            kind = id.kind.as_str(),
            object.id = id.id,
            "removes what carries our mark and has no owner"
        ),
        Effect::Look { .. }
        | Effect::LookAt(_)
        | Effect::Survey { .. }
        | Effect::ListKeypairs { .. }
        | Effect::Clear { .. } => {
            tracing::debug!(account.name = account, ?effect, "looks or tidies");
        }
    }
}

/// Sleeps until then; for ever, if that is never.
async fn until(then: Option<Instant>) {
    match then {
        Some(then) => tokio::time::sleep_until(then).await,
        None => std::future::pending().await,
    }
}

/// Sleeps; for ever, if nothing is due.
async fn sleep(due: Option<Duration>) {
    match due {
        Some(due) => tokio::time::sleep(due).await,
        None => std::future::pending().await,
    }
}

/// What an assertion that failed says.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it does not say what")
}
