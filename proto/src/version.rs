//! The hello: the first bytes each side sends, before any frame and outside the codec.
//!
//! These bytes are frozen for ever, so that any two programs, however old, can at least tell each
//! other which protocol versions they speak. Everything later may change with the version.
//! No IO happens here; [`crate::client`] and [`crate::server`] move the bytes.
//!
//! All numbers are big-endian.
//!
//! | client's hello, 20 bytes | daemon's reply, 24 bytes |
//! | --- | --- |
//! | 8: `OMSHELLO` | 8: `OMSREPLY` |
//! | 2: oldest version spoken | 2: oldest version spoken |
//! | 2: newest version spoken | 2: newest version spoken |
//! | 8: capability bits | 2: version chosen, 0 when refused |
//! | | 2: reason of the refusal, 0 when accepted |
//! | | 8: capability bits |

use std::fmt;
use std::time::Duration;

use bytes::{Buf, BufMut};

/// How long either side waits for the other's hello: ample for a loaded machine, and short enough
/// that a peer that says nothing costs a connection slot for a moment only.
pub const HELLO_DEADLINE: Duration = Duration::from_secs(5);

/// Length of a magic in bytes.
pub const MAGIC_BYTES: usize = 8;
/// Length of the client's hello in bytes.
pub const HELLO_BYTES: usize = MAGIC_BYTES + 2 + 2 + 8;
/// Length of the daemon's reply in bytes.
pub const REPLY_BYTES: usize = MAGIC_BYTES + 2 + 2 + 2 + 2 + 8;

/// What the client sends first.
pub const HELLO_MAGIC: [u8; MAGIC_BYTES] = *b"OMSHELLO";
/// What the daemon sends first; another word than the client's, so that a program which echoes
/// its input is not taken for a daemon.
pub const REPLY_MAGIC: [u8; MAGIC_BYTES] = *b"OMSREPLY";

/// A range of protocol versions, both ends included; never empty and never with a version 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    oldest: u16,
    newest: u16,
}

impl Versions {
    /// What this build speaks.
    pub const OURS: Self = Self {
        oldest: 1,
        newest: 1,
    };

    /// A range, unless it is empty or contains version 0.
    pub const fn new(oldest: u16, newest: u16) -> Option<Self> {
        if oldest == 0 || newest < oldest {
            None
        } else {
            Some(Self { oldest, newest })
        }
    }

    /// The first version of the range.
    pub const fn oldest(self) -> u16 {
        self.oldest
    }

    /// The last version of the range.
    pub const fn newest(self) -> u16 {
        self.newest
    }

    /// Whether the range contains the version.
    pub const fn contains(self, version: u16) -> bool {
        self.oldest <= version && version <= self.newest
    }

    /// The newest version that both speak.
    ///
    /// ```
    /// use oms_proto::version::Versions;
    /// let range = |oldest, newest| Versions::new(oldest, newest).unwrap();
    /// assert_eq!(range(1, 3).agree(range(2, 5)), Some(3));
    /// assert_eq!(range(1, 1).agree(range(2, 5)), None);
    /// ```
    pub fn agree(self, other: Self) -> Option<u16> {
        let newest = self.newest.min(other.newest);
        (newest >= self.oldest.max(other.oldest)).then_some(newest)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.oldest == self.newest {
            write!(f, "version {}", self.newest)
        } else {
            write!(f, "versions {} to {}", self.oldest, self.newest)
        }
    }
}

/// Optional abilities, one bit each. Bits that a side does not know are ignored, so a new ability
/// needs no new version. None is defined yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(pub u64);

impl Capabilities {
    /// What this build can.
    pub const OURS: Self = Self(0);

    /// What both can.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What both sides of a connection know of it once the hello is over.
///
/// Both carry it to the end of the connection. What will differ between two versions is decided
/// here and nowhere else: as a method of this type, named for what differs and not for a number,
/// so that a version that is no longer spoken takes its differences along when it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The newest version that both speak.
    pub version: u16,
    /// What both can.
    pub capabilities: Capabilities,
}

/// The client's first bytes.
///
/// ```
/// use oms_proto::version::{Hello, Reply, Verdict, Versions};
/// let bytes = Hello::OURS.encode();
/// let hello = Hello::decode(&bytes)?;
/// let reply = Reply::to(hello, Versions::OURS);
/// assert_eq!(reply.verdict, Verdict::Accepted { version: 1 });
/// assert_eq!(Reply::decode(&reply.encode())?, reply);
/// # Ok::<(), oms_proto::version::HelloError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// The versions that the client speaks.
    pub versions: Versions,
    /// What the client can.
    pub capabilities: Capabilities,
}

impl Hello {
    /// The hello of this build.
    pub const OURS: Self = Self {
        versions: Versions::OURS,
        capabilities: Capabilities::OURS,
    };

    /// The bytes to send.
    pub fn encode(&self) -> [u8; HELLO_BYTES] {
        let mut bytes = [0; HELLO_BYTES];
        let mut rest = bytes.as_mut_slice();
        rest.put_slice(&HELLO_MAGIC);
        rest.put_u16(self.versions.oldest);
        rest.put_u16(self.versions.newest);
        rest.put_u64(self.capabilities.0);
        debug_assert!(rest.is_empty(), "the fields fill the hello");
        bytes
    }

    /// Reads the bytes received.
    pub fn decode(bytes: &[u8]) -> Result<Self, HelloError> {
        let mut rest = fields(bytes, HELLO_MAGIC, HELLO_BYTES)?;
        let versions = read_versions(&mut rest)?;
        let capabilities = Capabilities(rest.try_get_u64()?);
        Ok(Self {
            versions,
            capabilities,
        })
    }
}

/// The daemon's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The versions that the daemon speaks.
    pub versions: Versions,
    /// Whether the client may go on.
    pub verdict: Verdict,
    /// What the daemon can.
    pub capabilities: Capabilities,
}

/// Whether the connection goes on after the hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does, in this version.
    Accepted {
        /// The newest version that both speak.
        version: u16,
    },
    /// It does not; the daemon closes it.
    Refused(Refusal),
}

/// Why a daemon turns a client away. The numbers on the wire are frozen; append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No version is spoken by both.
    NoCommonVersion,
    /// The client's user may not use the socket.
    NotPermitted,
    /// Every connection slot is taken.
    Busy,
    /// The daemon is starting or stopping.
    Stopping,
    /// A reason that a newer daemon has and this build does not know.
    Unknown(u16),
}

impl Refusal {
    const fn code(self) -> u16 {
        match self {
            Self::NoCommonVersion => 1,
            Self::NotPermitted => 2,
            Self::Busy => 3,
            Self::Stopping => 4,
            Self::Unknown(code) => code,
        }
    }

    const fn from_code(code: u16) -> Self {
        match code {
            1 => Self::NoCommonVersion,
            2 => Self::NotPermitted,
            3 => Self::Busy,
            4 => Self::Stopping,
            _ => Self::Unknown(code),
        }
    }
}

impl Reply {
    /// The reply of a daemon that speaks `ours` to a client's hello.
    pub fn to(hello: Hello, ours: Versions) -> Self {
        let verdict = ours
            .agree(hello.versions)
            .map_or(Verdict::Refused(Refusal::NoCommonVersion), |version| {
                Verdict::Accepted { version }
            });
        Self {
            versions: ours,
            verdict,
            capabilities: Capabilities::OURS,
        }
    }

    /// The reply of a daemon that takes nobody, or not this client.
    pub const fn refuse(refusal: Refusal, ours: Versions) -> Self {
        Self {
            versions: ours,
            verdict: Verdict::Refused(refusal),
            capabilities: Capabilities::OURS,
        }
    }

    /// The bytes to send.
    pub fn encode(&self) -> [u8; REPLY_BYTES] {
        let (version, refusal) = match self.verdict {
            Verdict::Accepted { version } => (version, 0),
            Verdict::Refused(refusal) => (0, refusal.code()),
        };
        let mut bytes = [0; REPLY_BYTES];
        let mut rest = bytes.as_mut_slice();
        rest.put_slice(&REPLY_MAGIC);
        rest.put_u16(self.versions.oldest);
        rest.put_u16(self.versions.newest);
        rest.put_u16(version);
        rest.put_u16(refusal);
        rest.put_u64(self.capabilities.0);
        debug_assert!(rest.is_empty(), "the fields fill the reply");
        bytes
    }

    /// Reads the bytes received.
    pub fn decode(bytes: &[u8]) -> Result<Self, HelloError> {
        let mut rest = fields(bytes, REPLY_MAGIC, REPLY_BYTES)?;
        let versions = read_versions(&mut rest)?;
        let verdict = match (rest.try_get_u16()?, rest.try_get_u16()?) {
            (0, 0) => return Err(HelloError::Malformed),
            (0, refusal) => Verdict::Refused(Refusal::from_code(refusal)),
            (version, 0) if versions.contains(version) => Verdict::Accepted { version },
            _ => return Err(HelloError::Malformed),
        };
        let capabilities = Capabilities(rest.try_get_u64()?);
        Ok(Self {
            versions,
            verdict,
            capabilities,
        })
    }
}

/// Why the first bytes of a peer make no hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HelloError {
    /// The magic is another one.
    #[error("the first bytes are not those of the OMS protocol")]
    NotOms,
    /// The magic is right, the rest makes no sense.
    #[error("the hello is malformed")]
    Malformed,
}

impl From<bytes::TryGetError> for HelloError {
    fn from(_: bytes::TryGetError) -> Self {
        Self::Malformed
    }
}

/// What follows the magic, if the magic and the length are right.
fn fields(bytes: &[u8], magic: [u8; MAGIC_BYTES], length: usize) -> Result<&[u8], HelloError> {
    let rest = bytes
        .strip_prefix(magic.as_slice())
        .ok_or(HelloError::NotOms)?;
    if bytes.len() == length {
        Ok(rest)
    } else {
        Err(HelloError::Malformed)
    }
}

fn read_versions(rest: &mut &[u8]) -> Result<Versions, HelloError> {
    let oldest = rest.try_get_u16()?;
    let newest = rest.try_get_u16()?;
    Versions::new(oldest, newest).ok_or(HelloError::Malformed)
}
