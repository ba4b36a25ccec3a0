//! The rows of an entry: what it asks, how it stands, and how it ended.

use bincode::{Decode, Encode};
use oms_proto::codec::Reading;
use oms_proto::grows;
use oms_proto::spec::EntrySpec;
use oms_proto::view::Status;

use super::parts::{Cause, Duration, Failure, Offering, Part, Resource, Spur, Time, Wanted};

/// A place in [`Standing::wanted`] or [`Standing::failures`].
pub(in crate::store) type Place = u32;

/// What an entry asks; its id is in the row's key. Written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Asked {
    pub(in crate::store) spec: EntrySpec,
    pub(in crate::store) public_key: String,
    pub(in crate::store) private_key: Option<Vec<u8>>,
    pub(in crate::store) accepted: Time,
    pub(in crate::store) patience: Duration,
    pub(in crate::store) idempotency: Option<(String, [u8; 32])>,
    pub(in crate::store) user_data: Option<Vec<u8>>,
}

grows! {
    Asked { spec, public_key, private_key, accepted, patience, idempotency } then { user_data }
}

/// How an entry stands; where there is no such row, it stands as it was accepted. What its attempts
/// want and what failed is there once, however many attempts and passed-over accounts tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Standing {
    pub(in crate::store) wanted: Vec<Wanted>,
    pub(in crate::store) failures: Vec<Failure>,
    pub(in crate::store) status: Status,
    pub(in crate::store) changed: Time,
    pub(in crate::store) deadline: Time,
    pub(in crate::store) why: Option<Why>,
    pub(in crate::store) attempts: Vec<Attempt>,
    pub(in crate::store) held: bool,
    pub(in crate::store) key_shown: bool,
}

grows! {
    Standing { wanted, failures, status, changed, deadline, why, attempts } then { held, key_shown }
}

/// An entry that has ended; its id is in the row's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Past {
    pub(in crate::store) asked: Asked,
    pub(in crate::store) standing: Standing,
    pub(in crate::store) ended: Time,
    pub(in crate::store) forget: Time,
}

grows! {
    Past { asked, standing, ended, forget }
}

/// The entry that was accepted under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Under {
    pub(in crate::store) entry: u64,
    pub(in crate::store) digest: [u8; 32],
}

grows! {
    Under { entry, digest }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[bincode(decode_context = "Reading")]
pub(in crate::store) enum Why {
    Waits(Waits),
    GaveUp {
        end: End,
        last: Option<Place>,
        waited: Option<Waits>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Waits {
    pub(in crate::store) named: Vec<(u64, Cause)>,
    pub(in crate::store) others: Vec<(Cause, u32)>,
}

grows! {
    Waits { named, others }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(in crate::store) enum End {
    Deadline,
    Attempts,
}

/// Whom an attempt has passed over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct Passed {
    pub(in crate::store) named: Vec<PassedOver>,
    pub(in crate::store) others: Vec<(Cause, u32)>,
    pub(in crate::store) newest: u64,
}

grows! {
    Passed { named, others, newest }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Attempt {
    pub(in crate::store) id: u64,
    pub(in crate::store) account: u64,
    pub(in crate::store) wanted: Place,
    pub(in crate::store) server_name: String,
    pub(in crate::store) key_name: String,
    pub(in crate::store) started: Time,
    pub(in crate::store) state: State,
    pub(in crate::store) since: Time,
    pub(in crate::store) server: Option<Server>,
    pub(in crate::store) boot: Option<Duration>,
    pub(in crate::store) failure: Option<Place>,
    pub(in crate::store) removal_failures: u32,
    pub(in crate::store) removal_next: Time,
    pub(in crate::store) removal_alerted: bool,
    pub(in crate::store) removal_failure: Option<Place>,
    pub(in crate::store) passed_over: Passed,
}

grows! {
    Attempt {
        id, account, wanted, server_name, key_name, started, state, since, server, boot, failure,
        removal_failures, removal_next, removal_alerted, removal_failure, passed_over
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Server {
    pub(in crate::store) id: String,
    pub(in crate::store) status: String,
    pub(in crate::store) addresses: Vec<String>,
    pub(in crate::store) vanished: bool,
}

grows! {
    Server { id, status, addresses, vanished }
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(in crate::store) enum State {
    Launching,
    Unknown { until: Time },
    Building { deadline: Time },
    Ready,
    RemovingServer { asked: Option<Time> },
    Clearing,
    Gone,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) struct PassedOver {
    pub(in crate::store) account: u64,
    pub(in crate::store) reason: Reason,
}

grows! {
    PassedOver { account, reason }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[bincode(decode_context = "Reading")]
pub(in crate::store) enum Reason {
    Held,
    Unseen,
    Disabled,
    NotAmongAccounts,
    Avoided,
    NoImage,
    NoFlavor,
    Blocked {
        scope: PlacedScope,
        until: Time,
        failure: Place,
    },
    Probing {
        scope: PlacedScope,
    },
    Maintenance {
        until: Option<Time>,
        reason: String,
    },
    NoRoom {
        resource: Resource,
        max: u64,
        used: u64,
        needed: u64,
    },
    Budget {
        window: u32,
    },
    Busy {
        launches: u32,
    },
    Trying,
    Rejected,
    Overtaken {
        attempt: u64,
        cause: Spur,
        waited: Duration,
    },
}

/// As [`super::Scope`], in an entry's row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[bincode(decode_context = "Reading")]
pub(in crate::store) enum PlacedScope {
    Account,
    Quota,
    Launch,
    Offering(Offering),
    Request(Place),
    Named(Part, String),
    Entry(u64),
}
