//! Accounts to records and back.

use oms_proto::spec::{AccountDefaults, Interface};
use oms_proto::{AccountId, AttemptId, EntryId, Time};

use super::parts::{mirror, read_duration, write_duration};
use super::shared::Shared;
use super::{Bad, v1};
use crate::domain::account::{Account, Auth, Block, Domain};
use crate::domain::attempt::Removing;
use crate::domain::ledger::{Bound, Room};
use crate::domain::maintenance::Window;
use crate::domain::offering::{Budget, Lessons, Stage};
use crate::domain::resource::{FlavorSize, Identity, Resource};
use crate::domain::sealed::Sealed;
use crate::domain::stray::{self, Stray};

impl From<&Account> for v1::Account {
    fn from(account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            provider: account.provider.clone(),
            auth_url: account.auth_url.clone(),
            region_name: account.region_name.clone(),
            interface: account.interface.into(),
            auth: (&account.auth).into(),
            secret: account.secret.0.clone(),
            defaults: (&account.defaults).into(),
            ca_pem: account.ca_pem.clone(),
            pinned_cert_pem: account.pinned_cert_pem.clone(),
            priority: account.priority,
            enabled: account.enabled,
            revision: account.revision,
            blocks: account.blocks.iter().map(v1::Block::from).collect(),
            lessons: account.lessons.iter().map(v1::Lessons::from).collect(),
            maintenance: account.maintenance.iter().map(v1::Window::from).collect(),
            room: account.room.as_ref().map(v1::Room::from),
            strays: account.strays.iter().map(v1::Stray::from).collect(),
            last_success: account.last_success.map(|at| at.0),
            last_failure: account.last_failure.as_deref().map(v1::Failure::from),
        }
    }
}

impl v1::Account {
    pub(super) fn into_domain(self, id: AccountId, shared: &mut Shared) -> Result<Account, Bad> {
        let blocks: Result<Vec<_>, Bad> = self
            .blocks
            .into_iter()
            .map(|block| block.into_domain(shared))
            .collect();
        let lessons = self.lessons.into_iter().map(Lessons::try_from);
        let lessons = lessons.collect::<Result<Vec<_>, Bad>>()?;
        let strays: Result<Vec<_>, Bad> = self
            .strays
            .into_iter()
            .map(|stray| stray.into_domain(shared))
            .collect();
        let last_failure = self.last_failure.map(|record| shared.failure(record));
        Ok(Account {
            id,
            name: self.name,
            provider: self.provider,
            auth_url: self.auth_url,
            region_name: self.region_name,
            interface: self.interface.into(),
            auth: self.auth.into(),
            secret: Sealed(self.secret),
            defaults: self.defaults.into(),
            ca_pem: self.ca_pem,
            pinned_cert_pem: self.pinned_cert_pem,
            priority: self.priority,
            enabled: self.enabled,
            revision: self.revision,
            blocks: blocks?,
            lessons,
            maintenance: self.maintenance.into_iter().map(Window::from).collect(),
            room: self.room.map(Room::from),
            strays: strays?,
            last_success: self.last_success.map(Time),
            last_failure: last_failure.transpose()?.map(|met| met.value),
        })
    }
}

impl From<&Room> for v1::Room {
    fn from(room: &Room) -> Self {
        let bounds = room.bounds.iter().map(|bound| v1::Bound {
            resource: bound.resource.into(),
            max: bound.max,
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
        }
    }
}

impl From<v1::Room> for Room {
    fn from(record: v1::Room) -> Self {
        let bounds = record.bounds.into_iter().map(|bound| Bound {
            resource: bound.resource.into(),
            max: bound.max,
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
        }
    }
}

mirror!(v1::Resource, Resource:
    Instances Cores RamMib Keypairs Ports FloatingIps Volumes Gigabytes);

impl From<&Window> for v1::Window {
    fn from(window: &Window) -> Self {
        Self {
            from: window.from.0,
            until: window.until.map(|until| until.0),
            drain: window.drain,
            reason: window.reason.clone(),
        }
    }
}

impl From<v1::Window> for Window {
    fn from(record: v1::Window) -> Self {
        Self {
            from: Time(record.from),
            until: record.until.map(Time),
            drain: record.drain,
            reason: record.reason,
        }
    }
}

impl From<&Stray> for v1::Stray {
    fn from(stray: &Stray) -> Self {
        Self {
            kind: stray.id.kind.into(),
            id: stray.id.id.clone(),
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
    fn into_domain(self, shared: &mut Shared) -> Result<Stray, Bad> {
        let failure = self.failure.map(|record| shared.failure(record));
        Ok(Stray {
            id: stray::Id {
                kind: self.kind.into(),
                id: self.id,
            },
            entry: EntryId(self.entry),
            attempt: AttemptId(self.attempt),
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
            } => Self::ApplicationCredential {
                id,
                name,
                username,
                user_domain: user_domain.into(),
            },
        }
    }
}

impl From<v1::Auth> for Auth {
    fn from(record: v1::Auth) -> Self {
        match record {
            v1::Auth::Password {
                username,
                user_domain,
                tenant_name,
                tenant_id,
                project_domain,
            } => Self::Password {
                username,
                user_domain: user_domain.into(),
                tenant_name,
                tenant_id,
                project_domain: project_domain.into(),
            },
            v1::Auth::ApplicationCredential {
                id,
                name,
                username,
                user_domain,
            } => Self::ApplicationCredential {
                id,
                name,
                username,
                user_domain: user_domain.into(),
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

impl From<&AccountDefaults> for v1::Defaults {
    fn from(defaults: &AccountDefaults) -> Self {
        Self {
            image: defaults.image.clone(),
            flavor: defaults.flavor.clone(),
            networks: defaults.networks.clone(),
            security_groups: defaults.security_groups.clone(),
            availability_zone: defaults.availability_zone.clone(),
        }
    }
}

impl From<v1::Defaults> for AccountDefaults {
    fn from(record: v1::Defaults) -> Self {
        Self {
            image: record.image,
            flavor: record.flavor,
            networks: record.networks,
            security_groups: record.security_groups,
            availability_zone: record.availability_zone,
        }
    }
}

impl From<Interface> for v1::Interface {
    fn from(interface: Interface) -> Self {
        match interface {
            // A request with one that is not known is refused.
            Interface::Public | Interface::Unknown => Self::Public,
            Interface::Internal => Self::Internal,
            Interface::Admin => Self::Admin,
        }
    }
}

impl From<v1::Interface> for Interface {
    fn from(record: v1::Interface) -> Self {
        match record {
            v1::Interface::Public => Self::Public,
            v1::Interface::Internal => Self::Internal,
            v1::Interface::Admin => Self::Admin,
        }
    }
}
