//! What goes wrong, when: rules that a scenario or a test lays down, matched against each call in
//! order. The first matching rule of each layer counts.

use std::time::Duration;

use serde::Deserialize;

use super::call::{Call, CallKind};
use super::dice::Dice;
use super::server::Status;

/// One rule of a fault plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which calls; all that the fault can strike if empty.
    #[serde(default)]
    pub calls: Vec<CallKind>,
    /// Only calls of this account of the cloud.
    #[serde(default)]
    pub account: Option<String>,
    /// Only creates that ask for this: the id of an image, flavor or network, the name of a group or
    /// zone, or a value of the metadata.
    #[serde(default)]
    pub asking: Option<String>,
    /// Not before this many milliseconds after the cloud's start.
    #[serde(default)]
    pub from_ms: u64,
    /// Not at or after this many milliseconds after the cloud's start.
    #[serde(default)]
    pub until_ms: Option<u64>,
    /// Lets this many matching calls pass first.
    #[serde(default)]
    pub skip: u64,
    /// Strikes at most so often.
    #[serde(default)]
    pub count: Option<u64>,
    /// Strikes with this probability (0 to 1).
    #[serde(default = "always")]
    pub probability: f64,
    /// What happens.
    pub fault: Fault,
}

const fn always() -> f64 {
    1.0
}

impl Rule {
    /// A rule that strikes every call that the fault can strike.
    pub fn always(fault: Fault) -> Self {
        Self {
            calls: Vec::new(),
            account: None,
            asking: None,
            from_ms: 0,
            until_ms: None,
            skip: 0,
            count: None,
            probability: 1.0,
            fault,
        }
    }

    /// The same for these calls only.
    #[must_use]
    pub fn on(mut self, calls: &[CallKind]) -> Self {
        self.calls = calls.to_vec();
        self
    }

    /// The same for creates that ask for this only, see [`Rule::asking`].
    #[must_use]
    pub fn asking(mut self, what: &str) -> Self {
        self.asking = Some(what.to_owned());
        self
    }

    /// The same, at most so often.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// The same with a probability.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// The same within a window, counted from the cloud's start.
    #[must_use]
    pub fn between(mut self, from: Duration, until: Duration) -> Self {
        self.from_ms = u64::try_from(from.as_millis()).unwrap_or(u64::MAX);
        self.until_ms = u64::try_from(until.as_millis()).ok();
        self
    }

    fn covers(&self, call: &Call, account: Option<&str>, age: Duration) -> bool {
        let kind = call.kind();
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        (self.calls.is_empty() || self.calls.contains(&kind))
            && self.fault.strikes(kind)
            && self
                .account
                .as_deref()
                .is_none_or(|name| account == Some(name))
            && self
                .asking
                .as_deref()
                .is_none_or(|what| matches!(call, Call::CreateServer(new) if new.asks(what)))
            && age_ms >= self.from_ms
            && self.until_ms.is_none_or(|until| age_ms < until)
    }

    /// Whether this strikes everything, by the clock alone.
    fn is_throughout(&self) -> bool {
        self.calls.is_empty()
            && self.account.is_none()
            && self.asking.is_none()
            && self.skip == 0
            && self.count.is_none()
            && self.probability >= 1.0
    }
}

/// What comes after a request was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// 500.
    InternalError,
    /// 502.
    BadGateway,
    /// 503.
    Unavailable,
    /// 504.
    GatewayTimeout,
    /// The connection is cut.
    Reset,
    /// Nothing, for ever.
    Hang,
}

/// How an answer is spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbage {
    /// A page for people, status 200.
    Html,
    /// The JSON ends in the middle; the answer is whole as HTTP.
    Truncated,
    /// The connection ends in the middle of the body.
    HalfBody,
    /// JSON in which texts are numbers and lists are objects.
    WrongTypes,
    /// More than anyone should read.
    Huge,
    /// Status 200 and no body at all.
    Empty,
    /// The right JSON with texts of 70,000 characters.
    LongTexts,
    /// The right JSON with thousands of items in each list, whatever was asked for.
    Crowded,
    /// The right JSON with a hundred thousand addresses of servers.
    ManyAddresses,
    /// Lists of made-up things that go on for ever.
    Endless,
    /// The right JSON and 15 MB of blanks.
    Padded,
}

/// What a catalogue change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatalogueChange {
    /// Nova is not in it.
    NoCompute,
    /// The region has another name.
    OtherRegion,
    /// It is empty.
    Empty,
}

/// What goes wrong. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// No connection.
    Refuse,
    /// TLS does not come about.
    Tls,
    /// Takes the request and never answers; nothing is carried out.
    Stall,
    /// Answers so much later.
    Slow {
        /// Added to the latency.
        ms: u64,
    },
    /// Answers with this status; nothing is carried out.
    Answer {
        /// HTTP status.
        status: u16,
        /// The words; some of the service's own unless given.
        #[serde(default)]
        message: Option<String>,
        /// `Retry-After` in seconds.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// What stands before the service answers with a page of its own; nothing is carried out.
    Gateway {
        /// HTTP status.
        status: u16,
    },
    /// Carries it out, then the answer is lost.
    ActThen {
        /// What the caller gets.
        then: After,
    },
    /// The caller gets this; it is carried out so much later.
    Late {
        /// How much later.
        ms: u64,
        /// What the caller gets.
        then: After,
    },
    /// Carries it out at once; the answer takes so much longer.
    AnswerLate {
        /// Added to the latency.
        ms: u64,
    },
    /// Carries it out and spoils the answer.
    Garbage {
        /// How.
        how: Garbage,
    },
    /// Carries it out twice, as a proxy does that sends again what took too long; the second answer
    /// comes through.
    Twice,
    /// All tokens end just before the call is looked at.
    ExpireTokens,
    /// The catalogue is another one.
    Catalogue {
        /// In which way.
        change: CatalogueChange,
    },
    /// The list shows the past.
    Stale {
        /// How long ago.
        ms: u64,
    },
    /// The list leaves servers out.
    Omit {
        /// Each with this probability.
        probability: f64,
    },
    /// The next page is this page again, for ever.
    RepeatPages,
    /// The list shows every server twice.
    Doubled,
    /// The create is refused for want of quota.
    Quota,
    /// The server goes to ERROR because no host can take it.
    NoValidHost {
        /// After.
        ms: u64,
    },
    /// The server goes to ERROR with this fault.
    BuildError {
        /// After.
        ms: u64,
        /// The fault's code.
        code: u16,
        /// The fault's words.
        message: String,
    },
    /// The server goes to ERROR and no fault says why.
    BuildErrorSilent {
        /// After.
        ms: u64,
    },
    /// The build ends with this status instead of ACTIVE.
    BuildEnds {
        /// After.
        ms: u64,
        /// Which.
        status: Status,
    },
    /// The server never leaves BUILD.
    BuildForever,
    /// The build takes so long.
    SlowBuild {
        /// In all.
        ms: u64,
    },
    /// The server is gone one day, as if somebody had deleted it.
    Vanish {
        /// After.
        ms: u64,
    },
    /// The delete is accepted and fails: the server goes to ERROR. Deleting again works.
    DeleteFails {
        /// The fault's words.
        message: String,
    },
    /// The delete is accepted and never comes to an end. Deleting again works.
    DeleteStuck,
    /// The delete is refused with 409.
    DeleteConflict,
    /// The server goes and its ports stay.
    LeavePorts,
}

/// Which decision a fault is about; faults of different layers add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Wire,
    Pace,
    Token,
    View,
    Fate,
}

impl Fault {
    const fn layer(&self) -> Layer {
        match self {
            Self::Refuse
            | Self::Tls
            | Self::Stall
            | Self::Answer { .. }
            | Self::Gateway { .. }
            | Self::ActThen { .. }
            | Self::Late { .. }
            | Self::AnswerLate { .. }
            | Self::Garbage { .. }
            | Self::Twice
            | Self::Quota
            | Self::DeleteConflict => Layer::Wire,
            Self::Slow { .. } => Layer::Pace,
            Self::ExpireTokens => Layer::Token,
            Self::Catalogue { .. }
            | Self::Stale { .. }
            | Self::Omit { .. }
            | Self::RepeatPages
            | Self::Doubled => Layer::View,
            Self::NoValidHost { .. }
            | Self::BuildError { .. }
            | Self::BuildErrorSilent { .. }
            | Self::BuildEnds { .. }
            | Self::BuildForever
            | Self::SlowBuild { .. }
            | Self::Vanish { .. }
            | Self::DeleteFails { .. }
            | Self::DeleteStuck
            | Self::LeavePorts => Layer::Fate,
        }
    }

    /// Whether the fault means anything for such a call.
    const fn strikes(&self, kind: CallKind) -> bool {
        match self {
            Self::Catalogue { .. } => matches!(kind, CallKind::SignIn),
            Self::Stale { .. } | Self::Omit { .. } | Self::RepeatPages | Self::Doubled => {
                matches!(kind, CallKind::ListServers)
            }
            Self::Twice
            | Self::Quota
            | Self::NoValidHost { .. }
            | Self::BuildError { .. }
            | Self::BuildErrorSilent { .. }
            | Self::BuildEnds { .. }
            | Self::BuildForever
            | Self::SlowBuild { .. }
            | Self::Vanish { .. } => matches!(kind, CallKind::CreateServer),
            Self::DeleteFails { .. }
            | Self::DeleteStuck
            | Self::DeleteConflict
            | Self::LeavePorts => {
                matches!(kind, CallKind::DeleteServer)
            }
            Self::ExpireTokens => !matches!(kind, CallKind::SignIn | CallKind::Discover),
            Self::Refuse
            | Self::Tls
            | Self::Stall
            | Self::Slow { .. }
            | Self::Answer { .. }
            | Self::Gateway { .. }
            | Self::ActThen { .. }
            | Self::Late { .. }
            | Self::AnswerLate { .. }
            | Self::Garbage { .. } => true,
        }
    }
}

/// What the plan says about one call.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// What happens to the request and its answer.
    pub wire: Option<Fault>,
    /// How much later it is answered.
    pub slow: Duration,
    /// Whether tokens end first.
    pub expire_tokens: bool,
    /// How the answer deviates from the truth.
    pub view: Option<Fault>,
    /// What becomes of the object.
    pub fate: Option<Fault>,
}

#[derive(Debug, Clone)]
struct Standing {
    rule: Rule,
    seen: u64,
    struck: u64,
}

/// The rules in force and how often each has struck.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    standing: Vec<Standing>,
}

impl FaultPlan {
    /// A plan of these rules.
    pub fn new(rules: &[Rule]) -> Self {
        let mut plan = Self::default();
        for rule in rules {
            plan.add(rule.clone());
        }
        plan
    }

    /// Adds a rule after the others.
    pub fn add(&mut self, rule: Rule) {
        self.standing.push(Standing {
            rule,
            seen: 0,
            struck: 0,
        });
    }

    /// Whether this fault strikes the whole cloud at this age.
    pub fn throughout(&self, fault: &Fault, age: Duration) -> bool {
        self.standing.iter().any(|standing| {
            standing.rule.fault == *fault
                && standing.rule.is_throughout()
                && standing.rule.covers(&Call::Discover, None, age)
        })
    }

    /// Decides about one call.
    pub fn decide(
        &mut self,
        call: &Call,
        account: Option<&str>,
        age: Duration,
        dice: &mut Dice,
    ) -> Decision {
        let mut decision = Decision::default();
        for standing in &mut self.standing {
            if !standing.rule.covers(call, account, age) {
                continue;
            }
            let layer = standing.rule.fault.layer();
            let taken = match layer {
                Layer::Wire => decision.wire.is_some(),
                Layer::View => decision.view.is_some(),
                Layer::Fate => decision.fate.is_some(),
                Layer::Pace | Layer::Token => false,
            };
            if taken || !standing.strikes_now(dice) {
                continue;
            }
            let fault = standing.rule.fault.clone();
            match (layer, fault) {
                (Layer::Pace, Fault::Slow { ms }) => decision.slow += Duration::from_millis(ms),
                (Layer::Token, _) => decision.expire_tokens = true,
                (Layer::View, fault) => decision.view = Some(fault),
                (Layer::Fate, fault) => decision.fate = Some(fault),
                (Layer::Wire | Layer::Pace, fault) => decision.wire = Some(fault),
            }
        }
        decision
    }
}

impl Standing {
    fn strikes_now(&mut self, dice: &mut Dice) -> bool {
        self.seen += 1;
        if self.seen <= self.rule.skip
            || self.rule.count.is_some_and(|count| self.struck >= count)
            || !dice.chance(self.rule.probability)
        {
            return false;
        }
        self.struck += 1;
        true
    }
}
