//! A disk that keeps only what was synced, can lose its power at any sync, and can refuse writes.
//!
//! It stands behind redb's own storage seam, so the store's code under test is the real one.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use crate::cloud::dice::Dice;

/// What a disk writes as one: it is there or not, never half of it.
const SECTOR_BYTES: usize = 512;

/// The disk. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    platters: Arc<Mutex<Platters>>,
}

#[derive(Debug, Default)]
struct Platters {
    /// What reads see.
    cache: Vec<u8>,
    /// What survives.
    durable: Vec<u8>,
    /// What a sync carries over: ranges of the cache, or a new length.
    dirty: Vec<Dirty>,
    syncs: u64,
    /// Writes and changes of length since the last power-up.
    writes: u64,
    cut: Option<Cut>,
    /// A copy that is to be made after so many syncs.
    copying: Option<(u64, Copied)>,
    refusal: Option<Refusal>,
    dead: bool,
    /// Counts power-ups, so that a database that outlived a cut cannot write.
    life: u64,
}

#[derive(Debug, Clone, Copy)]
enum Dirty {
    Range(usize, usize),
    Length(usize),
}

/// From when on nothing can be written any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// From which write or change of length on, counted since the last power-up, the first being
    /// 1.
    pub from_write: u64,
    /// What the system says.
    pub says: io::ErrorKind,
}

/// A copy of a disk, once it was made.
#[derive(Debug, Clone, Default)]
pub struct Copied(Arc<Mutex<Option<Disk>>>);

impl Copied {
    /// The copy, if the disk has come so far.
    pub fn take(&self) -> Option<Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Where the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// At which sync, counted since the last power-up, the first being 1.
    pub at_sync: u64,
    /// Before or after it took effect.
    pub when: When,
}

/// Whether the sync at which the power goes still takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing of it is durable.
    Before,
    /// It is durable, but nobody is told.
    After,
    /// Some sectors of it are durable, drawn from this seed.
    Torn(u64),
}

impl Disk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the power go at a later sync.
    pub fn plan_cut(&self, cut: Cut) {
        self.lock().cut = Some(cut);
    }

    /// Another disk with what is durable on this one now.
    #[must_use]
    pub fn copy(&self) -> Self {
        let durable = self.lock().durable.clone();
        Self::with(durable)
    }

    /// Copies the disk as it is right after a later sync, counted since the last power-up.
    pub fn plan_copy(&self, at_sync: u64) -> Copied {
        let copied = Copied::default();
        self.lock().copying = Some((at_sync, copied.clone()));
        copied
    }

    fn with(durable: Vec<u8>) -> Self {
        let platters = Platters {
            durable,
            ..Platters::default()
        };
        Self {
            platters: Arc::new(Mutex::new(platters)),
        }
    }

    /// Refuses writes from a later one on, also over power-ups.
    pub fn plan_refusal(&self, refusal: Refusal) {
        self.lock().refusal = Some(refusal);
    }

    /// Takes writes again.
    pub fn take_writes(&self) {
        self.lock().refusal = None;
    }

    /// Takes back a planned cut.
    pub fn spare(&self) {
        self.lock().cut = None;
    }

    /// Lets the power go now.
    pub fn cut_now(&self) {
        self.lock().dead = true;
    }

    /// Whether the power is gone.
    pub fn is_dead(&self) -> bool {
        self.lock().dead
    }

    /// Syncs since the last power-up.
    pub fn syncs(&self) -> u64 {
        self.lock().syncs
    }

    /// Writes and changes of length since the last power-up.
    pub fn writes(&self) -> u64 {
        self.lock().writes
    }

    /// Brings the power back: what was not synced is lost. Gives what a database opens.
    pub fn power_up(&self) -> Backend {
        let mut platters = self.lock();
        let durable = platters.durable.clone();
        platters.cache = durable;
        platters.dirty.clear();
        platters.syncs = 0;
        // A disk that was full is full.
        if let Some(refusal) = &mut platters.refusal {
            refusal.from_write = 0;
        }
        platters.writes = 0;
        platters.cut = None;
        platters.dead = false;
        platters.life += 1;
        Backend {
            disk: self.clone(),
            life: platters.life,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Platters> {
        self.platters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a database opens on a disk; of no use after the next cut.
#[derive(Debug)]
pub struct Backend {
    disk: Disk,
    life: u64,
}

impl Backend {
    fn powered(&self) -> io::Result<MutexGuard<'_, Platters>> {
        let platters = self.disk.lock();
        if platters.dead || platters.life != self.life {
            return Err(io::Error::other("the power is gone"));
        }
        Ok(platters)
    }
}

fn index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

impl Platters {
    /// Counts a write, and refuses it if that is due.
    fn take_write(&mut self) -> io::Result<()> {
        self.writes += 1;
        match self.refusal {
            Some(refusal) if refusal.from_write <= self.writes => Err(refusal.says.into()),
            _ => Ok(()),
        }
    }

    /// What of a sync reaches the platters when the power goes in the middle of it.
    fn tear(&mut self, seed: u64) {
        let mut dice = Dice::new(seed, "torn");
        let sectors = |dirty: Dirty| match dirty {
            Dirty::Length(_) => vec![dirty],
            Dirty::Range(from, to) => (from..to)
                .step_by(SECTOR_BYTES)
                .map(|at| Dirty::Range(at, to.min(at + SECTOR_BYTES)))
                .collect(),
        };
        let all = std::mem::take(&mut self.dirty);
        self.dirty = all.into_iter().flat_map(sectors).collect();
        self.dirty.retain(|_| dice.chance(0.5));
        self.sync();
    }

    fn sync(&mut self) {
        for dirty in std::mem::take(&mut self.dirty) {
            match dirty {
                Dirty::Length(length) => self.durable.resize(length, 0),
                Dirty::Range(from, to) => {
                    let to = to.min(self.cache.len());
                    if self.durable.len() < to {
                        self.durable.resize(to, 0);
                    }
                    if let (Some(new), Some(old)) =
                        (self.cache.get(from..to), self.durable.get_mut(from..to))
                    {
                        old.copy_from_slice(new);
                    }
                }
            }
        }
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> Result<u64, io::Error> {
        let platters = self.powered()?;
        u64::try_from(platters.cache.len()).map_err(io::Error::other)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let platters = self.powered()?;
        let from = index(offset)?;
        let data = platters
            .cache
            .get(from..from.saturating_add(out.len()))
            .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        out.copy_from_slice(data);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        let mut platters = self.powered()?;
        platters.take_write()?;
        let length = index(len)?;
        platters.cache.resize(length, 0);
        platters.dirty.push(Dirty::Length(length));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        let mut platters = self.powered()?;
        platters.syncs += 1;
        match platters.cut {
            Some(cut) if cut.at_sync <= platters.syncs => {
                match cut.when {
                    When::Before => {}
                    When::After => platters.sync(),
                    When::Torn(seed) => platters.tear(seed),
                }
                platters.dead = true;
                Err(io::Error::other("the power went"))
            }
            _ => {
                platters.sync();
                let syncs = platters.syncs;
                if let Some((_, copied)) = platters.copying.take_if(|(at, _)| *at <= syncs) {
                    let copy = Disk::with(platters.durable.clone());
                    *copied.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy);
                }
                Ok(())
            }
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        let mut platters = self.powered()?;
        platters.take_write()?;
        let from = index(offset)?;
        let to = from.saturating_add(data.len());
        platters
            .cache
            .get_mut(from..to)
            .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?
            .copy_from_slice(data);
        platters.dirty.push(Dirty::Range(from, to));
        Ok(())
    }
}
