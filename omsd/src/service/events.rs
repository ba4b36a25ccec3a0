//! What has happened, read in pages from the journal.

use std::collections::VecDeque;

use oms_proto::request::EventList;
use oms_proto::response::EventPage;
use oms_proto::{Response, Time, WireError};
use omsd_domain::tell::journal::JournalRow;

use super::error::stopping;
use super::filter;
use super::journal::Page;
use super::{Service, view};

/// Events in one answer; some 200 bytes each.
const EVENTS_MAX: usize = 1000;

/// Events that are looked at for one answer; whoever wants more goes on from there.
const LOOKED_AT_MAX: usize = 100_000;

impl Service {
    pub(super) async fn event_list(&self, list: &EventList) -> Result<Response, WireError> {
        let wants = filter::Events::of(list)?;
        let turn = self.search_turns.acquire().await;
        let _turn = turn.map_err(|_closed| stopping())?;
        let limit = usize::try_from(list.limit).unwrap_or(EVENTS_MAX);
        let limit = limit.min(EVENTS_MAX);
        // What was before the time that is asked for need not be looked at.
        let begin = match wants.from {
            Some(from) => self.since(from).await?,
            None => 0,
        };
        let (rows, reached) = match list.since {
            Some(since) => self.forward(since.max(begin), limit, &wants).await?,
            None => (self.backward(begin, limit, &wants).await?.into(), None),
        };
        let events = rows.into_iter().map(view::event).collect();
        Ok(Response::Events(EventPage { events, reached }))
    }

    /// The first ones behind a number, and how far was looked if more may follow.
    async fn forward(
        &self,
        since: u64,
        limit: usize,
        wants: &filter::Events,
    ) -> Result<(Vec<JournalRow>, Option<u64>), WireError> {
        let mut found = Vec::new();
        let (mut reached, mut looked) = (since, 0);
        while found.len() < limit && looked < LOOKED_AT_MAX {
            let rows = self
                .journal
                .read(Page::Since(reached), wants.at_once(limit));
            let rows = rows.await?;
            if rows.is_empty() {
                return Ok((found, None));
            }
            looked += rows.len();
            for row in rows {
                if found.len() == limit {
                    break;
                }
                reached = row.seq;
                if wants.fits(&row) {
                    found.push(row);
                }
            }
        }
        Ok((found, Some(reached)))
    }

    /// The latest ones down to a number, the oldest first.
    async fn backward(
        &self,
        begin: u64,
        limit: usize,
        wants: &filter::Events,
    ) -> Result<VecDeque<JournalRow>, WireError> {
        let mut found = VecDeque::new();
        let (mut before, mut looked) = (u64::MAX, 0);
        while found.len() < limit && looked < LOOKED_AT_MAX && before > begin {
            let rows = self
                .journal
                .read(Page::Before(before), wants.at_once(limit));
            let rows = rows.await?;
            let Some(first) = rows.first() else {
                break;
            };
            before = first.seq;
            looked += rows.len();
            let fitting = rows.into_iter().rev().filter(|row| wants.fits(row));
            for row in fitting.take(limit - found.len()) {
                found.push_front(row);
            }
        }
        Ok(found)
    }

    /// The number of the last event before a time, by halving: times grow with numbers, but for
    /// clocks that were set back.
    async fn since(&self, from: Time) -> Result<u64, WireError> {
        let (mut low, mut high) = (0, self.parts.handle.world().seq);
        while low < high {
            let middle = low + (high - low) / 2;
            let next = self.journal.read(Page::Since(middle), 1).await?;
            match next.first() {
                Some(row) if row.at < from => low = row.seq,
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }
}
