//! The command as shells get it that complete a word: with the columns of each list.

use clap::{Command, CommandFactory as _};
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use oms_proto::columns::{ACCOUNTS, ENTRIES, EVENTS, INSTANCES};

use oms_proto::view::{TokenView, UserView};

use crate::cli::Cli;
use crate::render::{OfferRow, Record as _};

/// The command with the columns of each list as candidates: flags that lists share do not know of which
/// list they are.
pub(crate) fn command() -> Command {
    let named =
        |noun: &'static str, verbs: &'static [&'static str], keys: fn() -> Vec<&'static str>| {
            move |command: Command| {
                command.mut_subcommand(noun, |command| {
                    verbs.iter().fold(command, |command, verb| {
                        command.mut_subcommand(verb, |command| with_columns(command, keys))
                    })
                })
            }
        };
    let command = named("queue", &["list", "show", "create", "wait"], || {
        ENTRIES.keys()
    })(Cli::command());
    let command = named("instance", &["list", "show"], || INSTANCES.keys())(command);
    let command = named("account", &["list", "show"], || ACCOUNTS.keys())(command);
    let command = named("account", &["offers"], || OfferRow::TABLE.keys())(command);
    let command = named("token", &["list"], || TokenView::TABLE.keys())(command);
    let command = named("user", &["list"], || UserView::TABLE.keys())(command);
    command.mut_subcommand("events", |command| with_columns(command, || EVENTS.keys()))
}

/// The command, whose flags that take columns offer these.
fn with_columns(command: Command, keys: fn() -> Vec<&'static str>) -> Command {
    let plain = move || keys().into_iter().map(CompletionCandidate::new);
    command.mut_args(move |arg| match arg.get_id().as_str() {
        "columns" => arg.add(ArgValueCandidates::new(move || plain().collect())),
        "sort" => arg.add(ArgValueCandidates::new(move || {
            let down = keys()
                .into_iter()
                .map(|key| CompletionCandidate::new(format!("-{key}")));
            plain().chain(down).collect()
        })),
        _ => arg,
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn offered(words: &[&str]) -> Vec<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let last = words.len() - 1;
        let found = clap_complete::engine::complete(&mut command(), words, last, None).unwrap();
        let text = |it: &CompletionCandidate| it.get_value().to_string_lossy().into_owned();
        found.iter().map(text).collect()
    }

    #[test]
    fn columns_are_offered_where_they_are_taken() {
        let queue = offered(&["omsctl", "queue", "list", "-c", "id,att"]);
        assert_eq!(queue, ["id,attempts"]);
        let down = offered(&["omsctl", "instance", "list", "--sort", "-boot"]);
        assert_eq!(down, ["-boot_seconds"]);
        assert_eq!(
            offered(&["omsctl", "events", "--sort", "sev"]),
            ["severity"]
        );
        assert_eq!(
            offered(&["omsctl", "account", "show", "x", "-c", "prio"]),
            ["priority"]
        );
    }
}
