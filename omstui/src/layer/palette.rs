//! The command line: names of commands as they are typed, and what they may become.

use crate::input::Input;
use crate::keymap::{Bound, Command, Keymap, Mode};

/// Bytes of a command.
const COMMAND_BYTES_MAX: usize = 256;

/// The command line.
#[derive(Debug)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// The offer that is chosen.
    pub at: usize,
}

/// A command that what is typed may become.
#[derive(Debug)]
pub struct Offer<'a> {
    /// The command.
    pub bound: &'a Bound,
    /// How far it is from what is typed; 0 is the very word.
    distance: usize,
}

impl Default for Palette {
    fn default() -> Self {
        Self {
            input: Input::new("", COMMAND_BYTES_MAX),
            at: 0,
        }
    }
}

impl Palette {
    /// The word of the command and what follows it.
    pub fn words(&self) -> (&str, &str) {
        let text = self.input.text().trim_start();
        match text.split_once(' ') {
            Some((word, rest)) => (word, rest.trim()),
            None => (text, ""),
        }
    }

    /// The commands that the word may become, the nearest first.
    pub fn offers<'a>(&self, keymap: &'a Keymap) -> Vec<Offer<'a>> {
        let word = self.words().0.to_lowercase();
        let here = |bound: &&Bound| {
            let modes = bound.binding.modes;
            modes.contains(&Mode::Table) || modes.contains(&Mode::Detail)
        };
        let offer = |bound: &'a Bound| {
            let names = bound.binding.aliases.iter().chain([&bound.binding.name]);
            let distance = names.filter_map(|name| distance(&word, name)).min()?;
            Some(Offer { bound, distance })
        };
        let mut offers: Vec<Offer<'a>> = keymap.iter().filter(here).filter_map(offer).collect();
        // What ends the program is meant where it is typed whole.
        let ends = |offer: &Offer<'_>| offer.bound.binding.command == Command::Quit;
        offers.sort_by_key(|offer| (ends(offer) && offer.distance > 0, offer.distance));
        offers
    }

    /// What the last word after the command may become, the nearest first; nothing while the command
    /// itself is typed.
    pub fn arguments(&self, known: &[String]) -> Option<Vec<String>> {
        let (_, typed) = self.input.text().trim_start().rsplit_once(' ')?;
        let typed = typed.to_lowercase();
        let near = |known: &String| distance(&typed, &known.to_lowercase());
        let mut offers: Vec<(usize, &String)> = known
            .iter()
            .filter_map(|known| Some((near(known)?, known)))
            .collect();
        offers.sort();
        Some(offers.into_iter().map(|(_, known)| known.clone()).collect())
    }

    /// Puts the argument that is chosen in place of the last word.
    pub fn complete(&mut self, known: &[String]) {
        let Some(argument) = self
            .arguments(known)
            .and_then(|all| all.into_iter().nth(self.at))
        else {
            return;
        };
        let text = self.input.text();
        if let Some((before, _)) = text.rsplit_once(' ') {
            let text = format!("{before} {argument}");
            self.input.set(&text);
            self.at = 0;
        }
    }

    /// The offer that is chosen.
    pub fn chosen<'a>(&self, keymap: &'a Keymap) -> Option<&'a Bound> {
        // Behind the word it is an argument that is chosen.
        let typing_word = !self.input.text().trim_start().contains(' ');
        let at = if typing_word { self.at } else { 0 };
        let mut offers = self.offers(keymap).into_iter();
        offers.nth(at).map(|offer| offer.bound)
    }
}

/// How far a name is from what is typed; nothing where its letters are not all there in order.
pub(super) fn distance(typed: &str, name: &str) -> Option<usize> {
    if typed == name {
        return Some(0);
    }
    if name.starts_with(typed) {
        return Some(1 + name.len() - typed.len());
    }
    if name.contains(typed) {
        return Some(100 + name.len());
    }
    let mut rest = name.chars();
    let all = typed.chars().all(|letter| rest.any(|it| it == letter));
    all.then(|| 200 + name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_sloppy_words_find_their_command() {
        let table = [
            ("q", "queue"),
            ("qu", "queue"),
            ("qui", "quit"),
            ("acc", "accounts"),
            ("prov", "accounts"),
            ("inst", "instances"),
            ("ev", "events"),
            ("rm", "remove"),
            ("uncord", "uncordon"),
            ("unc", "uncordon"),
            ("pswd", "password"),
            ("exit", "quit"),
        ];
        let keymap = Keymap::default();
        for (typed, name) in table {
            let mut palette = Palette::default();
            palette.input.set(typed);
            let chosen = palette.chosen(&keymap).map(|bound| bound.binding.name);
            assert_eq!(chosen, Some(name), "{typed}");
        }
        let known = ["alpha", "beta"].map(str::to_owned);
        let mut palette = Palette::default();
        palette.input.set("cordon a");
        let offers = palette.arguments(&known).unwrap();
        assert_eq!(offers, ["alpha", "beta"]);
        palette.complete(&known);
        assert_eq!(palette.input.text(), "cordon alpha");
        assert_eq!(palette.words(), ("cordon", "alpha"));
        palette.input.set("xyzzy");
        assert!(palette.chosen(&keymap).is_none());
    }
}
