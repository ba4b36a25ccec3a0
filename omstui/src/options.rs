//! The command line and the environment.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use jiff::tz::TimeZone;

use crate::keymap::Keymap;
use crate::model;
use crate::text;
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
    #[arg(long, value_enum, value_name = "NAME", help = text::THEME)]
    theme: Option<Theme>,
    /// ASCII signs instead of symbols.
    #[arg(long)]
    ascii: bool,
    /// Only look: nothing can be created, changed or removed.
    #[arg(long, env = "OMS_READONLY")]
    readonly: bool,
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
    let glyphs = if arguments.ascii || !is_utf8(environment) {
        Glyphs::Ascii
    } else {
        Glyphs::Symbols
    };
    let plain = environment("NO_COLOR").map(|_| Theme::Mono);
    Ok(Chosen {
        options: model::Options {
            socket: arguments.socket.display().to_string(),
            theme: arguments.theme.or(plain).unwrap_or_default(),
            glyphs,
            zone: TimeZone::system(),
            keymap: Keymap::default(),
            readonly: arguments.readonly,
        },
        socket: arguments.socket,
    })
}

/// Whether the locale can show more than ASCII. One that says nothing can: most terminals do.
fn is_utf8(environment: impl Fn(&str) -> Option<OsString>) -> bool {
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
            assert_eq!(is_utf8(environment), expected, "{set:?}");
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
            "--ascii",
            "Examples:",
            "OMS_SOCKET",
        ] {
            assert!(help.contains(word), "{word} is missing in:\n{help}");
        }
    }

    #[test]
    fn wrong_usage_is_refused() {
        let parsed = Arguments::try_parse_from(["omstui", "--theme", "pink"]);
        assert!(parsed.is_err_and(|refusal| refusal.use_stderr()));
    }
}
