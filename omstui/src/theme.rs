//! Colours by meaning, and the signs that stand beside every word of state.
//!
//! Nothing is told by colour alone: a state is always a sign and a word, so the `mono` theme and
//! `--ascii` lose nothing. Only the sixteen colours that every terminal has are used.

use clap::ValueEnum;
use oms_proto::view::Status;
use ratatui::style::{Color, Modifier, Style};

/// What a piece of text means; the theme decides how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// Beside the point: labels, hints, finished work.
    Dim,
    /// Headings.
    Title,
    /// Keys and what can be chosen.
    Accent,
    /// As it should be.
    Good,
    /// Work under way.
    Busy,
    /// Somebody may want to look.
    Warn,
    /// Failed.
    Bad,
}

impl Tone {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Plain,
        Self::Dim,
        Self::Title,
        Self::Accent,
        Self::Good,
        Self::Busy,
        Self::Warn,
        Self::Bad,
    ];
}

/// A set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Theme {
    /// The terminal's own background and palette.
    #[default]
    Default,
    /// On black.
    Dark,
    /// On white.
    Light,
    /// No colours, only bold, dim and reversed.
    Mono,
    /// Bright on black, nothing dim.
    HighContrast,
    /// Of a file.
    #[value(skip)]
    Own(Palette),
}

/// Colours of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// What everything is drawn on.
    pub base: Style,
    /// The look of each tone, in the order of [`Tone::ALL`].
    pub tones: [Style; 8],
    /// Laid over data that may be out of date.
    pub stale: Modifier,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Default,
        Self::Dark,
        Self::Light,
        Self::HighContrast,
        Self::Mono,
    ];

    /// Its name, as the command line and `:theme` take it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Mono => "mono",
            Self::Own(_) => "own",
        }
    }

    /// The built-in theme of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// What everything is drawn on.
    pub fn base(self) -> Style {
        match self {
            Self::Default | Self::Mono => Style::new(),
            Self::Dark => Style::new().fg(Color::Gray).bg(Color::Black),
            Self::Light => Style::new().fg(Color::Black).bg(Color::White),
            Self::HighContrast => Style::new().fg(Color::White).bg(Color::Black),
            Self::Own(palette) => palette.base,
        }
    }

    /// How text of a meaning looks.
    pub fn style(self, tone: Tone) -> Style {
        match self {
            Self::Mono => mono(tone),
            Self::HighContrast => high_contrast(tone),
            Self::Light => light(tone),
            Self::Default | Self::Dark => coloured(tone),
            Self::Own(palette) => {
                let place = Tone::ALL.iter().position(|it| *it == tone);
                let style = place.and_then(|place| palette.tones.get(place));
                style.copied().unwrap_or_default()
            }
        }
    }

    /// The row under the cursor, and the tab that is open.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Laid over data that may be out of date.
    pub fn stale(self) -> Style {
        match self {
            Self::HighContrast => Style::new().add_modifier(Modifier::ITALIC),
            Self::Own(palette) => Style::new().add_modifier(palette.stale),
            _ => Style::new().add_modifier(Modifier::DIM),
        }
    }
}

fn coloured(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Dim => Style::new().fg(Color::DarkGray),
        Tone::Title => Style::new().add_modifier(Modifier::BOLD),
        Tone::Accent => Style::new().fg(Color::Cyan),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Busy => Style::new().fg(Color::LightBlue),
        Tone::Warn => Style::new().fg(Color::Yellow),
        Tone::Bad => Style::new().fg(Color::LightRed),
    }
}

fn light(tone: Tone) -> Style {
    match tone {
        Tone::Accent | Tone::Busy => Style::new().fg(Color::Blue),
        Tone::Warn => Style::new().fg(Color::Magenta),
        Tone::Bad => Style::new().fg(Color::Red),
        other => coloured(other),
    }
}

fn high_contrast(tone: Tone) -> Style {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    match tone {
        Tone::Plain | Tone::Dim => Style::new(),
        Tone::Title => bold.add_modifier(Modifier::UNDERLINED),
        Tone::Accent => bold.fg(Color::LightCyan),
        Tone::Good => bold.fg(Color::LightGreen),
        Tone::Busy => bold,
        Tone::Warn => bold.fg(Color::LightYellow),
        Tone::Bad => bold.fg(Color::LightRed),
    }
}

fn mono(tone: Tone) -> Style {
    match tone {
        Tone::Plain | Tone::Good | Tone::Busy => Style::new(),
        Tone::Dim => Style::new().add_modifier(Modifier::DIM),
        Tone::Title | Tone::Accent | Tone::Warn | Tone::Bad => {
            Style::new().add_modifier(Modifier::BOLD)
        }
    }
}

/// The signs: symbols, or ASCII for terminals and fonts without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Glyphs {
    /// Unicode symbols, one column wide.
    #[default]
    Symbols,
    /// ASCII only.
    Ascii,
}

impl Glyphs {
    /// The sign of an entry's status.
    pub const fn status(self, status: Status) -> &'static str {
        match (self, status) {
            (Self::Symbols, Status::Request) => "\u{25cb}",
            (Self::Symbols, Status::Recive) => "\u{25cc}",
            (Self::Symbols, Status::Boot) => "\u{25d0}",
            (Self::Symbols, Status::Run) => "\u{25cf}",
            (Self::Symbols, Status::Destroy) => "\u{25cd}",
            (Self::Symbols, Status::Failed) => "\u{2717}",
            (_, Status::Unknown) => "?",
            (Self::Ascii, Status::Request) => ".",
            (Self::Ascii, Status::Recive) => "~",
            (Self::Ascii, Status::Boot) => "+",
            (Self::Ascii, Status::Run) => "*",
            (Self::Ascii, Status::Destroy) => "-",
            (Self::Ascii, Status::Failed) => "!",
        }
    }

    /// The sign of a meaning, for states that are not an entry's.
    pub const fn tone(self, tone: Tone) -> &'static str {
        match (self, tone) {
            (Self::Symbols, Tone::Good) => "\u{25cf}",
            (Self::Symbols, Tone::Busy) => "\u{25d0}",
            (Self::Symbols, Tone::Warn) => "\u{25b2}",
            (Self::Symbols, Tone::Bad) => "\u{2717}",
            (Self::Symbols, _) => "\u{25cb}",
            (Self::Ascii, Tone::Good) => "*",
            (Self::Ascii, Tone::Busy) => "+",
            (Self::Ascii, Tone::Warn) => "^",
            (Self::Ascii, Tone::Bad) => "!",
            (Self::Ascii, _) => ".",
        }
    }

    /// Stands where text was cut off.
    pub const fn cut(self) -> &'static str {
        match self {
            Self::Symbols => "\u{2026}",
            Self::Ascii => "~",
        }
    }

    /// A column sorted upwards (smallest first) or downwards.
    pub const fn sorted(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::Symbols, false) => "\u{2191}",
            (Self::Symbols, true) => "\u{2193}",
            (Self::Ascii, false) => "^",
            (Self::Ascii, true) => "v",
        }
    }

    /// Marks the row under the cursor.
    pub const fn cursor(self) -> &'static str {
        match self {
            Self::Symbols => "\u{25b8}",
            Self::Ascii => ">",
        }
    }

    /// Draws a line across.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Symbols => "\u{2500}",
            Self::Ascii => "-",
        }
    }

    /// Stands beside a row that is marked.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Symbols => "\u{2713}",
            Self::Ascii => "+",
        }
    }

    /// Stands for each letter of a secret.
    pub const fn hidden(self) -> &'static str {
        match self {
            Self::Symbols => "\u{2022}",
            Self::Ascii => "*",
        }
    }

    /// The corners of a box: upper left, upper right, lower left, lower right.
    pub const fn corners(self) -> [&'static str; 4] {
        match self {
            Self::Symbols => ["\u{250c}", "\u{2510}", "\u{2514}", "\u{2518}"],
            Self::Ascii => ["+"; 4],
        }
    }

    /// The sides of a box.
    pub const fn side(self) -> &'static str {
        match self {
            Self::Symbols => "\u{2502}",
            Self::Ascii => "|",
        }
    }

    /// Small bars from nothing to the highest.
    pub const fn heights(self) -> [&'static str; 8] {
        match self {
            Self::Symbols => [
                "\u{2581}", "\u{2582}", "\u{2583}", "\u{2584}", "\u{2585}", "\u{2586}", "\u{2587}",
                "\u{2588}",
            ],
            Self::Ascii => ["_", ".", ":", "-", "=", "+", "*", "#"],
        }
    }

    /// The part of a bar that others have.
    pub const fn others(self) -> &'static str {
        match self {
            Self::Symbols => "\u{2593}",
            Self::Ascii => "=",
        }
    }

    /// The parts of a bar: full, and empty.
    pub const fn bar(self) -> (&'static str, &'static str) {
        match self {
            Self::Symbols => ("\u{2588}", "\u{2591}"),
            Self::Ascii => ("#", "."),
        }
    }
}

/// The meaning of an entry's status.
pub const fn status_tone(status: Status) -> Tone {
    match status {
        Status::Request | Status::Recive | Status::Boot => Tone::Busy,
        Status::Run => Tone::Good,
        Status::Destroy | Status::Unknown => Tone::Dim,
        Status::Failed => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_own_sign_one_column_wide() {
        for glyphs in [Glyphs::Symbols, Glyphs::Ascii] {
            let mut signs: Vec<&str> = Status::ALL.map(|status| glyphs.status(status)).to_vec();
            assert!(signs.iter().all(|sign| crate::clean::width(sign) == 1));
            signs.sort_unstable();
            signs.dedup();
            assert_eq!(signs.len(), Status::ALL.len());
        }
    }

    #[test]
    fn the_mono_theme_has_no_colour_at_all() {
        let theme = Theme::Mono;
        let styles = Tone::ALL.map(|tone| theme.style(tone)).into_iter();
        let all = styles.chain([theme.base(), theme.selected(), theme.stale()]);
        for style in all {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
