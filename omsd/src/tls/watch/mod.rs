//! Looks after the certificate's files: every few seconds, and at once when somebody asks for it with
//! SIGHUP. Their contents are compared, not their times or inodes, so it does not matter how they are
//! replaced. A pair is replaced file by file, so what cannot be used is believed when it is seen again.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::error::TlsError;
use super::pair::{Files, Pair};
use super::{Presented, Tls};
use crate::ports::Clock;
use crate::telemetry::{Chain, Health, Metrics, Trouble};

/// The pause between two looks: two small files are read.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The longest time before its end that a certificate is told to end soon; a short-lived one is told
/// in the last tenth of its life.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// The part of its life that is its last one.
const LAST_PART: u32 = 10;

/// What looks after a certificate's files.
pub struct Watch {
    files: Files,
    presented: Presented,
    in_force: Pair,
    /// What the files held that are in force.
    digest: Option<[u8; 32]>,
    /// Why they cannot be used, if so when they were last looked at.
    refused: Option<String>,
    health: Health,
    metrics: Metrics,
    clock: Arc<dyn Clock>,
}

impl Watch {
    /// Takes the pair that is in the files and looks after them from then on.
    ///
    /// # Errors
    /// [`TlsError`]
    pub fn start(
        files: Files,
        health: Health,
        metrics: Metrics,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Tls), TlsError> {
        let content = files.read()?;
        let pair = files.pair(&content)?;
        let tls = Tls::new(&pair)?;
        metrics.certificate_ends(pair.ends);
        let watch = Self {
            files,
            presented: tls.presented().clone(),
            digest: Some(content.digest()),
            in_force: pair,
            refused: None,
            health,
            metrics,
            clock,
        };
        watch.tell();
        Ok((watch, tls))
    }

    /// Looks until told to stop.
    pub async fn run(mut self, asked: Arc<Notify>, stopping: CancellationToken) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let at_once = tokio::select! {
                _ = ticks.tick() => false,
                () = asked.notified() => true,
                () = stopping.cancelled() => return,
            };
            // The file system may keep us waiting, and then only this.
            let looking = tokio::task::spawn_blocking(move || {
                self.look(at_once);
                self
            });
            match looking.await {
                Ok(looked) => self = looked,
                Err(error) => {
                    tracing::error!(%error, "the certificate is no longer looked after");
                    return;
                }
            }
        }
    }

    /// One look; `at_once` believes what it sees.
    fn look(&mut self, at_once: bool) {
        match self.newer() {
            Ok(None) => self.refused = None,
            Ok(Some((pair, digest))) => {
                tracing::info!(ends = %pair.ends, "presents a new certificate");
                self.presented.change(&pair);
                self.metrics.certificate_ends(pair.ends);
                (self.in_force, self.digest) = (pair, Some(digest));
                self.refused = None;
            }
            Err(error) => {
                let words = Chain(&error).to_string();
                let is_seen_again = self.refused.as_ref() == Some(&words);
                self.refused = Some(words);
                if !at_once && !is_seen_again {
                    return;
                }
            }
        }
        self.tell();
    }

    /// The pair in the files, if it is another than that in force.
    fn newer(&self) -> Result<Option<(Pair, [u8; 32])>, TlsError> {
        let content = self.files.read()?;
        let digest = content.digest();
        if self.digest == Some(digest) {
            return Ok(None);
        }
        Ok(Some((self.files.pair(&content)?, digest)))
    }

    /// Tells people what is wrong, or no longer.
    fn tell(&self) {
        let ending = ending(&self.in_force, self.clock.now());
        let words = match (&self.refused, ending) {
            (Some(refused), ending) => Some(format!(
                "the certificate's files were changed and cannot be used, so the one before goes on \
                 to be presented, which {}: {refused}",
                ending.unwrap_or_else(|| format!("ends at {}", self.in_force.ends))
            )),
            (None, Some(ending)) => Some(format!(
                "the certificate of HTTP {ending}; put a newer one into {}, which is taken up by \
                 itself",
                self.files.certificate.display()
            )),
            (None, None) => None,
        };
        match words {
            Some(words) => self.health.raise(Trouble::Certificate, words),
            None => self.health.over(Trouble::Certificate),
        }
    }
}

/// What is to be said of a pair's time, if anything.
fn ending(pair: &Pair, now: Time) -> Option<String> {
    let ends = pair.ends;
    if now >= ends {
        return Some(format!("has ended at {ends}"));
    }
    if now < pair.begins {
        return Some(format!(
            "does not count before {} (or the clock here is wrong)",
            pair.begins
        ));
    }
    let last = (ends.since(pair.begins) / LAST_PART).min(SOON);
    (ends.since(now) < last).then(|| format!("ends soon, at {ends}"))
}

#[cfg(test)]
mod tests;
