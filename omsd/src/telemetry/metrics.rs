//! What the daemon counts, as Prometheus reads it. No global state: every daemon of a process has
//! its own.
//!
//! Labels have few values each: statuses, outcomes, classes, methods and routes are the program's
//! own words, and the accounts that get a label of their own are bounded.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oms_proto::Time;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use super::labels::{
    Account, Call, Cause, Class, Kind, NoLabels, Outcome, Request, Resource, Route, Status,
    Transport,
};

/// Accounts with a label of their own, removed ones included until the daemon restarts; later
/// ones share [`OTHER`]. A hundred series an account, so this is what a Prometheus takes gladly.
const ACCOUNTS_MAX: usize = 500;

/// The label of accounts beyond [`ACCOUNTS_MAX`].
const OTHER: &str = "other";

/// A call to a cloud that is over.
#[derive(Debug, Clone, Copy)]
pub struct CloudCall<'a> {
    /// The account's name.
    pub account: &'a str,
    /// What was done, such as `create server`.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: &'a str,
    /// The HTTP status, or the class of the failure where there was no answer.
    pub code: &'a str,
    /// How long it took.
    pub elapsed: Duration,
}

/// An HTTP request that is answered.
#[derive(Debug, Clone, Copy)]
pub struct HttpRequest<'a> {
    /// The method, or `other`.
    pub method: &'static str,
    /// The route's pattern, or `none`.
    pub route: &'a str,
    /// The answer's status.
    pub status: u16,
    /// Until the answer's head was ready.
    pub elapsed: Duration,
}

/// All metrics; cheap to copy.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    accounts: Mutex<BTreeSet<String>>,
    entries: Family<Status, Gauge>,
    attempts: Family<Outcome, Counter>,
    failures: Family<Class, Counter>,
    boots: Times<Account>,
    failovers: Histogram,
    blocks: Family<Account, Gauge>,
    strays: Family<Account, Gauge>,
    alerts: Family<Kind, Gauge>,
    overdue: Gauge,
    extras: Family<Cause, Counter>,
    calls: Family<Call, Counter>,
    call_seconds: Times<Account>,
    commits: Histogram,
    events: Counter,
    rows_written: Counter,
    row_bytes_written: Counter,
    missed: Counter,
    log_lines_dropped: Counter,
    lacks: Family<Resource, Counter>,
    subscribers: Family<Transport, Gauge>,
    requests: Family<Request, Counter>,
    request_seconds: Times<Route>,
    handshakes_failed: Counter,
    /// Empty without TLS, for at zero a certificate would long have ended.
    certificate_ends: Family<NoLabels, Gauge>,
}

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// A second to some half an hour.
fn boot_buckets() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 1.6, 17))
}

/// A millisecond to some two minutes.
fn call_buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 18))
}

/// A tenth of a millisecond to some three seconds.
fn quick_buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.0, 16))
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let mut inner = Inner {
            registry: Registry::with_prefix("oms"),
            accounts: Mutex::default(),
            entries: Family::default(),
            attempts: Family::default(),
            failures: Family::default(),
            boots: Family::new_with_constructor(boot_buckets),
            failovers: call_buckets(),
            blocks: Family::default(),
            strays: Family::default(),
            alerts: Family::default(),
            overdue: Gauge::default(),
            extras: Family::default(),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(call_buckets),
            commits: quick_buckets(),
            events: Counter::default(),
            rows_written: Counter::default(),
            row_bytes_written: Counter::default(),
            missed: Counter::default(),
            log_lines_dropped: Counter::default(),
            lacks: Family::default(),
            subscribers: Family::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(quick_buckets),
            handshakes_failed: Counter::default(),
            certificate_ends: Family::default(),
        };
        inner.register_scheduler();
        inner.register_store();
        inner.register_rest();
        Self(Arc::new(inner))
    }

    /// The text that Prometheus reads.
    ///
    /// # Errors
    /// Never in practice: writing to a text cannot fail.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry)?;
        Ok(text)
    }

    /// So many entries have that status now.
    pub fn entries(&self, status: &'static str, count: u64) {
        let gauge = self.0.entries.get_or_create_owned(&Status { status });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Something became of an attempt.
    pub fn attempt(&self, account: &str, outcome: &str) {
        let account = self.label(account);
        let outcome = outcome.to_owned();
        let labels = Outcome { account, outcome };
        self.0.attempts.get_or_create_owned(&labels).inc();
    }

    /// An attempt failed.
    pub fn failure(&self, account: &str, class: &'static str) {
        let account = self.label(account);
        let labels = Class { account, class };
        self.0.failures.get_or_create_owned(&labels).inc();
    }

    /// A server became usable.
    pub fn boot(&self, account: &str, boot: Duration) {
        let account = self.label(account);
        let labels = Account { account };
        let histogram = self.0.boots.get_or_create_owned(&labels);
        histogram.observe(boot.as_secs_f64());
    }

    /// An entry went on elsewhere this long after a failure.
    pub fn failover(&self, after: Duration) {
        self.0.failovers.observe(after.as_secs_f64());
    }

    /// So many blocks stand at an account now.
    pub fn blocks(&self, account: &str, count: usize) {
        let account = self.label(account);
        let gauge = self.0.blocks.get_or_create_owned(&Account { account });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// So many objects of ours without an owner are known at an account now.
    pub fn strays(&self, account: &str, count: usize) {
        let account = self.label(account);
        let gauge = self.0.strays.get_or_create_owned(&Account { account });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// So many things of a kind need a person now.
    pub fn alerts(&self, kind: &'static str, count: usize) {
        let gauge = self.0.alerts.get_or_create_owned(&Kind { kind });
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// So many removals take longer than they should now.
    pub fn removals_overdue(&self, count: usize) {
        self.0.overdue.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// So many servers were made for entries beside others that served them or may serve them. Zero
    /// lets the cause be seen before it has made any.
    pub fn extra_servers(&self, cause: &'static str, count: u64) {
        let labels = Cause { cause };
        self.0.extras.get_or_create_owned(&labels).inc_by(count);
    }

    /// An account is gone.
    pub fn account_gone(&self, account: &str) {
        let account = account.to_owned();
        let labels = Account { account };
        self.0.blocks.remove(&labels);
        self.0.strays.remove(&labels);
    }

    /// A call to a cloud is over.
    pub fn call(&self, call: &CloudCall<'_>) {
        let account = self.label(call.account);
        let labels = Account { account };
        let histogram = self.0.call_seconds.get_or_create_owned(&labels);
        histogram.observe(call.elapsed.as_secs_f64());
        let labels = Call {
            account: labels.account,
            operation: call.operation,
            method: call.method.to_owned(),
            code: call.code.to_owned(),
        };
        self.0.calls.get_or_create_owned(&labels).inc();
    }

    /// A commit is durable.
    pub fn commit(&self, elapsed: Duration) {
        self.0.commits.observe(elapsed.as_secs_f64());
    }

    /// So many events were committed.
    pub fn events(&self, count: usize) {
        self.0.events.inc_by(u64::try_from(count).unwrap_or(0));
    }

    /// A commit has written or removed so many rows of the database, with so many bytes.
    pub fn written(&self, rows: u64, bytes: u64) {
        self.0.rows_written.inc_by(rows);
        self.0.row_bytes_written.inc_by(bytes);
    }

    /// So many batches of events went by uncounted.
    pub fn missed(&self, batches: u64) {
        self.0.missed.inc_by(batches);
    }

    /// So many lines of the log were dropped.
    pub fn log_lines_dropped(&self, lines: u64) {
        self.0.log_lines_dropped.inc_by(lines);
    }

    /// So many times there was too little of something of our own.
    pub fn lacks(&self, resource: &'static str, times: u64) {
        let lacks = self.0.lacks.get_or_create_owned(&Resource { resource });
        lacks.inc_by(times);
    }

    /// Counts a subscriber for as long as what is returned lives.
    #[must_use]
    pub fn subscriber(&self, transport: &'static str) -> Subscribed {
        let labels = Transport { transport };
        let gauge = self.0.subscribers.get_or_create_owned(&labels);
        gauge.inc();
        Subscribed(gauge)
    }

    /// An HTTP request is answered.
    pub fn request(&self, request: &HttpRequest<'_>) {
        let route = request.route.to_owned();
        let histogram = self.0.request_seconds.get_or_create_owned(&Route {
            route: route.clone(),
        });
        histogram.observe(request.elapsed.as_secs_f64());
        let labels = Request {
            method: request.method,
            route,
            status: request.status,
        };
        self.0.requests.get_or_create_owned(&labels).inc();
    }

    /// A connection came to no TLS.
    pub fn handshake_failed(&self) {
        self.0.handshakes_failed.inc();
    }

    /// The certificate of HTTP ends then.
    pub fn certificate_ends(&self, at: Time) {
        let ends = self.0.certificate_ends.get_or_create_owned(&NoLabels {});
        ends.set(at.0 / 1_000_000);
    }

    /// The account's label.
    fn label(&self, account: &str) -> String {
        let mut known = self
            .0
            .accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if known.contains(account) {
            return account.to_owned();
        }
        if known.len() >= ACCOUNTS_MAX {
            return OTHER.to_owned();
        }
        known.insert(account.to_owned());
        account.to_owned()
    }
}

impl Inner {
    fn register_store(&mut self) {
        let registry = &mut self.registry;
        registry.register_with_unit(
            "commit",
            "How long commits took until they were durable",
            Unit::Seconds,
            self.commits.clone(),
        );
        registry.register("events", "Events committed", self.events.clone());
        registry.register(
            "rows_written",
            "Rows of the database written or removed",
            self.rows_written.clone(),
        );
        registry.register_with_unit(
            "rows_written",
            "What rows that were written hold, without the pages around them",
            Unit::Bytes,
            self.row_bytes_written.clone(),
        );
    }

    fn register_scheduler(&mut self) {
        let registry = &mut self.registry;
        registry.register("entries", "Entries by status", self.entries.clone());
        registry.register("attempts", "What became of attempts", self.attempts.clone());
        registry.register(
            "attempt_failures",
            "Failed attempts by class of failure",
            self.failures.clone(),
        );
        registry.register_with_unit(
            "boot",
            "From the intent to launch to a usable server",
            Unit::Seconds,
            self.boots.clone(),
        );
        registry.register_with_unit(
            "failover",
            "From a failure to the next attempt of the entry",
            Unit::Seconds,
            self.failovers.clone(),
        );
        registry.register("blocks", "Blocks that stand", self.blocks.clone());
        registry.register(
            "strays",
            "Objects of ours without an owner",
            self.strays.clone(),
        );
        registry.register(
            "alerts",
            "What needs a person, by kind",
            self.alerts.clone(),
        );
        registry.register(
            "removals_overdue",
            "Removals that take longer than they should",
            self.overdue.clone(),
        );
        registry.register(
            "extra_servers",
            "Servers made for entries beside others, by cause",
            self.extras.clone(),
        );
        registry.register("cloud_calls", "Calls to clouds", self.calls.clone());
        registry.register_with_unit(
            "cloud_call",
            "How long calls to clouds took",
            Unit::Seconds,
            self.call_seconds.clone(),
        );
        registry.register(
            "metrics_missed",
            "Batches of events that the metrics missed",
            self.missed.clone(),
        );
        registry.register(
            "log_lines_dropped",
            "Lines of the log that nobody read in time",
            self.log_lines_dropped.clone(),
        );
        registry.register(
            "lacks",
            "Times that this machine did not give what was asked of it",
            self.lacks.clone(),
        );
    }

    fn register_rest(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "subscribers",
            "Readers of the event stream",
            self.subscribers.clone(),
        );
        registry.register("http_requests", "HTTP requests", self.requests.clone());
        registry.register_with_unit(
            "http_request",
            "From a request's head to its answer's head",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register(
            "http_handshakes_failed",
            "Connections that came to no TLS",
            self.handshakes_failed.clone(),
        );
        registry.register_with_unit(
            "http_certificate_expiry_timestamp",
            "When the certificate of HTTP ends",
            Unit::Seconds,
            self.certificate_ends.clone(),
        );
    }
}

/// A subscriber that is counted; dropping it counts it off.
pub struct Subscribed(Gauge);

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_name_help_and_unit() {
        let metrics = Metrics::new();
        let second = Duration::from_secs(1);
        metrics.entries("RUN", 3);
        metrics.attempt("alpha", "ready");
        metrics.failure("alpha", "quota");
        metrics.boot("alpha", second);
        metrics.failover(second);
        metrics.blocks("alpha", 2);
        metrics.strays("alpha", 1);
        metrics.alerts("strays", 1);
        metrics.removals_overdue(4);
        metrics.extra_servers("patience", 0);
        metrics.extra_servers("patience", 2);
        metrics.call(&CloudCall {
            account: "alpha",
            operation: "create server",
            method: "POST",
            code: "202",
            elapsed: second,
        });
        metrics.commit(second);
        metrics.events(5);
        metrics.written(15, 4_000);
        metrics.missed(1);
        metrics.handshake_failed();
        metrics.certificate_ends(Time(1_900_000_000_000_000));
        let subscriber = metrics.subscriber("http");
        metrics.request(&HttpRequest {
            method: "GET",
            route: "/api/queues/",
            status: 200,
            elapsed: second,
        });
        let text = metrics.render().unwrap();
        let lines = text.lines().filter(|line| !line.contains("_bucket{"));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
        drop(subscriber);
        assert!(
            metrics
                .render()
                .unwrap()
                .contains("oms_subscribers{transport=\"http\"} 0")
        );
    }

    #[test]
    fn the_accounts_with_a_label_of_their_own_are_bounded() {
        let metrics = Metrics::new();
        for number in 0..ACCOUNTS_MAX + 20 {
            metrics.attempt(&format!("a{number}"), "started");
        }
        let text = metrics.render().unwrap();
        let series = text
            .lines()
            .filter(|line| line.starts_with("oms_attempts_total{"));
        assert_eq!(series.count(), ACCOUNTS_MAX + 1);
        assert!(text.contains("oms_attempts_total{account=\"other\",outcome=\"started\"} 20"));
    }

    #[test]
    fn a_removed_account_has_no_blocks() {
        let metrics = Metrics::new();
        metrics.blocks("alpha", 1);
        metrics.account_gone("alpha");
        assert!(!metrics.render().unwrap().contains("oms_blocks{"));
    }
}
