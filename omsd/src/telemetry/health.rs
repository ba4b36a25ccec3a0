//! What is wrong with the daemon itself or with the machine under it, as far as a person must hear
//! of it: told as alerts beside those of the world, in the metrics, and by `/readyz`.
//!
//! Each trouble is logged once when it begins and once when it is over, however often it is met.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oms_proto::Time;
use oms_proto::view::AlertKind;
use tokio::time::Instant;

use super::Metrics;
use crate::clock::SystemClock;
use crate::ports::{Clock, Lack};

/// How long it is an alert that something was lacking: somebody who looks every minute should hear of
/// it, and what is met again meanwhile is the same trouble.
const LACK_TOLD_FOR: Duration = Duration::from_secs(90);

/// A kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The database is no longer where it was.
    State,
    /// The socket is no longer where it was.
    Socket,
    /// The machine does not give what is asked of it.
    Resources,
    /// The certificate of HTTP ends soon, or a newer one cannot be used.
    Certificate,
}

impl Trouble {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 4] = [
        Self::State,
        Self::Socket,
        Self::Resources,
        Self::Certificate,
    ];

    /// What kind of alert it is.
    pub const fn kind(self) -> AlertKind {
        match self {
            Self::State => AlertKind::State,
            Self::Socket => AlertKind::Socket,
            Self::Resources => AlertKind::Resources,
            Self::Certificate => AlertKind::Certificate,
        }
    }

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        self.kind().as_str()
    }

    /// Whether nobody should send work here any more.
    const fn ends_service(self) -> bool {
        matches!(self, Self::State)
    }
}

/// A trouble that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is and what to do about it.
    pub message: String,
    /// Since when.
    pub since: Time,
}

/// All troubles of one daemon; cheap to copy.
#[derive(Clone)]
pub struct Health {
    troubles: Arc<Mutex<BTreeMap<Trouble, Told>>>,
    /// When something was lacking last.
    lacked: Arc<Mutex<Option<Instant>>>,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
}

impl Default for Health {
    fn default() -> Self {
        Self::new(Metrics::new(), Arc::new(SystemClock))
    }
}

impl Health {
    /// A daemon that is well, and where its troubles are counted.
    pub fn new(metrics: Metrics, clock: Arc<dyn Clock>) -> Self {
        for trouble in Trouble::ALL {
            metrics.alerts(trouble.as_str(), 0);
        }
        for lack in Lack::ALL {
            metrics.lacks(lack.as_str(), 0);
        }
        Self {
            troubles: Arc::default(),
            lacked: Arc::default(),
            metrics,
            clock,
        }
    }

    /// There is a trouble; a later message takes the place of an earlier one.
    pub fn raise(&self, trouble: Trouble, message: String) {
        let mut troubles = lock(&self.troubles);
        if let Some(told) = troubles.get_mut(&trouble) {
            told.message = message;
            return;
        }
        if trouble.ends_service() {
            tracing::error!(alert = trouble.as_str(), "{message}");
        } else {
            tracing::warn!(alert = trouble.as_str(), "{message}");
        }
        let since = self.clock.now();
        troubles.insert(trouble, Told { message, since });
        self.metrics.alerts(trouble.as_str(), 1);
    }

    /// A trouble is over.
    pub fn over(&self, trouble: Trouble) {
        if lock(&self.troubles).remove(&trouble).is_some() {
            tracing::info!(alert = trouble.as_str(), "this trouble is over");
            self.metrics.alerts(trouble.as_str(), 0);
        }
    }

    /// There was too little of something of our own.
    pub fn lacks(&self, lack: Lack) {
        self.metrics.lacks(lack.as_str(), 1);
        *lock(&self.lacked) = Some(Instant::now());
        let message = format!(
            "{}; what is not done for want of it is tried again, and no cloud is blamed",
            lack.words()
        );
        self.raise(Trouble::Resources, message);
    }

    /// As [`Health::lacks`], if that is what an error of the system says; tells whether it is.
    pub fn is_lack(&self, error: &io::Error) -> bool {
        let lack = Lack::of(error);
        if let Some(lack) = lack {
            self.lacks(lack);
        }
        lack.is_some()
    }

    /// Ends the trouble of something lacking once it was met no more for a while. To be called now
    /// and then.
    pub fn settle(&self) {
        let last = *lock(&self.lacked);
        if last.is_some_and(|last| last.elapsed() >= LACK_TOLD_FOR) {
            *lock(&self.lacked) = None;
            self.over(Trouble::Resources);
        }
    }

    /// What there is, the most urgent first.
    pub fn troubles(&self) -> Vec<(Trouble, Told)> {
        let troubles = lock(&self.troubles);
        let told = troubles.iter();
        told.map(|(trouble, told)| (*trouble, told.clone()))
            .collect()
    }

    /// Whether work may be sent here.
    pub fn is_ready(&self) -> bool {
        !lock(&self.troubles)
            .keys()
            .any(|trouble| trouble.ends_service())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Time {
            Time(12)
        }
    }

    #[test]
    fn a_trouble_is_told_from_when_it_began_until_it_is_over() {
        let metrics = Metrics::new();
        let health = Health::new(metrics.clone(), Arc::new(Noon));
        let shown = |count: u8| {
            let text = metrics.render().unwrap();
            text.contains(&format!("oms_alerts{{kind=\"socket\"}} {count}\n"))
        };
        assert!(shown(0) && health.troubles().is_empty());
        health.raise(Trouble::Socket, "gone".to_owned());
        health.raise(Trouble::Socket, "taken".to_owned());
        let told = health.troubles();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].1.message, "taken");
        assert_eq!(told[0].1.since, Time(12));
        assert!(shown(1) && health.is_ready());
        health.over(Trouble::Socket);
        health.over(Trouble::Socket);
        assert!(shown(0) && health.troubles().is_empty());
        health.raise(Trouble::State, "gone".to_owned());
        assert!(!health.is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn what_lacks_is_told_once_and_for_as_long_as_it_is_met() {
        let metrics = Metrics::new();
        let health = Health::new(metrics.clone(), Arc::new(Noon));
        assert!(!health.is_lack(&io::ErrorKind::ConnectionReset.into()));
        for _ in 0..3 {
            assert!(health.is_lack(&rustix::io::Errno::MFILE.into()));
            tokio::time::advance(Duration::from_secs(60)).await;
            health.settle();
            assert_eq!(health.troubles().len(), 1);
        }
        let text = metrics.render().unwrap();
        assert!(
            text.contains("oms_lacks_total{resource=\"files\"} 3\n"),
            "{text}"
        );
        assert!(
            text.contains("oms_lacks_total{resource=\"ports\"} 0\n"),
            "{text}"
        );
        assert!(health.is_ready());
        tokio::time::advance(Duration::from_secs(60)).await;
        health.settle();
        assert!(health.troubles().is_empty());
    }
}
