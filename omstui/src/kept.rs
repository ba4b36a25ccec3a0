//! An entry as it is kept: packed, and as the one text that the filter looks through.
//!
//! There may be a hundred thousand of them, of which a picture shows forty. So each takes two
//! pieces of memory instead of some fifteen, and is unpacked when somebody looks at it.

use oms_proto::Time;
use oms_proto::codec;
use oms_proto::view::{EntryView, Status};

use crate::tables::QUEUE;

/// An entry that is kept.
#[derive(Debug)]
pub struct Kept {
    /// How it stands.
    pub status: Status,
    /// When it came to stand so.
    pub changed: Time,
    packed: Box<[u8]>,
    text: Box<str>,
}

impl Kept {
    /// Packs an entry; one that has lost its private key, see [`without_key`]. `None` for one that
    /// no message could hold.
    pub fn new(entry: &EntryView) -> Option<Self> {
        let packed = codec::encode(entry).ok()?;
        Some(Self {
            status: entry.status,
            changed: entry.changed,
            packed: packed.into(),
            text: QUEUE.text(entry, entry.changed).into(),
        })
    }

    /// The entry.
    pub fn view(&self) -> Option<EntryView> {
        codec::decode_answer(&self.packed).ok()
    }

    /// All that is known of it, as [`Table::text`](crate::tables::Table::text) writes it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A dashboard is looked at over shoulders and in recordings: it has no use for private keys.
pub fn without_key(mut entry: EntryView) -> EntryView {
    if let Some(instance) = entry.instance.as_mut() {
        instance.key_raw = None;
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn an_entry_comes_back_as_it_was() {
        for status in Status::ALL.into_iter().chain([Status::Unknown]) {
            let entry = without_key(fixture::entry(7, status));
            let kept = Kept::new(&entry).unwrap();
            assert_eq!(kept.view(), Some(entry), "{status}");
        }
    }

    #[test]
    fn no_private_key_is_in_it() {
        let entry = fixture::entry(7, Status::Run);
        let key = entry.instance.as_ref().unwrap().key_raw.clone().unwrap();
        let kept = Kept::new(&without_key(entry)).unwrap();
        let packed = String::from_utf8_lossy(&kept.packed);
        assert!(!packed.contains(&key) && !kept.text().contains(&key.to_lowercase()));
    }
}
