//! Which key does what, as one table. Help is drawn from it, so the two cannot differ.
//!
//! Keys keep their meaning between releases. Ctrl-d and Ctrl-k will never delete anything.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::screen::View;

/// What keys mean depends on what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A table.
    Table,
    /// A close look at one object.
    Detail,
    /// The help page.
    Help,
    /// The filter's line.
    Typing,
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// End at once.
    Quit,
    /// Close what is open, or end.
    Back,
    /// Undo one narrowing: help, filter line, detail, filter, problem switch.
    Escape,
    /// Open or close help.
    Help,
    /// Open a view.
    Open(View),
    /// The next view.
    NextView,
    /// The view before.
    PreviousView,
    /// The view that was open last.
    LastView,
    /// One row or line up.
    Up,
    /// One row or line down.
    Down,
    /// First row or line.
    Top,
    /// Last row or line.
    Bottom,
    /// A window up.
    PageUp,
    /// A window down.
    PageDown,
    /// Half a window up.
    HalfUp,
    /// Half a window down.
    HalfDown,
    /// Look closely at the row under the cursor.
    Look,
    /// The row above, while looking closely.
    PreviousRow,
    /// The row below, while looking closely.
    NextRow,
    /// Type a filter.
    Filter,
    /// Show only problems, or all again.
    Problems,
    /// Connect anew and read everything again.
    Refresh,
    /// Sort by the column with this letter; again: the other way round.
    SortBy(char),
    /// Sort by the column to the left.
    SortLeft,
    /// Sort by the column to the right.
    SortRight,
    /// Turn the order round.
    SortReverse,
    /// Add a letter to the filter.
    Insert(char),
    /// Remove the filter's last letter.
    Erase,
    /// Remove the filter's last word.
    EraseWord,
    /// Empty the filter.
    EraseAll,
    /// Keep the filter and go back to the rows.
    Accept,
}

/// A key as it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Press {
    code: KeyCode,
    ctrl: bool,
    shift: bool,
    twice: bool,
}

/// The first half of a key that is pressed twice.
pub type Prefix = char;

/// Keys, what they do, and what help says about it.
#[derive(Debug)]
pub struct Binding {
    /// Any of these.
    pub keys: &'static [Press],
    /// What they do.
    pub command: Command,
    /// The words in help.
    pub help: &'static str,
    /// Where they do it.
    pub modes: &'static [Mode],
}

const fn code(code: KeyCode) -> Press {
    Press {
        code,
        ctrl: false,
        shift: false,
        twice: false,
    }
}

const fn letter(letter: char) -> Press {
    code(KeyCode::Char(letter))
}

const fn ctrl(letter: char) -> Press {
    Press {
        ctrl: true,
        ..code(KeyCode::Char(letter))
    }
}

const fn shift(key: KeyCode) -> Press {
    Press {
        shift: true,
        ..code(key)
    }
}

const fn twice(letter: char) -> Press {
    Press {
        twice: true,
        ..code(KeyCode::Char(letter))
    }
}

const fn bind(
    keys: &'static [Press],
    command: Command,
    modes: &'static [Mode],
    help: &'static str,
) -> Binding {
    Binding {
        keys,
        command,
        help,
        modes,
    }
}

const ANY: &[Mode] = &[Mode::Table, Mode::Detail, Mode::Help, Mode::Typing];
const READING: &[Mode] = &[Mode::Table, Mode::Detail, Mode::Help];
const ROWS: &[Mode] = &[Mode::Table, Mode::Detail];
const TABLE: &[Mode] = &[Mode::Table];
const DETAIL: &[Mode] = &[Mode::Detail];
const TYPING: &[Mode] = &[Mode::Typing];

/// The keys, in the order in which help shows them.
pub const BINDINGS: &[Binding] = &[
    bind(
        &[letter('?'), code(KeyCode::F(1))],
        Command::Help,
        READING,
        "open or close this page",
    ),
    bind(
        &[letter('q')],
        Command::Back,
        READING,
        "close what is open, or quit",
    ),
    bind(&[ctrl('c')], Command::Quit, ANY, "quit, always"),
    bind(
        &[code(KeyCode::Esc)],
        Command::Escape,
        ANY,
        "one step back: help, detail, filter, problems",
    ),
    bind(&[code(KeyCode::Tab)], Command::NextView, ROWS, "next view"),
    bind(
        &[code(KeyCode::BackTab)],
        Command::PreviousView,
        ROWS,
        "previous view",
    ),
    bind(
        &[letter('1')],
        Command::Open(View::Overview),
        ROWS,
        "overview",
    ),
    bind(&[letter('2')], Command::Open(View::Queue), ROWS, "queue"),
    bind(
        &[letter('3')],
        Command::Open(View::Instances),
        ROWS,
        "instances",
    ),
    bind(
        &[letter('4')],
        Command::Open(View::Accounts),
        ROWS,
        "accounts",
    ),
    bind(&[letter('5')], Command::Open(View::Events), ROWS, "events"),
    bind(
        &[letter('-')],
        Command::LastView,
        ROWS,
        "the view before this one",
    ),
    bind(
        &[letter('j'), code(KeyCode::Down)],
        Command::Down,
        READING,
        "down",
    ),
    bind(
        &[letter('k'), code(KeyCode::Up)],
        Command::Up,
        READING,
        "up",
    ),
    bind(
        &[twice('g'), code(KeyCode::Home)],
        Command::Top,
        READING,
        "first; follows what is new",
    ),
    bind(
        &[letter('G'), code(KeyCode::End)],
        Command::Bottom,
        READING,
        "last",
    ),
    bind(&[ctrl('d')], Command::HalfDown, READING, "half a page down"),
    bind(&[ctrl('u')], Command::HalfUp, READING, "half a page up"),
    bind(
        &[code(KeyCode::PageDown), ctrl('f'), letter(' ')],
        Command::PageDown,
        READING,
        "a page down",
    ),
    bind(
        &[code(KeyCode::PageUp), ctrl('b')],
        Command::PageUp,
        READING,
        "a page up",
    ),
    bind(
        &[code(KeyCode::Enter), letter('d')],
        Command::Look,
        TABLE,
        "look at the row closely",
    ),
    bind(
        &[letter('n'), code(KeyCode::Right)],
        Command::NextRow,
        DETAIL,
        "next row, in a detail",
    ),
    bind(
        &[letter('p'), code(KeyCode::Left)],
        Command::PreviousRow,
        DETAIL,
        "previous row, in a detail",
    ),
    bind(
        &[letter('/')],
        Command::Filter,
        TABLE,
        "filter rows: a regular expression, ! in front inverts",
    ),
    bind(
        &[ctrl('z')],
        Command::Problems,
        TABLE,
        "only problems, or all again",
    ),
    bind(
        &[ctrl('r')],
        Command::Refresh,
        ROWS,
        "connect anew and read everything again",
    ),
    bind(
        &[letter('>'), shift(KeyCode::Right)],
        Command::SortRight,
        TABLE,
        "sort by the next column",
    ),
    bind(
        &[letter('<'), shift(KeyCode::Left)],
        Command::SortLeft,
        TABLE,
        "sort by the previous column",
    ),
    bind(
        &[letter('O')],
        Command::SortReverse,
        TABLE,
        "turn the order round",
    ),
    bind(
        &[code(KeyCode::Enter)],
        Command::Accept,
        TYPING,
        "while typing: keep the filter",
    ),
    bind(
        &[code(KeyCode::Backspace), ctrl('h')],
        Command::Erase,
        TYPING,
        "while typing: erase a letter",
    ),
    bind(
        &[ctrl('w')],
        Command::EraseWord,
        TYPING,
        "while typing: erase a word",
    ),
    bind(
        &[ctrl('u')],
        Command::EraseAll,
        TYPING,
        "while typing: erase all",
    ),
];

/// What a key press came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// This.
    Command(Command),
    /// Nothing yet; the same key again makes it a command.
    Prefix(Prefix),
    /// Nothing.
    Nothing,
}

/// Looks a key up. `prefix` is what the key before left over.
pub fn resolve(mode: Mode, prefix: Option<Prefix>, key: KeyEvent) -> Resolved {
    if key.kind == KeyEventKind::Release || key.modifiers.contains(KeyModifiers::ALT) {
        return Resolved::Nothing;
    }
    let bound = BINDINGS
        .iter()
        .filter(|binding| binding.modes.contains(&mode))
        .flat_map(|binding| binding.keys.iter().map(|press| (*press, binding.command)))
        .find(|(press, _)| press.is(key));
    match (bound, key.code) {
        (Some((press, command)), KeyCode::Char(letter)) if press.twice => {
            if prefix == Some(letter) {
                Resolved::Command(command)
            } else {
                Resolved::Prefix(letter)
            }
        }
        (Some((_, command)), _) => Resolved::Command(command),
        (None, KeyCode::Char(letter)) if !key.modifiers.contains(KeyModifiers::CONTROL) => {
            match mode {
                Mode::Typing => Resolved::Command(Command::Insert(letter)),
                Mode::Table if letter.is_ascii_uppercase() => {
                    Resolved::Command(Command::SortBy(letter))
                }
                _ => Resolved::Nothing,
            }
        }
        _ => Resolved::Nothing,
    }
}

impl Press {
    fn is(self, key: KeyEvent) -> bool {
        // Terminals differ in whether they report Shift beside a letter that shows it already.
        let shown = matches!(key.code, KeyCode::Char(_) | KeyCode::BackTab);
        self.code == key.code
            && self.ctrl == key.modifiers.contains(KeyModifiers::CONTROL)
            && (shown || self.shift == key.modifiers.contains(KeyModifiers::SHIFT))
    }

    /// How the key is written in help.
    pub fn label(self) -> String {
        let key = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(letter) if self.twice => format!("{letter}{letter}"),
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            other => other.to_string(),
        };
        match (self.ctrl, self.shift) {
            (true, _) => format!("Ctrl-{key}"),
            (_, true) => format!("Shift-{key}"),
            _ => key,
        }
    }
}

impl Binding {
    /// Its keys as help writes them.
    pub fn label(&self) -> String {
        let labels: Vec<String> = self.keys.iter().map(|press| press.label()).collect();
        labels.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [Mode; 4] = [Mode::Table, Mode::Detail, Mode::Help, Mode::Typing];

    fn press(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn no_key_means_two_things_in_one_mode() {
        for mode in MODES {
            let mut seen: Vec<Press> = Vec::new();
            for binding in BINDINGS.iter().filter(|b| b.modes.contains(&mode)) {
                for key in binding.keys {
                    assert!(!seen.contains(key), "{} twice in {mode:?}", key.label());
                    seen.push(*key);
                }
            }
        }
    }

    #[test]
    fn the_letters_of_columns_are_free_and_differ_within_a_table() {
        for view in View::ALL {
            let mut seen = Vec::new();
            for heading in view.headings() {
                let key = press(KeyCode::Char(heading.letter), KeyModifiers::SHIFT);
                let sorts = Resolved::Command(Command::SortBy(heading.letter));
                assert_eq!(resolve(Mode::Table, None, key), sorts, "{heading:?}");
                assert!(!seen.contains(&heading.letter), "{heading:?} in {view:?}");
                seen.push(heading.letter);
            }
        }
    }

    #[test]
    fn ctrl_c_quits_whatever_is_open() {
        let key = press(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for mode in MODES {
            assert_eq!(resolve(mode, None, key), Resolved::Command(Command::Quit));
        }
    }

    #[test]
    fn g_goes_to_the_top_when_pressed_twice() {
        let g = press(KeyCode::Char('g'), KeyModifiers::NONE);
        assert_eq!(resolve(Mode::Table, None, g), Resolved::Prefix('g'));
        assert_eq!(
            resolve(Mode::Table, Some('g'), g),
            Resolved::Command(Command::Top)
        );
        let typed = Resolved::Command(Command::Insert('g'));
        assert_eq!(resolve(Mode::Typing, None, g), typed);
    }

    #[test]
    fn releases_and_alt_do_nothing() {
        let mut release = press(KeyCode::Char('q'), KeyModifiers::NONE);
        release.kind = KeyEventKind::Release;
        assert_eq!(resolve(Mode::Table, None, release), Resolved::Nothing);
        let alt = press(KeyCode::Char('q'), KeyModifiers::ALT);
        assert_eq!(resolve(Mode::Table, None, alt), Resolved::Nothing);
    }
}
