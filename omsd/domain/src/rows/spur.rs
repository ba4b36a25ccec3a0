//! What makes an entry go on beside an attempt that may yet serve it.

/// Why an entry is tried once more beside an attempt that may yet serve it. Should both make a
/// server, one of the two is extra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spur {
    /// The account answers nothing.
    Silence,
    /// Creates there hang, one like the other.
    Hang,
    /// Its create takes longer than creates there have shown to need.
    Patience,
    /// The answer to its create was lost, and a look did not show its server.
    LostAnswer,
    /// A stop cut its create short, and a look did not show its server.
    Restart,
    /// It builds for longer than is usual there.
    Hedge,
    /// It builds at an account that is drained.
    Drain,
}

impl Spur {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Silence,
        Self::Hang,
        Self::Patience,
        Self::LostAnswer,
        Self::Restart,
        Self::Hedge,
        Self::Drain,
    ];

    /// The word for people and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Hang => "hang",
            Self::Patience => "patience",
            Self::LostAnswer => "lost_answer",
            Self::Restart => "restart",
            Self::Hedge => "hedge",
            Self::Drain => "drain",
        }
    }
}
