//! The command line and the environment.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use jiff::tz::TimeZone;

use crate::model;
use crate::settings::{self, Settings};
use crate::text::{self, Language};
use crate::theme::{Glyphs, Theme};

/// The exit code for wrong usage.
pub const USAGE: u8 = 2;

/// The live dashboard of OpenMultiStack: queue, instances, accounts and events of a running omsd.
#[derive(Debug, Parser)]
#[command(name = "omstui", version, after_help = text::EXAMPLES)]
struct Arguments {
    /// The daemon's socket.
    #[arg(
        long,
        value_name = "PATH",
        env = "OMS_SOCKET",
        default_value = "/run/oms/omsd.sock"
    )]
    socket: PathBuf,
    /// The colours.
    #[arg(long, value_name = "NAME", help = text::THEME)]
    theme: Option<String>,
    /// The file of keys and colours.
    #[arg(long, value_name = "FILE", env = "OMSTUI_CONFIG", help = text::CONFIG)]
    config: Option<PathBuf>,
    /// ASCII signs instead of symbols.
    #[arg(long)]
    ascii: bool,
    /// The language.
    #[arg(long, value_enum, value_name = "NAME", help = text::LANGUAGE)]
    language: Option<Language>,
    /// Only look: nothing can be created, changed or removed.
    #[arg(long, env = "OMS_READONLY")]
    readonly: bool,
    /// Leave the mouse to the terminal, which then marks text without Shift.
    #[arg(long)]
    no_mouse: bool,
}

/// What was chosen, ready for use.
#[derive(Debug)]
pub struct Chosen {
    /// The daemon's socket.
    pub socket: PathBuf,
    /// What the dashboard needs to know.
    pub options: model::Options,
}

/// Reads the command line.
///
/// # Errors
/// The exit code, after help, the version or what is wrong has been printed.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Chosen, ExitCode> {
    let arguments = Arguments::try_parse_from(args).map_err(|refusal| {
        // Nobody is left to be told when this cannot be printed either.
        drop(refusal.print());
        if refusal.use_stderr() {
            ExitCode::from(USAGE)
        } else {
            ExitCode::SUCCESS
        }
    })?;
    let environment = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    choose(arguments, environment).map_err(|refusal| {
        // As above.
        drop(writeln!(std::io::stderr(), "omstui: {refusal}"));
        ExitCode::from(USAGE)
    })
}

/// Brings flags, environment and file together; the first that says something wins.
fn choose(
    arguments: Arguments,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Chosen, String> {
    let terminal = environment("TERM");
    if terminal.as_deref() == Some(OsStr::new("dumb")) {
        return Err(text::DUMB.to_owned());
    }
    let asked_for = arguments.config.is_some();
    let file = arguments
        .config
        .clone()
        .or_else(|| settings::path(&environment));
    let settings = match &file {
        Some(path) => settings::read(path, asked_for)?,
        None => Settings::default(),
    };
    let in_file = |why: &str| match &file {
        Some(path) => text::bad_settings(path, &why),
        None => why.to_owned(),
    };
    let ascii = arguments.ascii || settings.ascii;
    // The console of Linux has a font of 256 or 512 signs, and ours are not among them.
    let plain = terminal.as_deref().is_some_and(is_plain) || !is_utf8(&environment);
    let glyphs = if ascii || plain {
        Glyphs::Ascii
    } else {
        Glyphs::Symbols
    };
    // What cannot be shown is not spoken.
    let spoken = || match glyphs {
        Glyphs::Symbols => Language::of_locale(&locale(&environment)),
        Glyphs::Ascii => Language::English,
    };
    let language = arguments
        .language
        .or(settings.language)
        .unwrap_or_else(spoken);
    // Who edits a file wants to hear of all of it.
    let (themes, keymap) = match (settings.themes(), settings.keymap()) {
        (Ok(themes), Ok(keymap)) => (themes, keymap),
        (themes, keymap) => {
            let faults = [themes.err(), keymap.err()];
            let faults: Vec<String> = faults.into_iter().flatten().collect();
            return Err(in_file(&faults.join("; ")));
        }
    };
    let named = |name: &str| {
        let own = themes.iter().find(|(known, _)| known == name);
        let own = own.map(|(_, theme)| *theme);
        own.or_else(|| Theme::named(name))
            .ok_or_else(|| text::no_such_theme(name))
    };
    let is_glass = terminal.as_deref().is_some_and(is_glass);
    let theme = match (&arguments.theme, environment("NO_COLOR"), &settings.theme) {
        (Some(name), _, _) => named(name)?,
        (None, None, Some(name)) => named(name).map_err(|why| in_file(&why))?,
        (None, Some(_), _) => Theme::Mono,
        (None, None, None) if is_glass => Theme::Mono,
        (None, None, None) => Theme::default(),
    };
    Ok(Chosen {
        options: model::Options {
            socket: arguments.socket.display().to_string(),
            theme,
            glyphs,
            zone: TimeZone::system(),
            keymap,
            language,
            readonly: arguments.readonly || settings.readonly,
            mouse: !arguments.no_mouse && settings.mouse.unwrap_or(!is_glass),
            themes,
        },
        socket: arguments.socket,
    })
}

/// The locale of messages.
fn locale(environment: &impl Fn(&str) -> Option<OsString>) -> String {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(environment);
    set.unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a terminal has few signs, or none beyond ASCII: the console, whose fonts lack most, and
/// those of glass.
fn is_plain(terminal: &OsStr) -> bool {
    is_glass(terminal) || starts(terminal, &["linux", "ansi", "cons", "sun"])
}

/// Whether a terminal has neither colours nor a mouse.
fn is_glass(terminal: &OsStr) -> bool {
    starts(terminal, &["vt", "wy"])
}

fn starts(terminal: &OsStr, with: &[&str]) -> bool {
    let name = terminal.to_string_lossy();
    with.iter().any(|begin| name.starts_with(begin))
}

/// Whether the locale can show more than ASCII. One that says nothing can: most terminals do.
fn is_utf8(environment: &impl Fn(&str) -> Option<OsString>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(environment);
    let Some(locale) = locale else {
        return true;
    };
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let table: [(&[(&str, &str)], bool); 5] = [
            (&[], true),
            (&[("LANG", "C.UTF-8")], true),
            (&[("LANG", "C")], false),
            (&[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")], false),
            (&[("LC_CTYPE", "ja_JP.utf8"), ("LANG", "C")], true),
        ];
        for (set, expected) in table {
            let environment = |name: &str| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(is_utf8(&environment), expected, "{set:?}");
        }
    }

    #[test]
    fn the_command_line_is_sound_and_its_help_has_examples() {
        use clap::CommandFactory as _;
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        let help = command.render_long_help().to_string();
        for word in [
            "--socket",
            "--theme",
            "high-contrast",
            "--readonly",
            "omstui.toml",
            "--ascii",
            "Examples:",
            "OMS_SOCKET",
        ] {
            assert!(help.contains(word), "{word} is missing in:\n{help}");
        }
    }

    fn chosen(flags: &[&str], set: &[(&str, &str)]) -> Result<Chosen, String> {
        let arguments = Arguments::try_parse_from(["omstui"].iter().chain(flags)).unwrap();
        let environment = |name: &str| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        };
        choose(arguments, environment)
    }

    #[test]
    fn wrong_usage_is_refused() {
        let refused = chosen(&["--theme", "pink"], &[]).unwrap_err();
        assert!(refused.contains("there is no theme pink"), "{refused}");
        let refused = chosen(&["--config", "/nowhere/omstui.toml"], &[]).unwrap_err();
        assert!(refused.contains("/nowhere/omstui.toml"), "{refused}");
        assert!(Arguments::try_parse_from(["omstui", "--colour"]).is_err());
    }

    #[test]
    fn what_is_wrong_with_the_file_is_told_with_its_name_and_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("omstui.toml");
        let config = ["--config", file.to_str().unwrap()];
        let text = "[keys]\nremove = \"Hyper-x\"\n[themes.own]\nlike = \"dusk\"\n";
        std::fs::write(&file, text).unwrap();
        let refused = chosen(&config, &[]).unwrap_err();
        for part in ["omstui.toml", "there is no theme dusk", "Hyper-x"] {
            assert!(refused.contains(part), "{part}: {refused}");
        }
        std::fs::write(&file, "theme = \"pink\"\n").unwrap();
        let refused = chosen(&config, &[]).unwrap_err();
        assert!(refused.contains("omstui.toml") && refused.contains("pink"));
    }

    #[test]
    fn terminals_that_can_do_less_get_less() {
        let refused = chosen(&[], &[("TERM", "dumb")]).unwrap_err();
        assert!(refused.contains("omsctl status"), "{refused}");
        let glyphs = |set: &[(&str, &str)]| chosen(&[], set).unwrap().options.glyphs;
        for plain in ["linux", "vt100", "vt220", "ansi"] {
            assert_eq!(glyphs(&[("TERM", plain)]), Glyphs::Ascii, "{plain}");
        }
        let glass = chosen(&[], &[("TERM", "vt100")]).unwrap().options;
        assert!(glass.theme == Theme::Mono && !glass.mouse);
        assert_eq!(glyphs(&[("TERM", "xterm"), ("LANG", "C")]), Glyphs::Ascii);
        assert_eq!(glyphs(&[("TERM", "xterm")]), Glyphs::Symbols);
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("omstui.toml");
        std::fs::write(&file, "theme = \"light\"\nreadonly = true\n").unwrap();
        let config = ["--config", file.to_str().unwrap()];
        let theme = |flags: &[&str], set: &[(&str, &str)]| {
            let flags: Vec<&str> = config.iter().chain(flags).copied().collect();
            chosen(&flags, set).unwrap().options.theme
        };
        assert_eq!(theme(&[], &[]), Theme::Light);
        assert_eq!(theme(&[], &[("NO_COLOR", "1")]), Theme::Mono);
        assert_eq!(
            theme(&["--theme", "dark"], &[("NO_COLOR", "1")]),
            Theme::Dark
        );
        assert!(chosen(&config, &[]).unwrap().options.readonly);
        let mouse = |flags| chosen(flags, &[]).unwrap().options.mouse;
        assert!(mouse(&[]) && !mouse(&["--no-mouse"]));
        std::fs::write(&file, "mouse = false\n").unwrap();
        assert!(!mouse(&config));
    }
}
