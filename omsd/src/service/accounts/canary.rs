//! A canary: an ordinary entry that may go nowhere but to the account under test, and is removed
//! as soon as it runs or has failed. Being an entry, it is durable: whatever stops in between, it
//! is known, and the next start removes it.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use omsd_domain::ground::cloud::MARK_CANARY;
use omsd_domain::ground::maintenance;
use omsd_domain::rows::attempt::Attempt;
use omsd_domain::rows::entry::Entry;
use omsd_domain::world::World;

use crate::service::error::stopping;
use oms_proto::view::{AttemptView, EntryView, ExplanationView, Status, TestStepView};
use oms_proto::{EntryId, Response, WireError};
use tokio::time::{Instant, timeout};

use crate::service::{Caller, Service};

/// When the canary gives up, in seconds. Most clouds boot within one minute.
const DEADLINE_SECONDS: u32 = 300;

/// How long it is waited for until it has a place there.
const BEGIN_WITHIN: Duration = Duration::from_secs(30);

/// How long it is waited for: somewhat longer, so that its end is seen.
const BOOT_WITHIN: Duration = Duration::from_secs(315);

/// How long its removal is waited for. It goes on afterwards.
const GONE_WITHIN: Duration = Duration::from_secs(180);

/// Failures told of one canary.
const FAILURES_MAX: usize = 5;

/// The steps so far and when the one under way began.
struct Steps {
    done: Vec<TestStepView>,
    began: Instant,
}

impl Service {
    /// Boots a canary and removes it. Goes on to the end even if nobody waits for it any more.
    pub(super) async fn canary(&self, caller: &Caller, account: &str) -> Vec<TestStepView> {
        let (service, caller, name) = (self.clone(), caller.clone(), account.to_owned());
        let flight = tokio::spawn(async move { service.fly(&caller, name).await });
        flight.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a canary broke off");
            let mut steps = Steps::new();
            steps.failed("boot", "omsd failed; its log has the details".to_owned());
            steps.done
        })
    }

    async fn fly(&self, caller: &Caller, account: String) -> Vec<TestStepView> {
        let mut steps = Steps::new();
        if let Some(why) = self.closed(&account) {
            steps.failed("boot", why);
            return steps.done;
        }
        let id = match self.hatch(caller, account).await {
            Ok(id) => id,
            Err(error) => {
                steps.failed("boot", error.to_string());
                return steps.done;
            }
        };
        // A test wants to know what happens now; an entry would wait for better times.
        let begun = |entry: &Entry| entry.status.is_settled() || !entry.attempts.is_empty();
        let told = |entry: &Entry| {
            let failed = |attempt: &Attempt| attempt.failure.is_some();
            entry.status.is_settled() || entry.attempts().any(failed)
        };
        let waited = match self.until(id, BEGIN_WITHIN, begun).await {
            Ok(true) => self.until(id, BOOT_WITHIN, told).await,
            other => other,
        };
        match (waited, self.entry_show(caller, id).await) {
            (Ok(_), Ok(Response::Entry(entry))) => self.landed(caller, &entry, &mut steps).await,
            (Ok(_), Ok(_)) => {
                steps.failed("boot", "omsd gave another answer than was asked".to_owned());
            }
            (Err(error), _) | (Ok(_), Err(error)) => steps.failed("boot", error.to_string()),
        }
        match self.entry_remove(caller, id).await {
            Ok(_) => self.gone(id, &mut steps).await,
            Err(error) => steps.failed(
                "remove",
                format!("{error}; remove it with: omsctl queue delete {id}"),
            ),
        }
        steps.done
    }

    /// Waits until an entry is as it should be; whether it became so in time.
    async fn until(
        &self,
        id: EntryId,
        within: Duration,
        done: impl Fn(&Entry) -> bool,
    ) -> Result<bool, WireError> {
        let mut worlds = self.parts.handle.worlds();
        let done = |world: &Arc<World>| world.entries.get(&id).is_none_or(|entry| done(entry));
        match timeout(within, worlds.wait_for(done)).await {
            Ok(world) => world.map(|_| true).map_err(|_closed| stopping()),
            Err(_elapsed) => Ok(false),
        }
    }

    /// Why no entry is placed at the account before a person changes that.
    fn closed(&self, name: &str) -> Option<String> {
        let world = self.parts.handle.world();
        let account = world.account_named(name)?;
        let now = self.parts.clock.now();
        if !account.enabled {
            return Some(format!("switched off; omsctl account enable {name} helps"));
        }
        maintenance::in_force(&account.maintenance, now)?;
        Some(format!(
            "under maintenance; omsctl account uncordon {name} ends it"
        ))
    }

    async fn hatch(&self, caller: &Caller, account: String) -> Result<EntryId, WireError> {
        let mut number = [0; 4];
        self.parts.entropy.fill(&mut number);
        let spec = EntrySpec {
            name: Some(format!("oms-canary-{}", u32::from_be_bytes(number))),
            accounts: Some(vec![account]),
            deadline_seconds: Some(DEADLINE_SECONDS),
            metadata: Some([(MARK_CANARY.to_owned(), "true".to_owned())].into()),
            ..EntrySpec::default()
        };
        match self.entry_accept(caller, spec, None, None).await? {
            Response::Entry(entry) => Ok(entry.id),
            _ => Err(self.wrong_answer()),
        }
    }

    async fn landed(&self, caller: &Caller, entry: &EntryView, steps: &mut Steps) {
        if let (Status::Run, Some(instance)) = (entry.status, &entry.instance) {
            let address = instance.ip_addr.as_deref().unwrap_or("none");
            let detail = format!(
                "entry {}: runs after {} s, address {address}",
                entry.id, instance.boot_seconds
            );
            return steps.passed("boot", detail);
        }
        let why = match self.entry_explain(caller, entry.id).await {
            Ok(Response::Explanation(story)) => failures(&story),
            _ => String::new(),
        };
        let reason = entry.reason.as_deref().unwrap_or("no reason is known");
        let detail = format!("entry {}: {}: {reason}{why}", entry.id, entry.status);
        steps.failed("boot", detail);
    }

    async fn gone(&self, id: EntryId, steps: &mut Steps) {
        let mut worlds = self.parts.handle.worlds();
        let is_gone = |world: &Arc<World>| !world.entries.contains_key(&id);
        let waited = timeout(GONE_WITHIN, worlds.wait_for(is_gone)).await;
        match waited.map(|world| world.is_ok()) {
            Ok(true) => steps.passed("remove", "nothing of it is left".to_owned()),
            Ok(false) => steps.failed("remove", stopping().to_string()),
            Err(_elapsed) => steps.failed(
                "remove",
                format!(
                    "not gone after {} s; omsd goes on removing it, see: omsctl queue explain {id}",
                    GONE_WITHIN.as_secs()
                ),
            ),
        }
    }
}

impl Steps {
    fn new() -> Self {
        Self {
            done: Vec::new(),
            began: Instant::now(),
        }
    }

    fn passed(&mut self, name: &str, detail: String) {
        self.step(name, true, detail);
    }

    fn failed(&mut self, name: &str, detail: String) {
        self.step(name, false, detail);
    }

    fn step(&mut self, name: &str, ok: bool, detail: String) {
        let took = self.began.elapsed();
        self.began = Instant::now();
        self.done.push(TestStepView {
            name: name.to_owned(),
            ok,
            detail,
            milliseconds: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
        });
    }
}

/// What clouds said of the attempts, the latest first.
fn failures(story: &ExplanationView) -> String {
    let told = |attempt: &AttemptView| {
        let failure = attempt.failure.as_ref()?;
        let status = failure
            .http_status
            .map(|status| format!("HTTP {status}: "))
            .unwrap_or_default();
        let request = failure
            .request_id
            .as_ref()
            .map(|id| format!(" (request id {id})"))
            .unwrap_or_default();
        let (operation, message) = (&failure.operation, &failure.message);
        Some(format!("; {operation}: {status}{message}{request}"))
    };
    let attempts = story.attempts.iter().rev();
    attempts.filter_map(told).take(FAILURES_MAX).collect()
}
