//! A disk for the store that loses what was not synced, or runs full, at a chosen operation.
//!
//! It stands behind redb's own backend trait, so the tests run the real store.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// What a disk writes as one: a piece of this size is there or not, never half of it.
const SECTOR_BYTES: usize = 512;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The power goes: this operation and all after it fail.
    PowerCut,
    /// Nothing more can be written until there is room again; reading and syncing go on.
    Full,
    /// The system has turned the disk read-only, as it does after an error of the device.
    ReadOnly,
}

/// What of the writes that were not synced is there when the power is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Survivors {
    /// Nothing.
    None,
    /// Everything.
    All,
    /// Any sectors, drawn from this seed.
    Some(u64),
}

/// The disk; copies are the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Medium>>);

#[derive(Debug, Default)]
struct Medium {
    /// What a reader sees.
    content: Vec<u8>,
    /// What is certain to survive.
    synced: Vec<u8>,
    /// What happened since the last sync, in order.
    unsynced: Vec<Change>,
    /// Writes, changes of length and syncs so far.
    operations: u64,
    fault: Option<(u64, Fault)>,
    broken: Option<Fault>,
}

#[derive(Debug, Clone)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Length(length) => content.resize(*length, 0),
            Self::Write(at, bytes) => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                if let Some(part) = content.get_mut(*at..end) {
                    part.copy_from_slice(bytes);
                }
            }
        }
    }

    /// The parts that survive alone.
    fn sectors(&self) -> Vec<Self> {
        match self {
            Self::Length(_) => vec![self.clone()],
            Self::Write(at, bytes) => bytes
                .chunks(SECTOR_BYTES)
                .enumerate()
                .map(|(number, part)| Self::Write(at + number * SECTOR_BYTES, part.to_vec()))
                .collect(),
        }
    }
}

impl Disk {
    /// An empty disk on which nothing goes wrong yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Another disk with what is on this one, all of it synced, on which nothing goes wrong yet.
    #[must_use]
    pub(crate) fn copy(&self) -> Self {
        let content = self.medium().content.clone();
        let synced = content.clone();
        Self(Arc::new(Mutex::new(Medium {
            content,
            synced,
            ..Medium::default()
        })))
    }

    /// What the store opens.
    pub(crate) fn backend(&self) -> DiskBackend {
        DiskBackend(self.clone())
    }

    /// Writes, changes of length and syncs so far.
    pub(crate) fn operations(&self) -> u64 {
        self.medium().operations
    }

    /// Lets something go wrong at the operation of that number, counted as
    /// [`Disk::operations`] does.
    pub(crate) fn fail_at(&self, operation: u64, fault: Fault) {
        self.medium().fault = Some((operation, fault));
    }

    /// Whether something went wrong.
    pub(crate) fn has_failed(&self) -> bool {
        self.medium().broken.is_some()
    }

    /// Makes everything well again. After a power cut only what was synced is there, and of the
    /// rest what `survivors` says.
    pub(crate) fn mend(&self, survivors: Survivors) {
        let mut medium = self.medium();
        if medium.broken == Some(Fault::PowerCut) {
            let mut content = std::mem::take(&mut medium.synced);
            let mut draw = survivors;
            for sector in medium.unsynced.iter().flat_map(Change::sectors) {
                if draw.takes() {
                    sector.apply(&mut content);
                }
            }
            medium.synced.clone_from(&content);
            medium.content = content;
            medium.unsynced.clear();
        }
        medium.fault = None;
        medium.broken = None;
    }

    fn medium(&self) -> MutexGuard<'_, Medium> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Survivors {
    fn takes(&mut self) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(seed) => {
                // A linear congruence; its high bits are good enough for a coin.
                *seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                *seed >> 63 == 0
            }
        }
    }
}

impl Medium {
    fn operate(&mut self, change: Option<Change>) -> io::Result<()> {
        if let Some((at, fault)) = self.fault
            && self.operations >= at
        {
            self.broken = Some(fault);
        }
        self.operations += 1;
        match (self.broken, change) {
            (Some(Fault::PowerCut), change) => {
                // What was under way may have reached the disk.
                self.unsynced.extend(change);
                Err(io::Error::other("the power is off"))
            }
            (Some(Fault::Full), Some(_)) => Err(io::ErrorKind::StorageFull.into()),
            (Some(Fault::ReadOnly), Some(_)) => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            (_, Some(change)) => {
                change.apply(&mut self.content);
                self.unsynced.push(change);
                Ok(())
            }
            (_, None) => {
                self.synced.clone_from(&self.content);
                self.unsynced.clear();
                Ok(())
            }
        }
    }
}

/// One opening of a [`Disk`].
#[derive(Debug)]
pub(crate) struct DiskBackend(Disk);

impl StorageBackend for DiskBackend {
    fn len(&self) -> io::Result<u64> {
        number(self.0.medium().content.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let medium = self.0.medium();
        if medium.broken == Some(Fault::PowerCut) {
            return Err(io::Error::other("the power is off"));
        }
        let at: usize = number(offset)?;
        let part = at
            .checked_add(out.len())
            .and_then(|end| medium.content.get(at..end))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(part);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let length = Change::Length(number(len)?);
        self.0.medium().operate(Some(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.medium().operate(None)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let write = Change::Write(number(offset)?, data.to_vec());
        self.0.medium().operate(Some(write))
    }
}

fn number<N, M: TryFrom<N>>(value: N) -> io::Result<M> {
    M::try_from(value).map_err(|_| io::Error::other("a number out of range"))
}
