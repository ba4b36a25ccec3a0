//! How bytes are read: which reader reads them, and where the block ends that is being read.
//!
//! A block is a fence in the bytes and no copy of them. One decoder goes over the bytes once, from
//! the first to the last; [`Reading`] is the context that it carries, and shares its place in the
//! bytes with the source they come from, so that a struct can ask whether its block has ended.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use bincode::de::read::Reader;
use bincode::error::DecodeError;

use super::error::CodecError;

/// What becomes of bytes and variants that only a newer version understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newer {
    /// They are refused: in requests, because the daemon must not do less than it was asked, and
    /// in records, because a daemon must not lose what a newer one wrote.
    Refused,
    /// They are skipped: in answers and stream items, because the reader shows what it knows.
    Skipped,
}

/// The context in which messages and records are decoded.
///
/// Types that may grow can be decoded in this context only; [`grows!`](crate::grows),
/// [`words!`](crate::words) and [`choices!`](crate::choices) implement that. A type that contains
/// one and derives `Decode` names it: `#[bincode(decode_context = "Reading")]`.
#[derive(Clone)]
pub struct Reading {
    newer: Newer,
    place: Rc<Place>,
}

/// Where the decoder is.
struct Place {
    /// The next byte.
    at: Cell<usize>,
    /// The end of the innermost open block; never before `at`.
    fence: Cell<usize>,
    /// Why decoding has failed, where the decoder's own words cannot say it.
    fault: Cell<Option<CodecError>>,
}

impl Reading {
    /// Begins to read so many bytes.
    pub(super) fn begin(length: usize, newer: Newer) -> Self {
        let place = Place {
            at: Cell::new(0),
            fence: Cell::new(length),
            fault: Cell::new(None),
        };
        Self {
            newer,
            place: Rc::new(place),
        }
    }

    /// Where the bytes are taken from.
    pub(super) fn source<'a>(&self, bytes: &'a [u8]) -> Source<'a> {
        Source {
            bytes,
            place: Rc::clone(&self.place),
        }
    }

    /// What decoding failed with.
    pub(super) fn error(&self, error: DecodeError) -> CodecError {
        self.place.fault.take().unwrap_or_else(|| error.into())
    }

    /// The innermost open block, or the message itself, has no more bytes.
    pub(super) fn is_at_end(&self) -> bool {
        self.place.at.get() >= self.place.fence.get()
    }

    /// Opens a block of so many bytes; gives the fence to put back when it is closed.
    pub(super) fn open(&self, length: u64) -> Result<usize, DecodeError> {
        let (at, fence) = (self.place.at.get(), self.place.fence.get());
        let left = fence.saturating_sub(at);
        let length = usize::try_from(length).ok().filter(|it| *it <= left);
        let Some(length) = length else {
            return Err(self.fail(CodecError::Truncated));
        };
        self.place.fence.set(at.saturating_add(length));
        Ok(fence)
    }

    /// Closes a block, in which bytes may be left over.
    pub(super) fn close(&self, fence: usize, type_name: &'static str) -> Result<(), DecodeError> {
        self.finish(type_name).map_err(|error| self.fail(error))?;
        self.place.fence.set(fence);
        Ok(())
    }

    /// Ends what is being read, in which bytes may be left over.
    pub(super) fn finish(&self, type_name: &'static str) -> Result<(), CodecError> {
        let (at, fence) = (self.place.at.get(), self.place.fence.get());
        let count = fence.saturating_sub(at);
        if count > 0 && self.newer == Newer::Refused {
            return Err(CodecError::LeftOver { type_name, count });
        }
        self.place.at.set(fence);
        Ok(())
    }

    /// Lets a variant pass that is not known here, or not.
    pub(super) fn unknown(&self, type_name: &'static str, found: u32) -> Result<(), DecodeError> {
        match self.newer {
            Newer::Skipped => Ok(()),
            Newer::Refused => Err(self.fail(CodecError::UnknownVariant { type_name, found })),
        }
    }

    fn fail(&self, error: CodecError) -> DecodeError {
        self.place.fault.set(Some(error));
        DecodeError::Other("see the fault of the reading")
    }
}

/// Bytes that are taken up to the fence and no further.
pub(super) struct Source<'a> {
    bytes: &'a [u8],
    place: Rc<Place>,
}

impl Source<'_> {
    /// Where the next so many bytes are.
    fn next(&self, count: usize) -> Option<Range<usize>> {
        let at = self.place.at.get();
        let end = at.checked_add(count)?;
        (end <= self.place.fence.get()).then_some(at..end)
    }
}

impl Reader for Source<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<(), DecodeError> {
        let next = self.next(into.len());
        let taken = next.and_then(|range| Some((range.end, self.bytes.get(range)?)));
        let Some((end, bytes)) = taken else {
            return Err(DecodeError::UnexpectedEnd {
                additional: into.len(),
            });
        };
        into.copy_from_slice(bytes);
        self.place.at.set(end);
        Ok(())
    }

    fn peek_read(&mut self, count: usize) -> Option<&[u8]> {
        self.bytes.get(self.next(count)?)
    }

    fn consume(&mut self, count: usize) {
        if let Some(range) = self.next(count) {
            self.place.at.set(range.end);
        }
    }
}
