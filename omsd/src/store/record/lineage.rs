//! Which daemons have written the database and where, to records and back.

use oms_proto::{AccountId, AttemptId, EntryId, Time};
use omsd_domain::rows::lineage::{Doubt, Free, Held, Incarnation, Lineage};

use super::v1;
use crate::store::home::Home;

impl From<&Lineage> for v1::Lineage {
    fn from(lineage: &Lineage) -> Self {
        let Lineage {
            incarnations,
            held,
            unseen,
            taken_over,
        } = lineage;
        let incarnations = incarnations.iter().map(|it| v1::Incarnation {
            id: it.id.clone(),
            began: it.began.0,
            first_attempt: it.first.0,
            end: it.end.map(|end| (end.entry.0, end.attempt.0)),
        });
        Self {
            incarnations: incarnations.collect(),
            held: held.as_ref().map(|held| v1::Held {
                since: held.since.0,
                doubt: (&held.doubt).into(),
            }),
            unseen: unseen.iter().map(|id| id.0).collect(),
            taken_over: taken_over.map(|at| at.0),
        }
    }
}

impl From<v1::Lineage> for Lineage {
    fn from(record: v1::Lineage) -> Self {
        let incarnations = record.incarnations.into_iter().map(|it| Incarnation {
            id: it.id,
            began: Time(it.began),
            first: AttemptId(it.first_attempt),
            end: it.end.map(|(entry, attempt)| Free {
                entry: EntryId(entry),
                attempt: AttemptId(attempt),
            }),
        });
        Self {
            incarnations: incarnations.collect(),
            held: record.held.map(|held| Held {
                since: Time(held.since),
                doubt: held.doubt.into(),
            }),
            unseen: record.unseen.into_iter().map(AccountId).collect(),
            taken_over: record.taken_over.map(Time),
        }
    }
}

impl From<&Home> for v1::Home {
    fn from(home: &Home) -> Self {
        let Home {
            machine,
            product,
            boot,
            path,
            device,
            inode,
            born,
        } = home;
        Self {
            machine: machine.clone(),
            path: path.clone(),
            inode: *inode,
            born: *born,
            product: product.clone(),
            boot: boot.clone(),
            device: *device,
        }
    }
}

impl From<v1::Home> for Home {
    fn from(record: v1::Home) -> Self {
        let v1::Home {
            machine,
            product,
            boot,
            path,
            device,
            inode,
            born,
        } = record;
        Self {
            machine,
            product,
            boot,
            path,
            device,
            inode,
            born,
        }
    }
}

impl From<&Doubt> for v1::Doubt {
    fn from(doubt: &Doubt) -> Self {
        match doubt {
            Doubt::Restored => Self::Restored,
            Doubt::WentBack { from, to } => Self::WentBack {
                from: *from,
                to: *to,
            },
            Doubt::Copied => Self::Copied,
            Doubt::Rebooted => Self::Rebooted,
            Doubt::Twin { account, server } => Self::Twin {
                account: account.0,
                server: server.clone(),
            },
        }
    }
}

impl From<v1::Doubt> for Doubt {
    fn from(record: v1::Doubt) -> Self {
        match record {
            v1::Doubt::Restored => Self::Restored,
            v1::Doubt::WentBack { from, to } => Self::WentBack { from, to },
            v1::Doubt::Copied => Self::Copied,
            v1::Doubt::Rebooted => Self::Rebooted,
            v1::Doubt::Twin { account, server } => Self::Twin {
                account: AccountId(account),
                server,
            },
        }
    }
}
