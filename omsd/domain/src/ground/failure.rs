//! What can go wrong at a cloud, in the classes that decisions are made by. The words of a cloud
//! are for people only; nothing here or in the planner looks at text.

use std::fmt;
use std::time::Duration;

use oms_proto::Time;

/// What a failure means for placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureClass {
    /// No connection: name resolution, refused, network unreachable.
    Unreachable,
    /// The connection is not to be trusted: certificate or protocol of TLS.
    Tls,
    /// No whole answer within the call's deadline.
    Timeout,
    /// The cloud asks us to stay away for a while (413, 429, or 503 with `Retry-After`).
    Throttled,
    /// The cloud failed (5xx).
    ServerError,
    /// The answer is not what the API promises, or it broke off.
    Garbage,
    /// The credentials are refused even with a fresh token (401).
    Unauthorized,
    /// The project has no room (403 with a quota text, or a fault that says so).
    Quota,
    /// Policy forbids it (403).
    Forbidden,
    /// An image, flavor, network, group or zone that this account does not have (400, 404), or
    /// several networks and none named (409).
    Configuration,
    /// The object is in a state that does not allow it (409).
    Conflict,
    /// There is no such object (404).
    NotFound,
    /// No host can take the server.
    NoCapacity,
    /// The server went to ERROR for another reason.
    BuildFailed,
    /// The server was still in BUILD at the attempt's deadline.
    BuildTimeout,
    /// The server vanished while it was building.
    Vanished,
    /// The daemon stopped between the call and its answer.
    Interrupted,
    /// What the entry itself brings is refused: its key, name, metadata or user data.
    Rejected,
}

impl FailureClass {
    /// All of them, in order.
    pub const ALL: [Self; 18] = [
        Self::Unreachable,
        Self::Tls,
        Self::Timeout,
        Self::Throttled,
        Self::ServerError,
        Self::Garbage,
        Self::Unauthorized,
        Self::Quota,
        Self::Forbidden,
        Self::Configuration,
        Self::Conflict,
        Self::NotFound,
        Self::NoCapacity,
        Self::BuildFailed,
        Self::BuildTimeout,
        Self::Vanished,
        Self::Interrupted,
        Self::Rejected,
    ];

    /// Whether the account must not be called while it is blocked for this: it asked for that, or
    /// each call with refused credentials brings the user nearer to being locked out.
    pub const fn closes(self) -> bool {
        matches!(self, Self::Throttled | Self::Unauthorized)
    }

    /// The word for views, metrics and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Throttled => "throttled",
            Self::ServerError => "server_error",
            Self::Garbage => "garbage",
            Self::Unauthorized => "unauthorized",
            Self::Quota => "quota",
            Self::Forbidden => "forbidden",
            Self::Configuration => "configuration",
            Self::Conflict => "conflict",
            Self::NotFound => "not_found",
            Self::NoCapacity => "no_capacity",
            Self::BuildFailed => "build_failed",
            Self::BuildTimeout => "build_timeout",
            Self::Vanished => "vanished",
            Self::Interrupted => "interrupted",
            Self::Rejected => "rejected",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why Nova put a server into ERROR.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fault {
    /// Nova's code, in the manner of HTTP.
    pub code: u16,
    /// Nova's words.
    pub message: String,
}

/// A failure as the journal and the attempts keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it means.
    pub class: FailureClass,
    /// What was being done.
    pub operation: String,
    /// HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The cloud's words or ours.
    pub message: String,
    /// The cloud's request id.
    pub request_id: Option<String>,
    /// How long the cloud asks us to stay away.
    pub retry_after: Option<Duration>,
    /// When.
    pub at: Time,
}

impl Fault {
    /// The one place that reads a cloud's words: Nova tells the kinds of a failed build apart in
    /// text alone. The phrases are Nova's own (`nova/exception.py`); quota that runs out while a
    /// server is building comes as code 413 or as a text with code 500.
    pub fn class(&self) -> FailureClass {
        let text = self.message.to_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
        if self.code == 413 || says(&["quota", "volumesizeexceedsavailable"]) {
            FailureClass::Quota
        } else if says(&[
            "no valid host",
            "exhausted all hosts",
            "insufficient compute resources",
        ]) {
            FailureClass::NoCapacity
        } else {
            FailureClass::BuildFailed
        }
    }
}
