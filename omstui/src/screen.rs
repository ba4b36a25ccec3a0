//! The views that the dashboard has.

use crate::tables::{ACCOUNTS, ALERTS, EVENTS, Heading, INSTANCES, QUEUE};

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

    /// Its name on the tab.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Queue => "Queue",
            Self::Instances => "Instances",
            Self::Accounts => "Accounts",
            Self::Events => "Events",
            Self::Alerts => "Alerts",
        }
    }

    /// The headings of its table.
    pub fn headings(self) -> Vec<Heading> {
        match self {
            Self::Overview | Self::Queue => QUEUE.headings(),
            Self::Instances => INSTANCES.headings(),
            Self::Accounts => ACCOUNTS.headings(),
            Self::Events => EVENTS.headings(),
            Self::Alerts => ALERTS.headings(),
        }
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
