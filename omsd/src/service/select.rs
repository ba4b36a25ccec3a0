//! A part of the queue, in either order: what both the REST interface and the web page show in pages.

use oms_proto::WireError;
use oms_proto::request::{EntryList, Paged};
use oms_proto::view::EntryView;

use super::{Caller, Service};

/// Which entries, and in which order.
#[derive(Debug, Clone, Default)]
pub struct Select {
    /// Which; its place in the list says nothing here.
    pub which: EntryList,
    /// The newest first.
    pub newest: bool,
}

impl Select {
    /// How many entries there are, and so many of them from a place on.
    ///
    /// # Errors
    /// A refusal with a stable code.
    pub async fn page(
        &self,
        service: &Service,
        caller: &Caller,
        from: u64,
        limit: u32,
    ) -> Result<(u64, Vec<EntryView>), WireError> {
        if !self.newest {
            return self.take(service, caller, from, limit).await;
        }
        // The newest are the last ones, so it is counted from the end.
        let (count, _) = self.take(service, caller, 0, 0).await?;
        let end = count.saturating_sub(from);
        let begin = end.saturating_sub(limit.into());
        let wanted = u32::try_from(end - begin).unwrap_or(limit);
        let (_, mut entries) = self.take(service, caller, begin, wanted).await?;
        entries.reverse();
        Ok((count, entries))
    }

    /// Entries in the order of their ids.
    async fn take(
        &self,
        service: &Service,
        caller: &Caller,
        from: u64,
        wanted: u32,
    ) -> Result<(u64, Vec<EntryView>), WireError> {
        let mut list = EntryList {
            after: None,
            skip: u32::try_from(from).unwrap_or(u32::MAX),
            limit: Some(wanted.max(1)),
            ..self.which.clone()
        };
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let (mut count, mut entries) = (None, Vec::new());
        // More than the service gives at once takes several answers.
        loop {
            let page = service.ask(caller, list.clone()).await?;
            let count = *count.get_or_insert(page.count);
            entries.extend(page.entries);
            let left = wanted.saturating_sub(entries.len());
            let Some(end) = entries.last().filter(|_| page.more && left > 0) else {
                entries.truncate(wanted);
                return Ok((count, entries));
            };
            list.go_on(end);
            list.limit = u32::try_from(left).ok();
        }
    }
}
