//! Which key does what, as one table. Help is drawn from it, and `:` takes its names, so the three
//! cannot differ. A file may give other keys; see [`crate::settings`].
//!
//! Keys keep their meaning between releases. Ctrl-d and Ctrl-k will never delete anything.

mod command;
mod press;
mod table;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::text;

pub use command::Command;
pub use press::Press;
pub use table::BINDINGS;

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
    /// The command line.
    Palette,
    /// A list to choose from.
    Menu,
    /// A question before something is done.
    Confirm,
    /// A form.
    Form,
    /// A page of text.
    Pager,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Table,
        Self::Detail,
        Self::Help,
        Self::Typing,
        Self::Palette,
        Self::Menu,
        Self::Confirm,
        Self::Form,
        Self::Pager,
    ];

    /// Whether letters are text there.
    pub const fn is_writing(self) -> bool {
        matches!(
            self,
            Self::Typing | Self::Palette | Self::Form | Self::Confirm
        )
    }
}

/// The first half of a key that is pressed twice.
pub type Prefix = char;

/// Keys, what they do, and what help says about it.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// What `:` and a file of keys call it.
    pub name: &'static str,
    /// Other names that `:` takes.
    pub aliases: &'static [&'static str],
    /// Any of these, unless a file says otherwise.
    pub keys: &'static [Press],
    /// What they do.
    pub command: Command,
    /// The words in help.
    pub help: &'static str,
    /// Where they do it.
    pub modes: &'static [Mode],
}

/// A binding with the keys that it has here.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The binding.
    pub binding: Binding,
    /// Its keys.
    pub keys: Vec<Press>,
}

/// The keys as they are here.
#[derive(Debug, Clone)]
pub struct Keymap {
    bound: Vec<Bound>,
}

impl Default for Keymap {
    fn default() -> Self {
        let bound = BINDINGS.iter().map(|binding| Bound {
            binding: *binding,
            keys: binding.keys.to_vec(),
        });
        Self {
            bound: bound.collect(),
        }
    }
}

/// What a key press came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// This.
    Command(Command),
    /// Nothing yet; the same key again makes it a command.
    Prefix(Prefix),
    /// Nothing at all: the key has no meaning here.
    Nothing,
    /// Nothing, and nobody meant it to be anything.
    Silent,
}

impl Keymap {
    /// All bindings, in the order of help.
    pub fn iter(&self) -> impl Iterator<Item = &Bound> {
        self.bound.iter()
    }

    /// The keys with other ones for some commands, by their names. All change at once, so that two
    /// commands can take each other's.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn with(wanted: &[(&str, Vec<Press>)]) -> Result<Self, String> {
        let mut keymap = Self::default();
        for (name, keys) in wanted {
            let Some(bound) = keymap.bound.iter_mut().find(|it| it.binding.name == *name) else {
                return Err(text::no_such_binding(name));
            };
            bound.keys.clone_from(keys);
        }
        for (name, _) in wanted {
            keymap.is_free(name)?;
        }
        Ok(keymap)
    }

    /// Whether no other command has a key of this one where this one has it.
    fn is_free(&self, name: &str) -> Result<(), String> {
        let Some(this) = self.bound.iter().find(|it| it.binding.name == name) else {
            return Ok(());
        };
        let modes = this.binding.modes;
        for other in self.bound.iter().filter(|it| it.binding.name != name) {
            let meets = other.binding.modes.iter().any(|mode| modes.contains(mode));
            let taken = other.keys.iter().find(|key| this.keys.contains(key));
            if let Some(key) = taken.filter(|_| meets) {
                return Err(text::key_is_taken(&key.label(), name, other.binding.name));
            }
        }
        Ok(())
    }

    /// Looks a key up. `prefix` is what the key before left over.
    pub fn resolve(&self, mode: Mode, prefix: Option<Prefix>, key: KeyEvent) -> Resolved {
        if key.kind == KeyEventKind::Release {
            return Resolved::Silent;
        }
        if key.modifiers.contains(KeyModifiers::ALT) {
            return Resolved::Nothing;
        }
        let bound = self
            .bound
            .iter()
            .filter(|bound| bound.binding.modes.contains(&mode))
            .flat_map(|bound| {
                let command = bound.binding.command;
                bound.keys.iter().map(move |press| (*press, command))
            })
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
                    mode if mode.is_writing() => Resolved::Command(Command::Insert(letter)),
                    Mode::Table if letter.is_ascii_uppercase() => {
                        Resolved::Command(Command::SortBy(letter))
                    }
                    _ => Resolved::Nothing,
                }
            }
            _ => Resolved::Nothing,
        }
    }
}

impl Bound {
    /// Its keys as help writes them.
    pub fn label(&self) -> String {
        let labels: Vec<String> = self.keys.iter().map(|press| press.label()).collect();
        labels.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::View;

    fn resolve(mode: Mode, prefix: Option<Prefix>, key: KeyEvent) -> Resolved {
        Keymap::default().resolve(mode, prefix, key)
    }

    fn press(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn no_key_means_two_things_in_one_mode() {
        for mode in Mode::ALL {
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
                let Some(letter) = heading.letter else {
                    continue;
                };
                let key = press(KeyCode::Char(letter), KeyModifiers::SHIFT);
                let sorts = Resolved::Command(Command::SortBy(letter));
                assert_eq!(resolve(Mode::Table, None, key), sorts, "{heading:?}");
                assert!(!seen.contains(&letter), "{heading:?} in {view:?}");
                seen.push(letter);
            }
        }
    }

    #[test]
    fn ctrl_c_quits_whatever_is_open() {
        let key = press(KeyCode::Char('c'), KeyModifiers::CONTROL);
        for mode in Mode::ALL {
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
        assert_eq!(resolve(Mode::Table, None, release), Resolved::Silent);
        let alt = press(KeyCode::Char('q'), KeyModifiers::ALT);
        assert_eq!(resolve(Mode::Table, None, alt), Resolved::Nothing);
    }

    #[test]
    fn names_differ_and_nothing_that_pages_or_moves_removes() {
        let mut names: Vec<&str> = Vec::new();
        for binding in BINDINGS {
            for name in binding.aliases.iter().chain([&binding.name]) {
                assert!(!names.contains(name), "{name} twice");
                names.push(name);
            }
        }
        let remove = Command::Act(crate::action::Act::Remove);
        for letter in ['d', 'u', 'f', 'b', 'k', 'j'] {
            let key = press(KeyCode::Char(letter), KeyModifiers::CONTROL);
            for mode in Mode::ALL {
                assert_ne!(resolve(mode, None, key), Resolved::Command(remove));
            }
        }
    }

    #[test]
    fn keys_can_be_changed_but_not_taken_twice() {
        let key = press(KeyCode::F(8), KeyModifiers::NONE);
        let pressed = Press::parse("F8").unwrap();
        let keymap = Keymap::with(&[("queue", vec![pressed])]).unwrap();
        let opens = Resolved::Command(Command::Open(View::Queue));
        assert_eq!(keymap.resolve(Mode::Table, None, key), opens);
        let two = press(KeyCode::Char('2'), KeyModifiers::NONE);
        assert_eq!(keymap.resolve(Mode::Table, None, two), Resolved::Nothing);
        let twice = [("queue", vec![pressed]), ("events", vec![pressed])];
        let taken = Keymap::with(&twice).unwrap_err();
        assert_eq!(taken, "F8 for queue is the key of events already");
        assert!(Keymap::with(&[("nonsense", Vec::new())]).is_err());
    }
}
