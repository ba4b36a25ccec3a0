//! One simulated cloud as a pure state machine: time and call in, answer out. It reads no clock
//! and does no IO; both faces drive the same state.
//!
//! A call goes through two steps, so that time can pass between them: [`Model::admit`] when the
//! request arrives (decides what goes wrong and how long it takes) and [`Model::act`] when the
//! answer is due (carries it out). What happens by itself, such as the end of a build, stands on
//! an agenda and is done when time has come to it.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_proto::Time;

use super::call::{Call, CallKind, Refusal, Reply, Request, Service};
use super::dice::Dice;
use super::faults::{After, Decision, Fault, FaultPlan, Garbage};
use super::identity::Tokens;
use super::keypairs::Keypairs;
use super::ledger::Ledger;
use super::ports::Ports;
use super::scenario::CloudSpec;
use super::server::{Server, Status, millis, whole_seconds};

/// After so long it is seen anew how many share the cores.
const SLICE: Duration = Duration::from_millis(50);

/// What happens by itself.
#[derive(Debug, Clone)]
pub(super) enum Due {
    /// A build comes to its end.
    Built { server: u64, end: BuildEnd },
    /// A build goes on, so much of it is left.
    Builds { server: u64, left: Duration },
    /// A delete comes to its end.
    Deleted { server: u64, delete: u32 },
    /// A delete fails.
    DeleteFailed {
        server: u64,
        delete: u32,
        message: String,
    },
    /// A server goes away unasked.
    Vanished { server: u64 },
    /// A deleted server is no longer listed among the changes.
    Forgotten { server: u64 },
    /// A request whose caller has its answer, or has gone, is carried out.
    Perform(Box<(Request, Decision)>),
}

/// How a build ends.
#[derive(Debug, Clone)]
pub(super) enum BuildEnd {
    /// This, as a rule ACTIVE.
    Status(Status),
    /// ERROR, with code and words if Nova says why.
    Error(Option<(u16, String)>),
}

/// What happens to a request before it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// It arrives.
    Open,
    /// There is no connection.
    Refused,
    /// TLS does not come about.
    TlsBroken,
    /// It arrives and nothing ever comes of it.
    Stalled,
}

/// A request that has arrived.
#[derive(Debug, Clone)]
pub struct Admission {
    /// Whether it gets anywhere.
    pub gate: Gate,
    /// What the cloud has to do for it.
    pub work: Duration,
    /// How much longer the answer takes, whatever else there is to do.
    pub wait: Duration,
    decision: Decision,
    /// What it came to, where it was carried out on arrival.
    done: Option<Box<Ending>>,
}

/// What the caller gets.
#[derive(Debug, Clone)]
pub enum Ending {
    /// An answer, in the service's words.
    Answer(Result<Reply, Refusal>),
    /// A good answer, spoiled on the way.
    Spoiled(Reply, Garbage),
    /// A page of what stands before the service, with this status.
    Gateway(u16),
    /// The connection is cut.
    Reset,
    /// Nothing.
    Hang,
}

/// An answer with what every answer carries.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The answer itself.
    pub ending: Ending,
    /// `x-openstack-request-id`.
    pub request_id: String,
    /// `Date`: the cloud's own clock, whole seconds.
    pub date: Time,
}

/// One cloud.
#[derive(Debug)]
pub struct Model {
    pub(super) spec: CloudSpec,
    pub(super) dice: Dice,
    pub(super) faults: FaultPlan,
    pub(super) tokens: Tokens,
    pub(super) keypairs: Keypairs,
    pub(super) ports: Ports,
    /// By order of creation.
    pub(super) servers: BTreeMap<u64, Server>,
    pub(super) server_numbers: BTreeMap<String, u64>,
    pub(super) serial: u64,
    pub(super) ledger: Ledger,
    agenda: BTreeMap<(Time, u64), Due>,
    started: Time,
    latest: Time,
}

impl Model {
    /// A cloud as its scenario describes it, started at `now`.
    pub fn new(spec: CloudSpec, seed: u64, now: Time) -> Self {
        Self {
            dice: Dice::new(seed, &spec.name),
            faults: FaultPlan::new(&spec.faults),
            tokens: Tokens::default(),
            keypairs: Keypairs::default(),
            ports: Ports::default(),
            servers: BTreeMap::new(),
            server_numbers: BTreeMap::new(),
            serial: 0,
            ledger: Ledger::default(),
            agenda: BTreeMap::new(),
            started: now,
            latest: now,
            spec,
        }
    }

    /// Takes in a request: counts it and decides what will become of it.
    pub fn admit(&mut self, now: Time, request: &Request) -> Admission {
        self.advance(now);
        let kind = request.call.kind();
        let account = self.account_of(request);
        let age = self.latest.since(self.started);
        let decision = self
            .faults
            .decide(&request.call, account.as_deref(), age, &mut self.dice);
        let gate = match decision.wire {
            Some(Fault::Refuse) => Gate::Refused,
            Some(Fault::Tls) => Gate::TlsBroken,
            Some(Fault::Stall) => Gate::Stalled,
            _ => Gate::Open,
        };
        self.ledger.arrived(kind);
        if decision.expire_tokens {
            self.tokens.revoke_all();
        }
        let jitter = self.dice.within(millis(self.spec.latency_jitter_ms));
        let create = match kind {
            CallKind::CreateServer => millis(self.spec.create_ms),
            _ => Duration::ZERO,
        };
        let work = millis(self.spec.latency_ms) + jitter + create;
        let (late, done) = match decision.wire {
            Some(Fault::AnswerLate { ms }) => {
                let ending = Ending::Answer(self.perform(request, &decision));
                (millis(ms), Some(Box::new(ending)))
            }
            _ => (Duration::ZERO, None),
        };
        Admission {
            gate,
            work,
            wait: decision.slow + late,
            decision,
            done,
        }
    }

    /// Carries out what was admitted and gives what the caller gets.
    pub fn act(&mut self, now: Time, request: &Request, admission: &Admission) -> Answer {
        self.advance(now);
        let request_id = format!("req-{}", self.dice.uuid());
        let ending = match &admission.done {
            Some(done) => (**done).clone(),
            None => self.ending(request, &admission.decision),
        };
        Answer {
            ending,
            request_id,
            date: self.date(),
        }
    }

    /// The caller has gone before it had an answer. A seeded share of such requests is carried
    /// out all the same, some time within a latency from now.
    pub fn abandon(&mut self, now: Time, request: &Request, admission: &Admission) {
        self.advance(now);
        let stands = matches!(
            admission.decision.wire,
            Some(
                Fault::Answer { .. } | Fault::Gateway { .. } | Fault::Quota | Fault::DeleteConflict
            )
        );
        if admission.gate == Gate::Open
            && !stands
            && admission.done.is_none()
            && self.dice.chance(self.spec.abandoned_acts)
        {
            let wait = self.dice.within(admission.work + admission.wait);
            let errand = (request.clone(), admission.decision.clone());
            self.put(self.latest.plus(wait), Due::Perform(Box::new(errand)));
        }
    }

    /// Brings everything up to `now` that happens by itself. Time never goes back.
    pub fn advance(&mut self, now: Time) {
        while let Some(entry) = self.agenda.first_entry() {
            let (at, _) = *entry.key();
            if at > now {
                break;
            }
            let due = entry.remove();
            self.latest = self.latest.max(at);
            self.happen(due);
        }
        self.latest = self.latest.max(now);
    }

    /// When the next thing happens by itself.
    pub fn next_due(&self) -> Option<Time> {
        self.agenda.keys().next().map(|(at, _)| *at)
    }

    /// Requests that are yet to be carried out although nobody waits for them.
    pub fn unfinished(&self) -> usize {
        let perform = |due: &&Due| matches!(due, Due::Perform(_));
        self.agenda.values().filter(perform).count()
    }

    /// Whether the whole cloud is off the network at this time.
    pub fn door_closed(&self, now: Time) -> bool {
        self.faults
            .throughout(&Fault::Refuse, now.since(self.started))
    }

    /// Whether no TLS comes about at this time.
    pub fn tls_off(&self, now: Time) -> bool {
        self.faults.throughout(&Fault::Tls, now.since(self.started))
    }

    /// The model's time.
    pub(super) const fn time(&self) -> Time {
        self.latest
    }

    /// The cloud's own clock in whole seconds, as it shows it.
    pub(super) fn wall(&self) -> Time {
        whole_seconds(self.skewed(self.latest))
    }

    /// What the proxy before the cloud takes for the time, in whole seconds.
    pub(super) fn date(&self) -> Time {
        let skew = self.spec.date_skew_ms.saturating_mul(1_000);
        whole_seconds(Time(self.skewed(self.latest).0.saturating_add(skew)))
    }

    /// A time of the model on the cloud's own clock.
    pub(super) fn skewed(&self, at: Time) -> Time {
        Time(at.0.saturating_add(self.spec.clock_skew_ms.saturating_mul(1_000)))
    }

    /// How long a piece of work takes now that takes `work` where nothing else goes on: where there
    /// is more to do than the cloud has cores for, all of it shares them.
    pub(super) fn stretched(&self, work: Duration) -> Duration {
        let cores = self.spec.cores;
        if cores == 0 {
            return work;
        }
        let builds = self.servers.values().filter(|server| server.builds());
        let under_way = self.ledger.in_flight + builds.count();
        let shares = u32::try_from(under_way).unwrap_or(u32::MAX).max(cores);
        work * shares / cores
    }

    /// The next slice of a piece of work: how long it takes, and what is left after it. What else
    /// there is to do may be another thing by then.
    pub(super) fn slice(&self, work: Duration) -> (Duration, Duration) {
        let whole = self.stretched(work);
        if self.spec.cores == 0 || whole <= SLICE {
            return (whole, Duration::ZERO);
        }
        let done = work.mul_f64(SLICE.as_secs_f64() / whole.as_secs_f64());
        (SLICE, work.saturating_sub(done))
    }

    /// A build goes on: as fast as what else there is to do lets it.
    pub(super) fn builds(&mut self, number: u64, left: Duration) {
        let (wait, left) = self.slice(left);
        let due = if left.is_zero() {
            let end = BuildEnd::Status(Status::Active);
            Due::Built {
                server: number,
                end,
            }
        } else {
            Due::Builds {
                server: number,
                left,
            }
        };
        self.put(self.time().plus(wait), due);
    }

    /// Puts something on the agenda.
    pub(super) fn put(&mut self, at: Time, due: Due) {
        self.serial += 1;
        self.agenda.insert((at, self.serial), due);
    }

    fn ending(&mut self, request: &Request, decision: &Decision) -> Ending {
        match &decision.wire {
            Some(Fault::Answer {
                status,
                message,
                retry_after_s,
            }) => {
                let service = request.call.kind().service();
                let mut refusal = Refusal::by(service, *status, stock_words(*status));
                if let Some(message) = message {
                    refusal.message.clone_from(message);
                }
                refusal.retry_after_s = *retry_after_s;
                Ending::Answer(Err(refusal))
            }
            Some(Fault::Gateway { status }) => Ending::Gateway(*status),
            Some(Fault::Quota) => Ending::Answer(Err(Refusal::nova(403, QUOTA_WORDS))),
            Some(Fault::DeleteConflict) => Ending::Answer(Err(Refusal::nova(409, CONFLICT_WORDS))),
            Some(Fault::ActThen { then }) => {
                let outcome = self.perform(request, decision);
                after(*then, outcome, request.call.kind().service())
            }
            Some(Fault::Late { ms, then }) => {
                let errand = (request.clone(), decision.clone());
                self.put(
                    self.latest.plus(millis(*ms)),
                    Due::Perform(Box::new(errand)),
                );
                lost(*then, request.call.kind().service())
            }
            Some(Fault::Twice) => {
                // The proxy has given up on the first answer.
                drop(self.perform(request, decision));
                Ending::Answer(self.perform(request, decision))
            }
            // A list that never ends goes on after whatever it has made up.
            Some(Fault::Garbage {
                how: how @ Garbage::Endless,
            }) => {
                let request = Request {
                    call: request.call.clone().from_the_beginning(),
                    ..request.clone()
                };
                match self.perform(&request, decision) {
                    Ok(reply) => Ending::Spoiled(reply, *how),
                    Err(refusal) => Ending::Answer(Err(refusal)),
                }
            }
            Some(Fault::Garbage { how }) => match self.perform(request, decision) {
                Ok(reply) => Ending::Spoiled(reply, *how),
                Err(refusal) => Ending::Answer(Err(refusal)),
            },
            _ => Ending::Answer(self.perform(request, decision)),
        }
    }

    /// Carries out a request: sign-in and token first, then the service.
    fn perform(&mut self, request: &Request, decision: &Decision) -> Result<Reply, Refusal> {
        let service = request.call.kind().service();
        match &request.call {
            Call::Discover => return Ok(Reply::Versions),
            Call::SignIn(proof) => return self.sign_in(proof, decision.view.as_ref()),
            _ => {}
        }
        if service == Service::Compute && request.minor > self.spec.microversion_max {
            return Err(self.unknown_microversion(request.minor));
        }
        let who = self.who(request.token.as_deref(), service)?;
        match &request.call {
            Call::Discover | Call::SignIn(_) => Ok(Reply::Versions),
            Call::RevokeToken(token) => {
                self.tokens.revoke(token);
                Ok(Reply::Revoked)
            }
            Call::CreateServer(new) => {
                self.create_server(&who, new, request.minor, decision.fate.as_ref())
            }
            Call::ListServers(query) => self.list_servers(&who, query, decision.view.as_ref()),
            Call::GetServer(id) => self.get_server(&who, id),
            Call::DeleteServer(id) => self.delete_server(&who, id, decision.fate.as_ref()),
            Call::ForceDeleteServer(id) => self.force_delete_server(&who, id),
            Call::ImportKeypair { name, public_key } => {
                self.import_keypair(&who, name, public_key.as_deref())
            }
            Call::GetKeypair(name) => self.get_keypair(&who, name),
            Call::DeleteKeypair(name) => self.delete_keypair(&who, name),
            Call::ListKeypairs(ask) => self.list_keypairs(&who, ask),
            Call::Limits => Ok(self.limits(&who)),
            Call::NetworkQuota(project) => self.network_quota(&who, project),
            Call::ListPorts(devices) => Ok(self.list_ports(&who, devices)),
            Call::OwnPort { id, owner } => self.own_port(&who, id, owner),
            Call::DeletePort(id) => self.delete_port(&who, id),
            other => self.browse(other),
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Built { server, end } => self.built(server, end),
            Due::Builds { server, left } => self.builds(server, left),
            Due::Deleted { server, delete } => self.deleted(server, delete),
            Due::DeleteFailed {
                server,
                delete,
                message,
            } => self.delete_failed(server, delete, message),
            Due::Vanished { server } => self.vanished(server),
            Due::Forgotten { server } => self.forget(server),
            Due::Perform(errand) => {
                let (request, decision) = *errand;
                // Nobody waits for the answer.
                drop(self.perform(&request, &decision));
            }
        }
    }

    fn unknown_microversion(&self, minor: u16) -> Refusal {
        Refusal::nova(
            406,
            format!(
                "Version 2.{minor} is not supported by the API. Minimum is 2.1 and maximum is \
                 2.{}.",
                self.spec.microversion_max
            ),
        )
    }
}

const QUOTA_WORDS: &str =
    "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances";
const CONFLICT_WORDS: &str = "Cannot 'delete' instance while it is in task_state resize_migrating";

/// What a service says with a status when a scenario gives no words.
const fn stock_words(status: u16) -> &'static str {
    match status {
        400 => "The request is malformed.",
        401 => "The request you have made requires authentication.",
        403 => "Policy doesn't allow this operation to be performed.",
        404 => "The resource could not be found.",
        409 => "There was a conflict when trying to complete your request.",
        413 | 429 => "This request was rate-limited.",
        502 => "Bad Gateway",
        503 => "The server is currently unavailable. Please try again at a later time.",
        504 => "Gateway Timeout",
        _ => "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/.",
    }
}

/// The caller's part of a request that was carried out and whose answer got lost.
fn after(then: After, outcome: Result<Reply, Refusal>, service: Service) -> Ending {
    match outcome {
        Ok(_) => lost(then, service),
        // A refusal is the truth and nothing was done; it gets through.
        Err(refusal) => Ending::Answer(Err(refusal)),
    }
}

fn lost(then: After, service: Service) -> Ending {
    let status = match then {
        After::InternalError => 500,
        After::BadGateway => 502,
        After::Unavailable => 503,
        After::GatewayTimeout => 504,
        After::Reset => return Ending::Reset,
        After::Hang => return Ending::Hang,
    };
    Ending::Answer(Err(Refusal::by(service, status, stock_words(status))))
}
