//! Seeded randomness: the same seed gives the same faults, ids and jitter on every run.

use std::time::Duration;

use uuid::Uuid;

/// A small generator (splitmix64). Not for secrets.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed; `salt` tells generators of one scenario apart.
    pub fn new(seed: u64, salt: &str) -> Self {
        Self(seed ^ fold(salt, 0xcbf2_9ce4_8422_2325))
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// True with this probability (0 to 1). Draws nothing for certainties, so that adding a rule
    /// that always fires does not reshuffle the rest.
    pub fn chance(&mut self, probability: f64) -> bool {
        if probability >= 1.0 {
            return true;
        }
        if probability <= 0.0 {
            return false;
        }
        let drawn = u32::try_from(self.roll() >> 32).unwrap_or(u32::MAX);
        f64::from(drawn) / f64::from(u32::MAX) < probability
    }

    /// A duration up to `most`.
    pub fn within(&mut self, most: Duration) -> Duration {
        let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        match micros.checked_add(1) {
            Some(bound) => Duration::from_micros(self.roll() % bound),
            None => most,
        }
    }

    /// An id in the form Nova gives its servers.
    pub fn uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.bytes())
            .into_uuid()
            .to_string()
    }

    /// An id in the form Keystone gives (32 hexadecimal digits).
    pub fn hex(&mut self) -> String {
        Uuid::from_bytes(self.bytes()).simple().to_string()
    }

    fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.roll()) << 64 | u128::from(self.roll())).to_be_bytes()
    }
}

/// An id that depends on the words alone, so that catalogue contents keep their ids from run to
/// run and between the two faces.
pub fn stable_uuid(words: &[&str]) -> String {
    Dice::new(0, &words.join("/")).uuid()
}

/// As [`stable_uuid`], in Keystone's form.
pub fn stable_hex(words: &[&str]) -> String {
    Dice::new(0, &words.join("/")).hex()
}

/// FNV-1a.
fn fold(text: &str, basis: u64) -> u64 {
    text.bytes().fold(basis, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
