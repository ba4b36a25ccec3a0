//! Accounts as clients see them.

use std::sync::Arc;

use oms_proto::Time;
use oms_proto::view::{
    self, AccountStatus, AccountView, AuthType, BlockKind, BlockView, LessonsView, QuotaView,
    RoomView, Trust,
};
use omsd_domain::ground::maintenance;
use omsd_domain::ground::resource::Resource;
use omsd_domain::plan::placement::unfit;
use omsd_domain::plan::room::ours;
use omsd_domain::rows::account::{Account, Auth};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::offering::Lessons;
use omsd_domain::rows::passed::Reason;
use omsd_domain::rows::scope::{Block, Scope, ScopeKind};
use omsd_domain::rules::machine::merge;
use omsd_domain::tell::cause::cause;
use omsd_domain::tell::words;

use super::{Picture, failure, saturate, seconds};
use crate::service::advice::told;
use crate::tls;

/// Blocks shown of one account. Those of an answer full of accounts fit a frame; those that end last
/// tell most.
const BLOCKS_SHOWN: usize = 16;

/// Offerings shown of one account, for the same reason; what was learned last tells most.
const OFFERINGS_SHOWN: usize = 16;

impl Picture<'_> {
    /// Name and id of an account's project: as they were given, and the rest as its cloud told.
    pub(super) fn project(&self, account: &Account) -> (Option<String>, Option<String>) {
        let (name, id) = match &account.auth {
            Auth::Password {
                tenant_name,
                tenant_id,
                ..
            }
            | Auth::Token {
                tenant_name,
                tenant_id,
                ..
            } => (tenant_name.clone(), tenant_id.clone()),
            Auth::ApplicationCredential { .. } => (None, None),
        };
        let told = self.world.room(account.id);
        let told_id = || Some(told?.identity.as_ref()?.project.clone());
        (
            name.or_else(|| told?.project_name.clone()),
            id.or_else(told_id),
        )
    }

    pub(in crate::service) fn account(&self, account: &Account) -> AccountView {
        let load = self.world.load(account.id);
        let health = self.world.health(account.id);
        let reason = self.unavailable(account);
        let (tenant_name, tenant_id) = self.project(account);
        let (username, auth_type, credential) = match &account.auth {
            Auth::Password { username, .. } => (
                Some(username.clone()).filter(|name| !name.is_empty()),
                match (&account.totp, account.secret.0.is_empty()) {
                    (None, _) => AuthType::Password,
                    (Some(_), false) => AuthType::PasswordTotp,
                    (Some(_), true) => AuthType::Totp,
                },
                None,
            ),
            Auth::ApplicationCredential { id, name, .. } => (
                None,
                AuthType::ApplicationCredential,
                id.clone().or_else(|| name.clone()),
            ),
            Auth::Token { .. } => (None, AuthType::Token, None),
        };
        AccountView {
            name: account.name.clone(),
            provider: account.provider.clone(),
            username,
            tenant_name,
            tenant_id,
            auth_url: account.auth_url.clone(),
            region_name: account.region_name.clone(),
            version: 3,
            status: if reason.is_none() {
                AccountStatus::Available
            } else {
                AccountStatus::Unavailable
            },
            reason,
            auth_type,
            application_credential: credential,
            interface: account.interface,
            defaults: account.defaults.clone(),
            priority: account.priority,
            enabled: account.enabled,
            trust: trust(account),
            blocks: self.blocks(account, health),
            maintenance: maintenance::ahead(&account.maintenance, self.now),
            building: load.launching + load.unknown + load.building,
            running: load.ready,
            removing: load.removing,
            boot_seconds: self.world.median_boot(account.id).map(seconds),
            offerings: offerings(self.world.lessons_at(account.id)),
            last_success: self.world.last_success(account.id),
            last_failure: health.last_failure.as_deref().map(failure),
            user_id: account.auth.user_id().cloned(),
            endpoints: account.reach.endpoints.clone(),
            proxy: account.reach.proxy.clone(),
            client_certificate: account.reach.client_cert_pem.is_some(),
            room: self.room(account),
            unfit: unfit(self.world, account, self.now).map(|reason| cause(reason.cause())),
            certificate_ends: certificate_ends(account),
        }
    }

    /// Blocks, those that end last first, and behind them those whose time is over.
    fn blocks(&self, account: &Account, health: &Health) -> Vec<BlockView> {
        let mut longest: Vec<&Block> = health.blocks.iter().collect();
        longest.sort_by(|a, b| b.until.cmp(&a.until).then_with(|| a.scope.cmp(&b.scope)));
        let plain = merge(&[&account.defaults]).ok();
        let next = self.world.free().entry;
        let for_all = |scope: &Scope| {
            let meets = |wanted| scope.covers(next, wanted);
            !scope.is_of_wish() || plain.as_ref().is_some_and(meets)
        };
        let shown = longest.into_iter().take(BLOCKS_SHOWN);
        let shown = shown.map(|block| BlockView {
            scope: block.scope.to_string(),
            until: block.until,
            reason: words::failure(&block.failure),
            failures: block.failures,
            over: block.until <= self.now,
            kind: block_kind(block.scope.kind()),
            for_all: for_all(&block.scope),
        });
        shown.collect()
    }

    /// What the ledger knows; placement goes by the same figures.
    fn room(&self, account: &Account) -> Option<RoomView> {
        let room = self.world.room(account.id)?;
        let ours = ours(self.world, account.id, room);
        let quotas = room.bounds.iter().map(|bound| QuotaView {
            resource: resource(bound.resource),
            limit: bound.max,
            ours: ours.of(bound.resource),
            others: bound.unmanaged,
        });
        Some(RoomView {
            seen: room.read,
            quotas: quotas.collect(),
        })
    }

    /// Whether entries are placed at an account now.
    pub(in crate::service) fn is_available(&self, account: &Account) -> bool {
        self.unavailable(account).is_none()
    }

    /// Why nothing at all is placed at an account, in the words that an entry passed over there is told.
    fn unavailable(&self, account: &Account) -> Option<String> {
        let reason = self.keeps_all(account)?;
        Some(told(&reason, account))
    }

    fn keeps_all(&self, account: &Account) -> Option<Reason> {
        let lineage = &self.world.lineage;
        if lineage.held.is_some() {
            return Some(Reason::Held);
        }
        if !account.enabled {
            return Some(Reason::Disabled);
        }
        if lineage.unseen.contains(&account.id) {
            return Some(Reason::Unseen);
        }
        if let Some(window) = maintenance::in_force(&account.maintenance, self.now) {
            return Some(Reason::Maintenance {
                until: window.until,
                reason: window.reason.clone(),
            });
        }
        let keeps_all = |block: &&Block| match block.scope {
            Scope::Account => true,
            // Once its time is over, the next launch is let through.
            Scope::Quota | Scope::Launch => block.until > self.now || block.probe.is_some(),
            Scope::Offering(_) | Scope::Request(_) | Scope::Named(..) | Scope::Entry(_) => false,
        };
        let mut blocks = self.world.health(account.id).blocks.iter();
        let block = blocks.find(keeps_all)?;
        Some(Reason::Blocked {
            scope: block.scope.clone(),
            until: block.until,
            failure: Arc::clone(&block.failure),
        })
    }
}

/// The word for what a block keeps entries from.
const fn block_kind(kind: ScopeKind) -> BlockKind {
    match kind {
        ScopeKind::Account => BlockKind::Account,
        ScopeKind::Quota => BlockKind::Quota,
        ScopeKind::Launch => BlockKind::Launch,
        ScopeKind::Offering => BlockKind::Offering,
        ScopeKind::Request => BlockKind::Request,
        ScopeKind::Image => BlockKind::Image,
        ScopeKind::Flavor => BlockKind::Flavor,
        ScopeKind::Network => BlockKind::Network,
        ScopeKind::SecurityGroup => BlockKind::SecurityGroup,
        ScopeKind::Zone => BlockKind::Zone,
        ScopeKind::Entry => BlockKind::Entry,
    }
}

/// What launches have taught, the latest first.
fn offerings<'a>(lessons: impl Iterator<Item = &'a Lessons>) -> Vec<LessonsView> {
    let mut latest: Vec<&Lessons> = lessons.collect();
    latest.sort_by(|a, b| {
        let by_time = b.learned.cmp(&a.learned);
        by_time.then_with(|| a.offering.cmp(&b.offering))
    });
    latest
        .into_iter()
        .take(OFFERINGS_SHOWN)
        .map(|lessons| LessonsView {
            availability_zone: lessons.offering.availability_zone.clone(),
            flavor: lessons.offering.flavor.clone(),
            boots: saturate(lessons.boots.len()),
            boot_seconds: lessons.median_boot().map(seconds),
            slow_boot_seconds: lessons.slow_boot().map(seconds),
            budget: lessons.budget.map(|budget| budget.window),
            learned: lessons.learned,
        })
        .collect()
}

/// When the first of an account's own certificates ends. Of authorities any will do, so the last one
/// counts.
fn certificate_ends(account: &Account) -> Option<Time> {
    let first = |pem: &String| tls::ends(pem).next();
    let authorities = account.ca_pem.as_ref().and_then(|pem| tls::ends(pem).max());
    let pinned = account.pinned_cert_pem.as_ref().and_then(first);
    let client = account.reach.client_cert_pem.as_ref().and_then(first);
    [authorities, pinned, client].into_iter().flatten().min()
}

/// How the account's cloud proves who it is.
pub(in crate::service) fn trust(account: &Account) -> Trust {
    if account.auth_url.starts_with("http://") {
        Trust::None
    } else if account.pinned_cert_pem.is_some() {
        Trust::Pinned
    } else if account.ca_pem.is_some() {
        Trust::Ca
    } else {
        Trust::System
    }
}

pub(super) const fn resource(resource: Resource) -> view::Resource {
    use view::Resource as Shown;
    match resource {
        Resource::Instances => Shown::Instances,
        Resource::Cores => Shown::Cores,
        Resource::RamMib => Shown::RamMib,
        Resource::Keypairs => Shown::Keypairs,
        Resource::Ports => Shown::Ports,
        Resource::FloatingIps => Shown::FloatingIps,
        Resource::Volumes => Shown::Volumes,
        Resource::Gigabytes => Shown::Gigabytes,
    }
}
