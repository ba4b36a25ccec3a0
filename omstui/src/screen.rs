//! The views that the dashboard has, and all that is said of each in one place.
//!
//! To add one is to add its row here, its table in [`crate::tables`], and where its rows come from in
//! [`crate::rows`] and `view::panes`.

use oms_proto::columns::{Condition, ConditionError};

use crate::tables::{ACCOUNTS, ALERTS, EVENTS, Heading, INSTANCES, QUEUE, Sort};
use crate::text;

/// The views, in the order of their digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The whole at a glance.
    Overview,
    /// All entries.
    Queue,
    /// All instances.
    Instances,
    /// All accounts.
    Accounts,
    /// The journal.
    Events,
    /// What is wrong now.
    Alerts,
}

impl View {
    /// All views in order.
    pub const ALL: [Self; 6] = [
        Self::Overview,
        Self::Queue,
        Self::Instances,
        Self::Accounts,
        Self::Events,
        Self::Alerts,
    ];

    /// What is said of it.
    pub const fn spec(self) -> &'static Spec {
        match self {
            Self::Overview => &OVERVIEW_SPEC,
            Self::Queue => &QUEUE_SPEC,
            Self::Instances => &INSTANCES_SPEC,
            Self::Accounts => &ACCOUNTS_SPEC,
            Self::Events => &EVENTS_SPEC,
            Self::Alerts => &ALERTS_SPEC,
        }
    }

    /// Its name on the tab.
    pub const fn title(self) -> &'static str {
        self.spec().title
    }

    /// The headings of its table.
    pub fn headings(self) -> Vec<Heading> {
        (self.spec().headings)()
    }

    /// Reads a condition on its rows.
    pub fn condition(self, word: &str) -> Result<Condition, ConditionError> {
        (self.spec().condition)(word)
    }

    /// The view beside it, round and round.
    #[must_use]
    pub fn beside(self, forward: bool) -> Self {
        let mut ring = Self::ALL.into_iter().cycle();
        let mut back = Self::ALL.into_iter().rev().cycle();
        let ring: &mut dyn Iterator<Item = Self> = if forward { &mut ring } else { &mut back };
        let mut rest = ring.skip_while(|view| *view != self);
        let _self = rest.next();
        rest.next().unwrap_or(self)
    }
}

/// What a view shows, as far as it decides what has to be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Entries, which change one by one.
    Entries,
    /// Accounts, which are few.
    Accounts,
    /// What is told of them.
    Told,
}

/// What is said of a view.
#[derive(Debug)]
pub struct Spec {
    /// Its name on the tab.
    pub title: &'static str,
    /// What `:` takes.
    pub name: &'static str,
    /// What `:` takes as well.
    pub aliases: &'static [&'static str],
    /// What help says.
    pub help: &'static str,
    /// What stands there in the place of rows.
    pub empty: &'static str,
    /// What it shows.
    pub shows: Shows,
    /// How it is sorted at first.
    pub sort: Sort,
    /// The headings of its table.
    headings: fn() -> Vec<Heading>,
    /// Reads a condition on its rows.
    condition: fn(&str) -> Result<Condition, ConditionError>,
}

const OVERVIEW_SPEC: Spec = Spec {
    title: "Overview",
    name: "overview",
    aliases: &["ov", "home"],
    help: "overview",
    empty: text::NOTHING_ACTIVE,
    shows: Shows::Entries,
    // Whoever has waited longest is looked at first.
    sort: Sort {
        descending: false,
        ..QUEUE.sort
    },
    headings: || QUEUE.headings(),
    condition: |word| QUEUE.condition(word),
};

const QUEUE_SPEC: Spec = Spec {
    title: "Queue",
    name: "queue",
    aliases: &["q", "entries", "entry"],
    help: "queue",
    empty: text::NO_ENTRIES,
    shows: Shows::Entries,
    sort: QUEUE.sort,
    headings: || QUEUE.headings(),
    condition: |word| QUEUE.condition(word),
};

const INSTANCES_SPEC: Spec = Spec {
    title: "Instances",
    name: "instances",
    aliases: &["inst", "servers"],
    help: "instances",
    empty: text::NO_INSTANCES,
    shows: Shows::Entries,
    sort: INSTANCES.sort,
    headings: || INSTANCES.headings(),
    condition: |word| INSTANCES.condition(word),
};

const ACCOUNTS_SPEC: Spec = Spec {
    title: "Accounts",
    name: "accounts",
    aliases: &["acc", "providers", "prov"],
    help: "accounts",
    empty: text::NO_ACCOUNTS,
    shows: Shows::Accounts,
    sort: ACCOUNTS.sort,
    headings: || ACCOUNTS.headings(),
    condition: |word| ACCOUNTS.condition(word),
};

const EVENTS_SPEC: Spec = Spec {
    title: "Events",
    name: "events",
    aliases: &["ev", "journal", "log"],
    help: "events",
    empty: text::NO_EVENTS,
    shows: Shows::Told,
    sort: EVENTS.sort,
    headings: || EVENTS.headings(),
    condition: |word| EVENTS.condition(word),
};

const ALERTS_SPEC: Spec = Spec {
    title: "Alerts",
    name: "alerts",
    aliases: &["al", "problems-now"],
    help: "what is wrong now",
    empty: text::NO_ALERTS,
    shows: Shows::Told,
    sort: ALERTS.sort,
    headings: || ALERTS.headings(),
    condition: |word| ALERTS.condition(word),
};
