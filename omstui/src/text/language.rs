//! The languages. A text is named by its English wording, which stands in the code beside it; the
//! other languages have a file each that says it in theirs. What a file lacks stays English.
//!
//! `update` and `view` choose the language of the model before anything else, so that what they
//! write is a function of it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use clap::ValueEnum;
use serde::Deserialize;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[value(name = "en")]
    #[serde(rename = "en")]
    English,
    /// Japanese.
    #[value(name = "ja")]
    #[serde(rename = "ja")]
    Japanese,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Japanese];

    /// Its name, as the command line and `:language` take it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Japanese => "ja",
        }
    }

    /// The language of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The language of a locale, such as `ja_JP.UTF-8`.
    pub fn of_locale(locale: &str) -> Self {
        if locale.starts_with("ja") {
            Self::Japanese
        } else {
            Self::English
        }
    }
}

thread_local! {
    static SPOKEN: Cell<Language> = const { Cell::new(Language::English) };
}

static JAPANESE: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| pairs(include_str!("ja.txt")));

/// From now on this thread says things in that language.
pub fn speak(language: Language) {
    SPOKEN.set(language);
}

/// A text in the language that is spoken.
pub fn say(english: &str) -> &str {
    match SPOKEN.get() {
        Language::English => english,
        Language::Japanese => JAPANESE.get(english).copied().unwrap_or(english),
    }
}

/// The same with values in place of their names in braces.
pub fn fill(english: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::new();
    let mut rest = say(english);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(&value.to_string());
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// English texts and, indented below each, the same in another language.
fn pairs(file: &'static str) -> BTreeMap<&'static str, &'static str> {
    let mut pairs = BTreeMap::new();
    let mut english = None;
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix("    "), english) {
            (Some(said), Some(wording)) => drop(pairs.insert(wording, said)),
            _ if line.is_empty() => {}
            _ => english = Some(line),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn sources(folder: &Path, found: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Names in braces, in order.
    fn names(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_translation_is_of_a_text_that_is_there_with_the_same_values() {
        let mut code = String::new();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        sources(&here.join("src"), &mut code);
        // The headings that all programs share.
        sources(&here.join("../proto/src/columns"), &mut code);
        // Texts that are broken over lines in the code.
        let code: Vec<&str> = code.split("\\\n").map(str::trim_start).collect();
        let code = code.concat();
        for (english, japanese) in JAPANESE.iter() {
            assert!(
                code.contains(&format!("\"{english}\"")),
                "nobody says {english:?}"
            );
            assert_eq!(names(english), names(japanese), "{english:?}");
        }
    }

    #[test]
    fn what_people_read_first_is_all_there() {
        let said = |english: &str| JAPANESE.contains_key(english);
        for binding in crate::keymap::BINDINGS {
            assert!(said(binding.help), "{:?}", binding.help);
        }
        for view in crate::screen::View::ALL {
            assert!(said(view.title()), "{:?}", view.title());
        }
        for (_, words) in crate::text::TABLE_HINTS
            .iter()
            .chain(&crate::text::DETAIL_HINTS)
        {
            assert!(said(words), "{words:?}");
        }
        for source in [include_str!("mod.rs"), include_str!("deeds.rs")] {
            for line in source.split("pub const ").skip(1) {
                let is_text = line
                    .split_once(':')
                    .is_some_and(|(_, it)| it.starts_with(" &str"));
                let Some((name, text)) = line.split_once('"').filter(|_| is_text) else {
                    continue;
                };
                let text = text.split('"').next().unwrap_or_default();
                let name = name.split(':').next().unwrap_or_default();
                let command_line = ["NOT_A_TERMINAL", "THEME", "CONFIG", "EXAMPLES", "LANGUAGE"];
                let sign = [
                    "NONE",
                    "PRODUCT",
                    "SHORT_NAME",
                    "HINT_AUTH_URL",
                    "INPUT_ENDED",
                ];
                if !command_line.contains(&name) && !sign.contains(&name) {
                    let text = text.replace("\\\n     ", "");
                    assert!(said(&text), "{name}: {text:?}");
                }
            }
        }
    }

    #[test]
    fn values_stand_where_the_language_wants_them() {
        assert_eq!(fill("{span} left", &[("span", &"5 m")]), "5 m left");
        speak(Language::Japanese);
        let said = fill("{span} left", &[("span", &"5 m")]);
        assert!(said.contains("5 m") && said != "5 m left", "{said}");
        assert_eq!(say("no such text"), "no such text");
        speak(Language::English);
    }
}
