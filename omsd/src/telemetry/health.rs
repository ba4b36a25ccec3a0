//! What is wrong with the daemon itself or with the machine under it, as far as a person must hear
//! of it: told as alerts beside those of the world, in the metrics, and by `/readyz`.
//!
//! Each trouble is logged once when it begins and once when it is over, however often it is met.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use oms_proto::Time;

use super::Metrics;

/// A kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The database is no longer where it was.
    State,
    /// The socket is no longer where it was.
    Socket,
    /// The machine does not give what is asked of it.
    Resources,
}

impl Trouble {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 3] = [Self::State, Self::Socket, Self::Resources];

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Socket => "socket",
            Self::Resources => "resources",
        }
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
#[derive(Clone, Default)]
pub struct Health {
    troubles: Arc<Mutex<BTreeMap<Trouble, Told>>>,
    metrics: Metrics,
}

impl Health {
    /// A daemon that is well, and where its troubles are counted.
    pub fn new(metrics: Metrics) -> Self {
        for trouble in Trouble::ALL {
            metrics.alerts(trouble.as_str(), 0);
        }
        Self {
            troubles: Arc::default(),
            metrics,
        }
    }

    /// There is a trouble; a later message takes the place of an earlier one.
    pub fn raise(&self, trouble: Trouble, message: String, now: Time) {
        let mut troubles = self.lock();
        if let Some(told) = troubles.get_mut(&trouble) {
            told.message = message;
            return;
        }
        if trouble.ends_service() {
            tracing::error!(alert = trouble.as_str(), "{message}");
        } else {
            tracing::warn!(alert = trouble.as_str(), "{message}");
        }
        let since = now;
        troubles.insert(trouble, Told { message, since });
        self.metrics.alerts(trouble.as_str(), 1);
    }

    /// A trouble is over.
    pub fn over(&self, trouble: Trouble) {
        if self.lock().remove(&trouble).is_some() {
            tracing::info!(alert = trouble.as_str(), "this trouble is over");
            self.metrics.alerts(trouble.as_str(), 0);
        }
    }

    /// What there is, the most urgent first.
    pub fn troubles(&self) -> Vec<(Trouble, Told)> {
        let troubles = self.lock();
        let told = troubles.iter();
        told.map(|(trouble, told)| (*trouble, told.clone()))
            .collect()
    }

    /// Whether work may be sent here.
    pub fn is_ready(&self) -> bool {
        !self.lock().keys().any(|trouble| trouble.ends_service())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Trouble, Told>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_told_from_when_it_began_until_it_is_over() {
        let metrics = Metrics::new();
        let health = Health::new(metrics.clone());
        let shown = |count: u8| {
            let text = metrics.render().unwrap();
            text.contains(&format!("oms_alerts{{kind=\"socket\"}} {count}\n"))
        };
        assert!(shown(0) && health.troubles().is_empty());
        health.raise(Trouble::Socket, "gone".to_owned(), Time(1));
        health.raise(Trouble::Socket, "taken".to_owned(), Time(2));
        let told = health.troubles();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].1.message, "taken");
        assert_eq!(told[0].1.since, Time(1));
        assert!(shown(1) && health.is_ready());
        health.over(Trouble::Socket);
        health.over(Trouble::Socket);
        assert!(shown(0) && health.troubles().is_empty());
        health.raise(Trouble::State, "gone".to_owned(), Time(3));
        assert!(!health.is_ready());
    }
}
