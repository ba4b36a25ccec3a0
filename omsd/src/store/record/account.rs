//! Accounts and what is known of them to records and back.

use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::bad::Bad;
use super::parts::{mirror, read_duration, write_duration};
use super::shared::Shared;
use super::v1;
use omsd_domain::ground::resource::{FlavorSize, Identity, Resource};
use omsd_domain::ground::sealed::Sealed;
use omsd_domain::rows::account::{Account, Auth, Domain, Reach};
use omsd_domain::rows::health::Health;
use omsd_domain::rows::lineage::Kin;
use omsd_domain::rows::offering::{Budget, Lessons, Stage};
use omsd_domain::rows::removing::Removing;
use omsd_domain::rows::room::{Bound, Room};
use omsd_domain::rows::scope::Block;
use omsd_domain::rows::stray::{self, Stray};

impl From<&Account> for v1::Account {
    fn from(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            provider: account.provider.clone(),
            auth_url: account.auth_url.clone(),
            region_name: account.region_name.clone(),
            interface: account.interface,
            auth: (&account.auth).into(),
            secret: account.secret.0.clone(),
            defaults: account.defaults.clone(),
            ca_pem: account.ca_pem.clone(),
            pinned_cert_pem: account.pinned_cert_pem.clone(),
            priority: account.priority,
            enabled: account.enabled,
            revision: account.revision,
            maintenance: account.maintenance.clone(),
            user_id: account.auth.user_id().cloned(),
            totp: bytes(account.totp.as_ref()),
            endpoints: account.reach.endpoints.clone(),
            proxy: account.reach.proxy.clone(),
            proxy_login: bytes(account.reach.proxy_login.as_ref()),
            client_cert_pem: account.reach.client_cert_pem.clone(),
            client_key: bytes(account.reach.client_key.as_ref()),
        }
    }
}

fn bytes(sealed: Option<&Sealed>) -> Option<Vec<u8>> {
    sealed.map(|sealed| sealed.0.clone())
}

impl v1::Account {
    pub(super) fn into_domain(self, id: AccountId) -> Account {
        Account {
            id,
            name: self.name,
            provider: self.provider,
            auth_url: self.auth_url,
            region_name: self.region_name,
            interface: self.interface,
            auth: self.auth.into_domain(self.user_id),
            secret: Sealed(self.secret),
            totp: self.totp.map(Sealed),
            reach: Reach {
                endpoints: self.endpoints,
                proxy: self.proxy,
                proxy_login: self.proxy_login.map(Sealed),
                client_cert_pem: self.client_cert_pem,
                client_key: self.client_key.map(Sealed),
            },
            defaults: self.defaults,
            ca_pem: self.ca_pem,
            pinned_cert_pem: self.pinned_cert_pem,
            priority: self.priority,
            enabled: self.enabled,
            revision: self.revision,
            maintenance: self.maintenance,
        }
    }
}

impl From<&Health> for v1::Health {
    fn from(health: &Health) -> Self {
        Self {
            blocks: health.blocks.iter().map(v1::Block::from).collect(),
            last_failure: health.last_failure.as_deref().map(v1::Failure::from),
        }
    }
}

impl v1::Health {
    pub(super) fn into_domain(self, shared: &mut Shared) -> Result<Health, Bad> {
        let blocks: Result<Vec<_>, Bad> = self
            .blocks
            .into_iter()
            .map(|block| block.into_domain(shared))
            .collect();
        let last_failure = self.last_failure.map(|record| shared.failure(record));
        Ok(Health {
            blocks: blocks?,
            last_failure: last_failure.transpose()?.map(|met| met.value),
        })
    }
}

/// Of what a cloud sets no limit to: as good as none to programs that know no better.
const NO_LIMIT: u64 = u64::MAX;

impl From<&Room> for v1::Room {
    fn from(room: &Room) -> Self {
        let bounds = room.bounds.iter().map(|bound| v1::Bound {
            resource: bound.resource.into(),
            max: bound.max.unwrap_or(NO_LIMIT),
            unmanaged: bound.unmanaged,
        });
        let flavors = room.flavors.iter().map(|size| v1::FlavorSize {
            id: size.id.clone(),
            name: size.name.clone(),
            vcpus: size.vcpus,
            ram_mib: size.ram_mib,
            disk_gb: size.disk_gb,
        });
        Self {
            read: room.read.0,
            bounds: bounds.collect(),
            flavors: flavors.collect(),
            identity: room.identity.as_ref().map(|it| v1::Identity {
                project: it.project.clone(),
                user: it.user.clone(),
            }),
            project_name: room.project_name.clone(),
        }
    }
}

impl From<v1::Room> for Room {
    fn from(record: v1::Room) -> Self {
        let bounds = record.bounds.into_iter().map(|bound| Bound {
            resource: bound.resource.into(),
            max: Some(bound.max).filter(|max| *max != NO_LIMIT),
            unmanaged: bound.unmanaged,
        });
        let flavors = record.flavors.into_iter().map(|size| FlavorSize {
            id: size.id,
            name: size.name,
            vcpus: size.vcpus,
            ram_mib: size.ram_mib,
            disk_gb: size.disk_gb,
        });
        Self {
            read: Time(record.read),
            bounds: bounds.collect(),
            flavors: flavors.collect(),
            identity: record.identity.map(|it| Identity {
                project: it.project,
                user: it.user,
            }),
            project_name: record.project_name,
        }
    }
}

mirror!(v1::Resource, Resource:
    Instances Cores RamMib Keypairs Ports FloatingIps Volumes Gigabytes);

impl From<&Stray> for v1::Stray {
    fn from(stray: &Stray) -> Self {
        Self {
            kind: stray.id.kind.into(),
            id: stray.id.id.clone(),
            incarnation: stray.incarnation.clone(),
            kin: stray.kin.into(),
            ordered: stray.ordered,
            entry: stray.entry.0,
            attempt: stray.attempt.0,
            since: stray.since.0,
            seen: stray.seen,
            asked: stray.asked,
            failures: stray.removal.failures,
            next: stray.removal.next.0,
            failure: stray.removal.failure.as_deref().map(v1::Failure::from),
        }
    }
}

impl v1::Stray {
    pub(super) fn into_domain(self, shared: &mut Shared) -> Result<Stray, Bad> {
        let failure = self.failure.map(|record| shared.failure(record));
        Ok(Stray {
            id: stray::Id {
                kind: self.kind.into(),
                id: self.id,
            },
            incarnation: self.incarnation,
            entry: EntryId(self.entry),
            attempt: AttemptId(self.attempt),
            kin: self.kin.into(),
            ordered: self.ordered,
            since: Time(self.since),
            seen: self.seen,
            asked: self.asked,
            removal: Removing {
                failures: self.failures,
                next: Time(self.next),
                failure: failure.transpose()?.map(|met| met.value),
                alerted: false,
            },
        })
    }
}

mirror!(v1::Stage, Stage: Launch Build);

mirror!(v1::StrayKind, stray::Kind: Server Keypair);

mirror!(v1::Kin, Kin: Known FromAhead Stranger);

impl From<&Lessons> for v1::Lessons {
    fn from(lessons: &Lessons) -> Self {
        Self {
            offering: (&lessons.offering).into(),
            boots: lessons.boots.iter().copied().map(write_duration).collect(),
            creates: lessons
                .creates
                .iter()
                .copied()
                .map(write_duration)
                .collect(),
            slowest_create: write_duration(lessons.slowest_create),
            budget: lessons.budget.map(|budget| v1::Budget {
                window: budget.window,
                halved: budget.halved.0,
                stage: budget.stage.into(),
            }),
            last_success: lessons.last_success.map(|at| at.0),
            learned: lessons.learned.0,
        }
    }
}

impl TryFrom<v1::Lessons> for Lessons {
    type Error = Bad;

    fn try_from(record: v1::Lessons) -> Result<Self, Bad> {
        let boots = record.boots.into_iter().map(read_duration);
        let creates = record.creates.into_iter().map(read_duration);
        Ok(Self {
            offering: record.offering.into(),
            boots: boots.collect::<Result<_, Bad>>()?,
            creates: creates.collect::<Result<_, Bad>>()?,
            slowest_create: read_duration(record.slowest_create)?,
            budget: record.budget.map(|budget| Budget {
                window: budget.window,
                halved: Time(budget.halved),
                stage: budget.stage.into(),
            }),
            last_success: record.last_success.map(Time),
            learned: Time(record.learned),
        })
    }
}

impl From<&Block> for v1::Block {
    fn from(block: &Block) -> Self {
        Self {
            scope: (&block.scope).into(),
            until: block.until.0,
            failures: block.failures,
            failure: (&*block.failure).into(),
            probe: block.probe.map(|id| id.0),
            over: block.over,
        }
    }
}

impl v1::Block {
    fn into_domain(self, shared: &mut Shared) -> Result<Block, Bad> {
        Ok(Block {
            scope: shared.scope(self.scope)?,
            until: Time(self.until),
            failures: self.failures,
            failure: shared.failure(self.failure)?.value,
            probe: self.probe.map(AttemptId),
            over: self.over,
        })
    }
}

impl From<&Auth> for v1::Auth {
    fn from(auth: &Auth) -> Self {
        match auth.clone() {
            Auth::Password {
                username,
                user_domain,
                tenant_name,
                tenant_id,
                project_domain,
                user_id: _,
            } => Self::Password {
                username,
                user_domain: user_domain.into(),
                tenant_name,
                tenant_id,
                project_domain: project_domain.into(),
            },
            Auth::ApplicationCredential {
                id,
                name,
                username,
                user_domain,
                user_id: _,
            } => Self::ApplicationCredential {
                id,
                name,
                username,
                user_domain: user_domain.into(),
            },
            Auth::Token {
                tenant_name,
                tenant_id,
                project_domain,
            } => Self::Token {
                tenant_name,
                tenant_id,
                project_domain: project_domain.into(),
            },
        }
    }
}

impl v1::Auth {
    fn into_domain(self, user_id: Option<String>) -> Auth {
        match self {
            Self::Password {
                username,
                user_domain,
                tenant_name,
                tenant_id,
                project_domain,
            } => Auth::Password {
                username,
                user_domain: user_domain.into(),
                tenant_name,
                tenant_id,
                project_domain: project_domain.into(),
                user_id,
            },
            Self::ApplicationCredential {
                id,
                name,
                username,
                user_domain,
            } => Auth::ApplicationCredential {
                id,
                name,
                username,
                user_domain: user_domain.into(),
                user_id,
            },
            Self::Token {
                tenant_name,
                tenant_id,
                project_domain,
            } => Auth::Token {
                tenant_name,
                tenant_id,
                project_domain: project_domain.into(),
            },
        }
    }
}

impl From<Domain> for v1::Domain {
    fn from(domain: Domain) -> Self {
        Self {
            name: domain.name,
            id: domain.id,
        }
    }
}

impl From<v1::Domain> for Domain {
    fn from(record: v1::Domain) -> Self {
        Self {
            name: record.name,
            id: record.id,
        }
    }
}
