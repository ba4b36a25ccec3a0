//! A simulated server: what it is, and the moments of its life, so that a list can show the past.

use std::collections::BTreeMap;
use std::time::Duration;

use oms_proto::Time;
use serde::Deserialize;

use super::call::{Address, FaultShown, ServerShown};
use super::scenario::FlavorSpec;

/// Nova's statuses as far as a server here goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being built.
    Build,
    /// Running.
    Active,
    /// Off.
    Shutoff,
    /// Held where it is.
    Paused,
    /// Put to sleep.
    Suspended,
    /// Put away.
    Shelved,
    /// Put away, without a host.
    ShelvedOffloaded,
    /// Started from another image, to be mended.
    Rescue,
    /// Its host does not answer.
    Unknown,
    /// Resized, and yet to be confirmed.
    VerifyResize,
    /// Failed.
    Error,
    /// Deleted and kept for a while; plain lists do not show it.
    SoftDeleted,
    /// Gone; shown by lists of changes only.
    Deleted,
}

impl Status {
    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Build => "BUILD",
            Self::Active => "ACTIVE",
            Self::Shutoff => "SHUTOFF",
            Self::Paused => "PAUSED",
            Self::Suspended => "SUSPENDED",
            Self::Shelved => "SHELVED",
            Self::ShelvedOffloaded => "SHELVED_OFFLOADED",
            Self::Rescue => "RESCUE",
            Self::Unknown => "UNKNOWN",
            Self::VerifyResize => "VERIFY_RESIZE",
            Self::Error => "ERROR",
            Self::SoftDeleted => "SOFT_DELETED",
            Self::Deleted => "DELETED",
        }
    }

    const fn vm_state(self) -> &'static str {
        match self {
            Self::Build => "building",
            Self::Active | Self::Unknown => "active",
            Self::Shutoff => "stopped",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
            Self::Shelved => "shelved",
            Self::ShelvedOffloaded => "shelved_offloaded",
            Self::Rescue => "rescued",
            Self::VerifyResize => "resized",
            Self::Error => "error",
            Self::SoftDeleted => "soft-delete",
            Self::Deleted => "deleted",
        }
    }
}

/// From when on a server looks how.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Since when.
    pub at: Time,
    /// Status.
    pub status: Status,
    /// What Nova is doing with it.
    pub task: Option<&'static str>,
    /// Why it is in ERROR.
    pub fault: Option<FaultShown>,
    /// Whether its ports are bound; its addresses show from some time later on.
    pub wired: bool,
}

/// A server.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "fields of Nova's server under their own names")]
pub struct Server {
    pub id: String,
    pub name: String,
    pub account: String,
    pub project_id: String,
    pub user_id: String,
    pub image_id: String,
    pub flavor: FlavorSpec,
    pub key_name: Option<String>,
    pub user_data: Option<String>,
    pub metadata: BTreeMap<String, String>,
    pub tags: Vec<String>,
    pub security_groups: Vec<String>,
    pub zone: String,
    pub addresses: Vec<Address>,
    /// Ids of its ports.
    pub ports: Vec<String>,
    /// Whether they stay when it goes.
    pub leaves_ports: bool,
    /// How long it runs before its addresses show.
    pub address_after: Duration,
    pub created: Time,
    pub launched: Option<Time>,
    pub terminated: Option<Time>,
    /// Counts the deletes asked for; an older one that comes to its end changes nothing.
    pub deletes: u32,
    /// At least one: the creation.
    pub moments: Vec<Moment>,
}

impl Server {
    /// How it looks now.
    pub fn now(&self) -> &Moment {
        self.moments.last().unwrap_or(&NEVER)
    }

    /// How it looked at a time; `None` before it was there.
    pub fn then(&self, at: Time) -> Option<&Moment> {
        self.moments.iter().rev().find(|moment| moment.at <= at)
    }

    /// Changes how it looks.
    pub fn turn(&mut self, moment: Moment) {
        if moment.status == Status::Active && self.launched.is_none() {
            self.launched = Some(moment.at);
        }
        if moment.status == Status::Deleted {
            self.terminated = Some(moment.at);
        }
        self.moments.push(moment);
    }

    /// Whether it is there; servers in ERROR are, and count against the quota.
    pub const fn is_live(&self) -> bool {
        self.terminated.is_none()
    }

    /// Whether it is being built.
    pub fn builds(&self) -> bool {
        let now = self.now();
        now.status == Status::Build && now.task != Some("deleting")
    }

    /// As the API shows it at a time, at `moment`; `wall` turns the model's time into the cloud's own.
    /// `forgotten` tells that the server has been deleted for a while.
    pub fn shown(
        &self,
        moment: &Moment,
        at: Time,
        forgotten: bool,
        wall: impl Fn(Time) -> Time,
    ) -> ServerShown {
        ServerShown {
            id: self.id.clone(),
            name: self.name.clone(),
            status: moment.status.as_str(),
            vm_state: moment.status.vm_state(),
            task_state: moment.task,
            fault: moment.fault.as_ref().map(|fault| FaultShown {
                created: wall(fault.created),
                ..fault.clone()
            }),
            addresses: if moment.wired && at >= moment.at.plus(self.address_after) {
                self.addresses.clone()
            } else {
                Vec::new()
            },
            // Nova drops the metadata with the server: a deleted one cannot be told by its mark.
            metadata: if forgotten {
                BTreeMap::new()
            } else {
                self.metadata.clone()
            },
            tags: self.tags.clone(),
            created: wall(self.created),
            updated: wall(moment.at),
            launched: self.launched.filter(|at| *at <= moment.at).map(&wall),
            terminated: self.terminated.filter(|at| *at <= moment.at).map(&wall),
            image_id: self.image_id.clone(),
            flavor: self.flavor.clone(),
            key_name: self.key_name.clone(),
            security_groups: self.security_groups.clone(),
            zone: self.zone.clone(),
            project_id: self.project_id.clone(),
            user_id: self.user_id.clone(),
        }
    }
}

static NEVER: Moment = Moment {
    at: Time(0),
    status: Status::Deleted,
    task: None,
    fault: None,
    wired: false,
};

/// Nova's database keeps whole seconds.
pub fn whole_seconds(at: Time) -> Time {
    Time(at.0.div_euclid(1_000_000) * 1_000_000)
}

/// Milliseconds as a duration.
pub const fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
