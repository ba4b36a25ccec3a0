//! What a file says of looks and keys: `omstui.toml` in the folder `oms` of XDG's configuration.
//!
//! Flags and the environment win over it. A file that is not understood is refused with its line:
//! keys that do something else than their owner thinks are worse than none.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::keymap::{Keymap, Press};
use crate::text::{self, Language};
use crate::theme::{Palette, Theme, Tone};

/// Longest file that is read. The longest sensible one is a fraction of it.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The colours, by name: built in, or one of `themes`.
    pub theme: Option<String>,
    /// ASCII signs instead of symbols.
    pub ascii: bool,
    /// The language.
    pub language: Option<Language>,
    /// Only look.
    pub readonly: bool,
    /// Whether the mouse is for us; it is unless this says otherwise.
    pub mouse: Option<bool>,
    /// Other keys for commands, by their names.
    keys: BTreeMap<String, Keys>,
    /// Colours of one's own, by name.
    themes: BTreeMap<String, Colours>,
}

/// One key or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// Colours of one's own: those that are not named are those of another theme.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Colours {
    like: Option<String>,
    background: Option<Colour>,
    plain: Option<Colour>,
    dim: Option<Colour>,
    title: Option<Colour>,
    accent: Option<Colour>,
    good: Option<Colour>,
    busy: Option<Colour>,
    warn: Option<Colour>,
    bad: Option<Colour>,
}

/// A colour by its name, its number among 256, or as #RRGGBB.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Colour(Color);

impl TryFrom<String> for Colour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = text.parse().map(Self);
        known.map_err(|_| text::no_such_colour(&text))
    }
}

/// Where the file is, if anywhere.
pub fn path(environment: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |text: OsString| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    let folder = environment("XDG_CONFIG_HOME")
        .and_then(absolute)
        .or_else(|| {
            let home = environment("HOME").and_then(absolute);
            home.map(|home| home.join(".config"))
        })?;
    Some(folder.join("oms").join("omstui.toml"))
}

/// Reads the file. One that was not asked for need not be there.
///
/// # Errors
/// What is wrong with it, in words that name it.
pub fn read(path: &Path, asked_for: bool) -> Result<Settings, String> {
    let told = |error: &dyn std::fmt::Display| text::bad_settings(path, error);
    match std::fs::metadata(path) {
        Ok(known) if known.len() > FILE_BYTES_MAX => {
            return Err(told(&text::TOO_LONG));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !asked_for => {
            return Ok(Settings::default());
        }
        Err(error) => return Err(told(&error)),
    }
    let text = std::fs::read_to_string(path).map_err(|error| told(&error))?;
    parse(&text).map_err(|error| told(&error))
}

fn parse(text: &str) -> Result<Settings, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
}

impl Settings {
    /// The keys as the file has them.
    ///
    /// # Errors
    /// Which key is wrong and why.
    pub fn keymap(&self) -> Result<Keymap, String> {
        let mut wanted = Vec::new();
        for (name, keys) in &self.keys {
            let written = match keys {
                Keys::One(key) => std::slice::from_ref(key),
                Keys::Several(keys) => keys,
            };
            let mut presses = Vec::new();
            for key in written {
                let press = Press::parse(key).ok_or_else(|| text::no_such_press(name, key))?;
                presses.push(press);
            }
            wanted.push((name.as_str(), presses));
        }
        Keymap::with(&wanted)
    }

    /// The themes of the file, by name.
    ///
    /// # Errors
    /// Which one is like a theme that is not there.
    pub fn themes(&self) -> Result<Vec<(String, Theme)>, String> {
        let own = self.themes.iter().map(|(name, colours)| {
            let like = colours.like.as_deref().unwrap_or("default");
            let like = Theme::named(like).ok_or_else(|| text::no_such_theme(like))?;
            Ok((name.clone(), Theme::Own(colours.palette(like))))
        });
        own.collect()
    }
}

impl Colours {
    fn palette(&self, like: Theme) -> Palette {
        let own = |tone| match tone {
            Tone::Plain => self.plain,
            Tone::Dim => self.dim,
            Tone::Title => self.title,
            Tone::Accent => self.accent,
            Tone::Good => self.good,
            Tone::Busy => self.busy,
            Tone::Warn => self.warn,
            Tone::Bad => self.bad,
        };
        let style = |tone| match own(tone) {
            Some(Colour(colour)) => like.style(tone).fg(colour),
            None => like.style(tone),
        };
        let mut base: Style = like.base();
        if let Some(Colour(colour)) = self.background {
            base = base.bg(colour);
        }
        if let Some(Colour(colour)) = self.plain {
            base = base.fg(colour);
        }
        Palette {
            base,
            tones: Tone::ALL.map(style),
            stale: Modifier::DIM,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_themes_are_read() {
        let text = r#"
            theme = "mine"
            [keys]
            queue = "F8"
            remove = ["Ctrl-x", "Del"]
            [themes.mine]
            like = "light"
            bad = "magenta"
            good = "2"
        "#;
        let settings = parse(text).unwrap();
        let keymap = settings.keymap().unwrap();
        let label = |name: &str| {
            let mut bound = keymap.iter();
            bound.find(|it| it.binding.name == name).unwrap().label()
        };
        assert_eq!(label("queue"), "F8");
        assert_eq!(label("remove"), "Ctrl-x Del");
        let themes = settings.themes().unwrap();
        let (name, theme) = themes.first().unwrap();
        assert_eq!(name, "mine");
        assert_eq!(theme.style(Tone::Bad).fg, Some(Color::Magenta));
        assert_eq!(theme.style(Tone::Good).fg, Some(Color::Indexed(2)));
        assert_eq!(theme.style(Tone::Warn), Theme::Light.style(Tone::Warn));
    }

    #[test]
    fn what_is_wrong_with_the_file_is_said() {
        let table = [
            ("[keys]\nqueue = \"Nope\"", "Nope"),
            ("[keys]\nnonsense = \"F8\"", "nonsense"),
            (
                "[keys]\nqueue = \"3\"",
                "3 for queue is the key of instances already",
            ),
            ("[themes.mine]\nlike = \"pink\"", "pink"),
            ("colour = 3", "line 1"),
            ("[themes.mine]\nbad = \"pinkish\"", "pinkish"),
            ("theme = 3", "line 1"),
        ];
        for (text, words) in table {
            let error = parse(text).and_then(|settings| {
                settings.keymap()?;
                settings.themes().map(drop)
            });
            let error = error.unwrap_err();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }

    #[test]
    fn keys_may_change_places() {
        let text = "[keys]\nqueue = \"3\"\ninstances = \"2\"";
        assert!(parse(text).unwrap().keymap().is_ok());
    }

    #[test]
    fn the_file_is_where_xdg_says() {
        type Row<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>);
        let table: [Row<'_>; 4] = [
            (
                &[("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")],
                Some("/x/oms/omstui.toml"),
            ),
            (&[("HOME", "/h")], Some("/h/.config/oms/omstui.toml")),
            (
                &[("XDG_CONFIG_HOME", "not/absolute"), ("HOME", "/h")],
                Some("/h/.config/oms/omstui.toml"),
            ),
            (&[], None),
        ];
        for (set, expected) in table {
            let environment = |name: &str| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(path(environment), expected.map(PathBuf::from), "{set:?}");
        }
    }
}
