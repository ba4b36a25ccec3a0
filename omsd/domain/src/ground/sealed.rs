//! A secret as the domain carries it: bytes that only `secrets` can open.

use std::fmt;

/// Encrypted and authenticated bytes. Not secret in themselves, yet of no use in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
