//! What is accepted on the command line and what `--help` says.

use clap::{CommandFactory as _, Parser as _};

use super::*;
use crate::exit::Exit;

/// Every command's path, the program itself first.
fn commands(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
    found.push((path.to_owned(), command.clone()));
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        commands(sub, &format!("{path} {}", sub.get_name()), found);
    }
}

fn all_commands() -> Vec<(String, clap::Command)> {
    let mut root = Cli::command();
    root.build();
    let mut found = Vec::new();
    commands(&root, "omsctl", &mut found);
    found
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn help_of_every_command() {
    let texts = all_commands().into_iter().map(|(path, command)| {
        let help = command.term_width(100).render_long_help();
        format!("==== {path} --help\n{help}\n")
    });
    insta::assert_snapshot!(texts.collect::<Vec<String>>().concat());
}

#[test]
fn every_command_that_does_something_shows_an_example() {
    for (path, command) in all_commands() {
        if command.has_subcommands() && path != "omsctl" {
            continue;
        }
        let help = command.clone().render_long_help().to_string();
        assert!(help.contains("Example"), "{path} has no example");
    }
}

#[test]
fn examples_are_accepted_by_the_parser() {
    for (path, command) in all_commands() {
        let help = command
            .clone()
            .term_width(1000)
            .render_long_help()
            .to_string();
        let examples = help
            .split("Example")
            .nth(1)
            .unwrap_or_default()
            .replace("\\\n", " ");
        for line in examples.lines().filter(|line| line.contains("omsctl ")) {
            // xargs gives the rest of its command.
            let line = line.split("xargs").next().unwrap_or_default();
            for part in line.split("omsctl ").skip(1) {
                let part = part.split(['|', '>', ')', '&']).next().unwrap_or_default();
                let words = ["omsctl"].into_iter().chain(part.split_whitespace());
                let words = words.map(|word| if word == "''" { "" } else { word });
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("{path}: {line}\n{error}");
                }
            }
        }
    }
}

#[test]
fn no_flag_takes_a_secret() {
    for (path, command) in all_commands() {
        for arg in command.get_arguments() {
            let long = arg.get_long().unwrap_or_default();
            let secret = ["password", "secret"]
                .iter()
                .any(|word| long.contains(word));
            assert!(!secret || long.ends_with("-file"), "{path} --{long}");
        }
    }
}

#[test]
fn quiet_prints_names_unless_a_format_is_given() {
    let format = |args: &[&str]| {
        let args = ["omsctl", "queue", "list"].iter().chain(args);
        Cli::try_parse_from(args).unwrap().global.format()
    };
    assert_eq!(format(&[]), Format::Table);
    assert_eq!(format(&["-q"]), Format::Name);
    assert_eq!(format(&["-q", "-o", "json"]), Format::Json);
}

#[test]
fn the_table_of_exit_codes_is_complete() {
    let all = [
        Exit::Done,
        Exit::Failed,
        Exit::Usage,
        Exit::Unreachable,
        Exit::NotFound,
        Exit::Timeout,
        Exit::Version,
        Exit::NotPermitted,
        Exit::Interrupted,
    ];
    for exit in all {
        let line = format!("\n  {:<5}", exit.code());
        assert!(crate::exit::TABLE.contains(&line), "{exit:?}");
    }
}
