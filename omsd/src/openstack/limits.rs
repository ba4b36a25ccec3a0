//! The bounds of what the client does, each with its reason; those of what a cloud may send are in
//! `bounds`. What an operator may want to change is in [`CallLimits`]; the rest are constants.

use std::num::NonZeroU32;
use std::time::Duration;

/// Deadlines and concurrency of one account's client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Name resolution, TCP and TLS together. 5 s: a host that needs longer is as good as down,
    /// and requests that another account can serve wait for this.
    pub connect: Duration,
    /// One call, from a connection to the last byte of the answer. 30 s: Nova's slowest lists
    /// take seconds.
    pub read: Duration,
    /// `POST /servers`. 60 s: Nova talks to Keystone, Glance, Neutron and Placement before it
    /// answers, and an abandoned create must be searched for.
    pub create: Duration,
    /// One method of [`Cloud`](crate::ports::Cloud) as a whole: waiting for a place, signing in
    /// and all pages. 120 s. Only a create that is already under way may outlast it.
    pub operation: Duration,
    /// Calls under way at once for one account. 32: an API worker pool is a few dozen, and OMS
    /// is not the only user of a cloud.
    pub concurrency: usize,
    /// Calls under way at once for all accounts, each of which takes an open file.
    pub calls: usize,
    /// Calls a second for one account, and three seconds' worth at once. 20: a public cloud
    /// throttles by the minute, and what is launched builds for longer than its calls take.
    pub rate: NonZeroU32,
    /// How long before its end a token is renewed, or a quarter of its life if that is shorter.
    /// 300 s: Nova goes on using the caller's token towards Neutron and Glance while it builds.
    pub renew_before: Duration,
    /// How long ids of images, flavors and networks are remembered. 300 s; a create that is
    /// refused as wrongly configured empties them at once.
    pub cache: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(30),
            create: Duration::from_secs(60),
            operation: Duration::from_secs(120),
            concurrency: 32,
            calls: 1024,
            rate: const {
                match NonZeroU32::new(20) {
                    Some(rate) => rate,
                    None => NonZeroU32::MIN,
                }
            },
            renew_before: Duration::from_secs(300),
            cache: Duration::from_secs(300),
        }
    }
}

/// Idle connections are dropped before the server does it: Apache's default keep-alive is 5 s,
/// and a request that meets a closing connection is one whose fate is unknown.
pub(super) const IDLE_CONNECTION: Duration = Duration::from_secs(4);

/// How long a call waits for its place among those of all accounts. A launch is several calls, and all
/// together they must not look like a cloud that keeps silent.
pub(super) const PLACE_PATIENCE: Duration = Duration::from_millis(50);

/// An idle connection takes an open file as one that is used does. So one in so many of the places for
/// calls may be idle for each host; a process with few files has none, and opens them anew.
pub(super) const IDLE_SHARE: usize = 128;

/// The resolver of names does not always say that it was short of files. A name that cannot be
/// resolved so soon after something else was short of them is put down to that.
pub(super) const LACK_LASTS: Duration = Duration::from_secs(2);

/// Addresses of an account's services that are remembered as having answered: Keystone, Nova, Glance,
/// Neutron, and as many again after a move.
pub(super) const HOSTS_MAX: usize = 8;

/// Redirects that the search for Keystone follows: a slash, and two of whatever else.
pub(super) const REDIRECTS_MAX: usize = 3;

/// How often a list is begun anew because the server that marked the next page went away.
pub(super) const LIST_RESTARTS_MAX: usize = 3;

/// Lookups that are remembered for an account; more than an account has defaults and users have
/// ideas. When it is full, all are forgotten.
pub(super) const LOOKUPS_MAX: usize = 256;

/// Names offered when one is not found.
pub(super) const SUGGESTIONS_MAX: usize = 8;

/// Names that are looked through for those offered, and as much of each as is compared: it takes
/// the place of a sentence, and must not take longer than one.
pub(super) const LIKENED_MAX: usize = 1000;

/// Characters of a name that are compared.
pub(super) const LIKENED_CHARS: usize = 64;

/// How long a token that could not be renewed in time is used before renewal is tried again.
pub(super) const RENEW_AGAIN: Duration = Duration::from_secs(30);

/// Life of a token whose end the cloud does not tell: Keystone's default.
pub(super) const TOKEN_LIFE_UNKNOWN: Duration = Duration::from_secs(60 * 60);

/// Clocks of a cloud's hosts differ, and `updated_at` is written by another host than the one
/// that tells the time; a list of changes reaches back by this much.
pub(super) const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// Nova's default limit on metadata items of a server.
pub(super) const METADATA_ITEMS_MAX: usize = 128;

/// Nova's limit on a metadata key or value, in characters; its column holds as many bytes.
pub(super) const METADATA_CHARS_MAX: usize = 255;

/// Nova's limit on user data in base64.
pub(super) const USER_DATA_CHARS_MAX: usize = 65_535;

/// Servers of which a list asks for the fault that it does not show; the others have their turn
/// with the next list.
pub(super) const FAULTS_A_LIST: usize = 20;

/// Faults that are remembered for an account; when it is full, all are forgotten.
pub(super) const FAULTS_MAX: usize = 1024;

/// How often one server without a fault is asked for it.
pub(super) const FAULT_ASKED_MAX: u8 = 3;
